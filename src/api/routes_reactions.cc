#include <nlohmann/json.hpp>

#include "api/routes.h"
#include "catalog/reasons.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

enum class Mark { like, save, not_interested };

Result<Response> counts_and_marks(const Api& api, const accounts::Viewer& viewer, EntryId id) {
  FILOSCOPE_TRY(const auto entry, api.services.catalog.entry(id));
  FILOSCOPE_TRY(const auto items, api.services.feed.items(viewer, {entry}, feed::Surface::other));
  if (items.empty()) return Error(catalog::reason("no_such_entry"));
  const auto& item = items.front();
  return json_response({{"counts", encode_counts(item)}, {"viewer", encode_marks(viewer, item)}});
}

Result<Response> set_mark(const Api& api, const Request& request, Mark mark, bool on) {
  FILOSCOPE_TRY(const auto caller, mark == Mark::not_interested ? api.auth.person(request)
                                                                : api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(const auto body, read_object(request, true));
  FILOSCOPE_TRY(const auto origin, origin_of(api, body, caller.viewer, id));
  auto& social = api.services.social;
  if (mark == Mark::like) {
    FILOSCOPE_DO(social.set_like(caller.viewer, id, on, origin));
  } else if (mark == Mark::save) {
    FILOSCOPE_DO(social.set_save(caller.viewer, id, on, origin));
  } else {
    FILOSCOPE_DO(social.set_not_interested(caller.viewer, id, on, origin));
  }
  return counts_and_marks(api, caller.viewer, id);
}

Result<Response> share(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(const auto body, read_object(request, true));
  FILOSCOPE_TRY(const auto origin, origin_of(api, body, caller.viewer, id));
  FILOSCOPE_DO(api.services.social.share(caller.viewer, id, origin));
  return json_response({{"url", api.services.config[kPublicUrl] + "/v/" + id.text()}});
}

Result<Response> comment(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto text, required_text(body, "text", 5000));
  FILOSCOPE_TRY(const auto origin, origin_of(api, body, caller.viewer, id));
  FILOSCOPE_TRY(const auto made, api.services.social.comment(caller.viewer, id, text, origin));
  FILOSCOPE_TRY(const auto author, api.services.accounts.get(caller.viewer.account));
  return json_response(encode_comment(api.services, caller.viewer, made, author), 201);
}

Result<Response> show_comment(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto id, id_parameter<CommentId>(request));
  FILOSCOPE_TRY(const auto found, api.services.social.find_comment(caller.viewer, id));
  FILOSCOPE_TRY(const auto author, api.services.accounts.get(found.author));
  return json_response(encode_comment(api.services, caller.viewer, found, author));
}

Result<Response> remove_comment(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<CommentId>(request));
  FILOSCOPE_DO(api.services.social.remove_comment(caller.viewer, id));
  return no_content();
}

Result<Response> report(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  social::Report form;
  FILOSCOPE_TRY(form.reason, required_text(body, "reason", 100));
  FILOSCOPE_TRY(const auto text, text_field(body, "text", 2000));
  FILOSCOPE_TRY(const auto video, text_field(body, "video_id", 20));
  FILOSCOPE_TRY(const auto comment_id, text_field(body, "comment_id", 20));
  FILOSCOPE_TRY(const auto handle, text_field(body, "handle", 100));
  form.text = text.value_or("");
  form.video = VideoId::parse(video.value_or("")).value_or(VideoId{});
  form.comment = CommentId::parse(comment_id.value_or("")).value_or(CommentId{});
  if (handle) {
    FILOSCOPE_TRY(const auto account, api.services.accounts.find(*handle));
    form.account = account.id;
  }
  FILOSCOPE_TRY(const auto origin, origin_of(api, body, caller.viewer, form.video));
  FILOSCOPE_DO(api.services.social.report(caller.viewer, form, origin));
  return json_response({{"state", "received"}}, 201);
}

}  // namespace

void add_reaction_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  for (const auto& [method, on] : {std::pair("PUT", true), std::pair("DELETE", false)}) {
    for (const auto& [name, mark] : {std::pair("like", Mark::like), std::pair("save", Mark::save),
                                     std::pair("not-interested", Mark::not_interested)}) {
      router.add({method, base + "/videos/{id}/" + name, handler(api, set_mark, mark, on)});
    }
  }
  router.add({"POST", base + "/videos/{id}/share", handler(api, share)});
  router.add({"POST", base + "/videos/{id}/comments", handler(api, comment), 32 << 10});
  router.add({"GET", base + "/comments/{id}", handler(api, show_comment)});
  router.add({"DELETE", base + "/comments/{id}", handler(api, remove_comment)});
  router.add({"POST", base + "/reports", handler(api, report)});
}

}  // namespace filoscope::api
