#include <nlohmann/json.hpp>

#include "api/reasons.h"
#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::size_t kQueryBytesMax = 400;
constexpr int kPeopleBesideVideosMax = 3;

Result<std::string> query_of(const Request& request) {
  auto text = query_text(request, "q");
  if (text.size() > kQueryBytesMax) return Error(accounts::reason("query_too_long")).at("q");
  return text;
}

Result<json> people(const Api& api, const accounts::Viewer& viewer, const std::string& query,
                    int limit) {
  FILOSCOPE_TRY(const auto found, api.services.search.people(viewer, query, limit));
  return encode_people(api.services, viewer, found);
}

Result<Response> search(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto query, query_of(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 20, 50));
  const auto kind = query_text(request, "kind");
  if (kind == "people") {
    FILOSCOPE_TRY(const auto items, people(api, caller.viewer, query, limit));
    return json_response({{"items", items}, {"next_cursor", nullptr}});
  }
  if (kind == "hashtags") {
    FILOSCOPE_TRY(const auto found, api.services.search.hashtags(query, limit));
    json items = json::array();
    for (const auto& one : found)
      items.push_back({{"tag", one.tag}, {"videos_count", one.videos_count}});
    return json_response({{"items", items}, {"next_cursor", nullptr}});
  }
  if (kind == "sounds") {
    FILOSCOPE_TRY(const auto found, api.services.search.sounds(caller.viewer, query, limit));
    json items = json::array();
    for (const auto& one : found)
      items.push_back(encode_sound(api.services, caller.viewer, one.sound, &one.source));
    return json_response({{"items", items}, {"next_cursor", nullptr}});
  }
  if (!kind.empty() && kind != "videos")
    return Error(reason("field_not_one_of"), "videos, people, hashtags or sounds").at("kind");
  const auto cursor = query_text(request, "cursor");
  FILOSCOPE_TRY(auto page, api.services.search.entries(caller.viewer, query, cursor, limit));
  FILOSCOPE_TRY(auto body, encode_entries(api.services, caller.viewer, std::move(page),
                                          feed::Surface::search));
  // Who is named so may be what was meant.
  body["people"] = json::array();
  if (cursor.empty()) {
    FILOSCOPE_TRY(body["people"], people(api, caller.viewer, query, kPeopleBesideVideosMax));
  }
  return json_response(body);
}

Result<Response> suggest(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto query, query_of(request));
  FILOSCOPE_TRY(const auto found, api.services.search.suggest(caller.viewer, query, 8));
  json items = json::array();
  for (const auto& one : found)
    items.push_back({{"kind", one.kind}, {"text", one.text}, {"detail", one.detail}});
  return json_response({{"items", items}});
}

Result<Response> hashtag(const Api& api, const Request& request) {
  const auto tag = accounts::fold_text(request.parameters.find("tag")->second);
  FILOSCOPE_TRY(const auto found, api.services.catalog.hashtags(tag, 1));
  const auto count = !found.empty() && found.front().tag == tag ? found.front().videos_count : 0;
  return json_response({{"tag", tag}, {"videos_count", count}});
}

Result<Response> hashtag_videos(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 20, 50));
  const auto tag = accounts::fold_text(request.parameters.find("tag")->second);
  FILOSCOPE_TRY(auto page, api.services.catalog.by_hashtag(caller.viewer, tag,
                                                           query_text(request, "cursor"), limit));
  return encode_page(api.services, caller.viewer, std::move(page), feed::Surface::hashtag);
}

}  // namespace

void add_search_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  router.add(kind_of(Work::search, "GET", base + "/search", handler(api, search)));
  router.add(kind_of(Work::search, "GET", base + "/search/suggest", handler(api, suggest)));
  router.add({"GET", base + "/hashtags/{tag}", handler(api, hashtag)});
  router.add({"GET", base + "/hashtags/{tag}/videos", handler(api, hashtag_videos)});
}

}  // namespace filoscope::api
