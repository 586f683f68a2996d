#pragma once

/// How the crowd behaves: every constant of it, with the reason. Feelings are logits of the watched
/// share, so they add up; 0 is half of a clip.

#include <cstddef>
#include <cstdint>

namespace filoscope::simulate {

inline constexpr std::int64_t kMinuteMs = 60'000;
inline constexpr std::int64_t kHourMs = 60 * kMinuteMs;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;
/// When every simulation begins.
inline constexpr std::int64_t kStartMs = 1'700'000'000'000;

/// As many as learning tests of this project have always had: with three liked, a feed that knows
/// nothing is right by chance a quarter of the time.
inline constexpr std::size_t kTopics = 12;
/// Of the residual taste: fewer than topics, so that other people's watching tells it.
inline constexpr std::size_t kFactors = 4;

struct Rules {
  // Feelings. Alone they give watched shares of .80, .30 and .08 at a clip of usual_ms.
  double liked = 1.4;
  double neutral = -0.85;
  double disliked = -2.4;
  std::size_t liked_min = 2, liked_max = 4;        ///< topics a person likes
  std::size_t disliked_min = 1, disliked_max = 3;  ///< topics she dislikes
  /// Topic t is liked in proportion to 1 / (t + this): the first about five times as often as the
  /// last, so that popularity knows something.
  double topic_appeal = 3;
  double quality = 0.5;   ///< standard deviation of what all people think of a clip
  double residual = 0.7;  ///< standard deviation of what factors add: clips of a topic differ

  // Length. Log-normal with a median of usual_ms, from 2 s to 2 min.
  double usual_ms = 15'000;
  double length_spread = 0.9;  ///< standard deviation of the logarithm
  double duration_min_ms = 2'000, duration_max_ms = 120'000;
  /// Lost for each e-fold of length by everybody: of a clip of 2 s she watches a share of .67 that
  /// would be .50 at 15 s, and .33 at 2 min. Whoever ranks by shares without an eye on length finds
  /// short clips, not good ones.
  double length_effect = 0.35;

  double steadiness = 10;     ///< pseudo-observations of the Beta that a share is drawn from
  double watch_min_ms = 300;  ///< nobody is faster
  std::int64_t between_clips_ms = 400;  ///< the swipe itself

  // Boredom: a logit for each clip of a topic beyond the first among the last few of the session.
  double boredom = 0.25;
  std::size_t boredom_window = 6;
  double repeat = 1.5;  ///< lost for each time that she has had the clip: why a feed has to be new

  // Acts.
  double like_most = 0.25;  ///< probability of a like at a clip that could not be better
  double like_bend = 2;     ///< and it falls with this power of the expected share: about .15
                            ///< at a liked topic, .02 at a neutral one
  double hide_below = -2;   ///< feeling under which "not interested" comes to mind
  double hide = 0.25;       ///< probability of it then: rare, most people just swipe

  // Sessions. A feed that hits has sessions of 40 clips, one that misses of 22.
  double leave = 0.02;      ///< after any clip
  double leave_bad = 0.06;  ///< more after a clip of which she watched less than bad_share
  double bad_share = 0.2;
  double leave_bored = 0.03;       ///< more for each logit of boredom
  double leave_repeat = 0.15;      ///< more after a clip that she had had: nothing new, so she goes
  double away_ms = 6.0 * kHourMs;  ///< mean of the exponential time until she is back
  double arrivals_ms = 2.0 * kHourMs;  ///< the first sessions begin within this time

  /// Probability a day that one liked topic of hers is swapped for a neutral one.
  double drift = 0.1;

  // The catalogue.
  double there_at_start = 0.7;  ///< share of the clips; the rest comes over publishing_ms
  std::int64_t publishing_ms = kDayMs;
  std::size_t clips_per_author = 8;  ///< who films what he likes: authors tell nothing of topics
  std::size_t noise_words = 8;       ///< in a caption, of noise_vocabulary
  std::size_t noise_vocabulary = 200;
  std::size_t words_of_topic = 3;  ///< one of which is in the caption
  std::size_t noise_hashtags = 2;  ///< of hashtag_vocabulary
  std::size_t hashtag_vocabulary = 30;
  double topic_hashtag = 0.35;  ///< probability that its topic's hashtag is there too
  std::size_t sounds = 40;      ///< that clips share, whatever their topic
  double own_sound = 0.5;       ///< probability of a sound that no other clip has
};

inline constexpr Rules kRules{};

}  // namespace filoscope::simulate
