#include "engine/apply_event.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/learner.h"
#include "engine/retrieval.h"
#include "engine/standing.h"

namespace filoscope::engine {
namespace {

// Bits of Encounter::did beside the public ones.
constexpr std::uint16_t kDidCount = 1024;  ///< the encounter is counted in the interests
constexpr std::uint16_t kDidShow = 2048;   ///< the encounter was on screen
/// The highest three bits count the acts that began to stand in this encounter: more changes of
/// mind than that move only her own state.
constexpr unsigned kTurnsAt = 13, kTurnsMax = 7;
constexpr float kLikedValue = 0.5F;  ///< from here on she took to a video

/// What one event of the log means for one person and one video.
struct EventContext {
  State& state;
  const EngineOptions& options;
  const Event& event;
  PersonKey person_key;
  PersonState& person;
  std::uint32_t number;
  Video& video;
  PendingItem* pending = nullptr;
  Encounter* encounter = nullptr;
  Contribution given{};  ///< what she has put into what is shared; goes back to her seen-table
};

float watched_share(const Event& event, const Video& video) {
  std::uint64_t watch_ms = event.watch_ms;
  if (watch_ms == 0)
    for (const auto& [from, to] : event.watched) watch_ms += to > from ? to - from : 0;
  if (event.loops > 0 || event.ended == WatchEnd::ended) return 1;
  return std::min(1.0F, static_cast<float>(watch_ms) / static_cast<float>(video.duration_ms));
}

/// Moves the video's heat from what stood before to what stands now.
void heat(EventContext& m, const Contribution& before) {
  m.state.videos.heat(m.number, m.given.heat() - before.heat(), m.given.at_ms(m.video.created_ms));
}

/// The clip came on screen: it is seen, however short. For others that counts the first time only,
/// by whatever request it came.
void show(EventContext& m) {
  Encounter& e = *m.encounter;
  const bool again = m.pending != nullptr ? m.pending->impressed != 0 : (e.did & kDidShow) != 0;
  if (m.pending != nullptr) m.pending->impressed = 1;
  e.did |= kDidShow;
  if (again) return;
  const bool first = !m.person.was_shown(m.number);
  m.state.people.show(m.person, m.number);
  if (!first) return;
  count_in(m.state, m.video, [&](Counters& c) { c.exposures += m.given.weight(); });
  SeenEntry& entry = m.person.remember(m.number);
  if (std::exchange(entry.last, entry.last | SeenEntry::kCounted) & SeenEntry::kCounted) return;
  count_in(m.state, m.video, [](Counters& c) { ++c.total_impressions; });
  m.state.videos.count_fresh(m.number, fresh_target(m.state, m.options));
}

/// Keeps the largest share of the encounter, and the best watch of all in what she has given.
void watch(EventContext& m, float share) {
  Encounter& e = *m.encounter;
  e.did |= kDidWatch;
  if (share >= 0.95F) e.did |= kDidComplete;
  e.share = std::max(e.share, static_cast<std::uint16_t>(share * 1000.0F));
  const Contribution stood = m.given;
  m.given.watched(share, skipped(share, m.video));
  if (m.given.bits() == stood.bits()) return;
  const float weight = m.given.weight();
  const float more =
      stood.watched() ? standing_share(m.given, m.video) - standing_share(stood, m.video) : share;
  const float skips = m.given.skipped() ? weight
                      : stood.skipped() ? -left_of(m.state, m.given, m.video)
                                        : 0.0F;
  count_in(m.state, m.video, [&](Counters& c) {
    c.watches += stood.watched() ? 0.0F : weight;
    c.share_sum = std::max(0.0F, c.share_sum + weight * more);
    c.skips = std::max(0.0F, c.skips + skips);
  });
  heat(m, stood);
}

/// False when she changed her mind too often in this encounter.
bool take_turn(Encounter& encounter) {
  const unsigned turns = encounter.did >> kTurnsAt;
  if (turns >= kTurnsMax) return false;
  encounter.did = static_cast<std::uint16_t>(encounter.did + (1U << kTurnsAt));
  return true;
}

/// Sets or undoes something she did; what stands already changes nothing that is shared.
void act(EventContext& m, std::uint16_t did, Act act, bool on) {
  Encounter& e = *m.encounter;
  e.did = static_cast<std::uint16_t>(on ? e.did | did : e.did & ~did);
  if (m.given.stands(act) == on || (on && !take_turn(e))) return;
  const Contribution stood = m.given;
  m.given.set(act, on);
  const float left = left_of(m.state, m.given, m.video);  // undone, nothing is left of it
  const auto approvals = static_cast<float>(m.given.approvals() - stood.approvals());
  const float negatives = (m.given.disliked() ? 1.0F : 0.0F) - (stood.disliked() ? 1.0F : 0.0F);
  count_in(m.state, m.video, [&](Counters& c) {
    c.likes = std::max(0.0F, c.likes + left * approvals);
    c.negatives = std::max(0.0F, c.negatives + left * negatives);
  });
  heat(m, stood);
}

/// She undoes an act or dislikes, and nothing that she approved of stands.
bool takes_back(const EventContext& m) {
  switch (m.event.type) {
    case EventType::unlike:
    case EventType::unsave:
      return m.given.approvals() == 0 && m.encounter->value < kLikedValue;
    case EventType::not_interested:
    case EventType::report:
      return true;
    default:
      return false;
  }
}

/// Moves interests to the encounter's new value, and what people have in common.
void settle(EventContext& m) {
  Encounter& e = *m.encounter;
  const float value = value_of(e, m.state.share_mean(m.video.duration_bucket()));
  const bool first = (e.did & kDidCount) == 0;
  e.did |= kDidCount;
  m.person.set_value(e, value, first, m.video, m.state.at_ms);
  if (!m.options.learns) return;
  const auto slot = m.state.people.slot_of(m.person);
  if (takes_back(m)) return m.state.collaborative.unlearn(m.state.people, slot, m.number);
  if (value < kLikedValue || !m.state.videos.live(m.number)) return;
  auto& collaborative = m.state.collaborative;
  if (!m.given.joined()) {
    m.given.join();
    collaborative.learn(m.state.people, slot, m.number, m.given.weight());
  } else if (!collaborative.in_history(m.person, m.number)) {
    collaborative.learn_again(m.state.people, slot, m.number, m.given.weight());
  }
}

struct Labels {
  std::uint16_t heads = 0;   ///< that this event says something about
  std::uint16_t labels = 0;  ///< what it says
  bool final = false;        ///< a watch: the other heads are negatives unless known otherwise
};

Labels labels_of(const Event& event, float share, const Video& video) {
  switch (event.type) {
    case EventType::watch:
      return {kWatchHeads, watch_labels(share, video), true};
    case EventType::complete:
      return {head_bit(Head::complete), head_bit(Head::complete), false};
    case EventType::like:
    case EventType::unlike:
      return {head_bit(Head::like), 0, false};
    case EventType::share:
      return {head_bit(Head::share), 0, false};
    case EventType::follow:
      return {head_bit(Head::follow), 0, false};
    case EventType::not_interested:
    case EventType::undo_not_interested:
    case EventType::report:
      return {head_bit(Head::not_interested), 0, false};
    default:
      return {};
  }
}

/// Counts what changed in what stands.
void count_outcomes(EventContext& m, const Contribution& before) {
  const auto was = standing_labels(before, m.video), now = standing_labels(m.given, m.video);
  const bool first_watch = !before.watched() && m.given.watched();
  if (was == now && !first_watch) return;
  const float weight = m.given.weight();
  add_outcomes(m.state, m.video, {weight, first_watch ? weight : 0.0F, was, now});
}

/// Learns what the event says: a watch and what an act says once per person and video. In the feed
/// a watch also says which acts did not follow it, and a changed label is corrected.
void train(EventContext& m, const Example& example, const Labels& said,
           const Contribution& before) {
  constexpr unsigned kAll = (1U << kHeadsCount) - 1;
  const bool in_feed = m.pending != nullptr;
  const unsigned known = taught(before), acts = act_labels(m.given);
  PendingItem elsewhere;
  PendingItem& book = in_feed ? *m.pending : elsewhere;
  book.labels = static_cast<std::uint16_t>((book.labels & kWatchHeads) | act_labels(before));
  unsigned heads = said.heads, labels = said.labels | acts;
  if (said.final) {
    const bool of_another_answer = (known & ~unsigned{book.trained} & kWatchHeads) != 0;
    // Longer watches only ever raise labels; `skip` may fall.
    labels |= book.labels & head_bit(Head::complete);
    heads = of_another_answer ? 0 : in_feed ? kAll : unsigned{kWatchHeads};
    if (m.event.watch_ms < book.watch_ms) heads &= ~unsigned{kWatchHeads};
    book.watch_ms = std::max(book.watch_ms, m.event.watch_ms);
  } else if ((said.heads & head_bit(Head::complete)) != 0 &&
             (book.trained & head_bit(Head::complete)) == 0) {
    book.labels |= head_bit(Head::complete);  // learned with the watch that follows
    return;
  } else if ((labels & heads) == 0) {
    heads &= book.trained;  // nothing is unlearned that was never learned
  }
  const unsigned fresh = heads & ~unsigned{book.trained} & ~(known & acts);
  const unsigned changed = heads & book.trained & (labels ^ book.labels);
  learn_example(m.state, m.person, *m.encounter, example, static_cast<std::uint16_t>(fresh),
                static_cast<std::uint16_t>(labels));
  correct_example(m.state, m.person, *m.encounter, example, static_cast<std::uint16_t>(changed),
                  static_cast<std::uint16_t>(labels));
  book.trained = static_cast<std::uint16_t>(book.trained | heads);
  book.labels = static_cast<std::uint16_t>((book.labels & ~heads) | (labels & heads));
  for (const auto& [lesson, of] : kLessons)
    if (((fresh | changed) & of & (labels | kWatchHeads)) != 0) m.given.teach(lesson);
}

/// In the feed she was offered a few: of those watched so far she took to each by as much as she
/// watched of it. One lesson for each that joins them. `history_count`: before this event.
void learn_next_of_shown(const EventContext& m, std::size_t history_count) {
  const auto* decision = std::as_const(m.state.pending).find(m.event.request, m.person_key);
  std::vector<Features> features;
  std::vector<float> labels;
  float sum = 0;
  for (const PendingItem& item : decision->items) {
    if ((item.trained & head_bit(Head::skip)) == 0) continue;
    labels.push_back(static_cast<float>(item.share) / 1000.0F);
    sum += labels.back();
    features.push_back(unpack(item));
  }
  if (features.size() < 2 || sum <= 0) return;
  for (float& label : labels) label /= sum;
  std::vector<const Features*> list;
  for (const Features& one : features) list.push_back(&one);
  m.state.next_head.learn(list, labels, history_count, m.given.weight());
}

/// Some answers tell how much the best usually has in common with people.
void learn_scales(const EventContext& m) {
  constexpr std::uint64_t kOneOf = 4;
  if (mix64(m.event.request.value) % kOneOf != 0) return;
  const TasteQuery taste(m.state.collaborative, m.state.people, m.person);
  m.state.next_head.scale_by(taste.greatest(), m.given.weight());
}

void change_state(EventContext& m, float share) {
  switch (m.event.type) {
    case EventType::impression:
      return show(m);
    case EventType::watch:
      return show(m), watch(m, share);
    case EventType::complete:
      return show(m), watch(m, 1);
    case EventType::like:
      return act(m, kDidLike, Act::like, true);
    case EventType::unlike:
      return act(m, kDidLike, Act::like, false);
    case EventType::comment:
      return act(m, kDidComment, Act::comment, true);
    case EventType::share:
      return act(m, kDidShare, Act::share, true);
    case EventType::save:
      return act(m, kDidSave, Act::save, true);
    case EventType::unsave:
      return act(m, kDidSave, Act::save, false);
    case EventType::follow:
      return act(m, kDidFollow, Act::follow, true);
    case EventType::profile:
      m.encounter->did |= kDidProfile;
      return;
    case EventType::not_interested:
      return act(m, kDidHide, Act::hide, true);
    case EventType::undo_not_interested:
      return act(m, kDidHide, Act::hide, false);
    case EventType::report:
      return act(m, kDidReport, Act::report, true);
    case EventType::product_click:
    case EventType::ad_click:
      return;
  }
}

/// With the features that were logged; outside the feed as they are now.
Example example_of(const EventContext& m) {
  Example example;
  example.video = m.number, example.weight = m.given.weight();
  if (m.pending != nullptr) {
    example.features = unpack(*m.pending);
    const auto& pending = std::as_const(m.state.pending);
    example.of_person = unpack_person(*pending.find(m.event.request, m.person_key));
    return example;
  }
  const PersonView view = view_of(m.state, &m.person, 0, m.state.at_ms);
  const TasteQuery taste(m.state.collaborative, m.state.people, m.person);
  Attention attention;
  Found found;
  found.taste = taste.scores(m.number);
  found.fresh = (m.state.videos.scan(m.number).flags & kFreshDone) == 0;
  found.repeat = m.person.has_seen(m.number);
  example.features =
      features_of(m.state, view, m.number, view_of(m.state, m.number), found, attention);
  example.of_person = view.features;
  return example;
}

/// The encounter that the event belongs to, as far as it has begun.
Encounter ongoing(const EventContext& m) {
  const Encounter* known = m.person.ongoing(m.number, m.state.at_ms);
  return known != nullptr ? *known : Encounter{};
}

/// In the feed, everything. Outside it a first watch that begins its encounter: of later ones and
/// of acts the state knows already what they are to be learned from. An answer that is forgotten
/// has taken its features with it.
bool teaches_outcomes(const EventContext& m, const Labels& said) {
  if (!m.options.learns || m.pending != nullptr) return m.options.learns;
  if (m.event.request) return false;
  return said.final && taught(m.given) == 0 && ongoing(m).did == 0;
}

/// Whether this event will make her take to the clip, outside the feed and before anything else is
/// known of this encounter.
bool will_take_to(const EventContext& m, float share) {
  if (m.pending != nullptr || m.event.request || m.given.joined() || m.given.disliked())
    return false;
  Encounter encounter = ongoing(m);
  if (encounter.did != 0) return false;
  constexpr std::array<std::pair<EventType, unsigned>, 6> kDone{
      {{EventType::watch, kDidWatch},
       {EventType::complete, kDidWatch | kDidComplete},
       {EventType::like, kDidLike},
       {EventType::share, kDidShare},
       {EventType::save, kDidSave},
       {EventType::follow, kDidFollow}}};
  for (const auto& [type, did] : kDone)
    if (m.event.type == type) encounter.did = static_cast<std::uint16_t>(did);
  if (encounter.did == 0) return false;
  encounter.share = m.event.type == EventType::complete
                        ? std::uint16_t{1000}
                        : static_cast<std::uint16_t>(share * 1000.0F);
  return value_of(encounter, m.state.share_mean(m.video.duration_bucket())) >= kLikedValue;
}

/// The first so many are each a lesson of the next head, then one of ever more.
constexpr std::uint64_t kNextLessons = 30'000;

/// Outside the feed nothing was offered: she took to this clip, of all that retrieval would have
/// found for her. What it would not have found teaches nothing.
void learn_next(EventContext& m) {
  const auto clock = m.state.collaborative.clock();
  if (clock % (1 + clock / kNextLessons) != 0) return;
  RankRequest request;
  request.age = 18;
  Filter filter(m.state, m.person, request, {});
  filter.forget_showing(m.number);
  TasteQuery taste(m.state.collaborative, m.state.people, m.person);
  const auto candidates =
      retrieve(m.state, m.person, filter, taste, m.options.candidates_max, nullptr);
  const auto target = std::find_if(candidates.begin(), candidates.end(),
                                   [&](const Candidate& c) { return c.video == m.number; });
  if (target == candidates.end()) return;
  const PersonView view = view_of(m.state, &m.person, 0, m.state.at_ms);
  std::vector<Features> features;
  std::vector<const Features*> list;
  std::vector<float> labels(candidates.size(), 0);
  labels[static_cast<std::size_t>(target - candidates.begin())] = 1;
  TasteScores best;
  features.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    Attention attention;
    features.push_back(features_of(m.state, view, candidate.video,
                                   view_of(m.state, candidate.video),
                                   {candidate.routes, candidate.taste, false, false}, attention));
    list.push_back(&features.back());
    best.raise(candidate.taste);
  }
  m.state.next_head.learn(list, labels, m.person.had_count(), m.given.weight());
  m.state.next_head.scale_by(best, m.given.weight());
}

}  // namespace

void count_outcomes_anew(State& state) {
  for (std::uint32_t slot = 0; slot < state.people.slots_end(); ++slot) {
    state.people.at_slot(slot).seen.each([&](const SeenEntry& entry) {
      const auto number = SmallTable<SeenEntry>::key_of(entry);
      const Contribution given(entry.given);
      Video& video = state.videos.at(number);
      const float weight = given.weight();
      add_outcomes(state, video,
                   {weight, given.watched() ? weight : 0.0F, 0, standing_labels(given, video)});
    });
  }
}

void apply_event(State& state, const EngineOptions& options, PersonKey key, const Event& event) {
  const auto number = state.videos.find(event.video);
  if (!key) return;
  PersonState& person = state.people.get(key);
  state.people.touch(person, state.at_ms);
  if (!number) return;
  Video& video = state.videos.at(*number);
  if (video.author == key.value) return;  // her own clip says nothing about taste
  EventContext m{state, options, event, key, person, *number, video};
  m.pending = state.pending.find(event.request, key, *number);
  const float share = watched_share(event, video);
  const Labels said = labels_of(event, share, video);
  m.given = Contribution(person.remember(*number).given);
  const bool imported = event.surface == Surface::imported;
  m.given.begin(imported ? 1 : state.people.weight(person), state.at_ms, video.created_ms);
  std::optional<Example> example;
  if (said.heads != 0 && teaches_outcomes(m, said)) example = example_of(m);
  const bool steps = options.learns && !state.guard.pauses();
  if (steps && will_take_to(m, share)) learn_next(m);
  const bool first_watch =
      steps && said.final && m.pending != nullptr && (m.pending->trained & kWatchHeads) == 0;
  if (first_watch) learn_scales(m);
  if (m.pending != nullptr)
    m.pending->share = std::max(m.pending->share, static_cast<std::uint16_t>(share * 1000.0F));
  const std::size_t history_count = person.had_count();
  leave_oldest(state, person);
  m.encounter = &person.encounter(*number, state.at_ms);
  const Contribution before = m.given;
  change_state(m, share);
  settle(m);
  if (example) train(m, *example, said, before);
  if (options.learns) count_outcomes(m, before);
  if (first_watch && !state.guard.pauses()) learn_next_of_shown(m, history_count);
  person.remember(*number).given = m.given.bits();
}

}  // namespace filoscope::engine
