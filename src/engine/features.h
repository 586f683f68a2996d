#pragma once

/// From state to the model's inputs: a person as the sequence of what she did, a video as its
/// fields, and target attention between them (Zhou et al., "Deep Interest Network", KDD 2018).
/// All reads belong to one log position: REQUIRES the shared or the exclusive phase.

#include <vector>

#include "engine/model.h"
#include "engine/state.h"

namespace filoscope::engine {

inline constexpr std::size_t kHistoryMax = 50;
inline constexpr std::size_t kHistoryPadded = 56;
/// Content keys of a video that the model looks at (the rest only filters and retrieves).
inline constexpr std::size_t kTagsUsed = 8, kWordsUsed = 16;

/// A video's embeddings: each field, and the direction of its content with length 1.
struct VideoView {
  FieldRows fields;
  Row content{};
  bool has_content = false;  ///< else content is zero
};
VideoView view_of(const State& state, std::uint32_t number);

/// Content keys by part, limited as above.
std::span<const std::uint64_t> tags_of(const Video& video);
std::span<const std::uint64_t> words_of(const Video& video);

/// A person as the model sees her. Never null: an unknown person is an empty one.
struct PersonView {
  const PersonState* person = nullptr;
  std::uint64_t language = 0;
  std::int64_t at_ms = 0;
  std::size_t history_count = 0;
  bool has_content = false;  ///< of any clip in the history
  std::array<std::uint32_t, kHistoryPadded> videos{};
  std::array<float, kHistoryPadded> values{};
  std::array<Row, kHistoryPadded> content{};  ///< newest first
  std::array<HeadValues, 4> usual{};          ///< rates of everyone, by duration bucket
  PersonState::Shares shares;
  PersonFeatures features;
};
PersonView view_of(const State& state, const PersonState* person, std::uint64_t language,
                   std::int64_t at_ms);

/// What she did last, but with one entry; newest first, at most kHistoryMax.
std::vector<Reaction> reactions_of(const PersonState& person, std::uint32_t but);

struct Attention {
  std::array<float, kHistoryPadded> shares{};  ///< over the history; what is missing to 1 found
                                               ///< nothing alike
};

/// How a candidate came to be one.
struct Found {
  std::uint16_t routes = 0;  ///< bit per Route
  TasteScores taste;
  bool fresh = false;   ///< still owed impressions
  bool repeat = false;  ///< she had it before
};

/// The inputs for one candidate; rounded to bfloat16, which is what is logged.
Features features_of(const State& state, const PersonView& person, std::uint32_t number,
                     const VideoView& view, const Found& found, Attention& attention);

const PersonState& nobody();

}  // namespace filoscope::engine
