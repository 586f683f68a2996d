#include <nlohmann/json.hpp>

#include "api/reasons.h"
#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::size_t kQueryBytesMax = 400;
/// Beside the videos of a first page.
constexpr int kPeopleBesideMax = 3, kHashtagsBesideMax = 6, kSoundsBesideMax = 3;

Result<std::string> query_of(const Request& request) {
  auto text = query_text(request, "q");
  if (text.size() > kQueryBytesMax) return Error(accounts::reason("query_too_long")).at("q");
  return text;
}

/// Nobody in particular: whom to follow.
Result<json> people(const Api& api, const accounts::Viewer& viewer, const std::string& query,
                    int limit) {
  auto& search = api.services.search;
  FILOSCOPE_TRY(const auto found, query.empty() ? search.people_to_follow(viewer, limit)
                                                : search.people(viewer, query, limit));
  return encode_people(api.services, viewer, found);
}

Result<json> hashtags(const Api& api, const std::string& query, int limit) {
  FILOSCOPE_TRY(const auto found, api.services.search.hashtags(query, limit));
  json items = json::array();
  for (const auto& one : found)
    items.push_back({{"tag", one.tag}, {"videos_count", one.videos_count}});
  return items;
}

Result<json> sounds(const Api& api, const accounts::Viewer& viewer, const std::string& query,
                    int limit) {
  FILOSCOPE_TRY(const auto found, api.services.search.sounds(viewer, query, limit));
  json items = json::array();
  for (const auto& one : found)
    items.push_back(encode_sound(api.services, viewer, one.sound, &one.source));
  return items;
}

Result<json> videos(const Api& api, const accounts::Viewer& viewer, const search::Query& query) {
  auto& services = api.services;
  FILOSCOPE_TRY(auto found, services.search.entries(viewer, query));
  const bool for_everyone = std::ranges::any_of(found.page.items, [](const auto& entry) {
    return entry.visibility == catalog::Visibility::everyone;
  });
  if (query.cursor.empty() && for_everyone && !found.partly)
    services.search.looked_for(viewer, found.corrected.empty() ? query.text : found.corrected);
  FILOSCOPE_TRY(auto body,
                encode_entries(services, viewer, std::move(found.page), feed::Surface::search));
  for (auto& item : body["items"]) {
    const auto id = EntryId::parse(item["video"]["id"].get<std::string>());
    const auto said = found.said.find(id.value_or(EntryId{}));
    if (said != found.said.end())
      item["match"] = {{"at_ms", said->second.at_ms},
                       {"text", said->second.text},
                       {"shown", said->second.shown}};
  }
  body["corrected"] = text_or_null(found.corrected);
  body["partly"] = found.partly;
  for (const char* beside : {"people", "hashtags", "sounds"}) body[beside] = json::array();
  return body;
}

Result<Response> search(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto query, query_of(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 20, 50));
  const auto kind = query_text(request, "kind");
  const auto& viewer = caller.viewer;
  const auto list = [](json items) {
    return json_response({{"items", std::move(items)}, {"next_cursor", nullptr}});
  };
  if (kind == "people") {
    FILOSCOPE_TRY(auto items, people(api, viewer, query, limit));
    return list(std::move(items));
  }
  if (kind == "hashtags") {
    FILOSCOPE_TRY(auto items, hashtags(api, query, limit));
    return list(std::move(items));
  }
  if (kind == "sounds") {
    FILOSCOPE_TRY(auto items, sounds(api, viewer, query, limit));
    return list(std::move(items));
  }
  const bool all = kind.empty() || kind == "all";
  if (!all && kind != "videos")
    return Error(reason("field_not_one_of"), "all, videos, people, hashtags or sounds").at("kind");
  const auto cursor = query_text(request, "cursor");
  FILOSCOPE_TRY(auto body, videos(api, viewer,
                                  {.text = query,
                                   .cursor = cursor,
                                   .limit = limit,
                                   .exact = query_text(request, "exact") == "yes",
                                   .taste = api.services.feed.taste(viewer)}));
  if (all && cursor.empty() && !query.empty()) {
    const auto meant = body["corrected"].is_null() ? query : body["corrected"].get<std::string>();
    FILOSCOPE_TRY(body["people"], people(api, viewer, query, kPeopleBesideMax));
    FILOSCOPE_TRY(body["hashtags"], hashtags(api, meant, kHashtagsBesideMax));
    FILOSCOPE_TRY(body["sounds"], sounds(api, viewer, meant, kSoundsBesideMax));
  }
  return json_response(body);
}

Result<json> encode_rows(const Api& api, const accounts::Viewer& viewer,
                         std::vector<search::Start::ClipRow> rows) {
  json list = json::array();
  for (auto& row : rows) {
    catalog::EntryPage page;
    page.items = std::move(row.entries);
    const auto surface = row.kind == search::Start::RowKind::hashtag ? feed::Surface::hashtag
                                                                     : feed::Surface::search;
    FILOSCOPE_TRY(auto body, encode_entries(api.services, viewer, std::move(page), surface));
    if (body["items"].empty()) continue;
    list.push_back({{"kind", search::to_string(row.kind)},
                    {"tag", text_or_null(row.tag)},
                    {"items", std::move(body["items"])}});
  }
  return list;
}

Result<Response> start(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  const auto& viewer = caller.viewer;
  FILOSCOPE_TRY(auto found, api.services.search.start(viewer));
  json body{{"searches", json::array()}, {"hashtags", json::array()}};
  for (const auto& one : found.searches)
    body["searches"].push_back({{"query", one.name}, {"since_ms", one.since_ms}});
  for (const auto& one : found.hashtags) {
    const json since = one.since_ms == 0 ? json(nullptr) : json(one.since_ms);
    body["hashtags"].push_back(
        {{"tag", one.tag}, {"videos_count", one.videos_count}, {"since_ms", since}});
  }
  FILOSCOPE_TRY(body["people"], encode_people(api.services, viewer, found.people));
  FILOSCOPE_TRY(body["rows"], encode_rows(api, viewer, std::move(found.rows)));
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
  router.add(kind_of(Work::search, "GET", base + "/search/start", handler(api, start)));
  router.add(kind_of(Work::search, "GET", base + "/search/suggest", handler(api, suggest)));
  router.add({"GET", base + "/hashtags/{tag}", handler(api, hashtag)});
  router.add({"GET", base + "/hashtags/{tag}/videos", handler(api, hashtag_videos)});
}

}  // namespace filoscope::api
