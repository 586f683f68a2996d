#include "engine/collaborative.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace filoscope::engine {
namespace {

constexpr float kPopular = 100;  ///< from so many on a list may have twice as many neighbours
constexpr int kTasteReplays = 4, kTastesSwept = 2, kSequenceReplays = 2;

/// How much one event of a person with so many before it joins: heavy people say less by each.
float people_weight(std::uint32_t before) { return 10.0F / (static_cast<float>(before) + 10.0F); }

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

}  // namespace filoscope::engine
