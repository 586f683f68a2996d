#pragma once

/// Answers that wait for what people do with them: the join of decision and event by request id.
/// Bounded by count and by 24 h of log time; an event that comes later teaches nothing. Threads: as
/// the engine's phases.

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/containers.h"
#include "engine/model.h"
#include "engine/records.h"

namespace filoscope::engine {

struct PendingItem {
  std::uint32_t video = 0;
  std::uint32_t watch_ms = 0;   ///< the largest so far
  std::uint16_t trained = 0;    ///< bit per head learned from
  std::uint16_t labels = 0;     ///< bit per head: the label learned, or known and still to learn
  std::uint16_t impressed = 0;  ///< 1 after the impression
  std::uint16_t share = 0;      ///< the largest watched one so far, in 1/1000
  std::array<std::uint16_t, kFeaturesCount> features{};  ///< bfloat16
  std::uint16_t unused = 0;                              ///< no padding has undefined bytes
};
static_assert(std::has_unique_object_representations_v<PendingItem>);
static_assert(kFeaturesCount <= kDecisionFeaturesMax &&
              kPersonFeaturesCount <= kDecisionFeaturesMax);

struct PendingDecision {
  std::uint64_t request = 0;
  std::uint64_t person = 0;
  std::int64_t at_ms = 0;
  std::array<std::uint16_t, kPersonFeaturesCount> features{};  ///< of the person, bfloat16
  std::vector<PendingItem> items;
};

Features unpack(const PendingItem& item);
PersonFeatures unpack_person(const PendingDecision& decision);

class PendingTable {
 public:
  static constexpr std::size_t kDecisionsMax = 1U << 16;  ///< about 110 MB with 8 items each
  static constexpr std::int64_t kLifeMs = 24LL * 3600 * 1000;

  void add(PendingDecision decision);
  /// Null when unknown, expired or another person's.
  PendingItem* find(RequestId request, PersonKey person, std::uint32_t video);
  const PendingDecision* find(RequestId request, PersonKey person) const;
  /// Drops what is older than kLifeMs (at most 8 a call, more than come in).
  void expire(std::int64_t at_ms);
  void erase(PersonKey person);
  /// Her events with these entries (sorted) teach nothing from now on.
  void forget(PersonKey person, std::span<const std::uint32_t> videos);
  std::size_t size() const { return end_ - begin_; }
  std::size_t bytes() const;

  template <typename A>
  void visit(A& a) {
    a(begin_), a(end_);
    if constexpr (A::kLoading) {
      if (end_ < begin_ || end_ - begin_ > kDecisionsMax) return a.fail();
      while (slots_.size() < std::min<std::uint64_t>(end_, kDecisionsMax)) slots_.push_back({});
      persons_.assign(slots_.size(), 0);
    }
    for (auto i = begin_; i < end_ && a.ok(); ++i) {
      PendingDecision& d = slots_.template visited<A>(i % kDecisionsMax);
      a(d.request), a(d.person), a(d.at_ms);
      if (a.version < 3)
        skip_older_items(a);
      else
        a(d.features), a(d.items, kDecisionItemsMax);
      if constexpr (A::kLoading) {
        persons_[i % kDecisionsMax] = d.person;
        if (d.request != 0) index_.put(d.request, static_cast<std::uint32_t>(i % kDecisionsMax));
      }
    }
  }

 private:
  /// Earlier versions kept other features.
  template <typename A>
  void skip_older_items(A& a) {
    std::vector<std::array<std::uint64_t, 16>> at_first;
    std::vector<std::array<std::uint64_t, 22>> later;
    a.version < 2 ? a(at_first, kDecisionItemsMax) : a(later, kDecisionItemsMax);
  }
  void drop_first();
  PagedVector<PendingDecision, 4> slots_;  // a ring: decision i lies in slot i mod kDecisionsMax
  std::uint64_t begin_ = 0, end_ = 0;
  Rebuilt<SegmentedMap> index_;                  // request → slot
  Rebuilt<std::vector<std::uint64_t>> persons_;  // by slot: an erasure looks at all of them
};

}  // namespace filoscope::engine
