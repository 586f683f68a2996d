#pragma once

/// The routes by topic. A handler parses, authorises, calls one module and encodes; what it may
/// block on is said there.

#include <memory>

#include "api/auth.h"
#include "api/encode.h"
#include "api/json_input.h"

namespace filoscope::api {

/// What every handler holds on to.
struct Api {
  explicit Api(const Services& s) : services(s), auth(services) {}
  const Services services;
  const Auth auth;
};
using ApiPtr = std::shared_ptr<const Api>;

inline constexpr const char* kBase = "/api/v1";

template <typename T>
Result<T> id_parameter(const Request& request, std::string_view name = "id") {
  const auto id = T::parse(request.parameters.find(name)->second);
  if (!id || !*id) return Error(Code::not_found, "There is nothing with this id.");
  return *id;
}

void add_account_routes(Router& router, const ApiPtr& api);
void add_me_routes(Router& router, const ApiPtr& api);
void add_video_routes(Router& router, const ApiPtr& api);
void add_reaction_routes(Router& router, const ApiPtr& api);
void add_feed_routes(Router& router, const ApiPtr& api);
void add_search_routes(Router& router, const ApiPtr& api);
void add_upload_routes(Router& router, const ApiPtr& api);
void add_operator_routes(Router& router, const ApiPtr& api);

/// openapi.json, embedded at build time.
std::string_view openapi_text();

}  // namespace filoscope::api
