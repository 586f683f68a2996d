#pragma once

/// What the engine holds about one person: her last encounters with videos, what she has seen, what
/// she leans to, and her relations. Bounded: about 1 KB after a first minute, at most 0.5 MB.
/// Threads: as the engine's phases.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/contribution.h"
#include "engine/item_rows.h"
#include "engine/outcome_factors.h"
#include "engine/outcomes.h"
#include "engine/records.h"
#include "engine/video_table.h"

namespace filoscope::engine {

/// What a person did with one video on one occasion; later events of the occasion change it.
struct Encounter {
  std::uint32_t video = 0;
  std::uint32_t at_s = 0;
  float value = 0;  ///< -2 (never again) .. 2 (loved), 0 neutral; what attention and interests use
  std::uint16_t did = 0;    ///< bits below
  std::uint16_t share = 0;  ///< largest watched share, in 1/1000, ≤ 1000
  /// By Head: label - probability, in 1/127, as far as learned; 0: not learned. Three are unused.
  std::array<std::int8_t, 12> missed{};

  void miss(std::size_t head, float error);
  float missed_of(std::size_t head) const { return static_cast<float>(missed[head]) / 127.0F; }
};
static_assert(std::has_unique_object_representations_v<std::array<std::int8_t, 12>> &&
              sizeof(Encounter) == 28 && kHeadsCount <= 12);
inline constexpr std::uint16_t kDidWatch = 1, kDidComplete = 2, kDidLike = 4, kDidShare = 8,
                               kDidSave = 16, kDidFollow = 32, kDidComment = 64, kDidHide = 128,
                               kDidReport = 256, kDidProfile = 512;

/// Open-addressed map of 32-bit keys to small plain entries with a `key` field (0 empty; stored +
/// 1). Layout is part of the state: it depends on the insertion order only, and is saved as it is.
template <typename Entry>
class SmallTable {
 public:
  Entry* find(std::uint32_t key) {
    return const_cast<Entry*>(static_cast<const SmallTable*>(this)->find(key));
  }
  const Entry* find(std::uint32_t key) const {
    if (slots_.empty()) return nullptr;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = home(key, mask);; at = (at + 1) & mask) {
      if (slots_[at].key == key + 1) return &slots_[at];
      if (slots_[at].key == 0) return nullptr;
    }
  }
  Entry& insert(std::uint32_t key) {
    if (Entry* known = find(key)) return *known;
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    ++used_;
    return place(key);
  }
  /// Keeps the entries for which `keep` is true, in the least room for them.
  template <typename Keep>
  void retain(Keep keep) {
    std::vector<Entry> kept;
    kept.reserve(used_);
    for (const Entry& entry : slots_)
      if (entry.key != 0 && keep(entry)) kept.push_back(entry);
    used_ = kept.size();
    std::size_t slots = kSlotsMin;
    while ((used_ + 1) * 4 > slots * 3) slots *= 2;
    slots_.assign(slots, Entry{});
    for (const Entry& entry : kept) place(entry.key - 1) = entry;
  }
  template <typename Change>
  void change(Change action) {
    for (Entry& entry : slots_)
      if (entry.key != 0) action(entry);
  }
  /// In storage order, which equal logs make equal.
  template <typename Each>
  void each(Each action) const {
    for (const Entry& entry : slots_)
      if (entry.key != 0) action(entry);
  }
  std::size_t size() const { return used_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Entry); }
  static std::uint32_t key_of(const Entry& entry) { return entry.key - 1; }
  /// Entries with their places; in version 1 all places, also the free ones. `slots_max` ≤ 2^16.
  template <typename A>
  void visit(A& archive, std::size_t slots_max) {
    if (archive.version < 2)
      archive(slots_, slots_max);
    else
      visit_used(archive, slots_max);
    if constexpr (A::kLoading) {
      used_ = 0;
      for (const Entry& entry : slots_) used_ += entry.key != 0 ? 1 : 0;
      const auto n = slots_.size();
      if ((n & (n - 1)) != 0 || used_ * 4 > n * 3) return slots_.clear(), archive.fail();
      // An earlier release left room where much was taken out.
      if (archive.version < 2 && n > most_slots(used_)) retain([](const Entry&) { return true; });
    }
  }

 private:
  static constexpr std::size_t kSlotsMin = 16;
  /// More than growing and `retain` leave.
  static std::size_t most_slots(std::size_t used) { return used * 4 + kSlotsMin; }
  struct Sizes {
    std::uint32_t slots = 0, used = 0;
  };
  template <typename A>
  void visit_used(A& archive, std::size_t slots_max) {
    Sizes sizes{static_cast<std::uint32_t>(slots_.size()), static_cast<std::uint32_t>(used_)};
    archive(sizes);
    if constexpr (A::kLoading) {
      if (sizes.slots > slots_max || sizes.slots > most_slots(sizes.used)) return archive.fail();
      slots_.resize(sizes.slots);
      for (std::uint32_t i = 0; i < sizes.used && archive.ok(); ++i) {
        std::uint16_t at = 0;
        archive(at);
        if (at >= slots_.size()) return archive.fail();
        archive(slots_[at]);
      }
    } else {
      for (std::size_t at = 0; at < slots_.size(); ++at)
        if (slots_[at].key != 0) archive(static_cast<std::uint16_t>(at)), archive(slots_[at]);
    }
  }
  static std::size_t home(std::uint32_t key, std::size_t mask) {
    return (key * 0x9E3779B1U >> 7) & mask;
  }
  Entry& place(std::uint32_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = home(key, mask);
    while (slots_[at].key != 0) at = (at + 1) & mask;
    slots_[at].key = key + 1;
    return slots_[at];
  }
  void grow() {
    auto old = std::move(slots_);
    slots_.assign(old.empty() ? kSlotsMin : old.size() * 2, Entry{});
    for (const Entry& entry : old)
      if (entry.key != 0) place(entry.key - 1) = entry;
  }
  std::vector<Entry> slots_;
  std::size_t used_ = 0;
};

struct SeenEntry {
  std::uint32_t key = 0;    ///< video number + 1
  std::uint32_t last = 0;   ///< lower 31 bits: the person's own count of showings, an exact order,
                            ///< unlike a clock; 0: never shown. The highest: counted
  std::uint32_t given = 0;  ///< a Contribution

  static constexpr std::uint32_t kCounted = 1U << 31;
  std::uint32_t order() const { return last & ~kCounted; }
  bool shown() const { return order() != 0; }
  /// Among the impressions of the entry, for good: taken back and shown again it is not new.
  bool counted() const { return (last & kCounted) != 0; }
};

inline constexpr std::int64_t kInterestHalfLifeMs = 14LL * 24 * 3600 * 1000;
struct Interest {
  std::uint32_t key = 0;  ///< short feature key + 1 (2^32 - 1 shares a place with 2^32 - 2)
  std::uint32_t at_s = 0;
  float n = 0;  ///< encounters, with kInterestHalfLifeMs
  float s = 0;  ///< sum of their values
};

/// What is left of it at a later time.
float interest_left(const Interest& interest, std::int64_t at_ms);

/// An entry she took to.
struct Had {
  RowKey key = 0;
  std::uint32_t place = 0;  ///< 24 bits: how many she had before it; 8: her weight

  static constexpr std::uint32_t kOrdinalMax = 0xFFFFFF;
  Had() = default;
  Had(RowKey of, std::uint32_t before, float weight)
      : key(of),
        place(std::min(before, kOrdinalMax) |
              static_cast<std::uint32_t>(clamp(weight, 0, 1) * 255.0F + 0.5F) << 24) {}
  std::uint32_t ordinal() const { return place & kOrdinalMax; }
  float weight() const { return static_cast<float>(place >> 24) / 255.0F; }
};

/// What her outcomes were, for the heads: PersonFeatures are made of it and of her encounters.
struct PersonOutcomes {
  OutcomeCounts counts;  ///< each of hers counts 1
  FactorRow factors;
  FactorRow before;  ///< factors, before the oldest of the encounters
};

inline constexpr std::int64_t kWithdrawalMs = 7LL * 24 * 3600 * 1000;
/// What a person has taken back, to be given again within that time.
struct Withdrawal {
  std::uint64_t id = 0, key = 0;
  std::int64_t at_ms = 0;
  WithdrawKind kind = WithdrawKind::video;
  std::vector<SeenEntry> seen;
  std::vector<Encounter> encounters;  ///< oldest first
  std::vector<Encounter> older;       ///< of entries whose own are forgotten: what is known of them
  std::vector<Had> history;
  // Of everything only:
  OutcomeCounts counts;
  std::vector<std::uint64_t> bloom;
  FactorRow before;
};

/// What she asked for.
struct StandingWish {
  std::uint64_t key = 0;
  WishKind kind = WishKind::hashtag;
  std::array<std::uint8_t, 3> unused{};
  std::int32_t steps = 0;  ///< ± kWishMost, not 0
};
static_assert(std::has_unique_object_representations_v<StandingWish>);

/// Her place in the list by last activity. Apart from her, because each act moves it and touches
/// those of two others.
struct ActivityLink {
  std::int64_t last_ms = 0;
  std::uint32_t newer = 0, older = 0;  ///< neighbours in that list, slot + 1
  bool listed = false;                 ///< in the list, and counted against people_max
};

/// Threads: as the engine's phases.
class PersonState {
 public:
  static constexpr std::size_t kEncountersMax = 256;
  static constexpr std::size_t kHistoryMax = 4096;
  static constexpr std::size_t kSeenMax = 20'000;  ///< exact; older ones go to the Bloom filter
  static constexpr std::size_t kInterestsMax = 384;
  static constexpr std::size_t kRelationsMax = 50'000;  ///< of each kind; more are not held here
  static constexpr std::size_t kBloomWords = 4096;      ///< 32 KB, made when first needed
  static constexpr std::size_t kWithdrawalsMax = 32;    ///< the oldest ones are final then
  static constexpr std::size_t kWithdrawnMax = 30'000;  ///< entries in all of them, too

  // Herself.
  std::uint64_t key = 0;
  std::uint64_t language = 0;
  std::uint8_t age = 0;
  bool sensitive = false;  ///< she asked for it
  bool known = false;      ///< a person_changed record was seen; without one she is a guest
  // Relations, each sorted.
  std::vector<std::uint64_t> follows, blocks, blocked_by;
  std::vector<std::uint64_t> muted_people, muted_keys;  ///< muted_keys: feature keys
  // Activity.
  std::uint32_t showings = 0;         ///< times that something came on her screen
  std::uint32_t seen_total = 0;       ///< videos among them
  std::vector<Encounter> encounters;  ///< oldest first
  std::vector<Had> history;           ///< what she took to, oldest first
  std::uint32_t had_next = 0;         ///< ordinal of the next one
  PersonOutcomes outcomes;
  SmallTable<SeenEntry> seen;
  SmallTable<Interest> interests;
  std::vector<std::uint64_t> bloom;
  std::vector<Withdrawal> withdrawals;  ///< oldest first
  std::vector<StandingWish> wishes;     ///< too

  /// How many entries she took to, as far as they count.
  std::size_t had_count() const;
  struct Shares {
    float mean = 0;
    float count = 0;
  };
  /// Of what she watched last, at most 50.
  Shares watched_shares() const;
  /// Shown to her, or hidden by her ("not interested").
  bool has_seen(std::uint32_t video) const;
  bool was_shown(std::uint32_t video) const;
  /// Her entry of this video, made when there is none. Valid until the next call.
  SeenEntry& remember(std::uint32_t video);
  void mark_seen(std::uint32_t video);
  /// The encounter with this video that is still going on (within 6 h, among the last 64), or a new
  /// one. REQUIRES: fewer than kEncountersMax.
  Encounter& encounter(std::uint32_t video, std::int64_t at_ms);
  /// The one that is still going on; null when there is none.
  const Encounter* ongoing(std::uint32_t video, std::int64_t at_ms) const;
  /// Sets an encounter's value and moves the interests in the video's content by the difference.
  void set_value(Encounter& encounter, float value, bool first, const Video& video,
                 std::int64_t at_ms);
  /// Takes an encounter out of the interests, or puts it back in.
  void move_interests(const Encounter& encounter, bool in, const Video& video, std::int64_t at_ms);
  /// Smoothed value per encounter with this content, and how many (decayed): {0, 0} if unknown.
  struct Affinity {
    float mean = 0;
    float n = 0;
  };
  Affinity affinity(std::uint32_t short_key) const;

  bool blocked(std::uint64_t other) const;
  bool muted(const Video& video) const;
  bool follows_author(std::uint64_t author) const;
  bool has_blocks() const { return !(blocks.empty() && blocked_by.empty()); }
  void wish(const Wish& wish);
  void forget_activity();
  std::size_t bytes() const;

 private:
  void age_seen();
  struct Move {
    float n = 0, s = 0;
    std::int64_t at_ms = 0;
  };
  void move_interests(const Video& video, const Move& by);
  void move_interest(std::uint32_t short_key, const Move& by);
  void trim_interests();
};

bool sorted_contains(const std::vector<std::uint64_t>& values, std::uint64_t value);
/// Adds or removes; false when it would exceed kRelationsMax.
bool sorted_set(std::vector<std::uint64_t>& values, std::uint64_t value, bool on);

/// People by pseudonym. Guests end by log time, but for the blocks that they are part of; beyond
/// `people_max` the least recently active person's activity is forgotten (her relations and profile
/// stay).
class PeopleTable {
 public:
  const PersonState* find(PersonKey key) const;
  /// Of her own record: made when there is none; who was erased is back. REQUIRES: key is not 0.
  PersonState& get(PersonKey key);
  /// The same of somebody whom another's record names, who is not back by that.
  PersonState& get_named(PersonKey key);
  /// She did something at `at_ms`.
  void touch(const PersonState& person, std::int64_t at_ms);
  /// A video came on her screen.
  void show(PersonState& person, std::uint32_t video);
  /// So many fewer, or more, videos count as shown to her.
  void change_seen(PersonState& person, std::int64_t by);
  /// How much she moves what everybody shares, 0..1: n / (n + 10) after n videos shown to her, as a
  /// part of what the person who saw most has, so that a place where everybody is new learns.
  float weight(const PersonState& person) const;
  void become_known(PersonState& person);
  /// What she is and did is gone; her key leaves other people's relations by and by.
  void erase(PersonKey key);
  /// A bounded step of that (64 people, or 1/4096 of all); called once per record.
  void sweep_erased();
  /// How many of these steps are left until those erased so far stand nowhere.
  std::size_t erasing_steps() const;
  /// A bounded step (4 people) of expiry; called once per record.
  void expire(std::int64_t at_ms, std::int64_t guest_ttl_ms, std::size_t people_max);

  /// A person's place, until she is gone. REQUIRES: known here.
  std::uint32_t slot_of(const PersonState& person) const { return *index_.find(person.key); }
  PersonState& at(std::uint32_t slot) { return people_[slot]; }
  const PersonState& at_slot(std::uint32_t slot) const { return people_[slot]; }
  std::uint32_t slots_end() const { return static_cast<std::uint32_t>(people_.size()); }
  /// Whose activity was forgotten since the last call, with what she had taken to.
  struct Gone {
    std::uint32_t slot = 0;
    bool erased = false;  ///< what she gave to others goes too
    std::vector<Had> history;
  };
  std::vector<Gone> take_gone() { return std::exchange(gone_, {}); }

  /// After loading: all that people met has a number below `numbers_end`, all numbers are finite.
  bool fits(std::uint32_t numbers_end) const;
  std::size_t size() const { return index_.size(); }
  /// People active within the last 24 h before the last activity, by whole hours.
  std::uint32_t audience() const;
  std::size_t bytes() const;
  /// Something of hers may be given again for a week from now on.
  void note_withdrawal(const PersonState& person, std::uint64_t id, std::int64_t at_ms);
  /// A bounded step: what was taken back a week ago is gone for good; called once per record.
  void end_withdrawals(std::int64_t at_ms);
  template <typename A>
  void visit(A& archive);

 private:
  struct Waiting {
    std::uint64_t person = 0, id = 0;
    std::int64_t until_ms = 0;
  };
  static constexpr std::size_t kErasedMax = 1U << 30;
  struct List {
    std::uint32_t newest = 0, oldest = 0, count = 0;  // slot + 1
  };
  List& list_of(std::uint32_t slot) { return person(slot).known ? known_ : guests_; }
  /// To be read; links_[slot] and people_[slot] are for writing.
  const ActivityLink& link(std::uint32_t slot) const { return links_[slot]; }
  const PersonState& person(std::uint32_t slot) const { return people_[slot]; }
  void enlist(std::uint32_t slot);
  void unlist(std::uint32_t slot);
  void leave_hour(std::uint32_t slot);
  std::size_t erasing_step() const;
  void forget(PersonState& person);
  void release(std::uint32_t slot, bool erased);
  void end_guest(std::uint32_t slot);
  void drop_erased(std::uint32_t slot);
  void note_gone(std::uint32_t slot, bool erased);

  PagedVector<PersonState, 4> people_;
  PagedVector<ActivityLink> links_;  // by slot as people_
  std::vector<std::uint32_t> free_;
  List known_, guests_;
  // Keys of erased people, sorted: those that this round takes out, and those of the next one.
  std::vector<std::uint64_t> erased_, next_erased_;
  std::uint32_t swept_ = 0;                // slots that this round has passed
  std::array<std::uint32_t, 24> hours_{};  // people whose last activity lies in hour h mod 24
  std::int64_t hour_ = 0;
  std::vector<Waiting> withdrawn_;  // oldest first
  std::vector<Gone> gone_;          // empty between records
  Rebuilt<SegmentedMap> index_;
  std::array<std::uint32_t, 33> levels_{};  // people by bit width of seen_total; rebuilt too
};

/// As versions before 5 held it.
struct OlderEncounter {
  std::uint32_t video = 0, at_s = 0;
  float value = 0;
  std::uint16_t did = 0, share = 0;
};

template <typename A>
void visit_older_encounters(A& a, std::vector<Encounter>& encounters) {
  std::vector<OlderEncounter> older;
  a(older, PersonState::kEncountersMax);
  if constexpr (A::kLoading)
    for (const auto& [video, at_s, value, did, share] : older)
      encounters.push_back({video, at_s, value, did, share, {}});
}

template <typename A>
void visit(A& a, Withdrawal& w) {
  a(w.id), a(w.key), a(w.at_ms), a(w.kind);
  a(w.seen, PersonState::kSeenMax), a(w.encounters, PersonState::kEncountersMax);
  a(w.older, PersonState::kSeenMax), a(w.history, PersonState::kHistoryMax);
  visit(a, w.counts), a(w.bloom, PersonState::kBloomWords);
  a(w.before.values), a(w.before.squares);
}

/// Until version 5 the state held what is made of the encounters now.
template <typename A>
void visit_older_outcomes(A& a, PersonOutcomes& outcomes) {
  HeadValues missed{};
  visit(a, outcomes.counts), a(missed), a(missed);
  a(outcomes.factors.values), a(outcomes.factors.squares);
  outcomes.before = outcomes.factors;
}

template <typename A>
void visit(A& a, PersonState& p, ActivityLink& link) {
  a(p.key), a(p.language), a(p.age), a(p.known), a(link.listed), a(link.last_ms);
  a(link.newer), a(link.older);
  if (a.version >= 7) a(p.sensitive);
  for (auto* list : {&p.follows, &p.blocks, &p.blocked_by, &p.muted_people, &p.muted_keys})
    a(*list, PersonState::kRelationsMax);
  std::uint32_t events_count = 0;
  float share = 0;
  if (a.version < 5) a(events_count);
  a(p.showings), a(p.seen_total);
  if (a.version < 5)
    a(share), a(share), visit_older_encounters(a, p.encounters);
  else
    a(p.encounters, PersonState::kEncountersMax);
  p.seen.visit(a, 1U << 16);
  p.interests.visit(a, 1U << 12);
  a(p.bloom, PersonState::kBloomWords);
  if (a.version >= 3)
    a(p.history, PersonState::kHistoryMax), a(p.had_next);
  else
    p.seen.change([](SeenEntry& entry) { entry.given = Contribution(entry.given).unjoined(); });
  if (a.version == 4) return visit_older_outcomes(a, p.outcomes);
  if (a.version < 5) return;
  visit(a, p.outcomes.counts);
  for (FactorRow* row : {&p.outcomes.factors, &p.outcomes.before}) a(row->values), a(row->squares);
  const auto n = a.count(p.withdrawals.size(), PersonState::kWithdrawalsMax);
  if constexpr (A::kLoading) p.withdrawals.resize(n);
  for (Withdrawal& one : p.withdrawals) visit(a, one);
  if (a.version >= 6) a(p.wishes, kWishesMax);
}

template <typename A>
void PeopleTable::visit(A& a) {
  const auto n = a.count(people_.size(), 1U << 30);
  for (std::size_t i = 0; i < n && a.ok(); ++i) {
    if constexpr (A::kLoading) people_.push_back({}), links_.push_back({});
    engine::visit(a, people_.template visited<A>(i), links_.template visited<A>(i));
  }
  a(free_, 1U << 30);
  for (List* list : {&known_, &guests_}) a(list->newest), a(list->oldest), a(list->count);
  for (auto& hour : hours_) a(hour);
  a(hour_);
  if (a.version >= 2) a(erased_, kErasedMax), a(next_erased_, kErasedMax), a(swept_);
  if (a.version >= 5) a(withdrawn_, kErasedMax);
  if constexpr (A::kLoading) {
    index_.reset();
    levels_ = {};
    for (std::uint32_t i = 0; i < people_.size(); ++i) {
      if (people_[i].key == 0) continue;
      index_.put(people_[i].key, i);
      ++levels_[std::bit_width(people_[i].seen_total)];
    }
  }
}

}  // namespace filoscope::engine
