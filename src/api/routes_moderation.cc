// What is held, and the block list: for operators and moderators.

#include <nlohmann/json.hpp>

#include "api/encode.h"
#include "api/json_input.h"
#include "api/reasons.h"
#include "api/routes.h"
#include "base/log.h"
#include "catalog/reasons.h"
#include "copies/reasons.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::size_t kListBytesMax = 64 << 20;
constexpr std::size_t kTopicBytesMax = 400;
constexpr std::int64_t kFrameBytesMax = 4 << 20, kFramesMax = 1000;
constexpr std::string_view kCsvType = "text/csv; charset=utf-8; header=present";

Result<Caller> moderator(const Api& api, const Request& request) {
  return api.auth.with_any_role(request,
                                {accounts::Role::moderator, accounts::Role::server_operator});
}

Result<VideoId> video_in_path(const Request& request) {
  const auto id = VideoId::parse(request.parameters.find("id")->second);
  if (!id) return Error(catalog::reason("not_held"));
  return *id;
}

json encode_blocked(const copies::Blocked& one) {
  return {{"id", one.id.text()},
          {"kind", copies::to_string(one.kind)},
          {"reason", one.reason},
          {"created_ms", one.created_ms}};
}

/// As it was when it matched: it may be off the list.
json encode_matched(const copies::Blocked& one) {
  return {{"kind", copies::to_string(one.kind)}, {"reason", one.reason}};
}

json encode_judgement(const safety::Judgement& judgement) {
  return {{"verdict", safety::to_string(judgement.verdict)},
          {"by", text_or_null(judgement.by)},
          {"explicit", judgement.explicit_share},
          {"suggestive", judgement.suggestive_share},
          {"at_ms", judgement.at_ms}};
}

json encode_held(const Api& api, const safety::Held& held) {
  const auto owner = api.services.accounts.get(held.video.owner);
  return {{"id", held.video.id.text()},
          {"caption", held.video.caption},
          {"author", owner ? encode_person_lite(*owner) : json()},
          {"duration_ms", held.video.duration_ms},
          {"frames_count", held.video.covers_count},
          {"matched", held.matched ? encode_matched(*held.matched) : json()},
          {"judgement", held.judgement ? encode_judgement(*held.judgement) : json()},
          {"held_ms", held.held_ms}};
}

Result<Response> held(const Api& api, const Request& request) {
  FILOSCOPE_DO(moderator(api, request));
  FILOSCOPE_TRY(const auto all, api.services.safety.held());
  FILOSCOPE_TRY(const auto count, api.services.safety.held_count());
  json items = json::array();
  for (const auto& one : all) items.push_back(encode_held(api, one));
  return json_response({{"items", items}, {"count", count}});
}

/// One of its covers; a held video has no addresses for others than its owner.
Result<Response> held_frame(const Api& api, const Request& request) {
  FILOSCOPE_DO(moderator(api, request));
  FILOSCOPE_TRY(const auto id, video_in_path(request));
  FILOSCOPE_TRY(const auto index, query_integer(request, "index", 0, kFramesMax));
  FILOSCOPE_TRY(const auto video, api.services.catalog.get(id));
  if (!video.held || index.value_or(0) >= video.covers_count)
    return Error(catalog::reason("not_held"));
  const auto key =
      api.services.catalog.blob_key(video, "cover" + std::to_string(index.value_or(0)) + ".jpg");
  FILOSCOPE_TRY(const auto blob, api.services.blobs.open(key));
  Response response;
  std::string bytes(static_cast<std::size_t>(std::min(blob->size_bytes(), kFrameBytesMax)), '\0');
  FILOSCOPE_DO(
      blob->read(std::span(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()), 0));
  response.body = std::move(bytes);
  response.content_type = "image/jpeg";
  response.headers.emplace_back("Cache-Control", "private, no-store");
  return response;
}

Result<Response> release(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, moderator(api, request));
  FILOSCOPE_TRY(const auto id, video_in_path(request));
  std::optional<bool> sensitive;
  if (!request.body.empty()) {
    FILOSCOPE_TRY(const auto body, read_object(request));
    FILOSCOPE_TRY(sensitive, flag_field(body, "sensitive"));
  }
  FILOSCOPE_DO(api.services.safety.release(id, sensitive));
  log::info("moderation.released", {{"handle", caller.viewer.handle}, {"video", id.text()}});
  return no_content();
}

Result<Response> refuse(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, moderator(api, request));
  FILOSCOPE_TRY(const auto id, video_in_path(request));
  FILOSCOPE_DO(api.services.safety.refuse(id));
  log::info("moderation.refused", {{"handle", caller.viewer.handle}, {"video", id.text()}});
  return no_content();
}

/// Of a published video: whether it is for everyone, and what it was taken for.
Result<Response> video_safety(const Api& api, const Request& request) {
  FILOSCOPE_DO(moderator(api, request));
  const auto id = VideoId::parse(request.parameters.find("id")->second);
  if (!id) return Error(catalog::reason("no_such_video"));
  FILOSCOPE_TRY(const auto video, api.services.catalog.get(*id));
  FILOSCOPE_TRY(const auto judgement, api.services.safety.judgement_of(*id));
  return json_response({{"sensitive", video.sensitive},
                        {"flashes", video.flashes},
                        {"judgement", judgement ? encode_judgement(*judgement) : json()}});
}

/// What looks at videos before they are published.
Result<Response> safety_view(const Api& api, const Request& request) {
  FILOSCOPE_DO(moderator(api, request));
  FILOSCOPE_TRY(const auto status, api.services.safety.status());
  return json_response({{"classifier", text_or_null(status.classifier)},
                        {"problem", text_or_null(status.problem)},
                        {"held", status.held_count}});
}

Result<Response> set_sensitive(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, moderator(api, request));
  const auto id = VideoId::parse(request.parameters.find("id")->second);
  if (!id) return Error(catalog::reason("no_such_video"));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto sensitive, flag_field(body, "sensitive"));
  if (!sensitive) return Error(reason("field_missing")).at("sensitive");
  FILOSCOPE_DO(api.services.safety.set_sensitive(*id, *sensitive));
  log::info("moderation.sensitive",
            {{"handle", caller.viewer.handle}, {"video", id->text()}, {"sensitive", *sensitive}});
  return no_content();
}

Result<Response> blocked(const Api& api, const Request& request) {
  FILOSCOPE_DO(moderator(api, request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 50, 200));
  FILOSCOPE_TRY(const auto cursor, query_integer(request, "cursor", 0, INT32_MAX));
  const auto from = cursor.value_or(0);
  FILOSCOPE_TRY(auto all, api.services.copies.blocked(from, limit + 1));
  const bool more = std::ssize(all) > limit;
  if (more) all.pop_back();
  json items = json::array();
  for (const auto& one : all) items.push_back(encode_blocked(one));
  return json_response(
      {{"items", items}, {"next_cursor", more ? json(std::to_string(from + limit)) : json()}});
}

Result<Response> block(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, moderator(api, request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto video, text_field(body, "video_id"));
  FILOSCOPE_TRY(const auto kind_name, text_field(body, "kind"));
  FILOSCOPE_TRY(const auto why, text_field(body, "reason"));
  const auto id = VideoId::parse(video.value_or(""));
  if (!id) return Error(catalog::reason("no_such_video")).at("video_id");
  const auto kind = copies::parse_blocked_kind(kind_name.value_or("clip"));
  if (!kind || *kind == copies::BlockedKind::picture)
    return Error(reason("field_not_one_of"), "clip or sound").at("kind");
  FILOSCOPE_TRY(const auto one, api.services.copies.block(*id, *kind, why.value_or("")));
  log::info("moderation.blocked",
            {{"handle", caller.viewer.handle}, {"video", id->text()}, {"entry", one.id.text()}});
  auto response = json_response(encode_blocked(one));
  response.status = 201;
  return response;
}

Result<Response> unblock(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, moderator(api, request));
  const auto id = copies::BlockedId::parse(request.parameters.find("id")->second);
  if (!id) return Error(copies::reason("no_such_blocked"));
  FILOSCOPE_DO(api.services.copies.unblock(*id));
  log::info("moderation.unblocked", {{"handle", caller.viewer.handle}, {"entry", id->text()}});
  return no_content();
}

Result<Response> blocked_csv(const Api& api, const Request& request) {
  FILOSCOPE_DO(moderator(api, request));
  Response response;
  FILOSCOPE_TRY(response.body, api.services.copies.blocked_csv());
  response.content_type = std::string(kCsvType);
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"blocked.csv\"");
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<Response> add_csv(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, moderator(api, request));
  FILOSCOPE_TRY(const auto count, api.services.copies.add_csv(request.body));
  log::info("moderation.list_added", {{"handle", caller.viewer.handle}, {"entries", count}});
  return json_response({{"added", count}});
}

/// What is told to nobody as rising or as a completion.
Result<Response> hidden_topics(const Api& api, const Request& request) {
  FILOSCOPE_DO(moderator(api, request));
  FILOSCOPE_TRY(const auto hidden, api.services.search.topics().hidden());
  json items = json::array();
  for (const auto& topic : hidden) items.push_back(topic.text());
  return json_response({{"items", items}});
}

Result<Response> hide_topic(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, moderator(api, request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto text, required_text(body, "topic", kTopicBytesMax));
  FILOSCOPE_TRY(const auto hidden, flag_field(body, "hidden"));
  const auto topic = search::Topic::parse(text);
  if (topic.name.empty()) return Error(reason("field_missing")).at("topic");
  FILOSCOPE_DO(api.services.search.topics().hide(topic, hidden.value_or(true)));
  log::info("moderation.topic", {{"handle", caller.viewer.handle},
                                 {"topic", topic.text()},
                                 {"hidden", hidden.value_or(true)}});
  return no_content();
}

}  // namespace

void add_moderation_routes(Router& router, const ApiPtr& api) {
  const std::string base = std::string(kBase) + "/moderation";
  router.add({"GET", base + "/held", handler(api, held)});
  router.add({"GET", base + "/held/{id}/frame", handler(api, held_frame)});
  router.add({"POST", base + "/held/{id}/release", handler(api, release)});
  router.add({"POST", base + "/held/{id}/refuse", handler(api, refuse)});
  router.add({"GET", base + "/videos/{id}/safety", handler(api, video_safety)});
  router.add({"PUT", base + "/videos/{id}/safety", handler(api, set_sensitive)});
  router.add({"GET", base + "/safety", handler(api, safety_view)});
  router.add({"GET", base + "/blocked", handler(api, blocked)});
  router.add({"POST", base + "/blocked", handler(api, block)});
  router.add({"DELETE", base + "/blocked/{id}", handler(api, unblock)});
  router.add({"GET", base + "/blocked.csv", handler(api, blocked_csv)});
  Route list{"POST", base + "/blocked.csv", handler(api, add_csv)};
  list.body_bytes_max = kListBytesMax;
  router.add(std::move(list));
  router.add({"GET", base + "/topics", handler(api, hidden_topics)});
  router.add({"POST", base + "/topics", handler(api, hide_topic)});
}

}  // namespace filoscope::api
