#pragma once

/// Item–item neighbours: for each row a bounded list of those that the same people took to, with
/// two sums: `c` of people (heavy ones count less) and `t` of nearness in their histories.
/// Sources: Sarwar et al., "Item-based collaborative filtering", WWW 2001; the weights by measured
/// recipe (docs/engine.md). Threads: as the engine's phases.

#include <cstdint>
#include <vector>

#include "engine/containers.h"
#include "engine/item_rows.h"

namespace filoscope::engine {

struct Neighbour {
  RowKey key = 0;  ///< 0: free
  std::uint16_t c = 0, t = 0;
};

/// A set-associative table: a key's bucket is one cache line of 8, in which the least goes when it
/// is full and the list may not grow.
class NeighbourList {
 public:
  static constexpr std::size_t kBucket = 8;
  static constexpr std::size_t kEntriesMax = 1024;

  /// Adds to the sums of `key`, which enters if it is new: in a full bucket it takes the place of
  /// one whose row `rows` does not hold any more, else of the least. `dither`: 16 uniform bits, so
  /// that what is smaller than a step counts on average. Grows up to `entries_max`, a power of two.
  void add(const ItemRows& rows, RowKey key, float c, float t, std::uint32_t dither,
           std::size_t entries_max);
  /// Takes back what was added; nothing when the key has gone.
  void subtract(RowKey key, float c, float t, std::uint32_t dither);
  /// After loading: false when it does not fit `rows`.
  bool fits(const ItemRows& rows);
  void clear() { entries_ = {}, used_ = 0, halvings_ = 0; }

  const std::vector<Neighbour>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }  ///< places, also free ones
  /// Real c or t per unit of the stored one.
  float unit() const { return static_cast<float>(1U << halvings_) / kSteps; }
  std::size_t bytes() const { return entries_.capacity() * sizeof(Neighbour); }

  template <typename A>
  void visit(A& a) {
    a(entries_, kEntriesMax), a(used_), a(halvings_);
    if constexpr (A::kLoading) {
      const auto n = entries_.size();
      if ((n & (n - 1)) != 0 || (n != 0 && n < kBucket) || halvings_ > 24) a.fail();
    }
  }

 private:
  static constexpr float kSteps = 256;
  Neighbour* find(RowKey key);
  Neighbour& enter(const ItemRows& rows, RowKey key, std::size_t entries_max);
  Neighbour* bucket(RowKey key);
  std::uint32_t steps(float x, std::uint32_t dither) const;
  void grow();
  void halve();

  std::vector<Neighbour> entries_;
  std::uint32_t used_ = 0;
  std::uint32_t halvings_ = 0;  ///< each makes a step worth twice as much
};

}  // namespace filoscope::engine
