#pragma once

/// Who is asking: bearer tokens of programs, the cookie of the web app with its CSRF header,
/// guests.

#include <string>
#include <string_view>

#include "accounts/accounts.h"
#include "api/api.h"

namespace filoscope::api {

struct Caller {
  accounts::Viewer viewer;  ///< neither account nor person without a token
  std::string token;
  bool by_cookie = false;
  bool ended_cookie = false;  ///< there was one, of a session that has ended
};

/// The token of the Authorization field, or "".
std::string_view bearer_token(const Request& request);
/// The primary subtag that Accept-Language begins with; "" when it names none.
std::string accepted_language(const Request& request);
/// What the program calls itself.
std::string client_name(const Request& request);
/// Where a sign-in comes from: program, network, and the mark that the device keeps.
accounts::SignInFrom sign_in_from(const Request& request, std::int64_t network);

/// Threads: any. Everything it was made from outlives it.
class Auth {
 public:
  explicit Auth(const Services& services) : services_(services) {}

  /// Anyone. A bearer token that is not valid is an error, no token is not. A cookie needs its CSRF
  /// header for everything but GET and HEAD; for these an ended cookie is as none. Errors:
  /// unauthenticated, denied (CSRF).
  Result<Caller> anyone(const Request& request) const;
  /// A guest or an account. Errors: unauthenticated.
  Result<Caller> person(const Request& request) const;
  /// Errors: unauthenticated, also for guests.
  Result<Caller> account(const Request& request) const;
  /// An account with this role at this moment. Errors: unauthenticated, denied.
  Result<Caller> with_role(const Request& request, accounts::Role role) const {
    return with_any_role(request, {role});
  }
  Result<Caller> with_any_role(const Request& request,
                               std::initializer_list<accounts::Role> roles) const;
  /// Whoever asks for a feed: a new guest when nobody is known. `made_guest` says so.
  Result<Caller> person_or_new_guest(const Request& request, bool* made_guest) const;

  /// Cookies for a request of the web app (X-Filoscope-Client: web); nothing for programs.
  void give_cookies(const Request& request, std::string_view token, Response& response) const;
  /// The web app's device keeps a mark of who signed in there.
  void mark_device(const Request& request, AccountId account, Response& response) const;
  void clear_cookies(const Request& request, Response& response) const;
  /// A fresh token in the cookies of an answer that sets none, when the session's is due.
  void refresh_cookies(const Request& request, Response& response) const;

 private:
  std::string csrf_value(std::string_view session_hash) const;
  void set_cookies(std::string_view token, std::string_view session_hash, Response& response) const;
  std::string_view secure_attribute() const;
  std::string cookie_attributes() const;

  const Services& services_;
};

}  // namespace filoscope::api
