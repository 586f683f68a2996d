#include <nlohmann/json.hpp>

#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr int kPageMax = 50;
constexpr int kPageDefault = 20;

Result<Response> signed_in(const Api& api, const Request& request, const accounts::SignedIn& made) {
  FILOSCOPE_TRY(const auto viewer, api.services.accounts.authenticate(made.token));
  FILOSCOPE_TRY(auto account, encode_own_account(api.services, viewer, made.account));
  auto response = json_response({{"account", std::move(account)}, {"token", made.token}}, 201);
  api.auth.give_cookies(request, made.token, response);
  api.auth.mark_device(request, made.account.id, response);
  return response;
}

Result<Response> sign_up(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto body, read_object(request));
  accounts::SignUp form;
  FILOSCOPE_TRY(form.handle, required_text(body, "handle", 100));
  FILOSCOPE_TRY(form.password, required_text(body, "password", 1000));
  FILOSCOPE_TRY(form.birth_date, required_text(body, "birth_date", 20));
  FILOSCOPE_TRY(const auto display_name, text_field(body, "display_name", 200));
  FILOSCOPE_TRY(const auto email, text_field(body, "email", 300));
  FILOSCOPE_TRY(const auto language, text_field(body, "language", 40));
  FILOSCOPE_TRY(const auto time_zone, text_field(body, "time_zone", 60));
  FILOSCOPE_TRY(const auto keep, flag_field(body, "keep_guest_state"));
  // For servers where an operator approves; where sign-up is open they say nothing.
  FILOSCOPE_DO(text_field(body, "invite", 200));
  FILOSCOPE_DO(text_field(body, "reason", 1000));
  form.display_name = display_name.value_or("");
  form.email = email.value_or("");
  form.language = language.value_or("");
  form.time_zone = time_zone.value_or("");
  form.from = sign_in_from(request, network_of(api, request));
  const auto caller = api.auth.anyone(request);
  if (!caller.has_value() && caller.error().code == Code::denied) return caller.error();
  if (caller.has_value() && caller->viewer.guest() && keep.value_or(true))
    form.guest = caller->viewer;
  FILOSCOPE_TRY(const auto made, api.services.accounts.sign_up(form));
  return signed_in(api, request, made);
}

Result<Response> sign_in(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto handle, required_text(body, "handle", 100));
  FILOSCOPE_TRY(const auto password, required_text(body, "password", 1000));
  FILOSCOPE_TRY(const auto made,
                api.services.accounts.sign_in(handle, password,
                                              sign_in_from(request, network_of(api, request))));
  return signed_in(api, request, made);
}

Result<Response> recover(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto handle, required_text(body, "handle", 100));
  FILOSCOPE_TRY(const auto code, required_text(body, "code", 100));
  FILOSCOPE_TRY(const auto password, required_text(body, "password", 1000));
  FILOSCOPE_TRY(const auto made,
                api.services.accounts.recover(handle, code, password,
                                              sign_in_from(request, network_of(api, request))));
  return signed_in(api, request, made);
}

Result<Response> sign_out(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_DO(api.services.accounts.sign_out(caller.token));
  auto response = no_content();
  api.auth.clear_cookies(request, response);
  return response;
}

Result<Response> make_guest(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto guest, api.services.accounts.make_guest(accepted_language(request)));
  auto response =
      json_response({{"token", guest.token}, {"expires_at_ms", guest.expires_at_ms}}, 201);
  api.auth.give_cookies(request, guest.token, response);
  return response;
}

/// The account of `{handle}` as `viewer` may know it: a block hides it both ways.
Result<accounts::Account> visible_account(const Api& api, const Request& request,
                                          const accounts::Viewer& viewer) {
  FILOSCOPE_TRY(auto account,
                api.services.accounts.find(request.parameters.find("handle")->second));
  if (viewer.account && api.services.accounts.relation(viewer, account.id).blocked_by) {
    return Error(accounts::reason("no_such_account"));
  }
  return account;
}

Result<Response> show_account(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto account, visible_account(api, request, caller.viewer));
  FILOSCOPE_TRY(const auto person, encode_person(api.services, caller.viewer, account));
  return json_response(person);
}

Result<Response> videos(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto account, visible_account(api, request, caller.viewer));
  FILOSCOPE_TRY(const int limit, limit_of(request, kPageDefault, kPageMax));
  FILOSCOPE_TRY(auto page, api.services.catalog.by_owner(caller.viewer, account.id,
                                                         query_text(request, "cursor"), limit));
  return encode_page(api.services, caller.viewer, std::move(page), feed::Surface::profile);
}

Result<Response> followers_or_following(const Api& api, const Request& request, bool followers) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto account, visible_account(api, request, caller.viewer));
  FILOSCOPE_TRY(const int limit, limit_of(request, kPageDefault, kPageMax));
  const auto cursor = query_text(request, "cursor");
  auto& accounts = api.services.accounts;
  FILOSCOPE_TRY(auto page, followers ? accounts.followers(account.id, cursor, limit)
                                     : accounts.following(account.id, cursor, limit));
  std::erase_if(page.items, [&](const auto& person) {
    return caller.viewer.account && accounts.blocked(caller.viewer.account, person.id);
  });
  FILOSCOPE_TRY(const auto items, encode_people(api.services, caller.viewer, page.items));
  return json_response({{"items", items}, {"next_cursor", text_or_null(page.next_cursor)}});
}

Result<Response> set_follow(const Api& api, const Request& request, bool on) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto account, visible_account(api, request, caller.viewer));
  FILOSCOPE_TRY(const auto body, read_object(request, true));
  FILOSCOPE_TRY(const auto origin, origin_of(api, body, caller.viewer, {}));
  FILOSCOPE_DO(api.services.social.follow(caller.viewer, account.id, on, origin));
  return no_content();
}

Result<Response> set_block(const Api& api, const Request& request, bool on) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto account,
                api.services.accounts.find(request.parameters.find("handle")->second));
  FILOSCOPE_DO(api.services.accounts.set_block(caller.viewer, account.id, on));
  return no_content();
}

Result<Response> mute_account(const Api& api, const Request& request, bool on) {
  FILOSCOPE_TRY(const auto caller, api.auth.person(request));
  FILOSCOPE_DO(api.services.accounts.set_mute(caller.viewer, accounts::MuteKind::person,
                                              request.parameters.find("handle")->second, on));
  return no_content();
}

}  // namespace

void add_account_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  router.add(kind_of(Work::sign_up, "POST", base + "/accounts", handler(api, sign_up)));
  router.add(kind_of(Work::password, "POST", base + "/sessions", handler(api, sign_in)));
  router.add(kind_of(Work::password, "POST", base + "/sessions/recovery", handler(api, recover)));
  router.add({"DELETE", base + "/sessions/current", handler(api, sign_out)});
  router.add({"POST", base + "/tokens/guest", handler(api, make_guest)});
  router.add({"GET", base + "/accounts/{handle}", handler(api, show_account)});
  router.add({"GET", base + "/accounts/{handle}/videos", handler(api, videos)});
  router.add(
      {"GET", base + "/accounts/{handle}/followers", handler(api, followers_or_following, true)});
  router.add(
      {"GET", base + "/accounts/{handle}/following", handler(api, followers_or_following, false)});
  for (const auto& [method, on] : {std::pair("PUT", true), std::pair("DELETE", false)}) {
    router.add({method, base + "/accounts/{handle}/follow", handler(api, set_follow, on)});
    router.add({method, base + "/accounts/{handle}/block", handler(api, set_block, on)});
    router.add({method, base + "/accounts/{handle}/mute", handler(api, mute_account, on)});
  }
}

}  // namespace filoscope::api
