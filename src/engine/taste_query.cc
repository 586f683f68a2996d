#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "engine/collaborative.h"

namespace filoscope::engine {
namespace {

constexpr std::size_t kLastFew = 8;
/// Factors and sequences are compared with all rows up to so many; of more only with what other
/// routes found.
constexpr std::uint32_t kScannedMax = 1U << 14;

const std::array<float, Collaborative::kHistoryUsed>& rank_weights() {
  static const auto weights = [] {
    std::array<float, Collaborative::kHistoryUsed> all{};
    for (std::size_t r = 0; r < all.size(); ++r)
      all[r] = pow_fixed(static_cast<float>(r + 1), -0.8F);
    return all;
  }();
  return weights;
}

}  // namespace

void TasteScores::raise(const TasteScores& other) {
  for (const auto& [route, score] : kTasteRoutes)
    this->*score = std::max(this->*score, other.*score);
}

TasteQuery::Scratch& TasteQuery::scratch() {
  thread_local Scratch scratch;
  return scratch;
}

std::vector<const PersonState*> friends_of(const PeopleTable& people, const PersonState& person) {
  constexpr std::size_t kFriendsMax = 64, kLookedAt = 256;
  std::vector<const PersonState*> friends;
  const auto& follows = person.follows;
  const auto start = follows.empty() ? 0 : person.showings % follows.size();
  for (std::size_t i = 0; i < std::min(follows.size(), kLookedAt); ++i) {
    const auto* other = people.find({follows[(start + i) % follows.size()]});
    if (other == nullptr || other == &person || !other->follows_author(person.key)) continue;
    if (person.blocked(other->key) || sorted_contains(person.muted_people, other->key)) continue;
    friends.push_back(other);
    if (friends.size() == kFriendsMax) break;
  }
  return friends;
}

TasteQuery::TasteQuery(const Collaborative& shared, const PeopleTable& people,
                       const PersonState& person)
    : shared_(shared),
      scratch_(scratch()),
      history_(rows_of(shared.items_, person.history, Collaborative::kHistoryUsed)),
      had_count_(person.had_count()) {
  auto& by_row = scratch_.by_row;
  for (const auto row : scratch_.rows) by_row[row] = {};
  scratch_.rows.clear();
  if (by_row.size() < shared.items_.rows_end()) by_row.resize(shared.items_.rows_end());
  walk_friends(friends_of(people, person));
  if (history_.empty()) return;
  person_ = shared.taste_of(people, person);
  std::array<Taste, kLastFew> tastes;
  const auto last = std::min(kLastFew, history_.size());
  for (std::size_t i = 0; i < last; ++i) tastes[i] = shared.item_tastes_[history_[i]];
  last_ =
      solve(shared.item_tastes_, {std::span(tastes).first(last), 1, static_cast<float>(last)}, {});
  summary_ = shared.sequence_.summarise(history_);
  walk_neighbours();
}

TasteQuery::Touched* TasteQuery::touch(RowKey key) {
  const auto row = row_of(key);
  Touched& touched = scratch_.by_row[row];
  if (touched.key == key) return &touched;
  if (touched.key != 0 || !shared_.items_.holds(key)) return nullptr;
  touched.key = key;
  scratch_.rows.push_back(row);
  return &touched;
}

void TasteQuery::walk(const NeighbourList& list, float people, float recent, float order) {
  const auto& entries = list.entries();
  for (std::size_t first = 0; first < entries.size(); first += NeighbourList::kBucket) {
    std::array<float, NeighbourList::kBucket> near{};
    if (order > 0)
      for (std::size_t i = 0; i < near.size(); ++i)
        near[i] = order * std::sqrt(static_cast<float>(entries[first + i].t));
    for (std::size_t i = 0; i < near.size(); ++i) {
      const Neighbour& neighbour = entries[first + i];
      if (neighbour.key == 0) continue;
      Touched* const touched = touch(neighbour.key);
      if (touched == nullptr) continue;
      const auto c = static_cast<float>(neighbour.c);
      touched->neighbours += c * people, touched->recent += c * recent;
      touched->order += near[i];
    }
  }
}

void TasteQuery::walk_neighbours() {
  const auto& weights = rank_weights();
  for (std::size_t r = 0; r < history_.size(); ++r) {
    const NeighbourList& list = shared_.lists_[history_[r]];
    const float had = shared_.items_[history_[r]].had;
    const float people = list.unit() * pow_fixed(had + 5, -0.7F);
    const float order = r < Collaborative::kOrderUsed
                            ? std::sqrt(list.unit()) * weights[r] * pow_fixed(had + 10, -0.4F)
                            : 0.0F;
    walk(list, people, people * weights[r], order);
  }
  for (const auto row : scratch_.rows) {
    Touched& touched = scratch_.by_row[row];
    const float had = shared_.items_[row].had;
    const float less = pow_fixed(had + 5, -0.3F);
    touched.neighbours *= less, touched.recent *= less;
    touched.order *= pow_fixed(had + 10, -0.4F);
  }
}

/// What each took to counts by one over the root of how much that is.
void TasteQuery::walk_friends(std::span<const PersonState* const> friends) {
  for (const PersonState* one : friends) {
    const auto rows = rows_of(shared_.items_, one->history, Collaborative::kHistoryUsed);
    const float weight = 1 / std::sqrt(static_cast<float>(rows.size()) + 10);
    for (const auto row : rows)
      if (Touched* const touched = touch(shared_.items_.key(row)))
        touched->friends += weight, ++touched->friends_count;
  }
  for (const auto row : scratch_.rows)
    scratch_.by_row[row].friends *= pow_fixed(shared_.items_[row].had + 5, -0.3F);
}

TasteScores TasteQuery::scores(std::uint32_t number) const {
  TasteScores all;
  const auto row = shared_.items_.find(number);
  if (!row) return all;
  const Touched& touched = scratch_.by_row[*row];
  all.neighbours = touched.neighbours, all.recent = touched.recent, all.order = touched.order;
  all.friends = touched.friends;
  const Taste& taste = shared_.item_tastes_[*row];
  all.als = dot(person_.data(), taste.data(), kTasteDim);
  all.fold_in = dot(last_.data(), taste.data(), kTasteDim);
  all.sequence = dot(summary_.data(), shared_.sequence_.output(*row).data(), kTasteDim);
  return all;
}

void TasteQuery::put(float score, std::uint32_t row) {
  const auto bits = std::bit_cast<std::uint32_t>(score);
  const auto ordered = (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
  const std::uint64_t scored = std::uint64_t{ordered} << 32 | ~row;
  auto& best = scratch_.best;
  if (scored <= scratch_.floor) return;
  best.push_back(scored);
  if (best.size() >= 2 * scratch_.count) keep_best();
}

/// Only the best that are asked for; nothing below them is taken from now on.
void TasteQuery::keep_best() {
  auto& best = scratch_.best;
  if (best.size() <= scratch_.count) return;
  const auto last = best.begin() + static_cast<std::ptrdiff_t>(scratch_.count - 1);
  std::nth_element(best.begin(), last, best.end(), std::greater<>());
  scratch_.floor = *last;
  best.erase(last + 1, best.end());
}

void TasteQuery::score_all(float TasteScores::*by) {
  const auto walked = [&](float Touched::*score) {
    for (const auto row : scratch_.rows)
      if (const float found = scratch_.by_row[row].*score; found > 0) put(found, row);
  };
  const auto factors = [&](const Taste& own, auto other) {
    const auto end = shared_.items_.rows_end();
    if (end > kScannedMax)
      for (const auto row : scratch_.rows) put(dot(own.data(), other(row), kTasteDim), row);
    else
      for (std::uint32_t row = 0; row < end; ++row)
        if (shared_.items_[row].number != 0) put(dot(own.data(), other(row), kTasteDim), row);
  };
  const auto taste = [&](std::uint32_t row) { return shared_.item_tastes_[row].data(); };
  const auto output = [&](std::uint32_t row) { return shared_.sequence_.output(row).data(); };
  if (by == &TasteScores::neighbours) return walked(&Touched::neighbours);
  if (by == &TasteScores::recent) return walked(&Touched::recent);
  if (by == &TasteScores::order) return walked(&Touched::order);
  if (by == &TasteScores::friends) return put_what_friends_share();
  if (history_.empty()) return;
  if (by == &TasteScores::als) return factors(person_, taste);
  if (by == &TasteScores::fold_in) return factors(last_, taste);
  factors(summary_, output);
}

/// What fewer than three of them took to is not proposed by it: nobody learns what one friend
/// watches.
void TasteQuery::put_what_friends_share() {
  constexpr std::uint32_t kFriendsAtLeast = 3;
  for (const auto row : scratch_.rows)
    if (scratch_.by_row[row].friends_count >= kFriendsAtLeast)
      put(scratch_.by_row[row].friends, row);
}

std::vector<std::uint32_t> TasteQuery::best(float TasteScores::*by, std::size_t count) {
  auto& best = scratch_.best;
  best.clear();
  scratch_.count = std::max<std::size_t>(1, count), scratch_.floor = 0;
  score_all(by);
  keep_best();
  std::sort(best.begin(), best.end(), std::greater<>());
  std::vector<std::uint32_t> numbers;
  numbers.reserve(best.size());
  for (const auto scored : best)
    numbers.push_back(shared_.items_.number(~static_cast<std::uint32_t>(scored)));
  return numbers;
}

TasteScores TasteQuery::greatest() const {
  TasteScores all;
  for (const auto row : scratch_.rows) all.raise(scores(shared_.items_.number(row)));
  return all;
}

}  // namespace filoscope::engine
