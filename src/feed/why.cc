#include "feed/why.h"

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
std::optional<Reason> tie_to_history(const catalog::Entry& video, const std::string& author_handle,
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
    if (seen.video->owner == video.owner) add(by_author);
    if (video.sound && seen.video->sound == video.sound) add(by_sound);
  }
  const auto reason = [](const Tie& tie, const char* what, const std::string& value) {
    return tie.liked_count > 0 ? Reason{fmt::format("liked_{}", what), value, tie.liked_count}
                               : Reason{fmt::format("watched_{}", what), value, tie.watched_count};
  };
  const auto best = std::max_element(
      by_tag.begin(), by_tag.end(),
      [](const auto& a, const auto& b) { return a.second.weight < b.second.weight; });
  if (best != by_tag.end()) return reason(best->second, "hashtag", best->first);
  if (by_sound.weight > 0) return reason(by_sound, "sound", "");
  if (by_author.weight > 0) return reason(by_author, "author", author_handle);
  return std::nullopt;
}

/// What to call the welcome video by that weighed most; "" for none, or one without a caption.
std::string nearest_welcome(const std::vector<AttendedVideo>& attended) {
  const AttendedVideo* best = nullptr;
  for (const auto& seen : attended) {
    if (seen.video && welcome(seen) && (best == nullptr || seen.weight > best->weight)) {
      best = &seen;
    }
  }
  return best == nullptr ? std::string() : short_caption(*best->video);
}

}  // namespace

std::string attended_action(const AttendedVideo& attended) {
  if (attended.marks.not_interested) return "not_interested";
  if (attended.marks.liked) return "liked";
  if (attended.marks.saved) return "saved";
  if (watched_to_end(attended)) return "completed";
  if (attended.play.watch_ms > 0 && attended.play.watch_ms < kSkipMs) return "skipped";
  return attended.play.watch_ms > 0 ? "part" : "seen";
}

std::string short_caption(const catalog::Entry& video) {
  if (video.caption.size() <= kCaptionBytesMax) return video.caption;
  std::size_t end = kCaptionBytesMax;
  while (end > 0 && (static_cast<unsigned char>(video.caption[end]) & 0xC0) == 0x80) --end;
  return video.caption.substr(0, end) + "…";
}

Reason reason_of(engine::Mode mode, const engine::DecisionItem& item,
                 const std::optional<catalog::Entry>& video, const std::string& author_handle,
                 bool liked, const std::vector<AttendedVideo>& attended) {
  using engine::Route;
  if (item.repeat || item.route == Route::repeat) return {liked ? "repeat_liked" : "repeat"};
  if (item.route == Route::exploration) return {"exploration"};
  if (mode == engine::Mode::following || item.route == Route::following)
    return {"following", author_handle};
  if (mode == engine::Mode::for_you && video &&
      (proposed_by(item, Route::content) || is_taste(item.route))) {
    if (auto tie = tie_to_history(*video, author_handle, attended)) return *std::move(tie);
  }
  if (is_taste(item.route)) return {"co_watch", nearest_welcome(attended)};
  switch (item.route) {
    case Route::content:
      return {"content"};
    case Route::trending:
    case Route::popular:
      return {"trending"};
    case Route::friends:
      return {"friends"};
    default:
      return {"fresh"};
  }
}

Reason reason_of(const Impression& impression, const std::string& author_handle) {
  using engine::Route;
  switch (impression.surface) {
    case Surface::feed:
    case Surface::following:
      if (impression.request) break;
      [[fallthrough]];
    case Surface::video_page:
      return {"opened_video"};
    case Surface::profile:
      return {"opened_profile", author_handle};
    case Surface::hashtag:
      return {"opened_hashtag"};
    case Surface::search:
      return {"found"};
    case Surface::other:
    case Surface::imported:
      return {"listed"};
  }
  if (impression.surface == Surface::following) return {"following", author_handle};
  if (!impression.route) return {"unknown"};
  if (!impression.recorded && *impression.route == Route::repeat) return {"again"};
  if (!impression.recorded && *impression.route == Route::trending) return {"popular"};
  if (is_taste(*impression.route)) return {"co_watch"};
  if (*impression.route == Route::popular) return {"trending"};
  return {std::string(engine::to_string(*impression.route)),
          *impression.route == Route::following ? author_handle : std::string()};
}

}  // namespace filoscope::feed
