#include "feed/reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace filoscope::feed {
namespace {

constexpr std::size_t kCaptionBytesMax = 80;
constexpr std::int64_t kSkipMs = 2'000;

bool watched_to_end(const AttendedVideo& attended) {
  if ((attended.play.flags & Play::complete) != 0) return true;
  return attended.video && attended.video->duration_ms > 0 &&
         attended.play.watch_ms * 100 >= attended.video->duration_ms * 95;
}

bool welcome(const AttendedVideo& attended) {
  return attended.marks.liked || attended.marks.saved || watched_to_end(attended);
}

bool proposed_by(const engine::DecisionItem& item, engine::Route route) {
  return item.route == route || ((item.routes >> static_cast<int>(route)) & 1) != 0;
}

/// What ties this video to videos that she welcomed, strongest first.
std::string tie_to_history(const catalog::Video& video, const std::string& author_handle,
                           const std::vector<AttendedVideo>& attended) {
  struct Tie {
    float weight = 0;
    int watched_count = 0, liked_count = 0;
  };
  std::map<std::string, Tie> by_tag;
  Tie by_author, by_sound;
  for (const auto& seen : attended) {
    if (!seen.video || seen.video->id == video.id || !welcome(seen)) continue;
    const auto add = [&](Tie& tie) {
      tie.weight += seen.weight;
      ++(seen.marks.liked ? tie.liked_count : tie.watched_count);
    };
    for (const auto& tag : video.hashtags) {
      const auto& tags = seen.video->hashtags;
      if (std::find(tags.begin(), tags.end(), tag) != tags.end()) add(by_tag[tag]);
    }
    if (seen.video->author == video.author) add(by_author);
    if (video.sound && seen.video->sound == video.sound) add(by_sound);
  }
  const auto sentence = [](const Tie& tie, const std::string& what) {
    const auto videos = [](int count) {
      return count == 1 ? std::string("a video") : fmt::format("{} videos", count);
    };
    if (tie.liked_count > 0) return fmt::format("You liked {} {}.", videos(tie.liked_count), what);
    return fmt::format("You watched {} {} to the end.", videos(tie.watched_count), what);
  };
  const auto best = std::max_element(
      by_tag.begin(), by_tag.end(),
      [](const auto& a, const auto& b) { return a.second.weight < b.second.weight; });
  if (best != by_tag.end()) return sentence(best->second, "with #" + best->first);
  if (by_sound.weight > 0) return sentence(by_sound, "with this sound");
  if (by_author.weight > 0) return sentence(by_author, "by @" + author_handle);
  return {};
}

std::string nearest_welcome(const std::vector<AttendedVideo>& attended) {
  const AttendedVideo* best = nullptr;
  for (const auto& seen : attended) {
    if (seen.video && welcome(seen) && (best == nullptr || seen.weight > best->weight)) {
      best = &seen;
    }
  }
  return best == nullptr ? std::string() : short_caption(best->video);
}

}  // namespace

std::string attended_action(const AttendedVideo& attended) {
  if (attended.marks.not_interested) return "not interested";
  if (attended.marks.liked) return "liked";
  if (attended.marks.saved) return "saved";
  if (watched_to_end(attended)) return "watched to the end";
  if (attended.play.watch_ms > 0 && attended.play.watch_ms < kSkipMs) return "skipped";
  return attended.play.watch_ms > 0 ? "watched a part" : "seen";
}

std::string short_caption(const std::optional<catalog::Video>& video) {
  if (!video) return "a video that is gone";
  if (video->caption.empty()) return "a video without a caption";
  if (video->caption.size() <= kCaptionBytesMax) return video->caption;
  std::size_t end = kCaptionBytesMax;
  while (end > 0 && (static_cast<unsigned char>(video->caption[end]) & 0xC0) == 0x80) --end;
  return video->caption.substr(0, end) + "…";
}

std::string reason_of(engine::Mode mode, const engine::DecisionItem& item,
                      const std::optional<catalog::Video>& video, const std::string& author_handle,
                      bool liked, const std::vector<AttendedVideo>& attended) {
  using engine::Route;
  if (item.repeat || item.route == Route::repeat) {
    return liked ? "You have seen everything new; you liked this one before."
                 : "You have seen everything new; this one you have not seen for the longest time.";
  }
  if (item.route == Route::exploration) {
    return "A random pick, so that you also see things outside your usual.";
  }
  if (mode == engine::Mode::following || item.route == Route::following) {
    return author_handle.empty() ? "You follow who made it." : "You follow @" + author_handle + ".";
  }
  if (mode == engine::Mode::for_you && video &&
      (proposed_by(item, Route::content) || proposed_by(item, Route::co_watch))) {
    auto tie = tie_to_history(*video, author_handle, attended);
    if (!tie.empty()) return tie;
  }
  switch (item.route) {
    case Route::co_watch: {
      const auto caption = nearest_welcome(attended);
      return caption.empty() ? "People who watch what you watch stayed with this one."
                             : "People who watched “" + caption + "” stayed with this one too.";
    }
    case Route::content:
      return "It is close to what you watched lately.";
    case Route::trending:
      return "Many people watch this one right now.";
    default:
      return "New here: every new video gets a first audience.";
  }
}

}  // namespace filoscope::feed
