/// A crowd with known tastes swipes through the engine in process: does the feed learn them?

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

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

/// What a caption says about a clip's topic.
enum class Words { topic, one_of_nine, none };

VideoPublished clip(const TestWorld& world, int i, Words words) {
  auto body = world.video(i, 5000 + i % 37, i % kTopics);
  body.sound = {9000 + static_cast<std::uint64_t>(i)};
  if (words == Words::topic) return body;
  body.hashtags.clear(), body.words.clear();
  if (words == Words::none) return body;
  Random random(static_cast<std::uint64_t>(i));
  for (int word = 0; word < 8; ++word)
    body.words.push_back(text_key("word" + std::to_string(random.below(200))));
  body.words.push_back(text_key("topic" + std::to_string(i % kTopics)));
  return body;
}

void publish_all(TestWorld& world, Words words) {
  for (int i = 1; i <= kVideos; ++i) {
    world.apply(encode(clip(world, i, words)));
    world.now_ms += 1000;
  }
}

struct Arm {
  Mode mode = Mode::for_you;
  bool learns = true;
  std::uint64_t chance = 77;  ///< another one draws other explorations and watched shares
};

/// Mean watched share over the last third of the swipes.
double simulate(std::uint64_t seed, int viewers, Words words, const Arm& arm) {
  EngineOptions options;
  options.learns = arm.learns;
  TestWorld world(options, false);
  publish_all(world, words);
  const Crowd crowd(seed, viewers);
  Random random(seed * arm.chance + 1);
  std::vector<std::vector<VideoId>> shown(viewers);
  std::vector<std::vector<VideoId>> held(viewers);
  std::vector<std::uint64_t> held_request(viewers);
  double late = 0;
  for (int swipe = 0; swipe < kSwipes; ++swipe) {
    for (int v = 0; v < viewers; ++v) {
      RankRequest request;
      request.request = {seed * 1'000'000 + swipe * 1000 + v + 1};
      request.person = {10'000 + static_cast<std::uint64_t>(v)}, request.mode = arm.mode;
      request.seed = random.next(), request.at_ms = world.now_ms, request.age = 30;
      request.held = held[v];
      if (arm.mode == Mode::not_profiled) request.shown = shown[v];
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
      if (swipe >= kSwipes * 2 / 3) late += watched / (viewers * (kSwipes / 3));
    }
  }
  return late;
}

/// Each simulation once.
double run(std::uint64_t seed, int viewers, Words words, const Arm& arm) {
  static std::map<std::array<std::uint64_t, 6>, double> done;
  const std::array<std::uint64_t, 6> key{seed,
                                         static_cast<std::uint64_t>(viewers),
                                         static_cast<std::uint64_t>(words),
                                         static_cast<std::uint64_t>(arm.mode),
                                         arm.learns ? 1U : 0U,
                                         arm.chance};
  const auto [at, fresh] = done.try_emplace(key, 0);
  if (fresh) at->second = simulate(seed, viewers, words, arm);
  return at->second;
}

struct Ratio {
  double mean = 0, lower = 0;  ///< one-sided 95 %
};

/// Of two arms, over the same crowds.
Ratio compare(const char* what, Words words, const Arm& a, const Arm& b) {
  const int viewers = std::getenv("FILOSCOPE_LONG_TESTS") != nullptr ? 200 : 24;
  constexpr int kSeeds = 5;
  double sum = 0, squares = 0;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const double ratio = run(seed, viewers, words, a) / run(seed, viewers, words, b);
    sum += ratio, squares += ratio * ratio;
  }
  const double mean = sum / kSeeds;
  const double error = std::sqrt((squares / kSeeds - mean * mean) / (kSeeds - 1));
  const Ratio ratio{mean, mean - 2.132 * error};  // t with 4 degrees of freedom
  std::printf("%s: ratio %.3f, lower bound %.3f\n", what, ratio.mean, ratio.lower);
  return ratio;
}

constexpr Arm kLearning{Mode::for_you, true}, kNotLearning{Mode::for_you, false},
    kPlain{Mode::not_profiled, true};

/// What is known of a person from her own swipes alone orders her feed; this needs no learning.
TEST(EngineLearning, ForYouBeatsTheFeedWithoutProfiling) {
  EXPECT_GE(compare("for_you / not_profiled", Words::topic, kLearning, kPlain).lower, 1.3);
}

/// Better than the priors, beyond chance.
bool is_learned(const char* what, Words words, const Arm& arm) {
  return compare(what, words, arm, kNotLearning).lower > 1.01;
}

struct LearningCrowd {
  Words words;
  bool told_apart;  ///< whether this engine's learning shows
};

class LearningOf : public testing::TestWithParam<LearningCrowd> {};
INSTANTIATE_TEST_SUITE_P(Crowds, LearningOf,
                         testing::Values(LearningCrowd{Words::topic, false},
                                         LearningCrowd{Words::one_of_nine, true},
                                         LearningCrowd{Words::none, true}));

TEST_P(LearningOf, AnArmThatDoesNotLearnFails) {
  EXPECT_FALSE(
      is_learned("not learning / not learning", GetParam().words, {Mode::for_you, false, 500}));
}

/// Where captions say the topic the priors do it all: an expected failure, red as soon as an engine
/// does better.
TEST_P(LearningOf, BeatsThePriors) {
  EXPECT_EQ(is_learned("learning / not learning", GetParam().words, kLearning),
            GetParam().told_apart);
}

TEST(EngineLearning, FirstNotInterestedLowersTheTopicInTheNextAnswer) {
  TestWorld world({}, false);
  publish_all(world, Words::topic);
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
