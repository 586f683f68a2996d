/// Arbitrary bytes as the body of every kind of log record, as a snapshot, and as a cursor: each is
/// refused or understood, and what is understood encodes to the same bytes again.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/check.h"
#include "engine/engine.h"

namespace {

using namespace filoscope;
using namespace filoscope::engine;

LogRecord encode_again(const LogRecord& record, const VideoPublished& body) {
  (void)record;
  return encode(body);
}
LogRecord encode_again(const LogRecord& record, const VideoRemoved& body) {
  (void)record;
  return encode(body);
}
LogRecord encode_again(const LogRecord& record, const WeightsChanged& body) {
  (void)record;
  return encode(body);
}
template <typename Body>
LogRecord encode_again(const LogRecord& record, const Body& body) {
  return encode(record.person, body);
}

template <typename Body>
void decode_as(LogRecord record, RecordKind kind) {
  record.kind = static_cast<std::uint16_t>(kind);
  const auto body = decode<Body>(record);
  if (!body) return;
  const auto once = encode_again(record, *body);
  const auto back = decode<Body>(once);
  FILOSCOPE_CHECK(back.has_value());
  FILOSCOPE_CHECK(encode_again(record, *back).body == once.body);
}

/// The same bytes as a whole record, applied to an engine that has a little state.
void apply_as(LogRecord record, std::uint16_t kind) {
  auto engine = Engine::create({}).value();
  VideoPublished video;
  video.video = {1}, video.author = {2}, video.duration_ms = 2000, video.hashtags = {3};
  auto first = encode(video);
  first.position = 1, first.at_ms = 1'000'000;
  engine->apply(first).value();
  record.position = 2, record.at_ms = 1'000'001, record.kind = kind;
  (void)engine->apply(record);
  RankRequest request;
  request.person = record.person;
  FILOSCOPE_CHECK(engine->rank(request).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr RecordKind kKinds[] = {RecordKind::video_published, RecordKind::video_removed,
                                   RecordKind::person_changed,  RecordKind::follow,
                                   RecordKind::block,           RecordKind::mute,
                                   RecordKind::decision,        RecordKind::event,
                                   RecordKind::erase_person,    RecordKind::weights_changed};
  const auto kind = kKinds[data[0] % std::size(kKinds)];
  const std::span<const std::uint8_t> rest(data + 1, size - 1);
  LogRecord record;
  record.person = {7};
  record.body.assign(rest.begin(), rest.end());
  decode_as<VideoPublished>(record, RecordKind::video_published);
  decode_as<VideoRemoved>(record, RecordKind::video_removed);
  decode_as<PersonChanged>(record, RecordKind::person_changed);
  decode_as<Follow>(record, RecordKind::follow);
  decode_as<Block>(record, RecordKind::block);
  decode_as<Mute>(record, RecordKind::mute);
  decode_as<Decision>(record, RecordKind::decision);
  decode_as<Event>(record, RecordKind::event);
  decode_as<ErasePerson>(record, RecordKind::erase_person);
  decode_as<WeightsChanged>(record, RecordKind::weights_changed);
  apply_as(record, static_cast<std::uint16_t>(kind));

  FILOSCOPE_CHECK(!Engine::load({}, rest));  // a valid checksum is not found by chance
  return 0;
}
