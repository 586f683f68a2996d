#include "engine/summary.h"

#include <algorithm>

namespace filoscope::engine {
namespace {

bool has_content(const Video& video, std::uint32_t key) {
  const auto is = [key](std::uint64_t feature) { return short_key(feature) == key; };
  return std::any_of(video.keys.begin(), video.keys.end(), is) || is(video.author_key) ||
         (video.sound_key != 0 && is(video.sound_key));
}

/// One of hers if there is one, else the newest; none when all are gone.
VideoId example_of(const State& state, const PersonState& person, std::uint32_t key) {
  for (std::size_t i = person.encounters.size(); i > 0; --i) {
    const auto number = person.encounters[i - 1].video;
    if (state.videos.live(number) && has_content(state.videos[number], key))
      return {state.videos[number].id};
  }
  const auto* posting = state.videos.posting(key);
  if (posting == nullptr || posting->videos.empty()) return {};
  const auto n = static_cast<std::uint32_t>(posting->videos.size());
  return {state.videos[posting->videos[(posting->next + n - 1) % n]].id};
}

void add_interests(const State& state, const PersonState& person, PersonSummary& summary) {
  person.interests.each([&](const Interest& interest) {
    const auto key = SmallTable<Interest>::key_of(interest);
    const float left = interest_left(interest, state.at_ms);
    const float n = interest.n * left;
    summary.interests.push_back({key, interest.s * left / (n + 1), n, {}});
  });
  const auto size = [](float x) { return x < 0 ? -x : x; };
  std::sort(summary.interests.begin(), summary.interests.end(), [&](const auto& a, const auto& b) {
    return size(a.value) != size(b.value) ? size(a.value) > size(b.value) : a.key < b.key;
  });
  for (auto& interest : summary.interests)
    interest.example = example_of(state, person, interest.key);
}

PersonSummary::Withdrawal withdrawal_of(const State& state, const Withdrawal& taken) {
  PersonSummary::Withdrawal told;
  told.id = {taken.id}, told.kind = taken.kind, told.key = taken.key;
  told.at_ms = taken.at_ms, told.until_ms = taken.at_ms + kWithdrawalMs;
  told.videos_count = static_cast<std::uint32_t>(
      std::max({taken.seen.size(), taken.encounters.size(), taken.history.size()}));
  if (!taken.seen.empty())
    told.example = {state.videos[SmallTable<SeenEntry>::key_of(taken.seen.front())].id};
  else if (!taken.encounters.empty())
    told.example = {state.videos[taken.encounters.front().video].id};
  return told;
}

}  // namespace

std::uint32_t interest_key(WithdrawKind kind, std::uint64_t key) {
  switch (kind) {
    case WithdrawKind::hashtag:
      return short_key(feature_key(FeatureKind::hashtag, key));
    case WithdrawKind::word:
      return short_key(feature_key(FeatureKind::word, key));
    case WithdrawKind::sound:
      return short_key(feature_key(FeatureKind::sound, key));
    case WithdrawKind::author:
      return short_key(feature_key(FeatureKind::author, key));
    default:
      return 0;
  }
}

PersonSummary summary_of(const State& state, PersonKey key) {
  PersonSummary summary;
  const PersonState* person = state.people.find(key);
  if (person == nullptr) return summary;
  summary.seen_count = person->seen_total;
  summary.had_count = static_cast<std::uint32_t>(person->had_count());
  for (std::size_t i = person->encounters.size(); i > 0; --i) {
    const Encounter& encounter = person->encounters[i - 1];
    summary.recent.push_back(
        {{state.videos[encounter.video].id}, std::int64_t{encounter.at_s} * 1000, encounter.value});
  }
  for (std::size_t i = person->withdrawals.size(); i > 0; --i)
    summary.withdrawals.push_back(withdrawal_of(state, person->withdrawals[i - 1]));
  add_interests(state, *person, summary);
  return summary;
}

}  // namespace filoscope::engine
