#include <nlohmann/json.hpp>

#include "api/reasons.h"
#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

json encode_interests(const feed::Learned& learned) {
  json interests = json::array();
  for (const auto& interest : learned.interests)
    interests.push_back(
        {{"kind", engine::to_string(interest.kind)},
         {"value", interest.value},
         {"weight", interest.weight},
         {"count", interest.count},
         {"example", {{"id", interest.example.text()}, {"caption", interest.caption}}}});
  return interests;
}

json encode_watched(const feed::Learned& learned) {
  json watched = json::array();
  for (const auto& one : learned.watched)
    watched.push_back({{"video_id", one.video.text()},
                       {"caption", one.caption ? json(*one.caption) : json()},
                       {"action", one.action},
                       {"at_ms", one.at_ms},
                       {"weight", one.weight}});
  return watched;
}

json encode_withdrawals(const feed::Learned& learned) {
  json withdrawals = json::array();
  for (const auto& taken : learned.withdrawals)
    withdrawals.push_back({{"id", taken.id.text()},
                           {"kind", engine::to_string(taken.kind)},
                           {"value", taken.value},
                           {"at_ms", taken.at_ms},
                           {"until_ms", taken.until_ms},
                           {"videos_count", taken.videos_count}});
  return withdrawals;
}

Result<Response> show_learned(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_TRY(const auto learned, api.services.feed.learned(caller.viewer));
  return json_response({{"interests", encode_interests(learned)},
                        {"unnamed_count", learned.unnamed_count},
                        {"watched", encode_watched(learned)},
                        {"withdrawals", encode_withdrawals(learned)},
                        {"seen_count", learned.seen_count}});
}

Result<Response> withdraw(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto name, required_text(body, "kind", 20));
  FILOSCOPE_TRY(const auto value, text_field(body, "value", 400));
  const auto kind = engine::parse_withdraw_kind(name);
  if (!kind) {
    return Error(reason("field_not_one_of"),
                 "video, hashtag, word, sound, author, since or everything")
        .at("kind");
  }
  auto id = api.services.feed.withdraw(caller.viewer, *kind, value.value_or(""));
  if (!id && id.error().code == Code::invalid_argument) return std::move(id).error().at("value");
  if (!id) return std::move(id).error();
  return json_response({{"id", id->text()}}, 201);
}

Result<Response> undo_withdrawal(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_TRY(const auto id, id_parameter<WithdrawalId>(request, "id"));
  FILOSCOPE_DO(api.services.feed.undo_withdrawal(caller.viewer, id));
  return no_content();
}

Result<Response> show_wishes(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_TRY(const auto wishes, api.services.feed.wishes(caller.viewer));
  json all = json::array();
  for (const auto& wish : wishes)
    all.push_back(
        {{"kind", engine::to_string(wish.kind)}, {"value", wish.value}, {"level", wish.level}});
  return json_response({{"wishes", all}});
}

Result<Response> set_wish(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto name, required_text(body, "kind", 20));
  FILOSCOPE_TRY(const auto value, text_field(body, "value", 400));
  FILOSCOPE_TRY(const auto level,
                integer_field(body, "level", -engine::kWishMost, engine::kWishMost));
  if (!level)
    return Error(reason("field_out_of_range"), -engine::kWishMost, engine::kWishMost).at("level");
  const auto kind = engine::parse_wish_kind(name);
  if (!kind)
    return Error(reason("field_not_one_of"), "hashtag, author, new_people or length").at("kind");
  const auto done = api.services.feed.set_wish(
      caller.viewer, {*kind, value.value_or(""), static_cast<int>(*level)});
  if (!done && done.error().code == Code::invalid_argument) return Error(done.error()).at("value");
  if (!done) return done.error();
  return no_content();
}

}  // namespace

void add_learned_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  router.add({"GET", base + "/me/learned", handler(api, show_learned)});
  router.add({"GET", base + "/me/wishes", handler(api, show_wishes)});
  router.add({"PUT", base + "/me/wishes", handler(api, set_wish)});
  router.add({"POST", base + "/me/withdrawals", handler(api, withdraw)});
  router.add({"DELETE", base + "/me/withdrawals/{id}", handler(api, undo_withdrawal)});
}

}  // namespace filoscope::api
