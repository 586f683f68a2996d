#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "api/routes.h"

namespace filoscope::api {
namespace {

/// The routes themselves, without the modules behind them: adding a route calls none of them.
std::set<std::string> documented() {
  const auto document = nlohmann::json::parse(openapi_text());
  std::set<std::string> found;
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      std::string name = method;
      for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
      found.insert(name + " " + path);
    }
  }
  return found;
}

TEST(Openapi, EveryReferenceLeadsSomewhere) {
  const auto document = nlohmann::json::parse(openapi_text());
  const auto flat = document.flatten();
  int references = 0;
  for (const auto& [key, value] : flat.items()) {
    if (!key.ends_with("/$ref")) continue;
    ++references;
    EXPECT_TRUE(document.contains(nlohmann::json::json_pointer(value.get<std::string>().substr(1))))
        << value;
  }
  EXPECT_GT(references, 50);
}

TEST(Openapi, HasTheCallsOfTheContract) {
  const auto known = documented();
  for (const char* call :
       {"POST /api/v1/accounts", "POST /api/v1/sessions", "DELETE /api/v1/sessions/current",
        "POST /api/v1/tokens/guest", "POST /api/v1/videos", "GET /api/v1/feed",
        "POST /api/v1/events", "GET /api/v1/decisions/{request_id}", "PUT /api/v1/videos/{id}/like",
        "GET /healthz", "GET /readyz", "GET /metrics"}) {
    EXPECT_TRUE(known.contains(call)) << call;
  }
}

}  // namespace
}  // namespace filoscope::api
