#include "api/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/app_page.h"
#include "api/hosts.h"
#include "api/url.h"
#include "base/product.h"

namespace filoscope::api {
namespace {

constexpr std::size_t kTitleCharactersMax = 90, kDescriptionCharactersMax = 200;
constexpr std::size_t kJpegHeadBytesMax = 64 << 10;
constexpr std::string_view kAbout =
    "Short videos in a feed that learns from one swipe and shows why.";

PageHead plain(std::string_view title) {
  PageHead head;
  head.title = title;
  head.description = kAbout;
  head.indexed = false;
  return head;
}

PageHead missing() {
  auto head = plain("There is no page here");
  head.status = 404;
  return head;
}

/// What could not be read may exist: only an answer that it does not is a 404 for crawlers.
Result<PageHead> missing_or(const Error& problem) {
  switch (problem.code) {
    case Code::exhausted:
    case Code::unavailable:
    case Code::deadline:
    case Code::corrupt:
    case Code::internal:
      return problem;
    default:
      return missing();
  }
}

PageHead home() {
  PageHead head;
  head.title = kProductName;
  head.description = kAbout;
  head.path = "/";
  head.language = "en";
  head.picture = {"/icon-512.png", 512, 512, kProductName};
  return head;
}

std::string name_of(const accounts::Account& account) {
  return account.display_name.empty() ? "@" + account.handle : account.display_name;
}

/// None of what is not for everyone.
void add_cover(const Services& services, const catalog::Video& video, PageHead& head) {
  if (video.sensitive) return;
  const auto size = cover_size(services, video);
  if (size) head.picture = {cover_path(video.id), size->first, size->second, head.title};
}

Result<PageHead> video_head(const Services& services, std::string_view text) {
  const auto id = VideoId::parse(text);
  if (!id || !*id) return missing();
  const auto video = services.catalog.get_visible({}, *id);
  if (!video) return missing_or(video.error());
  if (video->state != catalog::State::published) return missing();
  const auto author = services.accounts.get(video->owner);
  if (!author) return missing_or(author.error());
  const auto name = name_of(*author);
  const auto caption = one_line(video->caption, kTitleCharactersMax);
  PageHead head;
  head.title = (caption.empty() ? "Video" : caption) + " · " + name;
  head.description = caption.empty() ? fmt::format("{} (@{})", name, author->handle)
                                     : one_line(video->caption, kDescriptionCharactersMax);
  head.path = "/v/" + video->id.text();
  head.author_name = name;
  head.author_path = "/@" + percent_encode(author->handle);
  head.type = "video.other";
  head.language = video->language;
  head.oembed = true;
  head.indexed = !video->sensitive;
  if (!video->renditions.empty() && !video->sensitive) {
    head.video_path = clip_path(video->id);
    head.video_width = video->renditions.front().width;
    head.video_height = video->renditions.front().height;
  }
  head.duration_s = (video->duration_ms + 999) / 1000;
  add_cover(services, *video, head);
  return head;
}

/// The picture of the newest entry of a list, where it is a video.
void add_first_cover(const Services& services, const Result<catalog::EntryPage>& page,
                     PageHead& head) {
  if (!page || page->items.empty()) return;
  if (const auto video = services.catalog.get(page->items.front().id))
    add_cover(services, *video, head);
}

Result<PageHead> profile_head(const Services& services, std::string_view handle) {
  const auto account = services.accounts.find(handle);
  if (!account) return missing_or(account.error());
  PageHead head;
  head.title = "@" + account->handle;
  if (!account->display_name.empty())
    head.title = fmt::format("{} ({})", one_line(account->display_name, 60), head.title);
  head.description = one_line(account->bio, kDescriptionCharactersMax);
  if (head.description.empty()) head.description = "Videos of @" + account->handle;
  head.path = "/@" + percent_encode(account->handle);
  head.type = "profile";
  head.language = account->language;
  head.oembed = true;
  add_first_cover(services, services.catalog.by_owner({}, account->id, "", 1), head);
  return head;
}

Result<PageHead> tag_head(const Services& services, std::string_view tag) {
  const auto folded = accounts::fold_text(tag);
  const auto page = services.catalog.by_hashtag({}, folded, "", 1);
  if (!page) return missing_or(page.error());
  if (page->items.empty()) return missing();
  PageHead head;
  head.title = "#" + folded;
  head.description = "Videos with #" + folded;
  head.path = "/tag/" + percent_encode(folded);
  head.oembed = true;
  add_first_cover(services, page, head);
  return head;
}

Result<PageHead> sound_head(const Services& services, std::string_view text) {
  const auto id = SoundId::parse(text);
  if (!id || !*id) return missing();
  const auto source = services.catalog.sound_source({}, *id);
  if (!source) return missing_or(source.error());
  const auto owner = services.accounts.get(source->sound_owner);
  const auto title = one_line(source->sound_title, kTitleCharactersMax);
  PageHead head;
  head.title = title.empty() ? "Original sound" : title;
  if (owner) head.title += " · " + name_of(*owner);
  head.description = "Videos with this sound: " + head.title;
  head.path = "/sound/" + id->text();
  head.oembed = true;
  add_cover(services, *source, head);
  return head;
}

/// The parts between slashes, decoded; nothing for a broken escape.
std::optional<std::vector<std::string>> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (const auto part = path.substr(0, slash); !part.empty()) {
      auto decoded = percent_decode(part);
      if (!decoded) return std::nullopt;
      parts.push_back(std::move(*decoded));
    }
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return parts;
}

/// Pages of the app without anything of the world in them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kOwnPages{{
    {"search", "Search"},
    {"inbox", "Inbox"},
    {"me", "Me"},
    {"settings", "Settings"},
    {"interests", "Your interests"},
    {"how", "How this feed works"},
    {"operator", "Operator"},
    {"moderation", "Moderation"},
    {"upload", "Upload"},
}};

/// Whether this address is a video or sound that the caller may see, though others may not.
Result<bool> may_see_herself(const Api& api, const Request& request, std::string_view path) {
  const auto parts = parts_of(path);
  if (!parts || parts->size() != 2) return false;
  const auto id = VideoId::parse(parts->back());
  const auto caller = api.auth.anyone(request);
  if (!id || !*id || !caller) return false;
  if (parts->front() == "sound") {
    const auto sound = api.services.catalog.sound(caller->viewer, SoundId{id->value});
    if (!sound) FILOSCOPE_DO(missing_or(sound.error()));
    return sound.has_value();
  }
  if (parts->front() != "v") return false;
  const auto video = api.services.catalog.get_visible(caller->viewer, *id);
  if (!video) FILOSCOPE_DO(missing_or(video.error()));
  return video.has_value();
}

}  // namespace

Result<PageHead> page_of(const Services& services, std::string_view path) {
  const auto parts = parts_of(path);
  if (!parts) return missing();
  if (parts->empty()) return home();
  const auto& first = parts->front();
  if (parts->size() == 2) {
    if (first == "v") return video_head(services, parts->back());
    if (first == "tag") return tag_head(services, parts->back());
    if (first == "sound") return sound_head(services, parts->back());
    if (first == "search" && parts->back() == "picture") return plain("Search with a picture");
    return missing();
  }
  if (parts->size() != 1) return missing();
  if (first.size() > 1 && first.starts_with('@')) return profile_head(services, first.substr(1));
  for (const auto& [name, title] : kOwnPages) {
    if (first == name) return plain(title);
  }
  return missing();
}

Handler app_pages(const ApiPtr& api, std::shared_ptr<const Hosts> hosts) {
  return [api, hosts = std::move(hosts)](const Request& request) -> Result<Response> {
    const auto& services = api->services;
    const auto target = split_target(request.target);
    const auto path = target ? target->path : std::string_view("/");
    FILOSCOPE_TRY(auto head, page_of(services, path == "/index.html" ? "/" : path));
    if (head.status == 404) {
      FILOSCOPE_TRY(const bool hers, may_see_herself(*api, request, path));
      if (hers) head.status = 200;
    }
    return app_page(request, services.web_folder, head, hosts->origin(request));
  };
}

std::string cover_path(VideoId id) { return "/v/" + id.text() + "/cover.jpg"; }
std::string clip_path(VideoId id) { return "/v/" + id.text() + "/video.mp4"; }

std::string cover_file(const catalog::Video& video) {
  if (video.covers_count == 0) return "";
  return fmt::format("cover{}.jpg", std::min(video.cover_index, video.covers_count - 1));
}

std::optional<std::pair<int, int>> jpeg_size(std::span<const std::uint8_t> bytes) {
  std::size_t at = 2;
  while (at + 9 < bytes.size() && bytes[at] == 0xFF) {
    const int marker = bytes[at + 1];
    const bool frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) {
      return std::pair(bytes[at + 7] << 8 | bytes[at + 8], bytes[at + 5] << 8 | bytes[at + 6]);
    }
    at += 2 + static_cast<std::size_t>(bytes[at + 2] << 8 | bytes[at + 3]);
  }
  return std::nullopt;
}

std::optional<std::pair<int, int>> cover_size(const Services& services,
                                              const catalog::Video& video) {
  const auto file = cover_file(video);
  if (file.empty()) return std::nullopt;
  const auto blob = services.blobs.open(services.catalog.blob_key(video, file));
  if (!blob) return std::nullopt;
  std::vector<std::uint8_t> bytes(
      std::min<std::size_t>(static_cast<std::size_t>((*blob)->size_bytes()), kJpegHeadBytesMax));
  if (!(*blob)->read(bytes, 0)) return std::nullopt;
  return jpeg_size(bytes);
}

}  // namespace filoscope::api
