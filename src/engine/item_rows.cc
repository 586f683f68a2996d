#include "engine/item_rows.h"

#include <algorithm>

namespace filoscope::engine {

std::optional<std::uint32_t> ItemRows::take(std::uint32_t number) {
  if (const auto known = find(number)) return known;
  std::uint32_t row = 0;
  if (!free_.empty()) {
    row = free_.back();
    free_.pop_back();
  } else {
    if (stats_.size() >= kRowsMax) return std::nullopt;
    row = static_cast<std::uint32_t>(stats_.size());
    stats_.push_back({});
  }
  stats_[row].number = number + 1;
  place(number, row);
  return row;
}

void ItemRows::place(std::uint32_t number, std::uint32_t row) {
  while (rows_.size() <= number) rows_.push_back(0);
  rows_[number] = row + 1;
}

void ItemRows::release(std::uint32_t row) {
  ItemStats& stats = stats_[row];
  rows_[stats.number - 1] = 0;
  const auto generation = stats.generation + 1;
  stats = {};
  stats.generation = generation;
  free_.push_back(row);
}

void ItemRows::count(std::uint32_t row, float change, std::uint64_t clock) {
  const auto recent_now = recent(row, clock);
  ItemStats& stats = stats_[row];
  for (std::size_t k = 0; k < recent_now.size(); ++k)
    stats.recent[k] = std::max(0.0F, recent_now[k] + change);
  stats.had = std::max(0.0F, stats.had + change);
  stats.at = clock;
}

std::array<float, 3> ItemRows::recent(std::uint32_t row, std::uint64_t clock) const {
  const ItemStats& stats = stats_[row];
  const auto passed = static_cast<float>(clock - stats.at);
  auto recent = stats.recent;
  for (std::size_t k = 0; k < recent.size(); ++k)
    recent[k] *= exp_fixed(-0.69314718F * passed / kRecentHalfLives[k]);
  return recent;
}

void TopList::raise(std::uint32_t row, double score) {
  auto at = std::find_if(entries_.begin(), entries_.end(),
                         [&](const Entry& entry) { return entry.row == row; });
  if (at == entries_.end()) {
    if (entries_.size() < kMax) {
      entries_.push_back({});
    } else if (score <= entries_.back().score) {
      return;
    }
    at = entries_.end() - 1;
  }
  *at = {score, row};
  for (; at != entries_.begin() && (at - 1)->score < at->score; --at) std::iter_swap(at - 1, at);
}

void TopList::remove(std::uint32_t row) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.row == row; });
}

}  // namespace filoscope::engine
