#include <nlohmann/json.hpp>

#include "api/reasons.h"
#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::int64_t kEndMsMax = 253'402'300'799'999;  ///< the end of the year 9999

/// A Video, with a token for this surface.
Result<json> video_json(const Api& api, const accounts::Viewer& viewer, const catalog::Entry& video,
                        feed::Surface surface = feed::Surface::video_page) {
  FILOSCOPE_TRY(auto items, api.services.feed.items(viewer, {video}, surface));
  if (items.empty()) return Error(catalog::reason("no_such_video"));
  FILOSCOPE_TRY(auto body, encode_content(api.services, viewer, items.front()));
  body["impression_token"] = items.front().impression_token;
  return body;
}

Result<Response> show_video(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(const auto video, api.services.catalog.get_visible(caller.viewer, id));
  const auto name = query_text(request, "surface");
  const auto surface = name.empty() ? feed::Surface::video_page : engine::parse_surface(name);
  FILOSCOPE_TRY(const auto body, video_json(api, caller.viewer, video, surface));
  return json_response(body);
}

Result<Response> change_video(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  catalog::VideoChange change;
  FILOSCOPE_TRY(change.caption, text_field(body, "caption", 10000));
  FILOSCOPE_TRY(const auto visibility, text_field(body, "visibility", 20));
  if (visibility) {
    FILOSCOPE_TRY(change.visibility, catalog::parse_visibility(*visibility));
  }
  FILOSCOPE_TRY(const auto labels, texts_field(body, "labels", 10));
  if (labels) {
    FILOSCOPE_TRY(change.labels, catalog::Labels::of(*labels));
  }
  if (body.contains("available_until_ms")) {  // null: no end
    FILOSCOPE_TRY(const auto until, integer_field(body, "available_until_ms", 1, kEndMsMax));
    change.available_until_ms = until.value_or(0);
  }
  FILOSCOPE_TRY(const auto cover, integer_field(body, "cover_index", 0, 100));
  if (cover) change.cover_index = static_cast<int>(*cover);
  FILOSCOPE_TRY(const auto draft, flag_field(body, "draft"));
  if (draft.value_or(false)) return Error(reason("published_no_draft")).at("draft");
  change.publish_draft = draft.has_value();
  FILOSCOPE_TRY(const auto video, api.services.catalog.change(caller.viewer.account, id, change));
  FILOSCOPE_TRY(const auto shown, video_json(api, caller.viewer, video));
  return json_response(shown);
}

Result<Response> remove_video(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_DO(api.services.catalog.remove(caller.viewer.account, id));
  return no_content();
}

Result<Response> restore(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(const auto video, api.services.catalog.restore(caller.viewer.account, id));
  FILOSCOPE_TRY(const auto shown, video_json(api, caller.viewer, video));
  return json_response(shown);
}

Result<Response> removed(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto videos, api.services.catalog.removed(caller.viewer.account));
  json items = json::array();
  for (const auto& video : videos) {
    items.push_back({{"id", video.id.text()},
                     {"caption", video.caption},
                     {"placeholder", video.placeholder},
                     {"duration_ms", video.duration_ms},
                     {"draft", video.draft},
                     {"removed_ms", video.removed_ms},
                     {"restorable_until_ms", api.services.catalog.restorable_until_ms(video)}});
  }
  return json_response({{"items", items}, {"next_cursor", nullptr}});
}

Result<Response> remove_for_good(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_DO(api.services.catalog.remove_for_good(caller.viewer.account, id));
  return no_content();
}

Result<Response> comments(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 20, 50));
  FILOSCOPE_TRY(const auto page, api.services.social.comments(
                                     caller.viewer, id, query_text(request, "cursor"), limit));
  std::vector<AccountId> authors;
  for (const auto& comment : page.items) authors.push_back(comment.author);
  FILOSCOPE_TRY(const auto people, api.services.accounts.get_many(authors));
  json items = json::array();
  for (const auto& comment : page.items) {
    for (const auto& person : people) {
      if (person.id != comment.author) continue;
      items.push_back(encode_comment(api.services, caller.viewer, comment, person));
      break;
    }
  }
  return json_response({{"items", items}, {"next_cursor", text_or_null(page.next_cursor)}});
}

}  // namespace

void add_video_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  router.add({"GET", base + "/videos/{id}", handler(api, show_video)});
  router.add({"PATCH", base + "/videos/{id}", handler(api, change_video), 64 << 10});
  router.add({"DELETE", base + "/videos/{id}", handler(api, remove_video)});
  router.add({"POST", base + "/videos/{id}/restore", handler(api, restore)});
  router.add({"GET", base + "/me/removed", handler(api, removed)});
  router.add({"DELETE", base + "/me/removed/{id}", handler(api, remove_for_good)});
  router.add({"GET", base + "/videos/{id}/comments", handler(api, comments)});
}

}  // namespace filoscope::api
