#pragma once

/// For tests and the bench: an engine with a log beside it, and short ways to make records.

#include <string>
#include <vector>

#include "engine/engine.h"

namespace filoscope::engine {

/// Applies records with rising positions and times, and keeps them for replays.
class TestWorld {
 public:
  explicit TestWorld(const EngineOptions& options = {}, bool keep_log = true)
      : engine_(Engine::create(options).value()), keep_log_(keep_log) {}

  Engine& engine() { return *engine_; }
  std::int64_t now_ms = 1'700'000'000'000;
  std::vector<LogRecord> log;

  void apply(LogRecord record) {
    record.position = ++position_;
    record.at_ms = now_ms;
    engine_->apply(record).value();
    if (keep_log_) log.push_back(std::move(record));
  }
  /// A 2 s video of `author` about `topic`; the topic is in a hashtag, a word and the sound.
  VideoPublished video(std::uint64_t id, std::uint64_t author, int topic) const {
    VideoPublished body;
    body.video = {id}, body.author = {author};
    const auto name = "topic" + std::to_string(topic);
    body.sound = {1000 + static_cast<std::uint64_t>(topic)};
    body.created_ms = now_ms, body.duration_ms = 2000;
    body.hashtags = {text_key(name), text_key("fyp")};
    body.words = {text_key(name + "word"), text_key("nice"),
                  text_key("w" + std::to_string(id % 17))};
    return body;
  }
  void publish(std::uint64_t id, std::uint64_t author, int topic) {
    apply(encode(video(id, author, topic)));
  }
  void adult(std::uint64_t person) { apply(encode(PersonKey{person}, PersonChanged{0, 30})); }
  Ranking ask(std::uint64_t person, std::size_t count = 8, std::vector<VideoId> held = {},
              Mode mode = Mode::for_you) {
    RankRequest request;
    request.request = {++request_}, request.person = {person}, request.mode = mode;
    request.count = count, request.seed = request_, request.at_ms = now_ms;
    request.age = 30, request.held = std::move(held);
    return ask(request);
  }
  Ranking ask(const RankRequest& request) {
    auto ranking = engine_->rank(request).value();
    if (!ranking.decision.body.empty()) apply(ranking.decision), apply(ranking.features);
    return ranking;
  }
  std::uint64_t last_request() const { return request_; }
  void event(std::uint64_t person, VideoId video, EventType type, std::uint64_t request = 0,
             std::uint32_t watch_ms = 0) {
    Event body;
    body.video = video, body.request = {request}, body.type = type, body.watch_ms = watch_ms;
    apply(encode(PersonKey{person}, body));
  }
  /// On screen, then swiped away after `watch_ms`.
  void swipe(std::uint64_t person, VideoId video, std::uint32_t watch_ms,
             std::uint64_t request = 0) {
    event(person, video, EventType::impression, request);
    event(person, video, EventType::watch, request, watch_ms);
    now_ms += 1000;
  }

 private:
  std::unique_ptr<Engine> engine_;
  bool keep_log_;
  LogPosition position_ = 0;
  std::uint64_t request_ = 0;
};

}  // namespace filoscope::engine
