#include <nlohmann/json.hpp>

#include "api/reasons.h"
#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::size_t kTitleCharactersTaken = 1000;  // more than any that is kept

/// With the video of it that may be used.
Result<json> sound_json(const Api& api, const accounts::Viewer& viewer,
                        const catalog::Sound& sound) {
  const auto source = api.services.catalog.sound_source(viewer, sound.id);
  if (!source && source.error().code != Code::not_found) return source.error();
  return encode_sound(api.services, viewer, sound, source ? &*source : nullptr);
}

Result<Response> show_sound(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto id, id_parameter<SoundId>(request));
  FILOSCOPE_TRY(const auto sound, api.services.catalog.sound(caller.viewer, id));
  FILOSCOPE_TRY(const auto body, sound_json(api, caller.viewer, sound));
  return json_response(body);
}

Result<Response> sound_videos(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto id, id_parameter<SoundId>(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 20, 50));
  FILOSCOPE_TRY(auto page, api.services.catalog.by_sound(caller.viewer, id,
                                                         query_text(request, "cursor"), limit));
  return encode_page(api.services, caller.viewer, std::move(page), feed::Surface::other);
}

Result<Response> name_sound(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<SoundId>(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto title, required_text(body, "title", kTitleCharactersTaken));
  FILOSCOPE_TRY(const auto sound,
                api.services.catalog.name_sound(caller.viewer.account, id, title));
  FILOSCOPE_TRY(const auto shown, sound_json(api, caller.viewer, sound));
  return json_response(shown);
}

}  // namespace

void add_sound_routes(Router& router, const ApiPtr& api) {
  const std::string base = std::string(kBase) + "/sounds/{id}";
  router.add({"GET", base, handler(api, show_sound)});
  router.add({"PATCH", base, handler(api, name_sound), 64 << 10});
  router.add({"GET", base + "/videos", handler(api, sound_videos)});
}

}  // namespace filoscope::api
