#include <nlohmann/json.hpp>

#include "api/byte_range.h"
#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

/// More than is taken, so that what is too large is told in words of its own.
constexpr std::size_t kBodyBytesMax = 4 * subtitles::kFileBytesMax;
constexpr std::string_view kWebVttType = "text/vtt; charset=utf-8";

std::string_view language_parameter(const Request& request) {
  return request.parameters.find("language")->second;
}

Result<Response> set_subtitles(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(const auto taken,
                api.services.subtitles.set(caller.viewer.account, id, language_parameter(request),
                                           query_text(request, "label"), request.body));
  auto body = encode_track(id, taken.track);
  body["cues_count"] = taken.track.cues_count;
  body["dropped_count"] = taken.dropped_count;
  return json_response(body);
}

Result<Response> remove_subtitles(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_DO(
      api.services.subtitles.remove(caller.viewer.account, id, language_parameter(request)));
  return no_content();
}

/// What is wrong with a file can be told before there is a video to give it to.
Result<Response> check_subtitles(const Api& api, const Request& request) {
  FILOSCOPE_DO(api.auth.person(request));
  FILOSCOPE_TRY(const auto cues, subtitles::read_cues(request.body));
  return json_response({{"cues_count", cues.size()}});
}

/// Kept by the browser, and asked for again each time: who may see it can change.
Result<Response> show_subtitles(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto id, id_parameter<VideoId>(request));
  FILOSCOPE_TRY(auto file,
                api.services.subtitles.file(caller.viewer, id, language_parameter(request)));
  const auto etag = "\"" + file.revision + "\"";
  Response response;
  response.content_type = kWebVttType;
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Cache-Control", "private, no-cache");
  const auto match = request.header("if-none-match");
  if (!match.empty() && matches_any(match, etag)) {
    response.status = 304;
    return response;
  }
  response.body = std::move(file.webvtt);
  return response;
}

}  // namespace

void add_subtitle_routes(Router& router, const ApiPtr& api) {
  const auto path = std::string(kBase) + "/videos/{id}/subtitles/{language}";
  router.add({"GET", path, handler(api, show_subtitles)});
  router.add({"PUT", path, handler(api, set_subtitles), kBodyBytesMax});
  router.add({"DELETE", path, handler(api, remove_subtitles)});
  router.add({"POST", std::string(kBase) + "/subtitles/check", handler(api, check_subtitles),
              kBodyBytesMax});
}

}  // namespace filoscope::api
