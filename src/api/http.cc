#include "api/http.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/reasons.h"

namespace filoscope::api {
namespace {

/// What a person is told of it: a fault of ours is told by its reason, its detail is for the log.
std::string_view detail_of(const Error& error) {
  if (error.code == Code::internal) return base_reason("internal_error").english;
  if (error.code == Code::corrupt) return base_reason("stored_data_damaged").english;
  return error.message;
}

/// An answer for which the body is not wanted.
class Decided final : public BodySink {
 public:
  explicit Decided(Response response) : response_(std::move(response)) {}
  std::optional<Response> refusal() override { return std::move(response_); }
  Result<void> write(std::span<const std::uint8_t>) override { return {}; }
  Result<Response> finish() override { return std::move(response_); }

 private:
  Response response_;
};

}  // namespace

Result<std::unique_ptr<BodySink>> decided(Response response) {
  return std::unique_ptr<BodySink>(std::make_unique<Decided>(std::move(response)));
}

std::string_view Request::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view status_text(int status) {
  static constexpr std::pair<int, std::string_view> kTexts[] = {
      {101, "Switching Protocols"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {460, "Checksum Mismatch"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  for (const auto& [code, text] : kTexts) {
    if (code == status) return text;
  }
  return "Status";
}

std::string content_policy(std::string_view script_sources) {
  std::string policy = "default-src 'self'; script-src ";
  policy.append(script_sources);
  return policy +
         "; media-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
         "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
         "form-action 'self'; frame-ancestors 'none'";
}

nlohmann::ordered_json arguments_json(std::span<const ErrorArgument> arguments) {
  auto values = nlohmann::ordered_json::object();
  for (const auto& [name, value] : arguments)
    std::visit([&, &name = name](const auto& plain) { values[std::string(name)] = plain; }, value);
  return values;
}

Response problem(const Error& error) {
  constexpr int kRetryAfterS = 5;
  nlohmann::ordered_json body;
  body["type"] = "/problems/" + std::string(error.reason);
  body["title"] = status_text(error.status);
  body["status"] = error.status;
  body["detail"] = detail_of(error);
  body["reason"] = error.reason;
  if (!error.field.empty()) body["field"] = error.field;
  if (!error.arguments.empty()) body["arguments"] = arguments_json(error.arguments);
  Response response;
  response.status = error.status;
  response.content_type = "application/problem+json";
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  response.headers.emplace_back("Cache-Control", "no-store");
  if (error.status == 429 || error.status == 503) {
    const int seconds = error.retry_after_s > 0 ? error.retry_after_s : kRetryAfterS;
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  if (error.status == 426) {
    response.headers.emplace_back("Upgrade", "websocket");
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
  }
  if (error.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace filoscope::api
