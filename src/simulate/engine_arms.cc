#include <algorithm>

#include "engine/engine.h"
#include "simulate/arm.h"
#include "simulate/draws.h"

namespace filoscope::simulate {
namespace {

constexpr std::size_t kAnswerCount = 8;
constexpr std::uint8_t kAge = 30;
constexpr std::uint64_t kFirstAuthor = 1'000'000;  ///< people's keys are below

VideoId video_of(std::uint32_t clip) { return {std::uint64_t{clip} + 1}; }
std::uint32_t clip_of(VideoId video) { return static_cast<std::uint32_t>(video.value - 1); }
PersonKey key_of(std::size_t person) { return {std::uint64_t{person} + 1}; }

engine::VideoPublished publication_of(const Clip& clip, std::uint32_t number, std::int64_t at_ms) {
  engine::VideoPublished body;
  body.video = video_of(number);
  body.author = {kFirstAuthor + clip.author};
  body.sound = {clip.sound};
  body.created_ms = at_ms, body.duration_ms = clip.duration_ms;
  for (const auto& hashtag : clip.hashtags) body.hashtags.push_back(engine::text_key(hashtag));
  for (const auto& word : clip.words) body.words.push_back(engine::text_key(word));
  return body;
}

/// The engine with the product's options, told of everything at once.
class EngineArm : public Arm {
 public:
  EngineArm(const Stage& stage, engine::Mode mode, bool learns) : stage_(stage), mode_(mode) {
    options_.seed = stage.seed, options_.learns = learns;
    engine_ = engine::Engine::create(options_).value();
    for (std::size_t i = 0; i < stage.people.size(); ++i)
      apply(encode(key_of(i), engine::PersonChanged{0, kAge}), kStartMs);
  }
  void publish(std::uint32_t clip, std::int64_t at_ms) override {
    apply(encode(publication_of(stage_.crowd.clips[clip], clip, at_ms)), at_ms);
  }
  std::vector<Offer> answer(const Ask& ask) override {
    auto ranking = engine_->rank(request_of(ask)).value();
    keep(ranking, ask.at_ms);
    return offers_of(ranking);
  }
  void tell(const Deed& deed) override { apply(record_of(deed), deed.at_ms); }
  std::uint64_t state_hash() const override { return engine_->state_hash(); }
  std::uint64_t records_count() const override { return position_; }

 protected:
  engine::RankRequest request_of(const Ask& ask) {
    engine::RankRequest request;
    request.request = {++request_}, request.seed = seed_of(stage_.seed, request_);
    request.person = key_of(ask.person), request.mode = mode_, request.age = kAge;
    request.count = kAnswerCount, request.at_ms = ask.at_ms;
    if (ask.held) request.held.push_back(video_of(*ask.held));
    if (mode_ == engine::Mode::not_profiled) {
      const auto& shown = stage_.people[ask.person].shown;
      const auto kept = std::min(shown.size(), engine::kShownMax);
      for (std::size_t i = shown.size() - kept; i < shown.size(); ++i)
        request.shown.push_back(video_of(shown[i]));
    }
    return request;
  }
  /// An answer goes into the log before it goes out.
  void keep(const engine::Ranking& ranking, std::int64_t at_ms) {
    if (ranking.decision.body.empty()) return;
    apply(ranking.decision, at_ms);
    apply(ranking.features, at_ms);
  }
  std::vector<Offer> offers_of(const engine::Ranking& ranking) const {
    std::vector<Offer> offers;
    for (const auto& item : ranking.items) offers.push_back({clip_of(item.video), {request_}});
    return offers;
  }
  static LogRecord record_of(const Deed& deed) {
    engine::Event event;
    event.video = video_of(deed.offer.clip), event.request = deed.offer.request;
    event.type = deed.type, event.watch_ms = deed.watch_ms;
    return encode(key_of(deed.person), event);
  }
  void apply(LogRecord record, std::int64_t at_ms) {
    record.position = ++position_, record.at_ms = at_ms;
    engine_->apply(record).value();
  }
  const engine::Engine& engine() const { return *engine_; }
  const engine::EngineOptions& options() const { return options_; }

 private:
  Stage stage_;
  engine::Mode mode_;
  engine::EngineOptions options_;
  std::unique_ptr<engine::Engine> engine_;
  LogPosition position_ = 0;
  std::uint64_t request_ = 0;
};

/// The same engine, whose answers come from a copy that is made anew each hour. The one behind
/// learns everything at once, from the features that the copy's answers were made with. Between two
/// copies the app tells what it has shown, so nothing comes twice.
class HourlyArm final : public EngineArm {
 public:
  explicit HourlyArm(const Stage& stage)
      : EngineArm(stage, engine::Mode::for_you, true), since_(stage.people.size()) {}

  std::vector<Offer> answer(const Ask& ask) override {
    refresh(ask.at_ms);
    auto request = request_of(ask);
    auto& since = since_[ask.person];
    // The held clip is the last of the list: answers are spaced from what is shown right before.
    request.held.insert(request.held.begin(), since.begin(), since.end());
    auto ranking = copy_->rank(request).value();
    keep(ranking, ask.at_ms);
    return offers_of(ranking);
  }
  void tell(const Deed& deed) override {
    EngineArm::tell(deed);
    if (deed.type != engine::EventType::impression || copy_ == nullptr) return;
    auto& since = since_[deed.person];
    since.push_back(video_of(deed.offer.clip));
    if (since.size() < engine::kHeldMax) return;
    // More than a request can hold: the oldest is told to the copy as shown, and no more.
    engine::Event shown;
    shown.video = since.front();
    LogRecord record = encode(key_of(deed.person), shown);
    record.position = copy_->position() + 1, record.at_ms = made_ms_;
    copy_->apply(record).value();
    since.erase(since.begin());
  }

 private:
  void refresh(std::int64_t at_ms) {
    if (copy_ != nullptr && at_ms / kHourMs == made_ms_ / kHourMs) return;
    copy_ = engine::Engine::load(options(), engine().save()).value();
    made_ms_ = at_ms;
    for (auto& since : since_) since.clear();
  }

  std::unique_ptr<engine::Engine> copy_;
  std::int64_t made_ms_ = 0;
  std::vector<std::vector<VideoId>> since_;  // shown since the copy was made, by person
};

}  // namespace

std::unique_ptr<Arm> make_engine_arm(std::string_view name, const Stage& stage) {
  if (name == "hourly") return std::make_unique<HourlyArm>(stage);
  const auto mode = name == "not_profiled" ? engine::Mode::not_profiled : engine::Mode::for_you;
  return std::make_unique<EngineArm>(stage, mode, name != "learning_off");
}

}  // namespace filoscope::simulate
