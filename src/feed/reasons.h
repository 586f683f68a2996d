#pragma once

/// Why a video was there, as one plain sentence, out of the decision record and what is public
/// about the videos in it. Pure functions.

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "engine/engine.h"
#include "feed/store.h"
#include "social/social.h"

namespace filoscope::feed {

/// One video of the history that the model looked at.
struct AttendedVideo {
  std::optional<catalog::Video> video;  ///< none when it is gone
  Play play;
  social::VideoMarks marks;
  float weight = 0;
};

/// "liked", "watched to the end", "skipped" …
std::string attended_action(const AttendedVideo& attended);
/// The caption's beginning, as something to call the video by.
std::string short_caption(const std::optional<catalog::Video>& video);

/// `author_handle` is of `video`. `liked` says whether she likes it.
std::string reason_of(engine::Mode mode, const engine::DecisionItem& item,
                      const std::optional<catalog::Video>& video, const std::string& author_handle,
                      bool liked, const std::vector<AttendedVideo>& attended);

}  // namespace filoscope::feed
