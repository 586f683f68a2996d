#include "engine/wishes.h"

#include <algorithm>

namespace filoscope::engine {
namespace {

/// By the steps of a wish, from -kWishMost.
constexpr std::array<float, 2 * kWishMost + 1> kWorth{kHardlyAny, -1, 0, 1, 2};

/// 1 at four times 15 s, -1 at a quarter, and so on up to 2.
float longer(std::uint32_t duration_ms) {
  constexpr double kUsualMs = 15'000;
  const double doublings = log2_fixed(std::max(1.0, static_cast<double>(duration_ms)) / kUsualMs);
  return clamp(static_cast<float>(doublings / 2), -2, 2);
}

bool knows_author(const PersonState& person, const Video& video) {
  return person.follows_author(video.author) ||
         person.interests.find(short_key(video.author_key)) != nullptr;
}

/// How much of what is wished for the video has, 0..1, for length -2..2.
float amount(const PersonState& person, const StandingWish& wish, const Video& video) {
  switch (wish.kind) {
    case WishKind::hashtag: {
      const auto tags = std::span(video.keys).first(video.tags_count);
      const auto key = feature_key(FeatureKind::hashtag, wish.key);
      return std::find(tags.begin(), tags.end(), key) != tags.end() ? 1.0F : 0.0F;
    }
    case WishKind::author:
      return video.author == wish.key ? 1.0F : 0.0F;
    case WishKind::new_people:
      return knows_author(person, video) ? 0.0F : 1.0F;
    case WishKind::length:
      return longer(video.duration_ms);
  }
  return 0;
}

}  // namespace

float wished(const State& state, const PersonState& person, std::uint32_t number) {
  float sum = 0;
  const Video& video = state.videos[number];
  for (const StandingWish& wish : person.wishes) {
    const auto step = static_cast<std::size_t>(wish.steps + kWishMost);
    // Both directions of a length are wishes for something.
    const float worth =
        wish.kind == WishKind::length ? static_cast<float>(wish.steps) : kWorth[step];
    sum += worth * amount(person, wish, video);
  }
  return sum;
}

std::vector<std::uint32_t> wished_keys(const PersonState& person) {
  std::vector<std::uint32_t> keys;
  for (const StandingWish& wish : person.wishes) {
    if (wish.steps <= 0) continue;
    if (wish.kind == WishKind::hashtag)
      keys.push_back(short_key(feature_key(FeatureKind::hashtag, wish.key)));
    if (wish.kind == WishKind::author)
      keys.push_back(short_key(feature_key(FeatureKind::author, wish.key)));
  }
  std::reverse(keys.begin(), keys.end());
  return keys;
}

}  // namespace filoscope::engine
