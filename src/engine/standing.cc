#include "engine/standing.h"

#include <algorithm>

namespace filoscope::engine {
namespace {

constexpr std::array<std::pair<Act, unsigned>, 7> kActs{{{Act::like, kDidLike},
                                                         {Act::hide, kDidHide},
                                                         {Act::comment, kDidComment},
                                                         {Act::share, kDidShare},
                                                         {Act::save, kDidSave},
                                                         {Act::follow, kDidFollow},
                                                         {Act::report, kDidReport}}};

}  // namespace

std::uint32_t skip_limit_ms(const Video& video) {
  return std::min<std::uint32_t>(2000, video.duration_ms / 2);
}

bool skipped(float share, const Video& video) {
  return share * static_cast<float>(video.duration_ms) < static_cast<float>(skip_limit_ms(video));
}

std::uint16_t watch_labels(float share, const Video& video) {
  unsigned labels = 0;
  if (skipped(share, video)) labels |= head_bit(Head::skip);
  if (share >= 0.25F) labels |= head_bit(Head::watch_25);
  if (share >= 0.50F) labels |= head_bit(Head::watch_50);
  if (share >= 0.75F) labels |= head_bit(Head::watch_75);
  if (share >= 0.95F) labels |= head_bit(Head::complete);
  return static_cast<std::uint16_t>(labels);
}

std::uint16_t act_labels(const Contribution& given) {
  unsigned labels = 0;
  if (given.stands(Act::like)) labels |= head_bit(Head::like);
  if (given.stands(Act::share)) labels |= head_bit(Head::share);
  if (given.stands(Act::follow)) labels |= head_bit(Head::follow);
  if (given.disliked()) labels |= head_bit(Head::not_interested);
  return static_cast<std::uint16_t>(labels);
}

std::uint16_t standing_labels(const Contribution& given, const Video& video) {
  unsigned labels = act_labels(given);
  if (given.skipped()) return static_cast<std::uint16_t>(labels | head_bit(Head::skip));
  if (given.watched())
    labels |= watch_labels(given.share(), video) & ~unsigned{head_bit(Head::skip)};
  return static_cast<std::uint16_t>(labels);
}

std::uint16_t taught(const Contribution& given) {
  unsigned heads = 0;
  for (const auto& [lesson, of] : kLessons) heads |= given.taught(lesson) ? of : 0U;
  return static_cast<std::uint16_t>(heads);
}

float standing_share(const Contribution& given, const Video& video) {
  if (!given.skipped()) return given.share();
  return static_cast<float>(skip_limit_ms(video)) / 2 / static_cast<float>(video.duration_ms);
}

float left_of(const State& state, const Contribution& given, const Video& video) {
  return given.weight() * decay(state.at_ms - given.at_ms(video.created_ms), Counters::kHalfLifeMs);
}

float value_of(const Encounter& encounter, float usual_share) {
  const unsigned did = encounter.did;
  if ((did & (kDidHide | kDidReport)) != 0) return -2;
  float value = 0;
  if ((did & kDidWatch) != 0)
    value = clamp(2.2F * (static_cast<float>(encounter.share) / 1000.0F - usual_share), -1, 1);
  constexpr std::array<std::pair<unsigned, float>, 7> kWorth{{{kDidComplete, 0.2F},
                                                              {kDidLike, 1.0F},
                                                              {kDidShare, 1.0F},
                                                              {kDidSave, 0.7F},
                                                              {kDidFollow, 0.8F},
                                                              {kDidComment, 0.4F},
                                                              {kDidProfile, 0.2F}}};
  for (const auto& [bit, worth] : kWorth)
    if ((did & bit) != 0) value += worth;
  return clamp(value, -2, 2);
}

Encounter encounter_of(const Contribution& given, const Video& video) {
  Encounter encounter;
  unsigned did = 0;
  for (const auto& [act, bit] : kActs) did |= given.stands(act) ? bit : 0U;
  if (given.watched()) did |= kDidWatch;
  const float share = standing_share(given, video);
  if (share >= 0.95F) did |= kDidComplete;
  encounter.did = static_cast<std::uint16_t>(did);
  encounter.share = static_cast<std::uint16_t>(share * 1000.0F);
  encounter.at_s = static_cast<std::uint32_t>(given.at_ms(video.created_ms) / 1000);
  return encounter;
}

void add_outcomes(State& state, Video& video, const OutcomeChange& change) {
  for (OutcomeCounts* counts : {&video.outcomes, &state.videos.author_at(video).outcomes,
                                &state.all_outcomes[video.duration_bucket()]})
    counts->add(static_cast<double>(change.views), static_cast<double>(change.weight), change.was,
                change.now);
}

void move_standing(State& state, std::uint32_t number, const SeenEntry& entry, Direction way) {
  const Contribution given(entry.given);
  Video& video = state.videos.at(number);
  const bool gives = way == Direction::give;
  const float sign = gives ? 1.0F : -1.0F;
  const float part = sign * left_of(state, given, video);
  const auto move = [&](float& counter, float times) {
    counter = std::max(0.0F, counter + part * times);
  };
  count_in(state, video, [&](Counters& c) {
    if (entry.shown()) move(c.exposures, 1);
    if (given.watched()) move(c.watches, 1), move(c.share_sum, standing_share(given, video));
    if (given.skipped()) move(c.skips, 1);
    move(c.likes, static_cast<float>(given.approvals()));
    if (given.disliked()) move(c.negatives, 1);
  });
  const double sign_of_heat = gives ? 1 : -1;
  state.videos.heat(number, sign_of_heat * given.heat(), given.at_ms(video.created_ms));
  const auto labels = standing_labels(given, video);
  const auto none = std::uint16_t{0};
  add_outcomes(state, video,
               {given.weight(), given.watched() ? sign * given.weight() : 0.0F,
                gives ? none : labels, gives ? labels : none});
}

}  // namespace filoscope::engine
