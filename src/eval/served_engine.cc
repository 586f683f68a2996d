#include "eval/served_engine.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/clock.h"

namespace filoscope::eval {
namespace {

constexpr std::int64_t kStartMs = 1'000'000'000'000;  ///< of a log without times
constexpr std::uint32_t kDurationMs = 30'000;
constexpr std::uint32_t kUnlikedWatchMs = kDurationMs * 3 / 10;
constexpr std::uint8_t kAge = 30;
constexpr auto kNoCategory = std::numeric_limits<std::uint32_t>::max();

EntryId entry_of(std::uint32_t item) { return {std::uint64_t{item} + 1}; }
PersonKey person_of(std::uint32_t person) { return {std::uint64_t{person} + 1}; }

class Stopwatch {
 public:
  explicit Stopwatch(std::int64_t& total_us) : total_us_(total_us), start_us_(clock_.mono_us()) {}
  ~Stopwatch() { total_us_ += clock_.mono_us() - start_us_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  SystemClock clock_;
  std::int64_t& total_us_;
  std::int64_t start_us_;
};

/// Of each item; nothing when one has two of them.
std::optional<std::vector<std::uint32_t>> category_of_items(const InteractionLog& log,
                                                            const Column& column) {
  std::vector<std::uint32_t> of_item;
  for (const auto& event : log.events) {
    const auto category = column.categories[event.row];
    if (event.item >= of_item.size()) of_item.resize(event.item + 1, kNoCategory);
    auto& own = of_item[event.item];
    if (own == kNoCategory) own = category;
    if (own != category) return std::nullopt;
  }
  return of_item;
}

}  // namespace

ItemHashtags item_hashtags(const InteractionLog& log) {
  ItemHashtags hashtags;
  for (const auto& column : log.columns) {
    if (column.type != ColumnType::category) continue;
    const auto of_item = category_of_items(log, column);
    if (!of_item) continue;
    hashtags.resize(of_item->size());
    for (std::size_t item = 0; item < of_item->size(); ++item) {
      const auto category = (*of_item)[item];
      if (category == kNoCategory || hashtags[item].size() == engine::kHashtagsMax) continue;
      const auto& text = column.names.text(category);
      if (!text.empty()) hashtags[item].push_back(engine::text_key(column.name + "=" + text));
    }
  }
  return hashtags;
}

Result<std::unique_ptr<ServedEngine>> ServedEngine::create(const EngineSetup& setup,
                                                           std::size_t people_count,
                                                           std::size_t items_count) {
  engine::EngineOptions options;
  options.seed = setup.seed, options.learns = setup.learns;
  options.exploration_share = 0;
  options.people_max = std::max(options.people_max, people_count);
  options.videos_max = std::max(options.videos_max, items_count);
  FILOSCOPE_TRY(auto engine, engine::Engine::create(options));
  return std::unique_ptr<ServedEngine>(
      new ServedEngine(setup, options, std::move(engine), people_count, items_count));
}

ServedEngine::ServedEngine(const EngineSetup& setup, const engine::EngineOptions& options,
                           std::unique_ptr<engine::Engine> engine, std::size_t people_count,
                           std::size_t items_count)
    : setup_(setup),
      options_(options),
      engine_(std::move(engine)),
      met_(people_count, false),
      published_(items_count, false) {
  for (const auto& [a, b] : setup_.social) befriend(a, b), befriend(b, a);
}

void ServedEngine::apply(LogRecord record) {
  record.position = ++position_, record.at_ms = at_ms_;
  engine_->apply(record).value();
}

/// Time never goes back along a log; without timestamps an event takes a second.
void ServedEngine::advance(double at_s) {
  if (at_s > 0 && !setup_.own_time)
    at_ms_ = std::max(at_ms_, static_cast<std::int64_t>(at_s * 1000));
  else
    at_ms_ = at_ms_ == 0 ? kStartMs : at_ms_ + 1000;
}

/// Its categories are hashtags. The rows of --item-features will be given to the entry here.
void ServedEngine::publish(std::uint32_t item) {
  engine::VideoPublished body;
  body.video = entry_of(item);
  body.created_ms = at_ms_, body.duration_ms = kDurationMs;
  if (item < setup_.hashtags.size()) body.hashtags = setup_.hashtags[item];
  apply(encode(body));
}

void ServedEngine::befriend(std::uint32_t person, std::uint32_t other) {
  meet(person);
  apply(encode(person_of(person), engine::Follow{{person_of(other).value}, true}));
}

void ServedEngine::meet(std::uint32_t person) {
  if (!met_[person]) apply(encode(person_of(person), engine::PersonChanged{0, kAge}));
  met_[person] = true;
}

void ServedEngine::meet(const Interaction& event) {
  meet(event.person);
  if (!published_[event.item]) publish(event.item);
  published_[event.item] = true;
}

void ServedEngine::act(const Interaction& event, engine::EventType type, std::uint32_t watch_ms,
                       RequestId request) {
  engine::Event body;
  body.video = entry_of(event.item), body.type = type, body.watch_ms = watch_ms;
  body.request = request;
  body.surface = engine::Surface::imported;
  apply(encode(person_of(event.person), body));
}

void ServedEngine::learn(const World&, const Interaction& event) {
  const Stopwatch stopwatch(learning_us_);
  advance(event.at_s);
  meet(event);
  act(event, engine::EventType::like, 0);
  act(event, engine::EventType::complete, 0);
  ++learned_;
}

/// She was offered the item, and did this with it.
void ServedEngine::learn_label(const Interaction& event, bool liked) {
  const Stopwatch stopwatch(learning_us_);
  meet(event);
  const auto request = request_of(event.person);
  apply(engine_->offer(request, entry_of(event.item)).features);
  if (liked) act(event, engine::EventType::like, 0, request.request);
  act(event, engine::EventType::watch, liked ? kDurationMs : kUnlikedWatchMs, request.request);
  ++learned_;
}

engine::RankRequest ServedEngine::request_of(std::uint32_t person) {
  engine::RankRequest request;
  request.request = {++request_}, request.seed = request_;
  request.person = person_of(person), request.age = kAge;
  request.at_ms = at_ms_;
  return request;
}

std::vector<std::uint32_t> ServedEngine::rank(const World& world, const RankQuery& query) {
  const Stopwatch stopwatch(ranking_us_);
  ++ranked_;
  auto request = request_of(query.person);
  if (query.at_s > 0 && !setup_.own_time)
    request.at_ms = std::max(at_ms_, static_cast<std::int64_t>(query.at_s * 1000));
  std::vector<std::uint32_t> items;
  const auto order = engine_->order(request, query.k).value();
  for (const auto entry : order) {
    const auto item = static_cast<std::uint32_t>(entry.value - 1);
    if (!world.has_had(query.person, item)) items.push_back(item);
  }
  return items;
}

float ServedEngine::predict_like(const Interaction& event) {
  const Stopwatch stopwatch(ranking_us_);
  ++ranked_;
  advance(event.at_s);
  meet(event);
  const auto offered = engine_->offer(request_of(event.person), entry_of(event.item));
  return offered.items.at(0).probabilities[static_cast<std::size_t>(engine::Head::like)];
}

}  // namespace filoscope::eval
