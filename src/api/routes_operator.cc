#include <nlohmann/json.hpp>

#include "api/reasons.h"
#include "api/routes.h"
#include "base/metrics.h"
#include "base/product.h"
#include "base/trouble.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

Response text_response(std::string text, int status, std::string content_type) {
  Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(text);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

/// Errors: denied, unauthenticated.
Result<void> check_metrics_reader(const Api& api, const Request& request) {
  if (request.loopback) return {};
  const auto& token = api.services.config[kMetricsToken];
  if (token.empty()) {
    return Error(reason("metrics_are_local"));
  }
  if (crypto::equal_constant_time(crypto::as_bytes(bearer_token(request)),
                                  crypto::as_bytes(token))) {
    return {};
  }
  return Error(reason("metrics_token_missing"));
}

Result<Response> metrics_text(const Api& api, const Request& request) {
  FILOSCOPE_DO(check_metrics_reader(api, request));
  static metrics::Gauge position("filoscope_engine_log_position",
                                 "Log position that answers are read at");
  static metrics::Gauge videos("filoscope_engine_videos", "Videos that the engine knows");
  static metrics::Gauge people("filoscope_engine_people", "Persons that the engine knows");
  static metrics::Gauge examples("filoscope_engine_examples", "Examples that the model learned");
  static metrics::Gauge waiting("filoscope_upload_waiting", "Videos that wait for processing");
  static metrics::Gauge looked_at("filoscope_visual_clips", "Clips that visual search knows");
  static metrics::Gauge to_look_at("filoscope_visual_waiting", "Clips that wait to be looked at");
  static metrics::Gauge seen_bytes("filoscope_visual_memory_bytes", "Memory of visual search");
  const auto stats = api.services.feed.stats();
  position.set(static_cast<double>(stats.position));
  videos.set(static_cast<double>(stats.videos_count));
  people.set(static_cast<double>(stats.people_count));
  examples.set(static_cast<double>(stats.examples_count));
  waiting.set(static_cast<double>(api.services.uploads.waiting_count()));
  const auto visual = api.services.visual.status();
  looked_at.set(static_cast<double>(visual.clips_count));
  to_look_at.set(static_cast<double>(visual.waiting_count));
  seen_bytes.set(static_cast<double>(visual.memory_bytes));
  return text_response(metrics::render(), 200, "text/plain; version=0.0.4; charset=utf-8");
}

/// With a sentence for each thing that is wrong.
Response readiness(bool started) {
  const auto problems = trouble::sentences();
  const bool ready = started && problems.empty();
  const json body = {{"status", !started ? "starting"
                                : ready  ? "ready"
                                         : "troubled"},
                     {"problems", problems}};
  auto response = text_response(body.dump(), ready ? 200 : 503, "application/json");
  if (!ready) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Result<Response> status(const Api& api, const Request&) {
  const auto samples = api.services.samples ? api.services.samples() : SamplesProgress{};
  const auto& config = api.services.config;
  return json_response(
      {{"name", kProductName},
       {"version", kVersion},
       {"samples", {{"ready", samples.ready}, {"total", samples.total}, {"done", samples.done}}},
       {"limits",
        {{"duration_s_max", config[upload::kDurationSMax]},
         {"size_bytes_max", config[upload::kSizeBytesMax]},
         {"upload_chunk_bytes_max", config[upload::kChunkBytesMax]},
         {"caption_characters_max", config[catalog::kCaptionCharactersMax]}}}});
}

}  // namespace

void add_operator_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  router.add(kind_of(Work::feed, "GET", "/healthz", [](const Request&) -> Result<Response> {
    return text_response("ok\n", 200, "text/plain");
  }));
  router.add(kind_of(Work::feed, "GET", "/readyz", [api](const Request&) -> Result<Response> {
    return readiness(!api->services.ready || api->services.ready());
  }));
  router.add({"GET", "/metrics",
              Handler([api](const Request& request) { return metrics_text(*api, request); })});
  router.add({"GET", base + "/status",
              Handler([api](const Request& request) { return status(*api, request); })});
  router.add({"GET", base + "/openapi.json", Handler([](const Request&) -> Result<Response> {
                return text_response(std::string(openapi_text()), 200, "application/json");
              })});
}

}  // namespace filoscope::api
