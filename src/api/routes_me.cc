#include <nlohmann/json.hpp>

#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr int kOwnPageMax = 200;
/// How older releases kept that what became ready is a draft.
constexpr std::string_view kDraftBefore = "Your draft is ready";

Result<json> describe(const Api& api, const accounts::Viewer& viewer) {
  json account, role, language = viewer.language;
  std::int64_t unread = 0, codes_left = 0;
  if (viewer.account) {
    FILOSCOPE_TRY(const auto own, api.services.accounts.get(viewer.account));
    FILOSCOPE_TRY(account, encode_own_account(api.services, viewer, own));
    if (own.role != accounts::Role::none) role = accounts::to_string(own.role);
    FILOSCOPE_TRY(unread, api.services.social.unread_count(viewer));
    FILOSCOPE_TRY(codes_left, api.services.accounts.recovery_codes_left(viewer.account));
  }
  return json{{"account", account},
              {"role", role},
              {"guest", viewer.guest()},
              {"settings",
               {{"feed_mode", viewer.feed_mode},
                {"language", language},
                {"sensitive", viewer.sensitive},
                {"sensitive_allowed", viewer.age >= accounts::kAgeOfSensitive}}},
              {"unread_notifications", unread},
              {"recovery_codes_left", codes_left}};
}

Result<Response> show_me(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto me, describe(api, caller.viewer));
  auto response = json_response(me);
  if (caller.ended_cookie) api.auth.clear_cookies(request, response);
  return response;
}

Result<Response> change_me(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  accounts::ProfileChange change;
  FILOSCOPE_TRY(change.display_name, text_field(body, "display_name", 200));
  FILOSCOPE_TRY(change.bio, text_field(body, "bio", 1000));
  FILOSCOPE_TRY(change.language, text_field(body, "language", 40));
  FILOSCOPE_TRY(change.feed_mode, text_field(body, "feed_mode", 20));
  FILOSCOPE_TRY(change.sensitive, flag_field(body, "sensitive"));
  FILOSCOPE_DO(api.services.accounts.change_profile(caller.viewer.account, change));
  FILOSCOPE_TRY(const auto viewer, api.services.accounts.authenticate(caller.token));
  FILOSCOPE_TRY(const auto me, describe(api, viewer));
  return json_response(me);
}

Result<Response> remove_me(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto password, required_text(body, "password", 1000));
  FILOSCOPE_DO(api.services.accounts.remove(caller.viewer.account, password));
  FILOSCOPE_DO(api.services.catalog.remove_all_of(caller.viewer.account));
  FILOSCOPE_DO(api.services.feed.snapshot());
  auto response = no_content();
  api.auth.clear_cookies(request, response);
  return response;
}

Result<Response> change_password(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto password, required_text(body, "password", 1000));
  FILOSCOPE_TRY(const auto new_password, required_text(body, "new_password", 1000));
  FILOSCOPE_DO(api.services.accounts.change_password(caller.viewer, password, new_password));
  return no_content();
}

Result<Response> make_recovery_codes(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto password, required_text(body, "password", 1000));
  FILOSCOPE_TRY(const auto codes,
                api.services.accounts.make_recovery_codes(caller.viewer, password));
  return json_response({{"codes", codes}}, 201);
}

Result<Response> sessions(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto found, api.services.accounts.sessions(caller.viewer));
  json items = json::array();
  for (const auto& session : found) {
    items.push_back({{"id", session.id},
                     {"client", session.client},
                     {"began_ms", session.began_ms},
                     {"used_ms", session.used_ms},
                     {"current", session.current}});
  }
  return json_response({{"items", items}, {"next_cursor", nullptr}});
}

Result<Response> end_session(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  const auto& id = request.parameters.find("id")->second;
  FILOSCOPE_DO(api.services.accounts.end_session(caller.viewer, id));
  auto response = no_content();
  if (id == caller.viewer.session_hash) api.auth.clear_cookies(request, response);
  return response;
}

Result<Response> uploads(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, kOwnPageMax, kOwnPageMax));
  const auto cursor = query_text(request, "cursor");
  json list = json::array();
  if (cursor.empty()) {  // the few that are not finished stand before all pages
    FILOSCOPE_TRY(const auto unfinished, api.services.uploads.unfinished(caller.viewer.account));
    for (const auto& upload : unfinished) {
      auto entry = encode_upload(upload);
      entry["kind"] = "upload";
      list.push_back(std::move(entry));
    }
  }
  FILOSCOPE_TRY(auto page, api.services.catalog.own(caller.viewer.account, cursor, limit));
  FILOSCOPE_TRY(const auto items,
                api.services.feed.items(caller.viewer, {page.items.begin(), page.items.end()},
                                        feed::Surface::other));
  FILOSCOPE_TRY(auto videos, encode_contents(api.services, caller.viewer, items));
  for (auto& video : videos) {
    if (!video.is_null()) list.push_back({{"kind", "video"}, {"video", std::move(video)}});
  }
  return json_response({{"items", list}, {"next_cursor", text_or_null(page.next_cursor)}});
}

Result<Response> marked(const Api& api, const Request& request, bool likes) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 20, 50));
  const auto cursor = query_text(request, "cursor");
  auto& social = api.services.social;
  FILOSCOPE_TRY(auto page, likes ? social.liked(caller.viewer, cursor, limit)
                                 : social.saved(caller.viewer, cursor, limit));
  return encode_page(api.services, caller.viewer, std::move(page), feed::Surface::other);
}

Result<Response> mutes(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_TRY(const auto mutes, api.services.accounts.mutes(caller.viewer));
  FILOSCOPE_TRY(const auto people, encode_people(api.services, caller.viewer, mutes.people));
  return json_response({{"people", people}, {"words", mutes.words}, {"hashtags", mutes.hashtags}});
}

Result<Response> set_mute(const Api& api, const Request& request, accounts::MuteKind kind,
                          bool on) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_DO(api.services.accounts.set_mute(caller.viewer, kind,
                                              request.parameters.find("what")->second, on));
  return no_content();
}

Result<json> encode_notification(const Api& api, const accounts::Viewer& viewer,
                                 const social::Notification& notification) {
  json entry = {{"id", notification.id.text()},
                {"kind", notification.kind},
                {"actor", nullptr},
                {"video", nullptr},
                {"comment_id", nullptr},
                {"text", notification.text},
                {"created_ms", notification.created_ms},
                {"read", notification.read}};
  if (notification.kind == "published") {
    entry["draft"] = notification.text == social::kDraftReady || notification.text == kDraftBefore;
    entry["text"] = "";
  }
  if (notification.kind == "failed") {
    const auto why = parse_stored(notification.text);
    entry["text"] = why.sentence;
    entry["failure"] = encode_failure(why);
  }
  if (notification.actor) {
    const auto actor = api.services.accounts.get(notification.actor);
    if (actor.has_value()) {
      FILOSCOPE_TRY(entry["actor"], encode_person(api.services, viewer, *actor));
    }
  }
  if (notification.video) {
    const auto video = api.services.catalog.get_visible(viewer, notification.video);
    if (video.has_value()) {
      const json cover =
          video->covers_count > 0
              ? json(api.services.catalog.media_url(
                    *video,
                    "cover" +
                        std::to_string(std::min(video->cover_index, video->covers_count - 1)) +
                        ".jpg",
                    viewer.account))
              : json();
      entry["video"] = {{"id", video->id.text()}, {"cover", cover}, {"caption", video->caption}};
    }
  }
  if (notification.comment) entry["comment_id"] = notification.comment.text();
  return entry;
}

Result<Response> notifications(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 30, 50));
  FILOSCOPE_TRY(const auto page, api.services.social.notifications(
                                     caller.viewer, query_text(request, "cursor"), limit));
  json items = json::array();
  for (const auto& notification : page.items) {
    FILOSCOPE_TRY(auto entry, encode_notification(api, caller.viewer, notification));
    items.push_back(std::move(entry));
  }
  return json_response({{"items", items}, {"next_cursor", text_or_null(page.next_cursor)}});
}

Result<Response> mark_read(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_DO(api.services.social.mark_notifications_read(caller.viewer));
  return no_content();
}

}  // namespace

void add_me_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  router.add({"GET", base + "/me", handler(api, show_me)});
  router.add({"PATCH", base + "/me", handler(api, change_me)});
  router.add(kind_of(Work::password, "DELETE", base + "/me", handler(api, remove_me)));
  router.add(kind_of(Work::password, "PUT", base + "/me/password", handler(api, change_password)));
  router.add(kind_of(Work::password, "POST", base + "/me/recovery-codes",
                     handler(api, make_recovery_codes)));
  router.add({"GET", base + "/me/sessions", handler(api, sessions)});
  router.add({"DELETE", base + "/me/sessions/{id}", handler(api, end_session)});
  router.add({"GET", base + "/me/uploads", handler(api, uploads)});
  router.add({"GET", base + "/me/likes", handler(api, marked, true)});
  router.add({"GET", base + "/me/saves", handler(api, marked, false)});
  router.add({"GET", base + "/me/mutes", handler(api, mutes)});
  for (const auto& [method, on] : {std::pair("PUT", true), std::pair("DELETE", false)}) {
    for (const auto& [name, kind] : {std::pair("words", accounts::MuteKind::word),
                                     std::pair("hashtags", accounts::MuteKind::hashtag)}) {
      router.add(
          {method, base + "/me/mutes/" + name + "/{what}", handler(api, set_mute, kind, on)});
    }
  }
  router.add({"GET", base + "/notifications", handler(api, notifications)});
  router.add({"POST", base + "/notifications/read", handler(api, mark_read)});
}

}  // namespace filoscope::api
