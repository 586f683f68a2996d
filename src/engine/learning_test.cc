/// A crowd with known tastes swipes through the engine in process: does the feed learn them?

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/random.h"
#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

constexpr int kTopics = 12, kVideos = 300, kSwipes = 60;
constexpr double kLiked = 0.80, kNeutral = 0.30, kDisliked = 0.08;

double normal(Random& random) {
  const double u = 1 - random.unit();
  return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * random.unit());
}

/// Marsaglia & Tsang, "A simple method for generating gamma variables", TOMS 26 (2000).
double gamma(Random& random, double shape) {
  if (shape < 1) return gamma(random, shape + 1) * std::pow(1 - random.unit(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(random), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - random.unit()) < 0.5 * x * x + d - d * v + d * std::log(v))
      return d * v;
  }
}

/// A watched share: Beta with this mean and ten pseudo-observations.
double share(Random& random, double mean) {
  const double a = gamma(random, 10 * mean), b = gamma(random, 10 * (1 - mean));
  return a / (a + b);
}

struct Crowd {
  std::vector<std::array<double, kTopics>> tastes;
  Crowd(std::uint64_t seed, int viewers) {
    Random random(seed);
    for (int i = 0; i < viewers; ++i) {
      std::array<int, kTopics> order{};
      for (int t = 0; t < kTopics; ++t) order[t] = t;
      for (int t = kTopics - 1; t > 0; --t) std::swap(order[t], order[random.below(t + 1)]);
      auto& taste = tastes.emplace_back();
      taste.fill(kNeutral);
      taste[order[0]] = taste[order[1]] = kLiked;
      taste[order[2]] = taste[order[3]] = kDisliked;
    }
  }
};

int topic_of(VideoId video) { return static_cast<int>(video.value % kTopics); }

void publish_all(TestWorld& world, bool sound_by_topic) {
  for (int i = 1; i <= kVideos; ++i) {
    auto body = world.video(i, 5000 + i % 37, i % kTopics);
    if (!sound_by_topic) body.sound = {9000 + static_cast<std::uint64_t>(i)};
    world.apply(encode(body));
    world.now_ms += 1000;
  }
}

/// Mean watched share over swipes 41–60, and of all; prequential log loss.
struct Outcome {
  double late = 0, all = 0;
  HeadValues loss{};
};

Outcome run(std::uint64_t seed, int viewers, Mode mode, bool sound_by_topic) {
  TestWorld world({}, false);
  publish_all(world, sound_by_topic);
  const Crowd crowd(seed, viewers);
  Random random(seed * 77 + 1);
  std::vector<std::vector<VideoId>> shown(viewers);
  std::vector<std::vector<VideoId>> held(viewers);
  std::vector<std::uint64_t> held_request(viewers);
  Outcome outcome;
  for (int swipe = 0; swipe < kSwipes; ++swipe) {
    for (int v = 0; v < viewers; ++v) {
      RankRequest request;
      request.request = {seed * 1'000'000 + swipe * 1000 + v + 1};
      request.person = {10'000 + static_cast<std::uint64_t>(v)}, request.mode = mode;
      request.seed = random.next(), request.at_ms = world.now_ms, request.age = 30;
      request.held = held[v];
      if (mode == Mode::not_profiled) request.shown = shown[v];
      const auto ranking = world.ask(request);
      EXPECT_FALSE(ranking.exhausted);
      // The held clip comes on screen now, the first of the answer is held behind it.
      std::vector<std::pair<VideoId, std::uint64_t>> queue;
      if (!held[v].empty()) queue.emplace_back(held[v][0], held_request[v]);
      for (const auto& item : ranking.items) queue.emplace_back(item.video, request.request.value);
      const auto [video, from] = queue.at(0);
      held[v] = {queue.at(1).first}, held_request[v] = queue.at(1).second;
      const double watched = share(random, crowd.tastes[v][topic_of(video)]);
      world.swipe(request.person.value, video, static_cast<std::uint32_t>(watched * 2000), from);
      world.now_ms -= 990;
      shown[v].push_back(video);
      outcome.all += watched / (viewers * kSwipes);
      if (swipe >= 40) outcome.late += watched / (viewers * 20);
    }
  }
  outcome.loss = world.engine().stats().prequential_loss;
  return outcome;
}

TEST(EngineLearning, ForYouBeatsTheFeedWithoutProfiling) {
  const bool complete = std::getenv("FILOSCOPE_LONG_TESTS") != nullptr;
  const int viewers = complete ? 200 : 24;
  for (const bool sound_by_topic : {false, true}) {
    if (sound_by_topic && !complete) continue;  // the easier case
    double sum = 0, squares = 0;
    constexpr int kSeeds = 5;
    for (int seed = 1; seed <= kSeeds; ++seed) {
      const auto mine = run(seed, viewers, Mode::for_you, sound_by_topic);
      const auto plain = run(seed, viewers, Mode::not_profiled, sound_by_topic);
      const double ratio = mine.late / plain.late;
      std::printf("seed %d sound %d: for_you %.3f (all %.3f), not_profiled %.3f, ratio %.3f\n",
                  seed, sound_by_topic, mine.late, mine.all, plain.late, ratio);
      std::printf("  log loss: skip %.3f watch_50 %.3f watch_75 %.3f complete %.3f\n", mine.loss[0],
                  mine.loss[2], mine.loss[3], mine.loss[4]);
      sum += ratio, squares += ratio * ratio;
    }
    const double mean = sum / kSeeds;
    const double error = std::sqrt((squares / kSeeds - mean * mean) / (kSeeds - 1));
    const double lower = mean - 2.132 * error;  // one-sided 95 %, t with 4 degrees of freedom
    const double random_order = (2 * kLiked + 8 * kNeutral + 2 * kDisliked) / kTopics;
    std::printf("ratio %.3f, lower bound %.3f; perfect knowledge %.3f, random order %.3f\n", mean,
                lower, kLiked, random_order);
    EXPECT_GE(lower, 1.3);
  }
}

TEST(EngineLearning, FirstNotInterestedLowersTheTopicInTheNextAnswer) {
  TestWorld world({}, false);
  publish_all(world, true);
  const Crowd crowd(9, 100);
  Random random(4);
  double sum = 0, squares = 0;
  for (int v = 0; v < 100; ++v) {
    const std::uint64_t person = 20'000 + static_cast<std::uint64_t>(v);
    for (int swipe = 0; swipe < 6; ++swipe) {
      const auto ranking = world.ask(person);
      const auto video = ranking.items[0].video;
      world.swipe(
          person, video,
          static_cast<std::uint32_t>(2000 * share(random, crowd.tastes[v][topic_of(video)])),
          world.last_request());
    }
    RankRequest request;
    request.request = {777}, request.person = {person}, request.age = 30, request.count = 8;
    request.seed = random.next(), request.at_ms = world.now_ms;
    const auto before = world.engine().rank(request).value();
    const auto first = before.items[0].video;
    const auto count = [&](const Ranking& ranking) {
      return std::count_if(ranking.items.begin(), ranking.items.end(), [&](const auto& item) {
        return topic_of(item.video) == topic_of(first) && item.video != first;
      });
    };
    world.event(person, first, EventType::impression);
    const auto neutral = world.engine().rank(request).value();
    world.event(person, first, EventType::not_interested);
    const auto after = world.engine().rank(request).value();
    const double change = static_cast<double>(count(after) - count(neutral));
    sum += change, squares += change * change;
  }
  const double mean = sum / 100;
  const double error = std::sqrt((squares / 100 - mean * mean) / 99);
  std::printf("change %.3f items of 8, t = %.2f\n", mean, mean / error);
  EXPECT_LT(mean / error, -2.364);  // one-sided p < .01 with 99 degrees of freedom
}

}  // namespace
}  // namespace filoscope::engine
