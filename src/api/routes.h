#pragma once

/// The routes by topic. A handler parses, authorises, calls one module and encodes; what it may
/// block on is said there.

#include <memory>

#include "accounts/reasons.h"
#include "api/auth.h"
#include "api/encode.h"
#include "api/json_input.h"
#include "api/reasons.h"
#include "api/updates.h"
#include "catalog/reasons.h"

namespace filoscope::api {

/// What every handler holds on to.
struct Api {
  explicit Api(const Services& s)
      : services(s), auth(services), updates(std::make_unique<Updates>(services)) {}
  const Services services;
  const Auth auth;
  const std::unique_ptr<Updates> updates;
};
using ApiPtr = std::shared_ptr<const Api>;

/// A handler that holds on to `api`, hands `fixed` to the function behind the request, and keeps
/// the web app's cookies fresh.
template <typename Function, typename... Fixed>
Handler handler(const ApiPtr& api, Function function, Fixed... fixed) {
  return [api, function, fixed...](const Request& request) -> Result<Response> {
    Result<Response> response = function(*api, request, fixed...);
    if (response) api->auth.refresh_cookies(request, *response);
    return response;
  };
}

/// A route whose work has a pool of its own.
inline Route kind_of(Work work, std::string method, std::string pattern, Handler handler) {
  Route route{std::move(method), std::move(pattern), std::move(handler)};
  route.work = work;
  return route;
}

inline constexpr const char* kBase = "/api/v1";

template <typename T>
Result<T> id_parameter(const Request& request, std::string_view name = "id") {
  const auto id = T::parse(request.parameters.find(name)->second);
  if (!id || !*id) return Error(reason("id_unknown"));
  return *id;
}

/// Where an action came from: the impression token of the body, when there is one. `video` is what
/// the action is about, none for a person. Errors: invalid_argument.
Result<social::Origin> origin_of(const Api& api, const nlohmann::json& body,
                                 const accounts::Viewer& viewer, VideoId video);

/// A number for the network that a request comes from, equal for all who share it; 0 for loopback,
/// which nobody shares.
std::int64_t network_of(const Api& api, const Request& request);

void add_account_routes(Router& router, const ApiPtr& api);
void add_me_routes(Router& router, const ApiPtr& api);
void add_video_routes(Router& router, const ApiPtr& api);
void add_reaction_routes(Router& router, const ApiPtr& api);
void add_feed_routes(Router& router, const ApiPtr& api);
void add_sound_routes(Router& router, const ApiPtr& api);
void add_subtitle_routes(Router& router, const ApiPtr& api);
void add_search_routes(Router& router, const ApiPtr& api);
void add_visual_routes(Router& router, const ApiPtr& api);
void add_moderation_routes(Router& router, const ApiPtr& api);
void add_upload_routes(Router& router, const ApiPtr& api);
void add_tus_routes(Router& router, const ApiPtr& api);
void add_update_routes(Router& router, const ApiPtr& api);
void add_learned_routes(Router& router, const ApiPtr& api);
void add_operator_routes(Router& router, const ApiPtr& api);
/// How the feed works, how it does, and what operators may change of it.
void add_engine_routes(Router& router, const ApiPtr& api);
/// Returns what answers for the app's own addresses.
Handler add_page_routes(Router& router, const ApiPtr& api);

/// openapi.json, embedded at build time.
std::string_view openapi_text();

}  // namespace filoscope::api
