#include <algorithm>
#include <bit>
#include <optional>

#include "engine/learner.h"
#include "engine/state.h"

namespace filoscope::engine {
namespace {

constexpr std::uint16_t kDidCount = 1024;  ///< the encounter is counted in the interests
constexpr std::uint16_t kDidShow = 2048;   ///< the encounter was on screen
constexpr float kLikedValue = 0.5F;        ///< from here on a video counts for co-watching
constexpr std::size_t kCoWatchBack = 20, kCoWatchPairs = 5;

/// What one event of the log means for one person and one video.
struct Moment {
  State& state;
  const EngineOptions& options;
  const Event& event;
  PersonKey person_key;
  PersonState& person;
  std::uint32_t number;
  Video& video;
  PendingItem* pending = nullptr;
  Encounter* encounter = nullptr;
};

float watched_share(const Event& event, const Video& video) {
  std::uint64_t watch_ms = event.watch_ms;
  if (watch_ms == 0)
    for (const auto& [from, to] : event.watched) watch_ms += to > from ? to - from : 0;
  if (event.loops > 0 || event.ended == WatchEnd::ended) return 1;
  return std::min(1.0F, static_cast<float>(watch_ms) / static_cast<float>(video.duration_ms));
}

/// Less than 2 s watched; of clips shorter than 4 s, less than half.
bool skipped(float share, const Video& video) {
  const auto limit = std::min<std::uint32_t>(2000, video.duration_ms / 2);
  return share * static_cast<float>(video.duration_ms) < static_cast<float>(limit);
}

std::uint16_t watch_labels(float share, const Video& video) {
  unsigned labels = 0;
  if (skipped(share, video)) labels |= head_bit(Head::skip);
  if (share >= 0.25F) labels |= head_bit(Head::watch_25);
  if (share >= 0.50F) labels |= head_bit(Head::watch_50);
  if (share >= 0.75F) labels |= head_bit(Head::watch_75);
  if (share >= 0.95F) labels |= head_bit(Head::complete);
  return static_cast<std::uint16_t>(labels);
}

/// How an encounter felt, -2..2: the watched share against what is usual for the length, plus what
/// she did beside watching. "Not interested" and reports override everything.
float value_of(const Encounter& encounter, float usual_share) {
  const unsigned did = encounter.did;
  if ((did & (kDidHide | kDidReport)) != 0) return -2;
  float value = 0;
  if ((did & kDidWatch) != 0)
    value = clamp(2.2F * (static_cast<float>(encounter.share) / 1000.0F - usual_share), -1, 1);
  constexpr std::array<std::pair<unsigned, float>, 7> kWorth{{{kDidComplete, 0.2F},
                                                              {kDidLike, 1.0F},
                                                              {kDidShare, 1.0F},
                                                              {kDidSave, 0.7F},
                                                              {kDidFollow, 0.8F},
                                                              {kDidComment, 0.4F},
                                                              {kDidProfile, 0.2F}}};
  for (const auto& [bit, worth] : kWorth)
    if ((did & bit) != 0) value += worth;
  return clamp(value, -2, 2);
}

void count(Moment& m, auto change) {
  for (Counters* c : {&m.video.counters, &m.state.videos.author_at(m.video).counters,
                      &m.state.everyone[m.video.duration_bucket()]}) {
    c->bring_forward(m.state.at_ms);
    change(*c);
  }
}

/// The clip came on screen: it is seen, however short.
void show(Moment& m) {
  Encounter& e = *m.encounter;
  const bool again = m.pending != nullptr
                         ? m.pending->impressed != 0
                         : (e.did & kDidShow) != 0 && m.event.type != EventType::impression;
  if (m.pending != nullptr) m.pending->impressed = 1;
  e.did |= kDidShow;
  if (again) return;
  m.person.mark_seen(m.number);
  if ((e.did & kDidLike) != 0) m.person.seen.insert(m.number).mood = SeenEntry::kLiked;
  count(m, [](Counters& c) { c.exposures += 1, ++c.total_impressions; });
  m.state.videos.count_fresh(m.number, fresh_target(m.state, m.options));
}

/// Keeps the largest share of the encounter and counts what it adds.
void watch(Moment& m, float share) {
  Encounter& e = *m.encounter;
  const float before = static_cast<float>(e.share) / 1000.0F;
  const bool first = (e.did & kDidWatch) == 0;
  e.did |= kDidWatch;
  const float more = first ? share : std::max(0.0F, share - before);
  if (share >= 0.95F) e.did |= kDidComplete;
  e.share = std::max(e.share, static_cast<std::uint16_t>(share * 1000.0F));
  if (!first && more == 0) return;
  const float skip = skipped(share, m.video) ? 1.0F : 0.0F;
  const float skip_before = !first && skipped(before, m.video) ? 1.0F : 0.0F;
  count(m, [&](Counters& c) {
    c.watches += first ? 1.0F : 0.0F;
    c.share_sum += more;
    c.skips = std::max(0.0F, c.skips + skip - skip_before);
  });
  m.state.videos.heat(m.number, static_cast<double>(more), m.state.at_ms);
  if (first) {
    m.person.share_weight = std::min(m.person.share_weight + 1, 50.0F);
    m.person.share_mean += (share - m.person.share_mean) / m.person.share_weight;
  }
}

/// What the repeat order needs to know long after the encounter is forgotten.
void set_mood(Moment& m) {
  const unsigned did = m.encounter->did;
  const auto mood = (did & (kDidHide | kDidReport)) != 0 ? SeenEntry::kHidden
                    : (did & kDidLike) != 0              ? SeenEntry::kLiked
                                                         : SeenEntry::kPlain;
  SeenEntry* seen = m.person.seen.find(m.number);
  if (seen == nullptr && mood == SeenEntry::kHidden) seen = &m.person.seen.insert(m.number);
  if (seen != nullptr) seen->mood = mood;
}

/// Sets or clears something she did; counts it when it is new.
void act(Moment& m, std::uint16_t bit, bool on, double heat) {
  Encounter& e = *m.encounter;
  const bool was = (e.did & bit) != 0;
  e.did = static_cast<std::uint16_t>(on ? e.did | bit : e.did & ~bit);
  if (was == on) return;
  const float change = on ? 1.0F : -1.0F;
  if ((bit & (kDidLike | kDidShare | kDidSave | kDidFollow)) != 0)
    count(m, [&](Counters& c) { c.likes = std::max(0.0F, c.likes + change); });
  if ((bit & (kDidHide | kDidReport)) != 0)
    count(m, [&](Counters& c) { c.negatives = std::max(0.0F, c.negatives + change); });
  if (on && heat > 0) m.state.videos.heat(m.number, heat, m.state.at_ms);
  set_mood(m);
}

/// Moves interests and co-watch lists to the encounter's new value.
void settle(Moment& m) {
  Encounter& e = *m.encounter;
  const float before = e.value;
  const float value = value_of(e, m.state.share_mean(m.video.duration_bucket()));
  const bool first = (e.did & kDidCount) == 0;
  e.did |= kDidCount;
  m.person.set_value(e, value, first, m.video, m.state.at_ms);
  if (before >= kLikedValue || value < kLikedValue) return;
  std::size_t pairs = 0;
  const auto& all = m.person.encounters;
  for (std::size_t i = 1; i <= std::min(all.size(), kCoWatchBack) && pairs < kCoWatchPairs; ++i) {
    const Encounter& other = all[all.size() - i];
    if (other.video == m.number || other.value < kLikedValue) continue;
    m.state.videos.join(m.number, other.video, 1);
    m.state.videos.join(other.video, m.number, 1);
    ++pairs;
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
      return {head_bit(Head::like), head_bit(Head::like), false};
    case EventType::unlike:
      return {head_bit(Head::like), 0, false};
    case EventType::share:
      return {head_bit(Head::share), head_bit(Head::share), false};
    case EventType::follow:
      return {head_bit(Head::follow), head_bit(Head::follow), false};
    case EventType::not_interested:
    case EventType::report:
      return {head_bit(Head::not_interested), head_bit(Head::not_interested), false};
    case EventType::undo_not_interested:
      return {head_bit(Head::not_interested), 0, false};
    default:
      return {};
  }
}

/// Learns what the event says, each (request, video, head) once; a changed label is corrected.
void train(Moment& m, const Example& example, const Labels& said, PendingItem& book) {
  constexpr std::uint16_t kAll = (1U << kHeadsCount) - 1;
  unsigned heads = said.heads;
  unsigned labels = said.labels;
  if (said.final) {
    // Longer watches only ever raise labels; `skip` may fall.
    labels |= book.labels & head_bit(Head::complete);
    heads = kAll;
    labels |= book.labels & (kAll & ~kWatchHeads);
    if (m.event.watch_ms < book.watch_ms) heads &= ~unsigned{kWatchHeads};
    book.watch_ms = std::max(book.watch_ms, m.event.watch_ms);
  } else if ((said.heads & head_bit(Head::complete)) != 0 &&
             (book.trained & head_bit(Head::complete)) == 0) {
    book.labels |= head_bit(Head::complete);  // learned with the watch that follows
    return;
  }
  // Nothing is unlearned that was never learned.
  if (!said.final && labels == 0) heads &= book.trained;
  const auto fresh = static_cast<std::uint16_t>(heads & ~unsigned{book.trained});
  const auto changed = static_cast<std::uint16_t>(heads & book.trained & (labels ^ book.labels));
  learn_example(m.state, example, fresh, static_cast<std::uint16_t>(labels));
  correct_example(m.state, example, changed, static_cast<std::uint16_t>(labels));
  book.trained = static_cast<std::uint16_t>(book.trained | heads);
  book.labels = static_cast<std::uint16_t>((book.labels & ~heads) | (labels & heads));
}

void change_state(Moment& m, float share) {
  switch (m.event.type) {
    case EventType::impression:
      return show(m);
    case EventType::watch:
      return show(m), watch(m, share);
    case EventType::complete:
      return show(m), watch(m, 1);
    case EventType::like:
      return act(m, kDidLike, true, 2);
    case EventType::unlike:
      return act(m, kDidLike, false, 0);
    case EventType::comment:
      return act(m, kDidComment, true, 1);
    case EventType::share:
      return act(m, kDidShare, true, 3);
    case EventType::save:
      return act(m, kDidSave, true, 1);
    case EventType::unsave:
      return act(m, kDidSave, false, 0);
    case EventType::follow:
      return act(m, kDidFollow, true, 2);
    case EventType::profile:
      return act(m, kDidProfile, true, 0);
    case EventType::not_interested:
      return act(m, kDidHide, true, 0);
    case EventType::undo_not_interested:
      return act(m, kDidHide, false, 0);
    case EventType::report:
      return act(m, kDidReport, true, 0);
    case EventType::product_click:
    case EventType::ad_click:
      return;
  }
}

Result<void> apply(State& state, const EngineOptions& options, PersonKey key, const Event& event) {
  const auto number = state.videos.find(event.video);
  if (!key) return {};
  PersonState& person = state.people.get(key);
  state.people.touch(person, state.at_ms);
  ++person.events_count;
  if (!number) return {};
  Video& video = state.videos.at(*number);
  if (video.author == key.value) return {};  // her own clip says nothing about taste
  Moment m{state, options, event, key, person, *number, video};
  m.pending = state.pending.find(event.request, key, *number);
  const float share = watched_share(event, video);
  const Labels said = labels_of(event, share, video);

  std::optional<Example> example;
  PendingItem book;
  if (said.heads != 0) {
    example.emplace();
    example->video = *number;
    if (m.pending != nullptr) {
      example->features = unpack(*m.pending);
    } else {  // outside the feed, or the decision is forgotten: the features as they are now
      const PersonView view = view_of(state, &person, 0, state.at_ms);
      Attention attention;
      const bool fresh = (state.videos.scan(*number).flags & kFreshDone) == 0;
      example->features = features_of(state, view, video, *number, view_of(state, video), 0, 0,
                                      fresh, person.has_seen(*number), attention);
    }
  }
  m.encounter = &person.encounter(*number, state.at_ms);
  const bool watched_before = (m.encounter->did & kDidWatch) != 0;
  change_state(m, share);
  settle(m);
  if (!example) return {};
  // Without a decision to keep book in, one watch of an encounter is learned, and each act.
  if (m.pending == nullptr && said.final && watched_before) return {};
  train(m, *example, said, m.pending != nullptr ? *m.pending : book);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const Decision& body) {
  PendingDecision decision;
  decision.request = body.request.value, decision.person = key.value;
  decision.at_ms = state.at_ms;
  for (const auto& item : body.items) {
    const auto number = state.videos.find(item.video);
    if (!number || item.features.size() != kFeaturesCount) continue;
    PendingItem kept;
    kept.video = *number;
    for (std::size_t i = 0; i < kFeaturesCount; ++i)
      kept.features[i] =
          static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(item.features[i]) >> 16);
    decision.items.push_back(kept);
  }
  state.pending.add(std::move(decision));
  return {};
}

Result<void> apply(State& state, const EngineOptions& options, PersonKey,
                   const VideoPublished& body) {
  state.videos.publish(body, state.at_ms, options.videos_max);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey, const VideoRemoved& body) {
  state.videos.remove(body.video);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const PersonChanged& body) {
  if (!key) return {};
  PersonState& person = state.people.get(key);
  person.language = body.language, person.age = body.age;
  state.people.become_known(person);
  state.people.touch(person, state.at_ms);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const Follow& body) {
  if (!key || !body.author) return {};
  PersonState& person = state.people.get(key);
  sorted_set(person.follows, body.author.value, body.on);
  state.people.touch(person, state.at_ms);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const Block& body) {
  if (!key || !body.other) return {};
  sorted_set(state.people.get(key).blocks, body.other.value, body.on);
  sorted_set(state.people.get(body.other).blocked_by, key.value, body.on);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const Mute& body) {
  if (!key) return {};
  PersonState& person = state.people.get(key);
  switch (body.kind) {
    case MuteKind::person:
      sorted_set(person.muted_people, body.key, body.on);
      break;
    case MuteKind::word:
      sorted_set(person.muted_keys, feature_key(FeatureKind::word, body.key), body.on);
      break;
    case MuteKind::hashtag:
      sorted_set(person.muted_keys, feature_key(FeatureKind::hashtag, body.key), body.on);
      break;
  }
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const ErasePerson&) {
  state.people.erase(key);
  state.pending.erase(key);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey, const WeightsChanged& body) {
  state.weights = body.weights;
  return {};
}

template <typename Body>
Result<void> decode_and_apply(State& state, const EngineOptions& options, const LogRecord& record) {
  FILOSCOPE_TRY(const Body body, decode<Body>(record));
  return apply(state, options, record.person, body);
}

Result<void> dispatch(State& state, const EngineOptions& options, const LogRecord& record) {
  switch (static_cast<RecordKind>(record.kind)) {
    case RecordKind::video_published:
      return decode_and_apply<VideoPublished>(state, options, record);
    case RecordKind::video_removed:
      return decode_and_apply<VideoRemoved>(state, options, record);
    case RecordKind::person_changed:
      return decode_and_apply<PersonChanged>(state, options, record);
    case RecordKind::follow:
      return decode_and_apply<Follow>(state, options, record);
    case RecordKind::block:
      return decode_and_apply<Block>(state, options, record);
    case RecordKind::mute:
      return decode_and_apply<Mute>(state, options, record);
    case RecordKind::decision:
      return decode_and_apply<Decision>(state, options, record);
    case RecordKind::event:
      return decode_and_apply<Event>(state, options, record);
    case RecordKind::erase_person:
      return decode_and_apply<ErasePerson>(state, options, record);
    case RecordKind::weights_changed:
      return decode_and_apply<WeightsChanged>(state, options, record);
  }
  return Error{Code::corrupt, "a log record is of a kind this version does not know"};
}

}  // namespace

Result<void> apply_record(State& state, const EngineOptions& options, const LogRecord& record) {
  state.position = record.position;
  state.at_ms = std::max(state.at_ms, record.at_ms);
  if (!is_blanked(record)) FILOSCOPE_DO(dispatch(state, options, record));
  state.people.expire(state.at_ms, options.guest_state_ttl_ms, options.people_max);
  state.pending.expire(state.at_ms);
  state.embeddings.sweep(state.at_ms);
  return {};
}

}  // namespace filoscope::engine
