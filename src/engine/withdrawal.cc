#include "engine/withdrawal.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "engine/learner.h"
#include "engine/standing.h"

namespace filoscope::engine {
namespace {

constexpr float kTraceOfInterest = 0.001F;  ///< of an encounter; less is none

/// What is taken back of one person.
struct Chosen {
  std::vector<std::uint32_t> numbers;  ///< sorted: all she did with these
  std::uint32_t since_s = ~0U;         ///< and encounters that began from then on
  bool everything = false;

  bool holds(std::uint32_t number) const {
    return std::binary_search(numbers.begin(), numbers.end(), number);
  }
  bool holds(const Encounter& encounter) const {
    return encounter.at_s >= since_s || holds(encounter.video);
  }
  bool any(const PersonState& person) const {
    return !numbers.empty() ||
           std::any_of(person.encounters.begin(), person.encounters.end(),
                       [this](const Encounter& encounter) { return holds(encounter); });
  }
};

bool carries(const Video& video, WithdrawKind kind, std::uint64_t key) {
  const auto has = [&](FeatureKind feature) {
    const auto wanted = feature_key(feature, key);
    return std::find(video.keys.begin(), video.keys.end(), wanted) != video.keys.end();
  };
  switch (kind) {
    case WithdrawKind::hashtag:
      return has(FeatureKind::hashtag);
    case WithdrawKind::word:
      return has(FeatureKind::word);
    case WithdrawKind::sound:
      return video.sound_key == feature_key(FeatureKind::sound, key);
    case WithdrawKind::author:
      return video.author == key;
    case WithdrawKind::video:
      return video.id == key;
    default:
      return false;
  }
}

bool stands(const SeenEntry& entry) {
  return entry.shown() || Contribution(entry.given).stands_at_all();
}

/// Entries that she met, sorted.
std::vector<std::uint32_t> met_by(const State& state, const PersonState& person) {
  std::vector<std::uint32_t> met;
  person.seen.each([&](const SeenEntry& entry) {
    if (stands(entry)) met.push_back(SmallTable<SeenEntry>::key_of(entry));
  });
  for (const Encounter& encounter : person.encounters) met.push_back(encounter.video);
  const auto& items = state.collaborative.items();
  for (const Had& had : person.history)
    if (items.holds(had.key)) met.push_back(items.number(row_of(had.key)));
  std::sort(met.begin(), met.end());
  met.erase(std::unique(met.begin(), met.end()), met.end());
  return met;
}

/// Those whose first encounter lies within the time. Where none is known any more, what she gave
/// tells its time to four hours: rather too much than too little.
void choose_since(const State& state, const PersonState& person, std::uint64_t since_ms,
                  Chosen& chosen) {
  constexpr std::int64_t kGivenWithinMs = 4LL * 3600 * 1000;
  chosen.since_s = static_cast<std::uint32_t>(std::min<std::uint64_t>(since_ms / 1000, ~0U - 1));
  std::unordered_map<std::uint32_t, std::uint32_t> first_s;
  for (const Encounter& encounter : person.encounters)
    first_s.emplace(encounter.video, encounter.at_s);
  std::erase_if(chosen.numbers, [&](std::uint32_t number) {
    if (const auto at = first_s.find(number); at != first_s.end())
      return at->second < chosen.since_s;
    const SeenEntry* entry = person.seen.find(number);
    if (entry == nullptr) return true;
    const auto given_ms = Contribution(entry->given).at_ms(state.videos[number].created_ms);
    return (given_ms + kGivenWithinMs) / 1000 < std::int64_t{chosen.since_s};
  });
}

Chosen choose(const State& state, const PersonState& person, const Withdraw& body) {
  Chosen chosen{met_by(state, person)};
  chosen.everything = body.kind == WithdrawKind::everything;
  if (chosen.everything) return chosen;
  if (body.kind == WithdrawKind::since) {
    choose_since(state, person, body.key, chosen);
  } else {
    std::erase_if(chosen.numbers, [&](std::uint32_t number) {
      return !carries(state.videos[number], body.kind, body.key);
    });
  }
  return chosen;
}

void count_own(PersonState& person, const Contribution& given, const Video& video, bool in) {
  // Only what was learned was counted.
  const auto labels = static_cast<std::uint16_t>(standing_labels(given, video) & taught(given));
  const double views = given.taught(Lesson::watch) ? (in ? 1 : -1) : 0;
  const auto none = std::uint16_t{0};
  person.outcomes.counts.add(views, 1, in ? none : labels, in ? labels : none);
}

/// Her own side, but for the history, which is Collaborative's.
Withdrawal take_out(const State& state, PersonState& person, const Chosen& chosen) {
  Withdrawal taken;
  std::erase_if(person.encounters, [&](const Encounter& encounter) {
    if (!chosen.holds(encounter)) return false;
    person.move_interests(encounter, false, state.videos[encounter.video], state.at_ms);
    taken.encounters.push_back(encounter);
    return true;
  });
  std::unordered_set<std::uint32_t> known;
  for (const Encounter& encounter : taken.encounters) known.insert(encounter.video);
  for (const auto number : chosen.numbers) {
    SeenEntry* entry = person.seen.find(number);
    if (entry == nullptr || !stands(*entry)) continue;
    taken.seen.push_back(*entry);
    const Video& video = state.videos[number];
    Contribution given(entry->given);
    count_own(person, given, video, false);
    if (!known.contains(number)) {
      Encounter& older = taken.older.emplace_back(encounter_of(given, video));
      older.video = number;
      older.value = value_of(older, state.share_mean(video.duration_bucket()));
      person.move_interests(older, false, video, state.at_ms);
    }
    given.clear_standing();
    entry->given = given.bits();
    entry->last &= SeenEntry::kCounted;
  }
  person.interests.retain([](const Interest& x) { return x.n > kTraceOfInterest; });
  if (chosen.everything) {
    taken.bloom = std::exchange(person.bloom, {});
    taken.before = std::exchange(person.outcomes.before, {});
    taken.counts = std::exchange(person.outcomes.counts, {});
    person.interests = {};
  }
  person.outcomes.factors = factors_by_encounters(state, person);
  return taken;
}

/// Encounters by their time again; the oldest may leave by that.
void put_encounters_back(const State& state, PersonState& person,
                         std::span<const Encounter> taken) {
  std::vector<Encounter> merged;
  std::merge(person.encounters.begin(), person.encounters.end(), taken.begin(), taken.end(),
             std::back_inserter(merged),
             [](const Encounter& a, const Encounter& b) { return a.at_s < b.at_s; });
  person.encounters = std::move(merged);
  leave_oldest(state, person);
  person.outcomes.factors = factors_by_encounters(state, person);
}

/// Leaves of `taken` what she has not met since.
void keep_unmet(const State& state, const PersonState& person, Withdrawal& taken) {
  std::unordered_set<std::uint32_t> met;
  for (const SeenEntry& entry : taken.seen) {
    const auto number = SmallTable<SeenEntry>::key_of(entry);
    const SeenEntry* now = person.seen.find(number);
    if (now != nullptr && stands(*now)) met.insert(number);
  }
  const auto met_again = [&](std::uint32_t number) { return met.contains(number); };
  std::erase_if(taken.seen, [&](const SeenEntry& entry) {
    return met_again(SmallTable<SeenEntry>::key_of(entry));
  });
  for (auto* encounters : {&taken.encounters, &taken.older})
    std::erase_if(*encounters, [&](const Encounter& one) { return met_again(one.video); });
  const auto& items = state.collaborative.items();
  std::erase_if(taken.history, [&](const Had& had) {
    return !items.holds(had.key) || met_again(items.number(row_of(had.key)));
  });
}

void put_back(const State& state, PersonState& person, const Withdrawal& taken) {
  const bool everything = taken.kind == WithdrawKind::everything;
  for (const SeenEntry& entry : taken.seen) {
    const auto number = SmallTable<SeenEntry>::key_of(entry);
    person.remember(number) = entry;
    if (!everything) count_own(person, Contribution(entry.given), state.videos[number], true);
  }
  for (const auto* encounters : {&taken.encounters, &taken.older})
    for (const Encounter& encounter : *encounters)
      person.move_interests(encounter, true, state.videos[encounter.video], state.at_ms);
  if (everything) {
    auto& counts = person.outcomes.counts;
    counts.n += taken.counts.n;
    for (std::size_t h = 0; h < kHeadsCount; ++h) counts.yes[h] += taken.counts.yes[h];
    person.outcomes.before = taken.before;
    if (!taken.bloom.empty()) person.bloom.resize(PersonState::kBloomWords);
    for (std::size_t i = 0; i < taken.bloom.size(); ++i) person.bloom[i] |= taken.bloom[i];
  }
  put_encounters_back(state, person, taken.encounters);
}

/// The oldest ones are final where there are too many, or too much in them.
void keep_withdrawal(PersonState& person, Withdrawal taken) {
  auto& withdrawals = person.withdrawals;
  withdrawals.push_back(std::move(taken));
  std::size_t entries = 0, kept = 0;
  for (auto at = withdrawals.rbegin(); at != withdrawals.rend(); ++at, ++kept) {
    entries += at->seen.size() + at->older.size() + at->history.size();
    if (kept > 0 && (kept == PersonState::kWithdrawalsMax || entries > PersonState::kWithdrawnMax))
      break;
  }
  withdrawals.erase(withdrawals.begin(), withdrawals.end() - static_cast<std::ptrdiff_t>(kept));
}

std::int64_t shown_count(const Withdrawal& taken) {
  return std::count_if(taken.seen.begin(), taken.seen.end(),
                       [](const SeenEntry& entry) { return entry.shown(); });
}

void move_all(State& state, const Withdrawal& taken, Direction way) {
  for (const SeenEntry& entry : taken.seen)
    move_standing(state, SmallTable<SeenEntry>::key_of(entry), entry, way);
}

}  // namespace

void withdraw(State& state, PersonKey key, const Withdraw& body) {
  if (!key || state.people.find(key) == nullptr) return;
  PersonState& person = state.people.get(key);
  const Chosen chosen = choose(state, person, body);
  if (!chosen.any(person)) return;
  Withdrawal taken = take_out(state, person, chosen);
  taken.id = body.id.value, taken.key = body.key, taken.kind = body.kind;
  taken.at_ms = state.at_ms;
  move_all(state, taken, Direction::take_back);
  state.people.change_seen(person, -shown_count(taken));
  const auto slot = state.people.slot_of(person);
  taken.history = state.collaborative.take_out(state.people, slot, chosen.numbers);
  if (chosen.everything) person.history = {};  // of entries that are gone
  state.pending.forget(key, chosen.numbers);
  keep_withdrawal(person, std::move(taken));
  state.people.note_withdrawal(person, body.id.value, state.at_ms);
}

void undo_withdraw(State& state, PersonKey key, const UndoWithdraw& body) {
  if (!key || state.people.find(key) == nullptr) return;
  PersonState& person = state.people.get(key);
  auto& withdrawals = person.withdrawals;
  const auto at = std::find_if(withdrawals.begin(), withdrawals.end(),
                               [&](const Withdrawal& one) { return one.id == body.id.value; });
  if (at == withdrawals.end()) return;
  Withdrawal taken = std::move(*at);
  withdrawals.erase(at);
  keep_unmet(state, person, taken);
  put_back(state, person, taken);
  move_all(state, taken, Direction::give);
  state.people.change_seen(person, shown_count(taken));
  state.collaborative.put_back(state.people, state.people.slot_of(person), taken.history);
}

PersonState without(const State& state, const PersonState& person, std::uint32_t number) {
  PersonState other = person;
  other.withdrawals = {};
  take_out(state, other, {{number}});
  std::erase_if(other.history, [&](const Had& had) {
    const auto& items = state.collaborative.items();
    return items.holds(had.key) && items.number(row_of(had.key)) == number;
  });
  return other;
}

}  // namespace filoscope::engine
