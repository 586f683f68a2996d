#pragma once

/// Places for what is learned about entries that somebody took to: a row number for each, given at
/// its first time and free again when the entry goes. Also how often each was had, in all and of
/// late. Threads: as the engine's phases.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/containers.h"
#include "engine/numbers.h"

namespace filoscope::engine {

/// A row and how often it was given before (mod 256), so that who kept it sees that the entry is
/// another now: 24 and 8 bits. Never 0.
using RowKey = std::uint32_t;
inline constexpr std::size_t kRowsMax = (1U << 24) - 1;
inline std::uint32_t row_of(RowKey key) { return (key & 0xFFFFFFU) - 1; }

/// Events, not time, are the clock of what follows: a log without times is the same log.
inline constexpr std::array<float, 3> kRecentHalfLives{300, 3'000, 30'000};

struct ItemStats {
  std::uint32_t number = 0;       ///< of the entry + 1, 0: a free row
  float had = 0;                  ///< people who took to it, by their weights
  std::array<float, 3> recent{};  ///< the same with kRecentHalfLives, as of `at`
  std::uint32_t generation = 0;
  std::uint64_t at = 0;  ///< the event clock at its last change
};

class ItemRows {
 public:
  /// Of a number that VideoTable gave.
  std::optional<std::uint32_t> find(std::uint32_t number) const {
    if (number >= rows_.size() || rows_[number] == 0) return std::nullopt;
    return rows_[number] - 1;
  }
  /// Made when there is none; nothing when kRowsMax are taken.
  std::optional<std::uint32_t> take(std::uint32_t number);
  void release(std::uint32_t row);
  RowKey key(std::uint32_t row) const { return (row + 1) | (stats_[row].generation & 0xFFU) << 24; }
  /// After loading: finds rows by number again. False when they do not fit together, or to entries
  /// below `numbers_end`.
  bool rebuild(std::uint32_t numbers_end, std::uint64_t clock);
  /// Whether the entry that the key was made for still has the row. REQUIRES: a key from here.
  bool holds(RowKey key) const {
    const ItemStats& stats = stats_[row_of(key)];
    return stats.number != 0 && (stats.generation & 0xFFU) == key >> 24;
  }
  const ItemStats& operator[](std::uint32_t row) const { return stats_[row]; }
  std::uint32_t number(std::uint32_t row) const { return stats_[row].number - 1; }
  /// A person of this weight took to it at `clock`; a negative one takes it
  /// back from `had` alone: what it gave of late is not known any more.
  void count(std::uint32_t row, float change, std::uint64_t clock);
  /// Gives again what was taken back; nothing of that is recent.
  void count_again(std::uint32_t row, float weight);
  /// `ItemStats::recent` as of `clock`.
  std::array<float, 3> recent(std::uint32_t row, std::uint64_t clock) const;

  std::uint32_t rows_end() const { return static_cast<std::uint32_t>(stats_.size()); }
  std::size_t size() const { return stats_.size() - free_.size(); }
  std::size_t bytes() const { return rows_.bytes() + stats_.bytes() + free_.capacity() * 4; }

  template <typename A>
  void visit(A& a) {
    const auto n = a.count(stats_.size(), kRowsMax);
    for (std::size_t i = 0; i < n && a.ok(); ++i) {
      if constexpr (A::kLoading) stats_.push_back({});
      ItemStats& stats = stats_.template visited<A>(i);
      a(stats.number), a(stats.had), a(stats.recent), a(stats.generation), a(stats.at);
    }
    a(free_, kRowsMax);
  }

 private:
  void place(std::uint32_t number, std::uint32_t row);

  PagedVector<std::uint32_t, 10> rows_;  // by number: row + 1, 0: none
  PagedVector<ItemStats, 6> stats_;
  std::vector<std::uint32_t> free_;
};

/// The entries with the highest scores, best first; what fell out comes back by its next rise.
class TopList {
 public:
  static constexpr std::size_t kMax = 512;
  struct Entry {
    double score = 0;
    std::uint64_t row = 0;
  };
  void set(std::uint32_t row, double score);
  void remove(std::uint32_t row);
  const std::vector<Entry>& entries() const { return entries_; }
  template <typename A>
  void visit(A& a) {
    a(entries_, kMax);
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace filoscope::engine
