#include "engine/pending.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace filoscope::engine {

namespace {

float widened(std::uint16_t bfloat16) {
  return std::bit_cast<float>(std::uint32_t{bfloat16} << 16);
}

}  // namespace

Features unpack(const PendingItem& item) {
  Features features;
  const auto* at = item.features.data();
  each_feature(features, [&](float& x) { x = widened(*at++); });
  return features;
}

PersonFeatures unpack_person(const PendingDecision& decision) {
  PersonFeatures features;
  const auto* at = decision.features.data();
  each_feature_of_person(features, [&](float& x) { x = widened(*at++); });
  return features;
}

void PendingTable::add(PendingDecision decision) {
  if (decision.request == 0 || decision.items.empty()) return;
  if (end_ - begin_ >= kDecisionsMax) drop_first();
  const auto slot = static_cast<std::uint32_t>(end_ % kDecisionsMax);
  if (slot >= slots_.size()) slots_.push_back({}), persons_.push_back(0);
  persons_[slot] = decision.person;
  index_.put(decision.request, slot);
  slots_[slot] = std::move(decision);
  ++end_;
}

const PendingDecision* PendingTable::find(RequestId request, PersonKey person) const {
  const auto slot = request ? index_.find(request.value) : std::nullopt;
  return slot && slots_[*slot].person == person.value ? &slots_[*slot] : nullptr;
}

PendingItem* PendingTable::find(RequestId request, PersonKey person, std::uint32_t video) {
  if (std::as_const(*this).find(request, person) == nullptr) return nullptr;
  auto& items = slots_[*index_.find(request.value)].items;
  const auto at = std::find_if(items.begin(), items.end(),
                               [&](const PendingItem& item) { return item.video == video; });
  return at == items.end() ? nullptr : &*at;
}

void PendingTable::drop_first() {
  const auto slot = static_cast<std::uint32_t>(begin_ % kDecisionsMax);
  PendingDecision& first = slots_[slot];
  // A request id that was used again points to its newer decision.
  if (first.request != 0 && index_.find(first.request) == slot) index_.erase(first.request);
  first = {};
  ++begin_;
}

void PendingTable::expire(std::int64_t at_ms) {
  for (int step = 0; step < 8 && begin_ < end_; ++step) {
    const PendingDecision& first = std::as_const(slots_)[begin_ % kDecisionsMax];
    if (first.at_ms + kLifeMs >= at_ms) return;
    drop_first();
  }
}

void PendingTable::erase(PersonKey person) {
  for (auto i = begin_; i < end_; ++i) {
    const auto slot = static_cast<std::uint32_t>(i % kDecisionsMax);
    if (persons_[slot] != person.value || std::as_const(slots_)[slot].request == 0) continue;
    PendingDecision& decision = slots_[slot];
    if (index_.find(decision.request) == slot) index_.erase(decision.request);
    const auto at_ms = decision.at_ms;
    decision = {};
    decision.at_ms = at_ms;  // keeps its turn in the order of time
  }
}

void PendingTable::forget(PersonKey person, std::span<const std::uint32_t> videos) {
  for (auto i = begin_; i < end_; ++i) {
    const auto slot = static_cast<std::uint32_t>(i % kDecisionsMax);
    if (persons_[slot] != person.value) continue;
    std::erase_if(slots_[slot].items, [&](const PendingItem& item) {
      return std::binary_search(videos.begin(), videos.end(), item.video);
    });
  }
}

std::size_t PendingTable::bytes() const {
  return slots_.bytes() + index_.bytes() + sampled_bytes(slots_, [](const PendingDecision& d) {
           return d.items.capacity() * sizeof(PendingItem);
         });
}

}  // namespace filoscope::engine
