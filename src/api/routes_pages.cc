// What machines ask for beside the pages themselves: oEmbed, robots.txt (RFC 9309), sitemaps
// (sitemaps.org), and addresses of covers and clips that stay.

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "api/delivery.h"
#include "api/hosts.h"
#include "api/pages.h"
#include "api/reasons.h"
#include "api/url.h"
#include "base/network.h"
#include "base/product.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::int64_t kSitemapVideosMax = 2000, kSitemapPagesMax = 20;
constexpr int kSitemapHashtagsMax = 100;
constexpr std::int64_t kSideMax = 100'000;  ///< of an embedded player, in pixels
constexpr std::int64_t kOembedAgeS = 3600;
constexpr std::string_view kUrlset =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";

Error nothing_here() { return Error(reason("nothing_at_address")); }

/// The same for all of them.
struct Pages {
  ApiPtr api;
  std::shared_ptr<const Hosts> hosts;
  std::shared_ptr<OpenFiles> files;

  std::string origin(const Request& request) const { return hosts->origin(request); }
};

Response text_response(std::string body, std::string content_type) {
  Response response;
  response.body = std::move(body);
  response.content_type = std::move(content_type);
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

// oEmbed

struct Box {
  std::int64_t width = kSideMax, height = kSideMax;
};

Result<std::int64_t> side_of(const Request& request, std::string_view name) {
  const auto text = query_text(request, name);
  if (text.empty()) return kSideMax;
  std::int64_t side = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), side);
  if (problem != std::errc() || end != text.data() + text.size() || side < 1)
    return Error(reason("oembed_side_invalid")).at(name);
  return std::min(side, kSideMax);
}

/// The path of an address of this server; nothing for another's.
std::optional<std::string_view> own_path(std::string_view url, std::string_view origin,
                                         const Hosts& hosts) {
  if (!origin.empty() && url.starts_with(origin) && url.substr(origin.size()).starts_with('/')) {
    return url.substr(origin.size(), url.find_first_of("?#") - origin.size());
  }
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const auto rest = url.substr(scheme + 3);
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || !hosts.knows(rest.substr(0, slash))) return std::nullopt;
  return rest.substr(slash, rest.find_first_of("?#") - slash);
}

/// A player of the clip's shape that fits into the box.
void add_player(const PageHead& head, const Box& box, const std::string& origin, json& answer) {
  const double scale =
      std::min({1.0, static_cast<double>(box.width) / std::max(1, head.video_width),
                static_cast<double>(box.height) / std::max(1, head.video_height)});
  const auto width = std::max<std::int64_t>(1, std::lround(head.video_width * scale));
  const auto height = std::max<std::int64_t>(1, std::lround(head.video_height * scale));
  answer["type"] = "video";
  answer["width"] = width;
  answer["height"] = height;
  answer["html"] = fmt::format(
      "<video src=\"{}\" poster=\"{}\" width=\"{}\" height=\"{}\" controls playsinline "
      "preload=\"none\" title=\"{}\"></video>",
      escape_html(origin + head.video_path),
      escape_html(head.picture.path.empty() ? "" : origin + head.picture.path), width, height,
      escape_html(head.title));
}

Result<Response> oembed(const Pages& pages, const Request& request) {
  const auto format = query_text(request, "format");
  if (!format.empty() && format != "json") return Error(reason("oembed_format_unknown"));
  const auto url = query_text(request, "url");
  if (url.empty()) return Error(reason("oembed_url_missing")).at("url");
  Box box;
  FILOSCOPE_TRY(box.width, side_of(request, "maxwidth"));
  FILOSCOPE_TRY(box.height, side_of(request, "maxheight"));
  const auto origin = pages.origin(request);
  const auto path = own_path(url, origin, *pages.hosts);
  if (!path || origin.empty()) return nothing_here();
  FILOSCOPE_TRY(const auto head, page_of(pages.api->services, *path));
  if (head.status != 200 || !head.oembed) return nothing_here();
  json answer = {{"version", "1.0"},
                 {"type", "link"},
                 {"title", head.title},
                 {"provider_name", kProductName},
                 {"provider_url", origin + "/"},
                 {"cache_age", kOembedAgeS}};
  if (!head.author_name.empty()) {
    answer["author_name"] = head.author_name;
    answer["author_url"] = origin + head.author_path;
  }
  if (!head.video_path.empty()) add_player(head, box, origin, answer);
  // A thumbnail has to fit too, and there is one size of it.
  const auto& picture = head.picture;
  if (!picture.path.empty() && picture.width <= box.width && picture.height <= box.height) {
    answer["thumbnail_url"] = origin + picture.path;
    answer["thumbnail_width"] = picture.width;
    answer["thumbnail_height"] = picture.height;
  }
  auto response = json_response(answer);
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  return response;
}

// Covers and clips

Result<catalog::Video> public_video(const Pages& pages, const Request& request) {
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(auto video, pages.api->services.catalog.get_visible({}, id));
  if (video.state != catalog::State::published) return nothing_here();
  return video;
}

Result<Response> cover(const Pages& pages, const Request& request) {
  FILOSCOPE_TRY(const auto video, public_video(pages, request));
  const auto file = cover_file(video);
  if (file.empty() || video.sensitive) return nothing_here();
  const auto& catalog = pages.api->services.catalog;
  FILOSCOPE_TRY(auto media, catalog.resolve_media(catalog.media_url(video, file, {})));
  FILOSCOPE_TRY(const auto opened, pages.files->get(media.blob_key));
  const auto age_s = pages.api->services.config[catalog::kPublicCacheS];
  return deliver(request, *opened, std::move(media.content_type),
                 fmt::format("public, max-age={}", age_s));
}

Result<Response> clip(const Pages& pages, const Request& request) {
  FILOSCOPE_TRY(const auto video, public_video(pages, request));
  if (video.renditions.empty() || video.sensitive) return nothing_here();
  auto response = no_content();
  response.status = 302;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Location", pages.api->services.catalog.media_url(
                                                video, video.renditions.front().name + ".mp4", {}));
  return response;
}

// robots.txt and sitemaps

Result<Response> robots(const Pages& pages, const Request& request) {
  std::string text = "User-agent: *\nAllow: /api/v1/oembed\nDisallow: /api/\nDisallow: /media/\n";
  for (const char* page : {"search", "inbox", "me", "settings", "upload"})
    text += fmt::format("Disallow: /{}$\n", page);
  text += "Disallow: /search?\n";
  if (const auto origin = pages.origin(request); !origin.empty())
    text += fmt::format("\nSitemap: {}/sitemap.xml\n", origin);
  return text_response(std::move(text), "text/plain; charset=utf-8");
}

/// W3C date and time of the sitemap's schema.
std::string date_of(std::int64_t at_ms) {
  const auto time = static_cast<std::time_t>(at_ms / 1000);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string entry(std::string_view element, const std::string& address, std::int64_t changed_ms) {
  const auto changed =
      changed_ms > 0 ? "<lastmod>" + date_of(changed_ms) + "</lastmod>" : std::string();
  return fmt::format("  <{0}><loc>{1}</loc>{2}</{0}>\n", element, escape_html(address), changed);
}

Result<Response> sitemap_index(const Pages& pages, const Request& request) {
  const auto origin = pages.origin(request);
  auto& catalog = pages.api->services.catalog;
  FILOSCOPE_TRY(const auto count, catalog.public_videos_count());
  FILOSCOPE_TRY(const auto newest, catalog.public_videos(0, 1));
  const auto changed_ms = newest.empty() ? 0 : newest.front().published_ms;
  const auto last = std::clamp((count + kSitemapVideosMax - 1) / kSitemapVideosMax, std::int64_t{1},
                               kSitemapPagesMax);
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
  for (std::int64_t page = 1; page <= last; ++page)
    text += entry("sitemap", fmt::format("{}/sitemap/videos-{}.xml", origin, page),
                  page == 1 ? changed_ms : 0);
  if (count > 0) text += entry("sitemap", origin + "/sitemap/hashtags.xml", changed_ms);
  return text_response(text + "</sitemapindex>\n", "application/xml");
}

/// The videos of one page and the people who made them, each once.
Result<std::string> sitemap_videos(const Pages& pages, const std::string& origin,
                                   std::int64_t page) {
  const auto& services = pages.api->services;
  FILOSCOPE_TRY(const auto videos,
                services.catalog.public_videos((page - 1) * kSitemapVideosMax, kSitemapVideosMax));
  if (videos.empty() && page > 1) return nothing_here();
  std::string text(kUrlset);
  if (page == 1) text += entry("url", origin + "/", 0);
  std::set<AccountId> seen;
  for (const auto& video : videos) {
    text += entry("url", origin + "/v/" + video.id.text(), video.published_ms);
    if (!seen.insert(video.owner).second) continue;
    const auto author = services.accounts.get(video.owner);
    if (author)
      text += entry("url", origin + "/@" + percent_encode(author->handle), video.published_ms);
  }
  return text + "</urlset>\n";
}

Result<std::string> sitemap_hashtags(const Pages& pages, const std::string& origin) {
  FILOSCOPE_TRY(const auto tags, pages.api->services.catalog.hashtags("", kSitemapHashtagsMax));
  if (tags.empty()) return nothing_here();
  std::string text(kUrlset);
  for (const auto& tag : tags) {
    const auto newest = pages.api->services.catalog.by_hashtag({}, tag.tag, "", 1);
    const bool any = newest && !newest->items.empty();
    if (any)
      text += entry("url", origin + "/tag/" + percent_encode(tag.tag),
                    newest->items.front().published_ms);
  }
  return text + "</urlset>\n";
}

Result<Response> sitemap(const Pages& pages, const Request& request) {
  const std::string_view name = request.parameters.find("page")->second;
  const auto origin = pages.origin(request);
  if (name == "hashtags.xml") {
    FILOSCOPE_TRY(auto text, sitemap_hashtags(pages, origin));
    return text_response(std::move(text), "application/xml");
  }
  constexpr std::string_view kStart = "videos-", kEnd = ".xml";
  if (!name.starts_with(kStart) || !name.ends_with(kEnd)) return nothing_here();
  const auto number = name.substr(kStart.size(), name.size() - kStart.size() - kEnd.size());
  std::int64_t page = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), page);
  if (problem != std::errc() || end != number.data() + number.size() || page < 1 ||
      page > kSitemapPagesMax)
    return nothing_here();
  FILOSCOPE_TRY(auto text, sitemap_videos(pages, origin, page));
  return text_response(std::move(text), "application/xml");
}

}  // namespace

Handler add_page_routes(Router& router, const ApiPtr& api) {
  const auto& services = api->services;
  const auto hosts = std::make_shared<const Hosts>(services.config, services.clock, own_addresses);
  constexpr std::size_t kCoversOpenMax = 64;
  const Pages pages{api, hosts,
                    std::make_shared<OpenFiles>(services.blobs, services.clock, kCoversOpenMax)};
  const auto add = [&router, &pages](const std::string& pattern, auto function) {
    router.add({"GET", pattern,
                [pages, function](const Request& request) { return function(pages, request); }});
  };
  add(std::string(kBase) + "/oembed", oembed);
  add("/v/{id}/cover.jpg", cover);
  add("/v/{id}/video.mp4", clip);
  add("/robots.txt", robots);
  add("/sitemap.xml", sitemap_index);
  add("/sitemap/{page}", sitemap);
  return app_pages(api, hosts);
}

}  // namespace filoscope::api
