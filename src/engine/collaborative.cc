#include "engine/collaborative.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <utility>

namespace filoscope::engine {
namespace {

constexpr std::size_t kLastFew = 8;
constexpr float kPopular = 100;  ///< from so many on a list may have twice as many neighbours
constexpr int kTasteReplays = 4, kTastesSwept = 2, kSequenceReplays = 2;
/// Factors and sequences are compared with all rows up to so many; of more only with what other
/// routes found.
constexpr std::uint32_t kScannedMax = 1U << 14;

/// How much one event of a person with so many before it joins: heavy people say less by each.
float people_weight(std::uint32_t before) { return 10.0F / (static_cast<float>(before) + 10.0F); }

const std::array<float, Collaborative::kHistoryUsed>& rank_weights() {
  static const auto weights = [] {
    std::array<float, Collaborative::kHistoryUsed> all{};
    for (std::size_t r = 0; r < all.size(); ++r)
      all[r] = pow_fixed(static_cast<float>(r + 1), -0.8F);
    return all;
  }();
  return weights;
}

Taste first_taste(std::uint32_t row) {
  Random random(mix64(0xA15ULL ^ std::uint64_t{row} << 16));
  Taste taste;
  for (float& x : taste) x = static_cast<float>(random.unit() - 0.5) * 0.2F;
  return taste;
}

}  // namespace

std::vector<std::uint32_t> rows_of(const ItemRows& items, std::span<const Had> history,
                                   std::size_t count_max) {
  std::vector<std::uint32_t> rows;
  rows.reserve(std::min(history.size(), count_max));
  for (std::size_t i = history.size(); i > 0 && rows.size() < count_max; --i)
    if (items.holds(history[i - 1].key)) rows.push_back(row_of(history[i - 1].key));
  return rows;
}

void Reservoir::remove(std::uint32_t slot) {
  const auto end = slots.begin() + count;
  const auto at = std::find(slots.begin(), end, slot + 1);
  if (at == end && count < kMax) return;  // all are in it, and she is not
  if (people > 0) --people;
  if (at == end) return;
  *at = slots[--count];
  slots[count] = 0;
}

std::optional<std::uint32_t> Collaborative::row_for(std::uint32_t number) {
  const auto row = items_.take(number);
  if (!row) return row;
  if (*row == lists_.size()) lists_.push_back({}), reservoirs_.push_back({});
  if (items_[*row].at == 0) {
    item_tastes_.set(*row, first_taste(*row));
    sequence_.begin(*row, items_.key(*row));
  }
  return row;
}

/// Lists grow while there is room for all; as it fills, what they may take shrinks.
std::size_t Collaborative::places_for(std::uint32_t row) const {
  if (places_ >= kPlacesMax) return lists_[row].size();
  if (places_ >= kPlacesMax / 8 * 7) return 64;
  if (places_ >= kPlacesMax / 4 * 3) return 128;
  if (places_ >= kPlacesMax / 2) return 256;
  return items_[row].had < kPopular ? NeighbourList::kEntriesMax / 2 : NeighbourList::kEntriesMax;
}

Collaborative::Pair Collaborative::pair_of(std::uint32_t slot, const Had& earlier,
                                           const Had& later) {
  const auto rank = later.ordinal() - earlier.ordinal() - 1;
  Pair pair{row_of(later.key), row_of(earlier.key), 0, 0, 0};
  if (rank >= kHistoryUsed) return pair;
  pair.c = later.weight() * people_weight(later.ordinal());
  if (rank < kOrderUsed) pair.t = later.weight() / static_cast<float>(rank + 1);
  pair.dither = static_cast<std::uint32_t>(
      mix64(mix64(std::uint64_t{later.key} << 32 | earlier.key) ^ slot) >> 16);
  return pair;
}

void Collaborative::join(const Pair& pair) {
  for (const auto& [list, other] : {std::pair(pair.a, pair.b), std::pair(pair.b, pair.a)}) {
    const auto places_max = places_for(list);
    NeighbourList& neighbours = lists_[list];
    const auto before = neighbours.size();
    neighbours.add(items_, items_.key(other), pair.c, pair.t, pair.dither, places_max);
    places_ += neighbours.size() - before;
  }
}

void Collaborative::part(const Pair& pair) {
  for (const auto& [list, other] : {std::pair(pair.a, pair.b), std::pair(pair.b, pair.a)})
    lists_[list].subtract(items_.key(other), pair.c, pair.t, pair.dither);
}

void Collaborative::count(std::uint32_t row, float change) {
  items_.count(row, change, clock_);
  popular_.set(row, static_cast<double>(items_[row].had));
  if (change <= 0) return;
  const double lately = log2_fixed(static_cast<double>(items_[row].recent[1]));
  lately_.set(row, lately + static_cast<double>(clock_) / static_cast<double>(kRecentHalfLives[1]));
}

void Collaborative::learn(PeopleTable& people, std::uint32_t slot, std::uint32_t number,
                          float weight) {
  const auto taken = row_for(number);
  if (!taken) return;
  const auto row = *taken;
  PersonState& person = people.at(slot);
  const Had had(items_.key(row), person.had_next, weight);
  if (std::any_of(person.history.begin(), person.history.end(),
                  [&](const Had& other) { return other.key == had.key; }))
    return;
  Random random(mix64(clock_ ^ mix64(std::uint64_t{had.key} << 32 | slot)));
  const bool happens = random.unit() < static_cast<double>(had.weight());
  const auto history = rows_of(items_, person.history, kHistoryUsed);
  for (auto at = person.history.rbegin(); at != person.history.rend(); ++at) {
    if (had.ordinal() - at->ordinal() > kHistoryUsed) break;
    if (items_.holds(at->key)) join(pair_of(slot, *at, had));
  }
  if (happens || items_[row].at == 0) ++clock_;
  if (happens) learn_sequence(people, history, row, random);
  count(row, had.weight());
  remember(person, slot, had);
  solve_person(people, slot);
  if (!happens) return;
  sample_person(row, slot, random);
  if (stream_.size() < kStreamMax) stream_.push_back({});
  stream_[clock_ % stream_.size()] = {had.key, slot};
  solve_item(row);
  replay(people, row, random);
  solve_in_turn();
}

/// Some of those who took to it, and what else they took to, are solved again.
void Collaborative::replay(const PeopleTable& people, std::uint32_t row, Random& random) {
  for (int i = 0; i < kTasteReplays; ++i) {
    const Reservoir& sample = std::as_const(reservoirs_)[row];
    const auto other = sample.slots[random.below(sample.count)] - 1;
    const auto& had = people.at_slot(other).history;
    if (had.empty()) continue;
    const auto key = had[random.below(had.size())].key;
    if (!items_.holds(key)) continue;
    solve_person(people, other), solve_item(row_of(key));
  }
}

/// A few rows in turn: what nobody takes to any more was fitted to how others were then.
void Collaborative::solve_in_turn() {
  for (int step = 0; step < kTastesSwept; ++step) {
    if (++hand_ >= items_.rows_end()) hand_ = 0;
    if (items_[hand_].number != 0) solve_item(hand_);
  }
}

void Collaborative::learn_sequence(const PeopleTable& people,
                                   std::span<const std::uint32_t> history, std::uint32_t target,
                                   Random& random) {
  if (stream_.empty()) return;
  const auto teach = [&](std::span<const std::uint32_t> before, std::uint32_t next) {
    std::array<std::uint32_t, SequenceModel::kNegatives> negatives{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < negatives.size(); ++i) {
      const RowKey key = stream_[random.below(stream_.size())].key;
      if (key != 0 && items_.holds(key)) negatives[count++] = row_of(key);
    }
    sequence_.learn(before, next, std::span(negatives).first(count));
  };
  teach(history, target);
  for (int replay = 0; replay < kSequenceReplays; ++replay) {
    const auto& past = people.at_slot(stream_[random.below(stream_.size())].slot).history;
    if (past.size() < 2) continue;
    const auto end = 1 + random.below(past.size() - 1);
    if (!items_.holds(past[end].key)) continue;
    teach(rows_of(items_, std::span(past).first(end), kHistoryUsed), row_of(past[end].key));
  }
}

/// Appends to her history; what it drops no longer samples her, and stands for good.
void Collaborative::remember(PersonState& person, std::uint32_t slot, const Had& had) {
  auto& history = person.history;
  if (history.size() >= PersonState::kHistoryMax) {
    constexpr std::ptrdiff_t kDropped = 64;
    for (std::ptrdiff_t i = 0; i < kDropped; ++i)
      if (const auto key = history[static_cast<std::size_t>(i)].key; items_.holds(key))
        reservoirs_[row_of(key)].remove(slot);
    history.erase(history.begin(), history.begin() + kDropped);
  }
  history.push_back(had);
  ++person.had_next;
}

void Collaborative::sample_person(std::uint32_t row, std::uint32_t slot, Random& random) {
  Reservoir& sample = reservoirs_[row];
  ++sample.people;
  if (sample.count < Reservoir::kMax) {
    sample.slots[sample.count++] = slot + 1;
  } else if (const auto at = random.below(sample.people); at < Reservoir::kMax) {
    sample.slots[at] = slot + 1;
  }
}

Taste Collaborative::solved(std::span<const std::uint32_t> history, const Taste& from) const {
  std::array<Taste, kHistoryUsed> tastes;
  for (std::size_t i = 0; i < history.size(); ++i) tastes[i] = item_tastes_[history[i]];
  return solve(item_tastes_,
               {std::span(tastes).first(history.size()), 1, static_cast<float>(history.size())},
               from);
}

Taste Collaborative::taste_of(const PeopleTable& people, const PersonState& person) const {
  const auto slot = people.slot_of(person);
  if (&people.at_slot(slot) != &person)
    return solved(rows_of(items_, person.history, kHistoryUsed), {});
  return slot < person_tastes_.rows_end() ? person_tastes_[slot] : Taste{};
}

void Collaborative::solve_person(const PeopleTable& people, std::uint32_t slot) {
  const auto history = rows_of(items_, people.at_slot(slot).history, kHistoryUsed);
  if (history.empty()) return person_tastes_.set(slot, {});
  person_tastes_.ensure(slot);
  person_tastes_.set(slot, solved(history, std::as_const(person_tastes_)[slot]));
}

void Collaborative::solve_item(std::uint32_t row) {
  std::array<Taste, Reservoir::kMax> tastes;
  const Reservoir& sample = std::as_const(reservoirs_)[row];
  if (sample.count == 0) return item_tastes_.set(row, {});
  for (std::size_t i = 0; i < sample.count; ++i)
    tastes[i] = std::as_const(person_tastes_)[sample.slots[i] - 1];
  const auto people = static_cast<float>(sample.people);
  const Evidence evidence{std::span(tastes).first(sample.count),
                          std::max(1.0F, people / static_cast<float>(sample.count)), people};
  item_tastes_.set(row, solve(person_tastes_, evidence, std::as_const(item_tastes_)[row]));
}

template <typename Action>
void Collaborative::each_pair(std::uint32_t slot, std::span<const Had> history, std::size_t index,
                              Action action) {
  const Had& one = history[index];
  if (!items_.holds(one.key)) return;
  for (std::size_t i = index; i > 0; --i) {
    if (one.ordinal() - history[i - 1].ordinal() > kHistoryUsed) break;
    if (items_.holds(history[i - 1].key)) action(pair_of(slot, history[i - 1], one));
  }
  for (std::size_t i = index + 1; i < history.size(); ++i) {
    if (history[i].ordinal() - one.ordinal() > kHistoryUsed) break;
    if (items_.holds(history[i].key)) action(pair_of(slot, one, history[i]));
  }
}

void Collaborative::part_all(std::uint32_t slot, std::span<const Had> history, std::size_t index) {
  each_pair(slot, history, index, [this](const Pair& pair) { part(pair); });
}

void Collaborative::unlearn(PeopleTable& people, std::uint32_t slot, std::uint32_t number) {
  take_out(people, slot, std::array{number});
}

std::vector<Had> Collaborative::take_out(PeopleTable& people, std::uint32_t slot,
                                         std::span<const std::uint32_t> numbers) {
  auto& history = people.at(slot).history;
  std::vector<Had> taken;
  for (std::size_t i = history.size(); i > 0; --i) {
    const Had one = history[i - 1];
    if (!items_.holds(one.key)) continue;
    const auto row = row_of(one.key);
    if (!std::binary_search(numbers.begin(), numbers.end(), items_.number(row))) continue;
    part_all(slot, history, i - 1);
    history.erase(history.begin() + static_cast<std::ptrdiff_t>(i - 1));
    reservoirs_[row].remove(slot);
    count(row, -one.weight());
    taken.push_back(one);
  }
  if (taken.empty()) return taken;
  solve_person(people, slot);
  solve_some(taken);
  std::reverse(taken.begin(), taken.end());
  return taken;
}

void Collaborative::insert(PeopleTable& people, std::uint32_t slot, const Had& had) {
  auto& history = people.at(slot).history;
  const auto at =
      std::upper_bound(history.begin(), history.end(), had,
                       [](const Had& a, const Had& b) { return a.ordinal() < b.ordinal(); });
  const auto index = static_cast<std::size_t>(at - history.begin());
  history.insert(at, had);
  each_pair(slot, history, index, [this](const Pair& pair) { join(pair); });
  const auto row = row_of(had.key);
  items_.count_again(row, had.weight());
  popular_.set(row, static_cast<double>(items_[row].had));
  Random random(mix64(clock_ ^ mix64(std::uint64_t{had.key} << 32 | slot)));
  if (random.unit() < static_cast<double>(had.weight())) sample_person(row, slot, random);
}

void Collaborative::put_back(PeopleTable& people, std::uint32_t slot, std::span<const Had> taken) {
  const auto& history = people.at(slot).history;
  std::vector<RowKey> held;
  for (const Had& one : history) held.push_back(one.key);
  std::sort(held.begin(), held.end());
  for (const Had& one : taken)
    if (items_.holds(one.key) && history.size() < PersonState::kHistoryMax &&
        !std::binary_search(held.begin(), held.end(), one.key))
      insert(people, slot, one);
  solve_person(people, slot);
  solve_some(taken);
}

void Collaborative::learn_again(PeopleTable& people, std::uint32_t slot, std::uint32_t number,
                                float weight) {
  const auto row = items_.find(number);
  if (!row) return;
  PersonState& person = people.at(slot);
  put_back(people, slot, std::array{Had(items_.key(*row), person.had_next++, weight)});
}

/// The rest is solved in its turn.
void Collaborative::solve_some(std::span<const Had> of) {
  constexpr std::size_t kSolvedAtOnce = 64;
  for (const Had& one : of.first(std::min(of.size(), kSolvedAtOnce)))
    if (items_.holds(one.key)) solve_item(row_of(one.key));
}

bool Collaborative::in_history(const PersonState& person, std::uint32_t number) const {
  const auto row = items_.find(number);
  return row && std::any_of(person.history.begin(), person.history.end(),
                            [&](const Had& had) { return had.key == items_.key(*row); });
}

void Collaborative::forget_item(std::uint32_t number) {
  const auto row = items_.find(number);
  if (!row) return;
  places_ -= lists_[*row].size();
  lists_[*row].clear();
  reservoirs_[*row] = {};
  item_tastes_.set(*row, {});
  popular_.remove(*row), lately_.remove(*row);
  items_.release(*row);
}

void Collaborative::forget_person(PeopleTable::Gone gone) {
  if (gone.slot < person_tastes_.rows_end()) person_tastes_.set(gone.slot, {});
  if (!gone.history.empty()) gone_.push_back(std::move(gone));
}

void Collaborative::sweep() {
  for (std::size_t i = 0; i < kTakenBack && !gone_.empty(); ++i) {
    auto& [slot, erased, history] = gone_.back();
    const Had last = history.back();
    if (items_.holds(last.key)) {
      const auto row = row_of(last.key);
      reservoirs_[row].remove(slot);
      if (erased) part_all(slot, history, history.size() - 1), count(row, -last.weight());
    }
    history.pop_back();
    if (history.empty()) gone_.pop_back();
  }
}

std::size_t Collaborative::sweeps_left() const {
  std::size_t entries = 0;
  for (const auto& gone : gone_) entries += gone.history.size();
  return (entries + kTakenBack - 1) / kTakenBack;
}

bool Collaborative::fits(const PeopleTable& people, std::uint32_t numbers_end) {
  if (!items_.rebuild(numbers_end, clock_)) return false;
  const auto rows = items_.rows_end(), slots = people.slots_end();
  if (lists_.size() != rows || item_tastes_.rows_end() != rows || sequence_.rows_end() != rows)
    return false;
  const auto is_key = [&](RowKey key) { return (key & 0xFFFFFFU) != 0 && row_of(key) < rows; };
  const auto is_history = [&](const std::vector<Had>& history) {
    return std::all_of(history.begin(), history.end(),
                       [&](const Had& had) { return is_key(had.key); });
  };
  for (std::uint32_t row = 0; row < rows; ++row) {
    const Reservoir& sample = std::as_const(reservoirs_)[row];
    if (!lists_[row].fits(items_) || sample.count > Reservoir::kMax) return false;
    for (std::uint32_t i = 0; i < sample.count; ++i)
      if (sample.slots[i] == 0 || sample.slots[i] > std::min(slots, person_tastes_.rows_end()))
        return false;
  }
  for (const auto* list : {&popular_, &lately_})
    for (const auto& entry : list->entries())
      if (entry.row >= rows || items_[static_cast<std::uint32_t>(entry.row)].number == 0 ||
          !(entry.score - entry.score == 0))
        return false;
  for (const auto& [key, slot] : stream_)
    if (key != 0 && (!is_key(key) || slot >= slots)) return false;
  for (const auto& gone : gone_)
    if (gone.history.empty() || !is_history(gone.history)) return false;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    if (!is_history(people.at_slot(slot).history)) return false;
    for (const Withdrawal& taken : people.at_slot(slot).withdrawals)
      if (!is_history(taken.history)) return false;
  }
  return item_tastes_.fits() && person_tastes_.fits() && sequence_.fits();
}

Popularity Collaborative::popularity(std::uint32_t number) const {
  const auto row = items_.find(number);
  if (!row) return {};
  const ItemStats& stats = items_[*row];
  return {stats.had, items_.recent(*row, clock_), static_cast<float>(clock_ - stats.at)};
}

std::size_t Collaborative::bytes() const {
  return items_.bytes() + lists_.bytes() + places_ * sizeof(Neighbour) + reservoirs_.bytes() +
         item_tastes_.bytes() + person_tastes_.bytes() + sequence_.bytes() +
         stream_.capacity() * sizeof(Occurrence);
}

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
