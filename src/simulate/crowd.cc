#include "simulate/crowd.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "simulate/draws.h"

namespace filoscope::simulate {
namespace {

/// What the draws of a crowd are for; each has a sequence of its own.
enum Purpose : std::uint64_t { of_clip = 1, of_caption, of_time, of_taste };

Factors draw_factors(Random& random) {
  Factors factors{};
  for (double& factor : factors) factor = normal(random);
  return factors;
}

std::uint32_t draw_duration_ms(Random& random, const Rules& rules) {
  const double drawn = rules.usual_ms * std::exp(rules.length_spread * normal(random));
  return static_cast<std::uint32_t>(
      std::clamp(drawn, rules.duration_min_ms, rules.duration_max_ms));
}

std::string numbered(const char* what, std::uint64_t number) {
  return what + std::to_string(number);
}

/// One word in `noise_words` + 1 tells the topic, and a hashtag now and then.
void write_caption(Clip& clip, std::uint64_t number, Random& random, const Rules& rules) {
  for (std::size_t i = 0; i < rules.noise_words; ++i)
    clip.words.push_back(numbered("word", random.below(rules.noise_vocabulary)));
  const auto topic_word = clip.topic * rules.words_of_topic + random.below(rules.words_of_topic);
  clip.words.push_back(numbered("topicword", topic_word));
  for (std::size_t i = 0; i < rules.noise_hashtags; ++i)
    clip.hashtags.push_back(numbered("tag", random.below(rules.hashtag_vocabulary)));
  if (random.unit() < rules.topic_hashtag) clip.hashtags.push_back(numbered("topic", clip.topic));
  const bool own = random.unit() < rules.own_sound;
  clip.sound = own ? 1 + rules.sounds + number : 1 + random.below(rules.sounds);
}

/// When the clips come, in order: many at once, the rest over a time.
std::vector<std::int64_t> publication_times(std::size_t count, std::uint64_t seed,
                                            const Rules& rules) {
  const auto at_start =
      static_cast<std::size_t>(std::ceil(rules.there_at_start * static_cast<double>(count)));
  std::vector<std::int64_t> times(count, kStartMs);
  Random random(seed);
  for (std::size_t i = at_start; i < count; ++i)
    times[i] +=
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(rules.publishing_ms)));
  std::sort(times.begin(), times.end());
  return times;
}

std::vector<Clip> make_clips(const CrowdOptions& options, const Rules& rules) {
  const auto times = publication_times(options.clips_count, seed_of(options.seed, of_time), rules);
  const auto authors = std::max<std::size_t>(1, options.clips_count / rules.clips_per_author);
  std::vector<Clip> clips;
  for (std::size_t i = 0; i < options.clips_count; ++i) {
    Random random(seed_of(options.seed, of_clip, i));
    Clip& clip = clips.emplace_back();
    clip.topic = random.below(kTopics);
    clip.quality = rules.quality * normal(random);
    clip.factors = draw_factors(random);
    clip.duration_ms = draw_duration_ms(random, rules);
    clip.author = random.below(authors);
    clip.published_ms = times[i];
    if (!options.content) continue;
    Random caption(seed_of(options.seed, of_caption, i));
    write_caption(clip, i, caption, rules);
  }
  return clips;
}

/// The place that `at`, drawn from [0, sum of weights), falls to.
std::size_t place_of(double at, const std::array<double, kTopics>& weights) {
  std::size_t place = 0;
  for (std::size_t i = 0; i < kTopics; ++i) {
    if (weights[i] <= 0) continue;
    place = i;
    if ((at -= weights[i]) < 0) break;
  }
  return place;
}

/// Gives `count` topics that are still neutral this feeling, drawn by weight.
void draw_topics(Taste& taste, Feeling feeling, std::size_t count,
                 std::array<double, kTopics> weights, Random& random) {
  for (std::size_t t = 0; t < kTopics; ++t)
    if (taste.of_topic[t] != Feeling::neutral) weights[t] = 0;
  for (; count > 0; --count) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const auto topic = place_of(random.unit() * sum, weights);
    taste.of_topic[topic] = feeling;
    weights[topic] = 0;
  }
}

Taste make_taste(std::uint64_t seed, const Rules& rules) {
  Random random(seed);
  std::array<double, kTopics> appeal{}, even{};
  even.fill(1);
  for (std::size_t t = 0; t < kTopics; ++t)
    appeal[t] = 1 / (static_cast<double>(t) + rules.topic_appeal);
  Taste taste;
  const auto liked = rules.liked_min + random.below(rules.liked_max - rules.liked_min + 1);
  draw_topics(taste, Feeling::liked, liked, appeal, random);
  const auto disliked =
      rules.disliked_min + random.below(rules.disliked_max - rules.disliked_min + 1);
  draw_topics(taste, Feeling::disliked, disliked, even, random);
  taste.factors = draw_factors(random);
  return taste;
}

std::vector<std::size_t> topics_felt(const Taste& taste, Feeling feeling) {
  std::vector<std::size_t> topics;
  for (std::size_t t = 0; t < kTopics; ++t)
    if (taste.of_topic[t] == feeling) topics.push_back(t);
  return topics;
}

double logit_of(Feeling feeling, const Rules& rules) {
  switch (feeling) {
    case Feeling::liked:
      return rules.liked;
    case Feeling::disliked:
      return rules.disliked;
    case Feeling::neutral:
      break;
  }
  return rules.neutral;
}

}  // namespace

void drift(Taste& taste, Random& random) {
  const auto liked = topics_felt(taste, Feeling::liked);
  const auto neutral = topics_felt(taste, Feeling::neutral);
  if (liked.empty() || neutral.empty()) return;
  const auto lost = liked[random.below(liked.size())];
  const auto found = neutral[random.below(neutral.size())];
  std::swap(taste.of_topic[lost], taste.of_topic[found]);
}

void flip(Taste& taste) {
  for (Feeling& feeling : taste.of_topic) {
    if (feeling == Feeling::liked)
      feeling = Feeling::disliked;
    else if (feeling == Feeling::disliked)
      feeling = Feeling::liked;
  }
}

Crowd make_crowd(const CrowdOptions& options, const Rules& rules) {
  Crowd crowd;
  crowd.clips = make_clips(options, rules);
  for (std::size_t i = 0; i < options.people_count; ++i)
    crowd.tastes.push_back(make_taste(seed_of(options.seed, of_taste, i), rules));
  return crowd;
}

double boredom_of(const Person& person, std::size_t topic, const Clip* before, const Rules& rules) {
  auto same = static_cast<std::size_t>(before != nullptr && before->topic == topic);
  const std::size_t looked_at = rules.boredom_window - (before != nullptr ? 1 : 0);
  const auto count = std::min(looked_at, person.topics.size());
  for (std::size_t back = 1; back <= count; ++back)
    same += static_cast<std::size_t>(person.topics[person.topics.size() - back] == topic);
  return rules.boredom * static_cast<double>(same > 0 ? same - 1 : 0);
}

double feeling_of(const Person& person, const Clip& clip, std::uint8_t had, const Clip* before,
                  const Rules& rules) {
  double agreement = 0;
  for (std::size_t f = 0; f < kFactors; ++f) agreement += person.taste.factors[f] * clip.factors[f];
  agreement /= std::sqrt(static_cast<double>(kFactors));
  return logit_of(person.taste.of_topic[clip.topic], rules) + clip.quality +
         rules.residual * agreement - boredom_of(person, clip.topic, before, rules) -
         rules.repeat * had;
}

double share_of(double feeling) { return 1 / (1 + std::exp(-feeling)); }

double share_of(double feeling, std::uint32_t duration_ms, const Rules& rules) {
  const double longer = std::log(static_cast<double>(duration_ms) / rules.usual_ms);
  return share_of(feeling - rules.length_effect * longer);
}

double expected_share(const Crowd& crowd, const Person& person, std::uint32_t clip,
                      const Clip* before, const Rules& rules) {
  const Clip& of = crowd.clips[clip];
  return share_of(feeling_of(person, of, person.had[clip], before, rules), of.duration_ms, rules);
}

}  // namespace filoscope::simulate
