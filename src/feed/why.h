#pragma once

/// Why a video was there, out of the decision record and what is public about the videos in it:
/// codes and values, so that each reader gets the sentence in her language. Pure functions.

#include <optional>
#include <string>
#include <vector>

#include "feed/feed.h"
#include "feed/store.h"

namespace filoscope::feed {

/// One video of the history that the model looked at.
struct AttendedVideo {
  std::optional<catalog::Entry> video;  ///< none when it is gone
  Play play;
  social::Marks marks;
  float weight = 0;
};

/// not_interested, liked, saved, completed (watched to the end), skipped (left within two seconds),
/// part (watched a part) or seen.
std::string attended_action(const AttendedVideo& attended);
/// The caption's beginning, as something to call the video by.
std::string short_caption(const catalog::Entry& video);

/// `author_handle` is of `video`. `liked` says whether she likes it.
Reason reason_of(engine::Mode mode, const engine::DecisionItem& item,
                 const std::optional<catalog::Entry>& video, const std::string& author_handle,
                 bool liked, const std::vector<AttendedVideo>& attended);
/// Of an answer without a record, or of another surface: what the token says.
Reason reason_of(const Impression& impression, const std::string& author_handle);

}  // namespace filoscope::feed
