#include "engine/features.h"

#include <algorithm>

namespace filoscope::engine {
namespace {

constexpr float kSharpness = 8.0F;     ///< of the attention: logit per unit of similarity
constexpr float kNothingAlike = 2.8F;  ///< logit of "none of these": similarity 0.35
constexpr float kRecency = 0.02F;      ///< logit lost per newer video

Row row_of(const State& state, std::uint64_t key) {
  const Row* learned = state.embeddings.find(key);
  return learned != nullptr ? *learned : prior_row(key);
}

Row pooled(const State& state, std::span<const std::uint64_t> keys) {
  Row sum{};
  if (keys.empty()) return sum;
  for (const auto key : keys) {
    const Row row = row_of(state, key);
    add_scaled(sum.data(), row.data(), 1.0F, kDim);
  }
  const float scale = 1.0F / std::sqrt(static_cast<float>(keys.size()));
  for (float& x : sum) x *= scale;
  return sum;
}

/// As how many outcomes what is known before counts.
constexpr double kAuthorStrength = 20, kOwnStrength = 5;
constexpr auto kNoNumber = ~std::uint32_t{0};

/// False when it is zero.
bool to_length_one(Row& row) {
  const float norm2 = dot(row.data(), row.data(), kDim);
  if (norm2 < 1e-12F) return false;
  const float scale = 1.0F / std::sqrt(norm2);
  for (float& x : row) x *= scale;
  return true;
}

void attend(const PersonView& person, const Row& content, Features& features,
            Attention& attention) {
  auto& shares = attention.shares;
  shares.fill(0);
  const auto n = person.history_count;
  if (n == 0) return;
  std::array<float, kHistoryPadded> alike{};
  float best = 0;
  for (std::size_t j = 0; j < n; ++j) {
    alike[j] = dot(content.data(), person.content[j].data(), kDim);
    const float felt = alike[j] * person.values[j];
    if ((felt < 0 ? -felt : felt) > (best < 0 ? -best : best)) best = felt;
  }
  for (std::size_t j = 0; j < kHistoryPadded; ++j)
    shares[j] = exp_fixed(kSharpness * alike[j] - kRecency * static_cast<float>(j) - kNothingAlike);
  for (std::size_t j = n; j < kHistoryPadded; ++j) shares[j] = 0;
  std::array<float, kLanes> lanes{};
  for (std::size_t j = 0; j < kHistoryPadded; j += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += shares[j + lane];
  const float mass = join_lanes(lanes);
  const float scale = 1.0F / (mass + 1.0F);
  for (float& share : shares) share *= scale;
  features.inputs[kAttention] = dot(shares.data(), person.values.data(), kHistoryPadded);
  features.inputs[kAttentionBest] = best;
  features.inputs[kAttentionMass] = mass * scale;
  for (std::size_t j = 0; j < n; ++j)
    add_scaled(features.person.data(), person.content[j].data(), shares[j] * person.values[j],
               kDim);
}

struct Leans {
  float mean = 0, max = 0, min = 0, n = 0;
  std::size_t unknown = 0;
};

Leans affinities(const PersonState& person, std::span<const std::uint64_t> keys) {
  Leans all;
  for (const auto key : keys) {
    const auto affinity = person.affinity(short_key(key));
    all.mean += affinity.mean, all.n += affinity.n;
    all.max = std::max(all.max, affinity.mean), all.min = std::min(all.min, affinity.mean);
    all.unknown += affinity.n == 0 ? 1 : 0;
  }
  if (!keys.empty()) {
    all.mean /= static_cast<float>(keys.size());
    all.n /= static_cast<float>(keys.size());
  }
  return all;
}

float log2_of(float x) { return log_fixed(x) * 1.44269504F; }

void person_inputs(const PersonState& person, const Video& video, Features& features) {
  auto& in = features.inputs;
  const auto tags = tags_of(video);
  const auto words = words_of(video);
  const Leans by_tag = affinities(person, tags);
  const Leans by_word = affinities(person, words);
  in[kTagMean] = by_tag.mean, in[kTagMax] = by_tag.max, in[kTagMin] = by_tag.min;
  in[kWordMean] = by_word.mean, in[kWordMax] = by_word.max, in[kWordMin] = by_word.min;
  if (video.sound_key != 0) in[kSoundLean] = person.affinity(short_key(video.sound_key)).mean;
  in[kAuthorLean] = person.affinity(short_key(video.author_key)).mean;
  const float n = std::max(by_tag.n, by_word.n);
  in[kEvidence] = n / (n + 3);
  const auto keys_count = tags.size() + words.size();
  if (keys_count != 0)
    in[kNovelty] =
        static_cast<float>(by_tag.unknown + by_word.unknown) / static_cast<float>(keys_count);
  in[kFollows] = person.follows_author(video.author) ? 1.0F : 0.0F;
}

void rate_inputs(const State& state, const Video& video, const Author& author, Features& features) {
  auto& in = features.inputs;
  const auto bucket = video.duration_bucket();
  const Counters& all = state.everyone[bucket];
  const Counters& c = video.counters;
  const Counters& a = author.counters;
  const float share = state.share_mean(bucket);
  const float like = (all.likes + 0.6F) / (all.watches + 20);
  const float skip = (all.skips + 6) / (all.watches + 20);
  in[kWatchRate] = (c.share_sum + 6 * share) / (c.watches + 6) - share;
  in[kLikeRate] = 5 * ((c.likes + 20 * like) / (c.watches + 20) - like);
  in[kSkipRate] = (c.skips + 10 * skip + 3 * c.negatives) / (c.watches + 10) - skip;
  in[kExposure] = log2_of(1 + c.exposures) * 0.1F;
  in[kAuthorWatchRate] = (a.share_sum + 12 * share) / (a.watches + 12) - share;
  in[kAuthorLikeRate] = 5 * ((a.likes + 40 * like) / (a.watches + 40) - like);
}

void time_inputs(const State& state, const PersonView& person, std::uint32_t number,
                 Features& features) {
  auto& in = features.inputs;
  const Video& video = state.videos[number];
  const auto age_ms = std::max<std::int64_t>(person.at_ms - video.created_ms, 0);
  in[kAge] = log2_of(1 + static_cast<float>(age_ms) / 3.6e6F) * 0.1F;
  const double now = static_cast<double>(person.at_ms) / VideoTable::kHotHalfLifeMs;
  in[kHot] = clamp(static_cast<float>(state.videos.scan(number).hot - now) * 0.1F, -2, 2);
  if (person.language != 0 && video.language != 0)
    in[person.language == video.language ? kLanguageSame : kLanguageOther] = 1;
  const auto bucket = video.duration_bucket();
  const auto& [share, watched] = person.shares;
  in[kPersonShare] = (share - state.share_mean(bucket)) * (watched / (watched + 5));
  in[kPersonShown] = log2_of(1 + static_cast<float>(person.person->seen_total)) * 0.1F;
  if (bucket < 3) in[kShort + bucket] = 1;
}

/// Means of what the heads missed in her last encounters, each newer one weighing more.
void fill_missed(const PersonState& person, PersonFeatures& features) {
  constexpr std::size_t kLooked = 100;
  constexpr float kNow = 0.2F, kLately = 0.05F;
  const auto& encounters = person.encounters;
  for (auto i = encounters.size() - std::min(encounters.size(), kLooked); i < encounters.size();
       ++i) {
    for (std::size_t h = 0; h < kHeadsCount; ++h) {
      if (encounters[i].missed[h] == 0) continue;
      const float missed = encounters[i].missed_of(h);
      features.missed_now[h] += kNow * (missed - features.missed_now[h]);
      features.missed_lately[h] += kLately * (missed - features.missed_lately[h]);
    }
  }
}

void fill_person(const State& state, std::span<const Reaction> reactions, PersonView& view) {
  const PersonOutcomes& outcomes = view.person->outcomes;
  OutcomeCounts all;
  for (const OutcomeCounts& of_length : state.all_outcomes) {
    all.n += of_length.n;
    for (std::size_t h = 0; h < kHeadsCount; ++h) all.yes[h] += of_length.yes[h];
  }
  const HeadValues usual = all.rates(kUsualRates, kUsualStrength);
  const HeadValues usual_odds = log_odds(usual);
  PersonFeatures& features = view.features;
  features.odds = log_odds(outcomes.counts.rates(usual, kOwnStrength));
  for (std::size_t h = 0; h < kHeadsCount; ++h) features.odds[h] -= usual_odds[h];
  fill_missed(*view.person, features);
  features.factors = state.outcome_factors.person(outcomes.factors, reactions);
  each_feature_of_person(features, [](float& x) { x = round_bf16(clamp(x, -16, 16)); });
}

/// An entry that few saw is judged by its author's, those by what is usual for the length.
HeadValues entry_odds(const PersonView& person, const Video& video, const Author& author) {
  const HeadValues& usual = person.usual[video.duration_bucket()];
  const OutcomeCounts others = author.outcomes.without(video.outcomes);
  return log_odds(video.outcomes.rates(others.rates(usual, kAuthorStrength), kOwnStrength));
}

}  // namespace

const PersonState& nobody() {
  static const PersonState empty;
  return empty;
}

std::span<const std::uint64_t> tags_of(const Video& video) {
  return std::span(video.keys).first(std::min<std::size_t>(video.tags_count, kTagsUsed));
}
std::span<const std::uint64_t> words_of(const Video& video) {
  return std::span(video.keys)
      .subspan(video.tags_count, std::min<std::size_t>(video.words_count, kWordsUsed));
}

VideoView view_of(const State& state, std::uint32_t number) {
  const Video& video = state.videos[number];
  VideoView view;
  view.fields.factors = state.outcome_factors.entry(number);
  auto& rows = view.fields.rows;
  if (video.author != 0) rows[1] = row_of(state, video.author_key);
  if (video.sound_key != 0) rows[2] = row_of(state, video.sound_key);
  rows[3] = pooled(state, tags_of(video));
  rows[4] = pooled(state, words_of(video));
  if (video.language != 0)
    rows[5] = row_of(state, feature_key(FeatureKind::language, video.language));
  rows[6] = row_of(state, feature_key(FeatureKind::bucket, video.duration_bucket()));
  constexpr std::array<float, 5> kParts{0, 0.4F, 0.7F, 1.0F, 0.7F};
  for (std::size_t f = 1; f < kParts.size(); ++f)
    add_scaled(view.content.data(), rows[f].data(), kParts[f], kDim);
  view.has_content = to_length_one(view.content);
  // A video without a row of its own stands where its content is.
  if (const Row* own = state.embeddings.find(video.video_key)) {
    rows[0] = *own;
    add_scaled(view.content.data(), own->data(), 0.5F, kDim);
    to_length_one(view.content);
  } else {
    rows[0] = view.content;
  }
  return view;
}

std::vector<Reaction> reactions_of(const PersonState& person, std::uint32_t but) {
  std::vector<Reaction> reactions;
  reactions.reserve(kHistoryMax);
  const auto& encounters = person.encounters;
  for (std::size_t i = encounters.size(); i > 0 && reactions.size() < kHistoryMax; --i)
    if (encounters[i - 1].video != but)
      reactions.push_back({encounters[i - 1].video, encounters[i - 1].value});
  return reactions;
}

PersonView view_of(const State& state, const PersonState* person, std::uint64_t language,
                   std::int64_t at_ms) {
  PersonView view;
  view.person = person != nullptr ? person : &nobody();
  view.language = language != 0 ? language : view.person->language;
  view.at_ms = at_ms;
  const auto reactions = reactions_of(*view.person, kNoNumber);
  view.history_count = reactions.size();
  for (std::size_t j = 0; j < reactions.size(); ++j) {
    view.videos[j] = reactions[j].number, view.values[j] = reactions[j].value;
    const VideoView video = view_of(state, reactions[j].number);
    view.content[j] = video.content;
    view.has_content = view.has_content || video.has_content;
  }
  for (unsigned bucket = 0; bucket < view.usual.size(); ++bucket)
    view.usual[bucket] = state.usual_rates(bucket);
  view.shares = view.person->watched_shares();
  fill_person(state, reactions, view);
  return view;
}

Features features_of(const State& state, const PersonView& person, std::uint32_t number,
                     const VideoView& view, const Found& found, Attention& attention) {
  Features features;
  auto& in = features.inputs;
  const Video& video = state.videos[number];
  in[kBias] = 1;
  person_inputs(*person.person, video, features);
  if (view.has_content && person.has_content) attend(person, view.content, features, attention);
  rate_inputs(state, video, state.videos.author_of(video), features);
  time_inputs(state, person, number, features);
  for (std::size_t r = 0; r < kRouteInputs; ++r)
    in[kRoutesFirst + r] = (found.routes >> r & 1) != 0 ? 1.0F : 0.0F;
  in[kFresh] = found.fresh ? 1 : 0;
  in[kRepeated] = found.repeat ? 1 : 0;
  state.next_head.fill(features, found.taste, state.collaborative.popularity(number));
  features.entry_odds = entry_odds(person, video, state.videos.author_of(video));
  for (float& x : in) x = clamp(x, -16, 16);
  each_feature(features, [](float& x) { x = round_bf16(x); });
  const float logit = state.next_head.logit(features, person.person->had_count());
  const float bent = logit / (1 + (logit < 0 ? -logit : logit) / 8);
  in[kNext] = round_bf16(bent), in[kNextRest] = round_bf16(bent - in[kNext]);
  return features;
}

}  // namespace filoscope::engine
