#include "api/http.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace filoscope::api {
namespace {

bool is_field_name(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '[' ||
           c == ']';
  });
}

/// What the sentence says: "in 15 minutes", "in 1 hour", "in 30 seconds", "tomorrow"; 5 for "in a
/// moment" and everything else.
std::int64_t retry_after_s(std::string_view sentence) {
  static constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"second", 1}, {"minute", 60}, {"hour", 3600}};
  for (auto at = sentence.find("in "); at != std::string_view::npos;
       at = sentence.find("in ", at + 1)) {
    const auto rest = sentence.substr(at + 3);
    std::int64_t count = 0;
    const auto [end, bad] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (bad != std::errc() || count < 1 || count > 1000) continue;
    const auto unit = rest.substr(static_cast<std::size_t>(end - rest.data()));
    for (const auto& [name, seconds] : kUnits)
      if (unit.starts_with(" " + std::string(name))) return count * seconds;
  }
  return sentence.find("try tomorrow") != std::string_view::npos ||
                 sentence.find("try again tomorrow") != std::string_view::npos
             ? 24 * 3600
             : 5;
}

Response make_problem(int status, std::string_view title, std::string_view detail,
                      std::string_view field) {
  nlohmann::ordered_json body;
  body["type"] = "about:blank";
  body["title"] = title.empty() ? status_text(status) : title;
  body["status"] = status;
  body["detail"] = detail;
  if (!field.empty()) body["field"] = field;
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  response.headers.emplace_back("Cache-Control", "no-store");
  if (status == 429 || status == 503)
    response.headers.emplace_back("Retry-After", std::to_string(retry_after_s(detail)));
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
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

Response problem(const Error& error) {
  const int status = http_status(error.code);
  if (error.code == Code::corrupt) {
    return make_problem(status, "",
                        "What is stored of this is damaged and cannot be shown; whoever runs this "
                        "server has to mend it.",
                        "");
  }
  if (status == 500) {
    return make_problem(status, "", "Something went wrong on our side; please try again.", "");
  }
  std::string_view field;
  if (error.code == Code::invalid_argument || error.code == Code::conflict) {
    const auto colon = error.message.find(": ");
    if (colon != std::string::npos) {
      const auto name = std::string_view(error.message).substr(0, colon);
      if (is_field_name(name)) field = name;
    }
  }
  return make_problem(status, "", error.message, field);
}

Response problem(int status, std::string_view title, std::string_view detail) {
  return make_problem(status, title, detail, "");
}

}  // namespace filoscope::api
