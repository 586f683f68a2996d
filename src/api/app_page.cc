#include "api/app_page.h"

#include "api/byte_range.h"
#include "api/reasons.h"
#include "base/crypto.h"
#include "base/file.h"

namespace filoscope::api {
namespace {

constexpr std::size_t kPageBytesMax = 4 << 20;

/// Errors: not_found, unavailable (there may be one, but it cannot be read now).
Result<std::string> read_page(const std::string& folder) {
  const auto bytes = read_file(folder + "/index.html", kPageBytesMax);
  if (bytes) return std::string(crypto::as_text(*bytes));
  if (bytes.error().code == Code::not_found) return Error(reason("nothing_at_address"));
  return Error(reason("page_unreadable"));
}

/// Takes the first tag that begins with `start` out, up to and with `end`.
void cut(std::string& html, std::string_view start, std::string_view end) {
  const auto from = html.find(start);
  if (from == std::string::npos) return;
  const auto to = html.find(end, from);
  if (to != std::string::npos) html.erase(from, to + end.size() - from);
}

std::string with_head(std::string html, const std::string& head) {
  cut(html, "<title>", "</title>");
  cut(html, "<meta name=\"description\"", ">");
  const auto end = html.find("</head>");
  if (end != std::string::npos) html.insert(end, head);
  return html;
}

}  // namespace

std::string page_policy(std::string_view html) {
  std::string scripts = "'self'";
  constexpr std::string_view kStart = "<script>", kEnd = "</script>";
  for (auto from = html.find(kStart); from != std::string_view::npos;
       from = html.find(kStart, from)) {
    from += kStart.size();
    const auto script = html.substr(from, html.find(kEnd, from) - from);
    scripts += " 'sha256-" + crypto::base64(crypto::sha256(script)) + "'";
  }
  return content_policy(scripts);
}

Result<Response> app_page(const Request& request, const std::string& folder, const PageHead& head,
                          std::string_view origin) {
  FILOSCOPE_TRY(auto html, read_page(folder));
  Response response;
  response.status = head.status;
  response.content_type = "text/html; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy", page_policy(html));
  html = with_head(std::move(html), head_html(head, origin));
  const auto digest = crypto::sha256(html);
  const auto etag = "\"" + crypto::base64url(std::span(digest).first(12)) + "\"";
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("Vary", "Cookie");
  const auto match = request.header("if-none-match");
  if (head.status == 200 && !match.empty() && matches_any(match, etag)) {
    response.status = 304;
    return response;
  }
  response.body = std::move(html);
  return response;
}

}  // namespace filoscope::api
