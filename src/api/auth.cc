#include "api/auth.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/field_text.h"
#include "api/reasons.h"

namespace filoscope::api {
namespace {

constexpr std::string_view kSessionCookie = "filoscope_session";
constexpr std::string_view kCsrfCookie = "filoscope_csrf";
constexpr std::string_view kDeviceCookie = "filoscope_device";
constexpr std::int64_t kDeviceCookieS = 365LL * 86'400;
constexpr std::size_t kTokenCharactersMax = 200;

std::string_view cookie(const Request& request, std::string_view name) {
  std::string_view rest = request.header("cookie");
  while (!rest.empty()) {
    const auto end = rest.find(';');
    const auto pair = trim(rest.substr(0, end));
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      return pair.substr(equals + 1);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

bool is_web(const Request& request) { return request.header("x-filoscope-client") == "web"; }

bool learns(const Request& request) { return request.header("x-filoscope-learn") != "no"; }

bool changes_nothing(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

std::string_view bearer_token(const Request& request) {
  const auto field = trim(request.header("authorization"));
  constexpr std::string_view scheme = "bearer ";
  if (!equals_ignoring_case(field.substr(0, scheme.size()), scheme)) return {};
  return trim(field.substr(scheme.size()));
}

std::string accepted_language(const Request& request) {
  const auto languages = request.header("accept-language");
  const auto first = trim(languages.substr(0, languages.find_first_of(",;-_")));
  const bool letters = std::all_of(first.begin(), first.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return letters && (first.size() == 2 || first.size() == 3) ? std::string(first) : std::string();
}

std::string client_name(const Request& request) {
  return std::string(request.header("user-agent"));
}

accounts::SignInFrom sign_in_from(const Request& request, std::int64_t network) {
  return {client_name(request), network, std::string(cookie(request, kDeviceCookie))};
}

void Auth::mark_device(const Request& request, AccountId account, Response& response) const {
  if (!is_web(request)) return;
  const auto mark = services_.accounts.device_mark(account, cookie(request, kDeviceCookie));
  response.headers.emplace_back(
      "Set-Cookie", fmt::format("{}={}; Path=/api/v1; SameSite=Lax; "
                                "Max-Age={}{}",
                                kDeviceCookie, mark, kDeviceCookieS, secure_attribute()));
}

std::string Auth::csrf_value(std::string_view session_hash) const {
  const auto mac = crypto::hmac_sha256(services_.key, fmt::format("csrf|{}", session_hash));
  return crypto::base64url(std::span(mac).first(18));
}

Result<Caller> Auth::anyone(const Request& request) const {
  Caller caller;
  std::string_view token;
  if (!request.header("authorization").empty()) {
    token = bearer_token(request);
    if (token.empty() || token.size() > kTokenCharactersMax) {
      return Error(reason("bearer_invalid"));
    }
  } else {
    token = cookie(request, kSessionCookie);
    caller.by_cookie = !token.empty();
  }
  if (token.empty()) return caller;
  if (token.size() > kTokenCharactersMax) return Error(reason("signed_out"));
  auto viewer = services_.accounts.authenticate(token);
  if (!viewer && caller.by_cookie && changes_nothing(request) &&
      viewer.error().code == Code::unauthenticated) {
    Caller nobody;
    nobody.ended_cookie = true;
    return nobody;
  }
  FILOSCOPE_TRY(caller.viewer, std::move(viewer));
  caller.viewer.learns = learns(request);
  caller.token = token;
  if (caller.by_cookie && !changes_nothing(request)) {
    const auto wanted = csrf_value(caller.viewer.session_hash);
    if (!crypto::equal_constant_time(crypto::as_bytes(wanted),
                                     crypto::as_bytes(request.header("x-filoscope-csrf")))) {
      return Error(reason("csrf_missing"));
    }
  }
  return caller;
}

Result<Caller> Auth::person(const Request& request) const {
  FILOSCOPE_TRY(auto caller, anyone(request));
  if (!caller.viewer.person) return Error(reason("guest_token_missing"));
  return caller;
}

Result<Caller> Auth::account(const Request& request) const {
  FILOSCOPE_TRY(auto caller, anyone(request));
  if (!caller.viewer.account) return Error(reason("account_needed"));
  return caller;
}

Result<Caller> Auth::with_any_role(const Request& request,
                                   std::initializer_list<accounts::Role> roles) const {
  FILOSCOPE_TRY(auto caller, account(request));
  FILOSCOPE_TRY(const auto known, services_.accounts.get(caller.viewer.account));
  if (std::ranges::find(roles, known.role) == roles.end())
    return Error(reason("role_missing"), accounts::to_string(*roles.begin()));
  return caller;
}

Result<Caller> Auth::person_or_new_guest(const Request& request, bool* made_guest) const {
  *made_guest = false;
  FILOSCOPE_TRY(auto caller, anyone(request));
  if (caller.viewer.person) return caller;
  FILOSCOPE_TRY(const auto guest, services_.accounts.make_guest(accepted_language(request)));
  Caller made;
  made.token = guest.token;
  FILOSCOPE_TRY(made.viewer, services_.accounts.authenticate(guest.token));
  made.viewer.learns = learns(request);
  *made_guest = true;
  return made;
}

std::string_view Auth::secure_attribute() const {
  return services_.config[kPublicUrl].starts_with("https:") ? "; Secure" : "";
}

std::string Auth::cookie_attributes() const {
  return fmt::format("Path=/; SameSite=Lax; Max-Age={}{}",
                     services_.config[accounts::kSessionTtlDays] * 86400, secure_attribute());
}

void Auth::set_cookies(std::string_view token, std::string_view session_hash,
                       Response& response) const {
  const auto attributes = cookie_attributes();
  response.headers.emplace_back(
      "Set-Cookie", fmt::format("{}={}; HttpOnly; {}", kSessionCookie, token, attributes));
  response.headers.emplace_back(
      "Set-Cookie", fmt::format("{}={}; {}", kCsrfCookie, csrf_value(session_hash), attributes));
}

void Auth::give_cookies(const Request& request, std::string_view token, Response& response) const {
  if (!is_web(request)) return;
  const auto viewer = services_.accounts.authenticate(token);
  if (viewer.has_value()) set_cookies(token, viewer->session_hash, response);
}

void Auth::clear_cookies(const Request& request, Response& response) const {
  if (!is_web(request)) return;
  for (const auto name : {kSessionCookie, kCsrfCookie}) {
    response.headers.emplace_back("Set-Cookie",
                                  fmt::format("{}=; Path=/; SameSite=Lax; Max-Age=0", name));
  }
}

void Auth::refresh_cookies(const Request& request, Response& response) const {
  const auto token = cookie(request, kSessionCookie);
  const bool by_cookie = !token.empty() && token.size() <= kTokenCharactersMax &&
                         request.header("authorization").empty();
  const bool set_already =
      std::any_of(response.headers.begin(), response.headers.end(),
                  [](const auto& field) { return field.first == "Set-Cookie"; });
  if (!is_web(request) || !by_cookie || set_already) return;
  const auto fresh = services_.accounts.rotate_if_due(token);
  if (!fresh || fresh->empty()) return;
  // Asked of the old token: the fresh one counts as used when it comes back.
  const auto viewer = services_.accounts.authenticate(token);
  if (viewer) set_cookies(*fresh, viewer->session_hash, response);
}

}  // namespace filoscope::api
