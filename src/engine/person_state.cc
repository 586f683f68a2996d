#include "engine/person_state.h"

#include <algorithm>
#include <utility>

#include "engine/numbers.h"

namespace filoscope::engine {
namespace {

constexpr std::uint32_t kEncounterLastsS = 6 * 3600;
constexpr std::size_t kEncounterLookBack = 64;
constexpr std::int64_t kHourMs = 3600 * 1000;
constexpr std::size_t kSweptAtOnce = 64, kSweptPart = 4096;
/// Imaginary neutral encounters with every content: one real one moves the mean half the way.
constexpr float kLeanPrior = 1.0F;

std::array<std::uint32_t, 3> bloom_bits(std::uint32_t video) {
  const auto hash = mix64(video + 1ULL);
  constexpr std::uint32_t kMask = PersonState::kBloomWords * 64 - 1;
  return {static_cast<std::uint32_t>(hash) & kMask, static_cast<std::uint32_t>(hash >> 20) & kMask,
          static_cast<std::uint32_t>(hash >> 42) & kMask};
}

/// Of what an encounter said when it began.
float left_of(const Encounter& encounter, std::int64_t at_ms) {
  return decay(at_ms - std::int64_t{encounter.at_s} * 1000, kInterestHalfLifeMs);
}

std::uint32_t interest_place(std::uint32_t short_key) {
  return std::min<std::uint32_t>(short_key, 0xFFFFFFFEU);
}

}  // namespace

float interest_left(const Interest& interest, std::int64_t at_ms) {
  const auto passed_s = at_ms / 1000 - std::int64_t{interest.at_s};
  return interest.at_s == 0 || passed_s <= 0 ? 1.0F : decay(passed_s * 1000, kInterestHalfLifeMs);
}

bool sorted_contains(const std::vector<std::uint64_t>& values, std::uint64_t value) {
  return !values.empty() && std::binary_search(values.begin(), values.end(), value);
}

bool sorted_set(std::vector<std::uint64_t>& values, std::uint64_t value, bool on) {
  const auto at = std::lower_bound(values.begin(), values.end(), value);
  const bool there = at != values.end() && *at == value;
  if (on && !there) {
    if (values.size() >= PersonState::kRelationsMax) return false;
    values.insert(at, value);
  } else if (!on && there) {
    values.erase(at);
  }
  return true;
}

void Encounter::miss(std::size_t head, float error) {
  const float scaled = clamp(missed_of(head) + error, -1, 1) * 127.0F;
  auto nearest = static_cast<int>(scaled + (scaled < 0 ? -0.5F : 0.5F));
  if (nearest == 0) nearest = scaled < 0 ? -1 : 1;
  missed[head] = static_cast<std::int8_t>(nearest);
}

std::size_t PersonState::had_count() const {
  return history.size() < kHistoryMax / 2 ? history.size() : had_next;
}

PersonState::Shares PersonState::watched_shares() const {
  constexpr float kCounted = 50;
  Shares shares;
  float sum = 0;
  for (std::size_t i = encounters.size(); i > 0 && shares.count < kCounted; --i) {
    if ((encounters[i - 1].did & kDidWatch) == 0) continue;
    sum += static_cast<float>(encounters[i - 1].share) / 1000.0F;
    ++shares.count;
  }
  if (shares.count > 0) shares.mean = sum / shares.count;
  return shares;
}

bool PersonState::has_seen(std::uint32_t video) const {
  const SeenEntry* entry = seen.find(video);
  return (entry != nullptr && Contribution(entry->given).disliked()) || was_shown(video);
}

bool PersonState::was_shown(std::uint32_t video) const {
  const SeenEntry* entry = seen.find(video);
  if (entry != nullptr && entry->shown()) return true;
  if (bloom.empty()) return false;
  for (const auto bit : bloom_bits(video))
    if ((bloom[bit / 64] >> (bit % 64) & 1) == 0) return false;
  return true;
}

SeenEntry& PersonState::remember(std::uint32_t video) {
  if (SeenEntry* entry = seen.find(video)) return *entry;
  if (seen.size() >= kSeenMax) age_seen();
  return seen.insert(video);
}

void PersonState::mark_seen(std::uint32_t video) {
  SeenEntry& entry = remember(video);
  if (!entry.shown()) ++seen_total;
  entry.last = (entry.last & SeenEntry::kCounted) | (++showings & ~SeenEntry::kCounted);
}

/// Moves the longest-unseen quarter into the Bloom filter.
void PersonState::age_seen() {
  std::vector<std::uint32_t> order;
  order.reserve(seen.size());
  seen.each([&](const SeenEntry& entry) { order.push_back(entry.order()); });
  const auto cut = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 4);
  std::nth_element(order.begin(), cut, order.end());
  const auto limit = std::max(*cut, 1U);  // what was never shown goes first
  bloom.resize(kBloomWords);
  seen.retain([&](const SeenEntry& entry) {
    if (entry.order() >= limit) return true;
    if (!entry.shown() && !Contribution(entry.given).disliked()) return false;
    for (const auto bit : bloom_bits(SmallTable<SeenEntry>::key_of(entry)))
      bloom[bit / 64] |= std::uint64_t{1} << (bit % 64);
    return false;
  });
}

const Encounter* PersonState::ongoing(std::uint32_t video, std::int64_t at_ms) const {
  const auto now_s = static_cast<std::uint32_t>(at_ms / 1000);
  const auto looked = std::min(encounters.size(), kEncounterLookBack);
  for (std::size_t i = 1; i <= looked; ++i) {
    const Encounter& recent = encounters[encounters.size() - i];
    if (recent.video == video && recent.at_s + kEncounterLastsS >= now_s) return &recent;
  }
  return nullptr;
}

Encounter& PersonState::encounter(std::uint32_t video, std::int64_t at_ms) {
  if (const Encounter* recent = ongoing(video, at_ms)) return const_cast<Encounter&>(*recent);
  Encounter fresh;
  fresh.video = video, fresh.at_s = static_cast<std::uint32_t>(at_ms / 1000);
  encounters.push_back(fresh);
  return encounters.back();
}

void PersonState::set_value(Encounter& encounter, float value, bool first, const Video& video,
                            std::int64_t at_ms) {
  const float change = value - encounter.value;
  encounter.value = value;
  if (!first && change == 0) return;
  move_interests(video, {first ? 1.0F : 0.0F, change * left_of(encounter, at_ms), at_ms});
}

void PersonState::move_interests(const Encounter& encounter, bool in, const Video& video,
                                 std::int64_t at_ms) {
  const float n = (in ? 1.0F : -1.0F) * left_of(encounter, at_ms);
  move_interests(video, {n, n * encounter.value, at_ms});
}

void PersonState::move_interests(const Video& video, const Move& by) {
  for (const auto feature : video.keys) move_interest(short_key(feature), by);
  if (video.sound_key != 0) move_interest(short_key(video.sound_key), by);
  move_interest(short_key(video.author_key), by);
}

void PersonState::move_interest(std::uint32_t feature, const Move& by) {
  if (by.n < 0 && interests.find(interest_place(feature)) == nullptr) return;
  if (interests.size() >= kInterestsMax) trim_interests();
  Interest& interest = interests.insert(interest_place(feature));
  const float left = interest_left(interest, by.at_ms);
  interest.n *= left, interest.s *= left;
  interest.at_s = std::max(interest.at_s, static_cast<std::uint32_t>(by.at_ms / 1000));
  interest.n = std::max(0.0F, interest.n + by.n);
  interest.s += by.s;
}

/// Drops the third that says least: little seen and near neutral.
void PersonState::trim_interests() {
  std::vector<float> weights;
  const auto weight = [](const Interest& x) { return (x.s < 0 ? -x.s : x.s) + 0.25F * x.n; };
  interests.each([&](const Interest& x) { weights.push_back(weight(x)); });
  const auto cut = weights.begin() + static_cast<std::ptrdiff_t>(weights.size() / 3);
  std::nth_element(weights.begin(), cut, weights.end());
  const float limit = *cut;
  std::size_t equal_left = 0;  // of those exactly at the limit keep what fits, in storage order
  interests.each([&](const Interest& x) { equal_left += weight(x) > limit ? 1 : 0; });
  equal_left = weights.size() - weights.size() / 3 - equal_left;
  interests.retain([&](const Interest& x) {
    if (weight(x) != limit) return weight(x) > limit;
    return equal_left > 0 ? (--equal_left, true) : false;
  });
}

PersonState::Affinity PersonState::affinity(std::uint32_t feature) const {
  const Interest* found = interests.find(interest_place(feature));
  if (found == nullptr) return {};
  return {found->s / (found->n + kLeanPrior), found->n};
}

bool PersonState::blocked(std::uint64_t other) const {
  return sorted_contains(blocks, other) || sorted_contains(blocked_by, other);
}

bool PersonState::muted(const Video& video) const {
  if (sorted_contains(muted_people, video.author)) return true;
  if (muted_keys.empty()) return false;
  return std::any_of(video.keys.begin(), video.keys.end(),
                     [this](std::uint64_t k) { return sorted_contains(muted_keys, k); });
}

bool PersonState::follows_author(std::uint64_t author) const {
  return sorted_contains(follows, author);
}

void PersonState::wish(const Wish& wish) {
  std::erase_if(wishes, [&](const StandingWish& one) {
    return one.kind == wish.kind && one.key == wish.key;
  });
  if (wish.steps() == 0) return;
  if (wishes.size() >= kWishesMax) wishes.erase(wishes.begin());
  wishes.push_back({wish.key, wish.kind, {}, wish.steps()});
}

void PersonState::forget_activity() {
  showings = seen_total = had_next = 0;
  encounters = {}, history = {}, seen = {}, interests = {}, bloom = {};
  withdrawals = {}, outcomes = {};
}

std::size_t PersonState::bytes() const {
  const auto words = follows.capacity() + blocks.capacity() + blocked_by.capacity() +
                     muted_people.capacity() + muted_keys.capacity() + bloom.capacity();
  std::size_t withdrawn = withdrawals.capacity() * sizeof(Withdrawal);
  for (const Withdrawal& one : withdrawals)
    withdrawn += one.seen.capacity() * sizeof(SeenEntry) + one.history.capacity() * sizeof(Had) +
                 (one.encounters.capacity() + one.older.capacity()) * sizeof(Encounter) +
                 one.bloom.capacity() * 8;
  return words * 8 + encounters.capacity() * sizeof(Encounter) + history.capacity() * sizeof(Had) +
         seen.bytes() + interests.bytes() + withdrawn + wishes.capacity() * sizeof(StandingWish);
}

const PersonState* PeopleTable::find(PersonKey key) const {
  const auto slot = key ? index_.find(key.value) : std::nullopt;
  return slot ? &people_[*slot] : nullptr;
}

PersonState& PeopleTable::get(PersonKey key) {
  const auto slot = index_.find(key.value);
  if (slot) return people_[*slot];
  for (auto* list : {&erased_, &next_erased_}) sorted_set(*list, key.value, false);
  return get_named(key);
}

PersonState& PeopleTable::get_named(PersonKey key) {
  if (const auto known = index_.find(key.value)) return people_[*known];
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(people_.size());
    people_.push_back({}), links_.push_back({});
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  people_[slot].key = key.value;
  index_.put(key.value, slot);
  ++levels_[0];
  enlist(slot);
  return people_[slot];
}

void PeopleTable::enlist(std::uint32_t slot) {
  List& list = list_of(slot);
  ActivityLink& own = links_[slot];
  own.listed = true, own.older = list.newest, own.newer = 0;
  const auto place = slot + 1;
  if (list.newest != 0) links_[list.newest - 1].newer = place;
  list.newest = place;
  if (list.oldest == 0) list.oldest = place;
  ++list.count;
}

void PeopleTable::unlist(std::uint32_t slot) {
  if (!link(slot).listed) return;
  List& list = list_of(slot);
  ActivityLink& own = links_[slot];
  if (own.newer != 0)
    links_[own.newer - 1].older = own.older;
  else
    list.newest = own.older;
  if (own.older != 0)
    links_[own.older - 1].newer = own.newer;
  else
    list.oldest = own.newer;
  own.listed = false, own.newer = own.older = 0;
  --list.count;
}

void PeopleTable::leave_hour(std::uint32_t slot) {
  const auto last_ms = link(slot).last_ms;
  const auto hour = last_ms / kHourMs;
  if (last_ms != 0 && hour_ - hour < 24) --hours_[static_cast<std::size_t>(hour % 24)];
}

void PeopleTable::touch(const PersonState& person, std::int64_t at_ms) {
  const auto slot = slot_of(person);
  const auto hour = std::max(at_ms / kHourMs, hour_);
  for (auto next = std::max(hour_ + 1, hour - 24); next <= hour; ++next)
    hours_[static_cast<std::size_t>(next % 24)] = 0;
  hour_ = hour;
  leave_hour(slot);
  links_[slot].last_ms = std::max({link(slot).last_ms, at_ms, hour * kHourMs});
  ++hours_[static_cast<std::size_t>(hour % 24)];
  unlist(slot);
  enlist(slot);
}

void PeopleTable::show(PersonState& person, std::uint32_t video) {
  --levels_[std::bit_width(person.seen_total)];
  person.mark_seen(video);
  ++levels_[std::bit_width(person.seen_total)];
}

void PeopleTable::change_seen(PersonState& person, std::int64_t by) {
  --levels_[std::bit_width(person.seen_total)];
  person.seen_total =
      static_cast<std::uint32_t>(std::max<std::int64_t>(0, std::int64_t{person.seen_total} + by));
  ++levels_[std::bit_width(person.seen_total)];
}

void PeopleTable::note_withdrawal(const PersonState& person, std::uint64_t id, std::int64_t at_ms) {
  withdrawn_.push_back({person.key, id, at_ms + kWithdrawalMs});
}

void PeopleTable::end_withdrawals(std::int64_t at_ms) {
  constexpr std::size_t kEndedAtOnce = 8;
  std::size_t ended = 0;
  while (ended < std::min(withdrawn_.size(), kEndedAtOnce) && withdrawn_[ended].until_ms < at_ms)
    ++ended;
  for (std::size_t i = 0; i < ended; ++i) {
    const auto slot = index_.find(withdrawn_[i].person);
    if (!slot) continue;
    const auto has = [&](const Withdrawal& one) { return one.id == withdrawn_[i].id; };
    std::erase_if(people_[*slot].withdrawals, has);
  }
  withdrawn_.erase(withdrawn_.begin(), withdrawn_.begin() + static_cast<std::ptrdiff_t>(ended));
}

float PeopleTable::weight(const PersonState& person) const {
  const auto part = [](float seen) { return seen / (seen + 10); };
  std::size_t top = levels_.size() - 1;
  while (top > 0 && levels_[top] == 0) --top;
  if (top == 0) return 1;
  const float most = static_cast<float>(std::uint64_t{1} << (top - 1));
  const float own = static_cast<float>(std::max(person.seen_total, 1U));
  return std::min(part(own) / part(most), 1.0F);
}

void PeopleTable::note_gone(std::uint32_t slot, bool erased) {
  gone_.push_back({slot, erased, person(slot).history});
}

void PeopleTable::forget(PersonState& person) {
  note_gone(slot_of(person), false);
  --levels_[std::bit_width(person.seen_total)];
  person.forget_activity();
  ++levels_[0];
}

void PeopleTable::become_known(PersonState& person) {
  if (person.known) return;
  const auto slot = slot_of(person);
  unlist(slot);
  person.known = true;
  enlist(slot);
}

bool PeopleTable::fits(std::uint32_t numbers_end) const {
  const auto finite = [](const FactorRow& row) {
    return is_finite(row.squares) && row.squares >= 0 &&
           std::all_of(row.values.begin(), row.values.end(), is_finite);
  };
  const auto known = [&](const std::vector<Encounter>& encounters) {
    return std::all_of(encounters.begin(), encounters.end(), [&](const Encounter& encounter) {
      return encounter.video < numbers_end && is_finite(encounter.value);
    });
  };
  const auto met = [&](const SeenEntry& entry) {
    return entry.key != 0 && SmallTable<SeenEntry>::key_of(entry) < numbers_end;
  };
  for (std::uint32_t slot = 0; slot < slots_end(); ++slot) {
    const PersonState& one = person(slot);
    bool good = one.outcomes.counts.fits() && finite(one.outcomes.factors) &&
                finite(one.outcomes.before) && known(one.encounters);
    one.seen.each([&](const SeenEntry& entry) { good = good && met(entry); });
    for (const Withdrawal& taken : one.withdrawals)
      good = good && !(taken.seen.empty() && taken.encounters.empty() && taken.history.empty()) &&
             taken.counts.fits() && known(taken.encounters) && known(taken.older) &&
             finite(taken.before) && std::all_of(taken.seen.begin(), taken.seen.end(), met);
    for (const StandingWish& wish : one.wishes)
      good = good && wish.kind <= WishKind::length && wish.steps >= -kWishMost &&
             wish.steps <= kWishMost && wish.steps != 0;
    if (!good) return false;
  }
  return true;
}

std::uint32_t PeopleTable::audience() const {
  std::uint32_t total = 0;
  for (const auto hour : hours_) total += hour;
  return total;
}

void PeopleTable::release(std::uint32_t slot, bool erased) {
  PersonState& person = people_[slot];
  note_gone(slot, erased);
  leave_hour(slot);
  unlist(slot);
  --levels_[std::bit_width(person.seen_total)];
  index_.erase(person.key);
  std::erase_if(withdrawn_, [&](const Waiting& one) { return one.person == person.key; });
  person = {}, links_[slot] = {};
  free_.push_back(slot);
}

void PeopleTable::erase(PersonKey key) {
  if (!key) return;
  if (const auto slot = index_.find(key.value)) release(*slot, true);
  const auto at = std::lower_bound(next_erased_.begin(), next_erased_.end(), key.value);
  if (at == next_erased_.end() || *at != key.value) next_erased_.insert(at, key.value);
}

std::size_t PeopleTable::erasing_step() const {
  return std::max<std::size_t>(kSweptAtOnce, people_.size() / kSweptPart);
}

std::size_t PeopleTable::erasing_steps() const {
  const auto steps = [this](std::size_t slots) { return slots / erasing_step() + 1; };
  return (erased_.empty() ? 0 : steps(people_.size() - swept_)) +
         (next_erased_.empty() ? 0 : steps(people_.size()));
}

void PeopleTable::sweep_erased() {
  if (erased_.empty()) erased_.swap(next_erased_);
  if (erased_.empty()) return;
  const auto end = static_cast<std::uint32_t>(std::min(people_.size(), swept_ + erasing_step()));
  for (; swept_ < end; ++swept_) drop_erased(swept_);
  if (swept_ >= people_.size()) erased_.clear(), swept_ = 0;
}

void PeopleTable::drop_erased(std::uint32_t slot) {
  const auto is_erased = [this](std::uint64_t key) { return sorted_contains(erased_, key); };
  for (const auto list : {&PersonState::follows, &PersonState::blocks, &PersonState::blocked_by,
                          &PersonState::muted_people}) {
    const auto& held = person(slot).*list;
    if (std::any_of(held.begin(), held.end(), is_erased))
      std::erase_if(people_[slot].*list, is_erased);
  }
  const auto wishes_one = [&](const StandingWish& one) {
    return one.kind == WishKind::author && is_erased(one.key);
  };
  const auto& wishes = person(slot).wishes;
  if (std::any_of(wishes.begin(), wishes.end(), wishes_one))
    std::erase_if(people_[slot].wishes, wishes_one);
  const auto& taken = person(slot).withdrawals;
  const auto names_one = [&](const Withdrawal& one) {
    return one.kind == WithdrawKind::author && is_erased(one.key);
  };
  if (std::none_of(taken.begin(), taken.end(), names_one)) return;
  for (Withdrawal& one : people_[slot].withdrawals)
    if (names_one(one)) one.key = 0;
}

void PeopleTable::end_guest(std::uint32_t slot) {
  PersonState& guest = people_[slot];
  if (!guest.has_blocks()) return release(slot, false);
  forget(guest);  // a block outlives the guest, for both sides
  guest.follows = {}, guest.muted_people = {}, guest.muted_keys = {}, guest.wishes = {};
  become_known(guest);
}

void PeopleTable::expire(std::int64_t at_ms, std::int64_t guest_ttl_ms, std::size_t people_max) {
  for (int step = 0; step < 4; ++step) {
    const bool crowded = guests_.count + known_.count > people_max;
    if (guests_.oldest != 0 &&
        (crowded || link(guests_.oldest - 1).last_ms + guest_ttl_ms < at_ms)) {
      end_guest(guests_.oldest - 1);
      continue;
    }
    if (!crowded || known_.oldest == 0) return;
    const auto slot = known_.oldest - 1;
    forget(people_[slot]);
    unlist(slot);  // her profile and relations keep their place; touching her lists her again
  }
}

std::size_t PeopleTable::bytes() const {
  return people_.bytes() + links_.bytes() + index_.bytes() +
         sampled_bytes(people_, [](const PersonState& person) { return person.bytes(); });
}

}  // namespace filoscope::engine
