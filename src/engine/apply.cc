#include <algorithm>
#include <bit>
#include <utility>

#include "engine/apply_event.h"
#include "engine/reasons.h"
#include "engine/withdrawal.h"

namespace filoscope::engine {
namespace {

Result<void> apply(State& state, const EngineOptions& options, PersonKey key, const Event& event) {
  apply_event(state, options, key, event);
  return {};
}

std::uint16_t narrowed(float bfloat16) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(bfloat16) >> 16);
}

/// Nothing is learned from a decision itself.
Result<void> apply(State&, const EngineOptions&, PersonKey, const Decision&) { return {}; }

/// The answer waits for events. One of an engine with other features has none here.
Result<void> apply(State& state, const EngineOptions&, PersonKey key,
                   const DecisionFeatures& body) {
  if (body.person.size() != kPersonFeaturesCount) return {};
  PendingDecision decision;
  decision.request = body.request.value, decision.person = key.value;
  decision.at_ms = state.at_ms;
  std::transform(body.person.begin(), body.person.end(), decision.features.begin(), narrowed);
  for (const auto& item : body.items) {
    const auto number = state.videos.find(item.video);
    if (!number || item.features.size() != kFeaturesCount) continue;
    PendingItem kept;
    kept.video = *number;
    std::transform(item.features.begin(), item.features.end(), kept.features.begin(), narrowed);
    decision.items.push_back(kept);
  }
  state.pending.add(std::move(decision));
  return {};
}

Result<void> apply(State& state, const EngineOptions& options, PersonKey,
                   const VideoPublished& body) {
  state.videos.publish(body, state.at_ms, options.videos_max);
  state.outcome_factors.grow_to(state.videos.numbers_end());
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey, const VideoRemoved& body) {
  state.videos.remove(body.video);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const PersonChanged& body) {
  if (!key) return {};
  PersonState& person = state.people.get(key);
  person.language = body.language, person.age = body.age, person.sensitive = body.sensitive;
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
  sorted_set(state.people.get_named(body.other).blocked_by, key.value, body.on);
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
  state.people.touch(person, state.at_ms);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const Wish& body) {
  if (!key || (body.kind == WishKind::author && !body.key)) return {};
  PersonState& person = state.people.get(key);
  person.wish(body);
  state.people.touch(person, state.at_ms);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const Withdraw& body) {
  withdraw(state, key, body);
  return {};
}

Result<void> apply(State& state, const EngineOptions&, PersonKey key, const UndoWithdraw& body) {
  undo_withdraw(state, key, body);
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
    case RecordKind::decision_features:
      return decode_and_apply<DecisionFeatures>(state, options, record);
    case RecordKind::event:
      return decode_and_apply<Event>(state, options, record);
    case RecordKind::withdraw:
      return decode_and_apply<Withdraw>(state, options, record);
    case RecordKind::wish:
      return decode_and_apply<Wish>(state, options, record);
    case RecordKind::undo_withdraw:
      return decode_and_apply<UndoWithdraw>(state, options, record);
    case RecordKind::erase_person:
      return decode_and_apply<ErasePerson>(state, options, record);
    case RecordKind::weights_changed:
      return decode_and_apply<WeightsChanged>(state, options, record);
  }
  return Error(reason("log_record_of_unknown_kind"), record.position, record.kind);
}

}  // namespace

Result<void> apply_record(State& state, const EngineOptions& options, const LogRecord& record) {
  const auto position = std::exchange(state.position, record.position);
  const auto at_ms = std::exchange(state.at_ms, std::max(state.at_ms, record.at_ms));
  if (auto done = is_blanked(record) ? Result<void>() : dispatch(state, options, record); !done) {
    state.position = position, state.at_ms = at_ms;
    return done;
  }
  state.people.sweep_erased();
  state.people.end_withdrawals(state.at_ms);
  state.people.expire(state.at_ms, options.guest_state_ttl_ms, options.people_max);
  for (const auto number : state.videos.take_gone()) state.collaborative.forget_item(number);
  for (auto& gone : state.people.take_gone()) state.collaborative.forget_person(std::move(gone));
  state.collaborative.sweep();
  state.videos.sweep_fresh(state.at_ms);
  state.pending.expire(state.at_ms);
  state.embeddings.sweep(state.at_ms);
  return {};
}

}  // namespace filoscope::engine
