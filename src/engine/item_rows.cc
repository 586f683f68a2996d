#include "engine/item_rows.h"

#include <algorithm>
#include <utility>

#include "base/random.h"

namespace filoscope::engine {

std::optional<std::uint32_t> ItemRows::take(std::uint32_t number) {
  if (const auto known = find(number)) return known;
  std::uint32_t row = 0;
  if (!free_.empty()) {
    // Any of them: who publishes and removes again and again does not get one row each time.
    std::swap(free_[mix64(free_.back()) % free_.size()], free_.back());
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

void ItemRows::count_again(std::uint32_t row, float weight) { stats_[row].had += weight; }

void ItemRows::count(std::uint32_t row, float change, std::uint64_t clock) {
  const auto recent_now = recent(row, clock);
  ItemStats& stats = stats_[row];
  stats.had = std::max(0.0F, stats.had + change);
  if (change <= 0) return;
  for (std::size_t k = 0; k < recent_now.size(); ++k) stats.recent[k] = recent_now[k] + change;
  stats.at = clock;
}

bool ItemRows::rebuild(std::uint32_t numbers_end, std::uint64_t clock) {
  std::size_t taken = 0;
  for (std::uint32_t row = 0; row < rows_end(); ++row) {
    const ItemStats& stats = std::as_const(stats_)[row];
    const auto values = {stats.had, stats.recent[0], stats.recent[1], stats.recent[2]};
    if (!std::all_of(values.begin(), values.end(), [](float x) { return x >= 0 && x < 1e30F; }))
      return false;
    if (stats.number == 0) continue;
    if (stats.number > numbers_end || stats.at > clock || find(stats.number - 1)) return false;
    place(stats.number - 1, row), ++taken;
  }
  auto free = free_;
  std::sort(free.begin(), free.end());
  if (std::adjacent_find(free.begin(), free.end()) != free.end()) return false;
  if (!free.empty() && free.back() >= rows_end()) return false;
  return taken + free.size() == rows_end() &&
         std::all_of(free.begin(), free.end(),
                     [&](std::uint32_t row) { return std::as_const(stats_)[row].number == 0; });
}

std::array<float, 3> ItemRows::recent(std::uint32_t row, std::uint64_t clock) const {
  const ItemStats& stats = stats_[row];
  const auto passed = static_cast<float>(clock - stats.at);
  auto recent = stats.recent;
  for (std::size_t k = 0; k < recent.size(); ++k)
    recent[k] *= exp_fixed(-0.69314718F * passed / kRecentHalfLives[k]);
  return recent;
}

void TopList::set(std::uint32_t row, double score) {
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
  for (; at + 1 != entries_.end() && at->score < (at + 1)->score; ++at) std::iter_swap(at, at + 1);
}

void TopList::remove(std::uint32_t row) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.row == row; });
}

}  // namespace filoscope::engine
