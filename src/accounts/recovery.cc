#include <algorithm>

#include "accounts/accounts_impl.h"
#include "accounts/text.h"

namespace filoscope::accounts {
namespace {

constexpr std::size_t kCodesCount = 10;
constexpr std::size_t kCodeBytes = 10;  // 80 bits: too many to guess, few enough to type
constexpr std::size_t kCodeBits = kCodeBytes * 8;
constexpr std::size_t kLetterBits = 5, kGroupLetters = 4;
constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's base 32
constexpr std::int64_t kIssuedCodeMs = 24LL * 3'600'000;
constexpr std::int64_t kNever = 0;

Error wrong_code() { return Error(reason("handle_or_code_wrong")); }

/// "7k2m-q9xd-04tz-hw3c"
std::string new_code() {
  const auto bytes = crypto::random_bytes(kCodeBytes);
  std::string code;
  for (std::size_t bit = 0; bit < kCodeBits; bit += kLetterBits) {
    unsigned letter = 0;
    for (std::size_t i = bit; i < bit + kLetterBits; ++i) {
      letter = letter << 1 | (bytes[i / 8] >> (7 - i % 8) & 1U);
    }
    if (bit > 0 && bit / kLetterBits % kGroupLetters == 0) code.push_back('-');
    code.push_back(kLetters[letter]);
  }
  return code;
}

/// As typed by a person: in any case, with or without dashes, o for 0, i and l for 1.
std::string plain_code(std::string_view typed) {
  std::string code;
  for (char c : typed.substr(0, 2 * kCodeBits)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-' || c == ' ') continue;
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    code.push_back(c);
  }
  return code;
}

/// Those an operator gave out: whoever got one by a trick must not outwait a new password with it.
Result<void> end_issued_codes(Session& session, AccountId account) {
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_recovery WHERE account = ? AND ends_ms <> ?",
                               {account.db(), kNever}));
  return {};
}

}  // namespace

Result<std::string> AccountsImpl::prepare_new_password(std::string_view handle,
                                                       std::string_view password,
                                                       std::string_view field) {
  FILOSCOPE_TRY(auto prepared, prepare_password(password, field));
  if (fold_handle(password) == fold_handle(handle)) {
    return Error(reason("password_is_handle")).at(field);
  }
  return prepared;
}

Result<void> AccountsImpl::check_password(const Account& account, std::string_view password,
                                          const std::string& tries) {
  std::string stored;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query("SELECT password_hash FROM accounts_people WHERE id = ?",
                         {account.id.db()}, [&](const Row& row) { stored = row.text(0); });
  }));
  const auto prepared = prepare_password(password);
  auto checked = passwords_.check(tries, prepared ? *prepared : std::string(), stored);
  if (!checked && checked.error().code == Code::unauthenticated) {
    return Error(reason("password_wrong"));
  }
  return checked;
}

Result<void> AccountsImpl::change_password(const Viewer& viewer, std::string_view password,
                                           std::string_view new_password) {
  write_sessions(false);
  FILOSCOPE_TRY(const auto account, get(viewer.account));
  FILOSCOPE_TRY(const auto prepared,
                prepare_new_password(account.handle, new_password, "new_password"));
  FILOSCOPE_DO(check_password(account, password, "session:" + viewer.session_hash));
  FILOSCOPE_TRY(const auto hash, passwords_.hash(prepared));
  std::vector<std::string> ended_tokens;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(need_session(session, viewer));
    FILOSCOPE_DO(session.execute("UPDATE accounts_people SET password_hash = ? WHERE id = ?",
                                 {hash, account.id.db()}));
    FILOSCOPE_DO(end_issued_codes(session, account.id));
    return end_sessions(session, account.id, viewer.session_hash, ended_tokens);
  }));
  sessions_.forget(ended_tokens);
  return {};
}

std::string AccountsImpl::code_hash(std::string_view code) const {
  return crypto::hex(crypto::hmac_sha256(parts_.key, "recovery:" + plain_code(code)));
}

Result<void> AccountsImpl::insert_code(Session& session, AccountId account, std::string_view code,
                                       std::int64_t ends_ms) const {
  FILOSCOPE_TRY(
      const auto count,
      session.execute("INSERT INTO accounts_recovery (account, code_hash, ends_ms) SELECT id, ?, ? "
                      "FROM accounts_people WHERE id = ? AND sample = 0",
                      {code_hash(code), ends_ms, account.db()}));
  if (count == 0) return Error(reason("account_never_signs_in"));
  return {};
}

Result<std::vector<std::string>> AccountsImpl::make_recovery_codes(const Viewer& viewer,
                                                                   std::string_view password) {
  write_sessions(false);
  FILOSCOPE_TRY(const auto account, get(viewer.account));
  FILOSCOPE_DO(check_password(account, password, "session:" + viewer.session_hash));
  std::vector<std::string> codes(kCodesCount);
  std::generate(codes.begin(), codes.end(), new_code);
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(need_session(session, viewer));
    FILOSCOPE_DO(
        session.execute("DELETE FROM accounts_recovery WHERE account = ?", {account.id.db()}));
    for (const auto& code : codes) FILOSCOPE_DO(insert_code(session, account.id, code, kNever));
    return {};
  }));
  return codes;
}

Result<std::int64_t> AccountsImpl::recovery_codes_left(AccountId id) {
  std::int64_t count = 0;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query("SELECT COUNT(*) FROM accounts_recovery WHERE account = ? AND ends_ms = ?",
                         {id.db(), kNever}, [&](const Row& row) { count = row.integer(0); });
  }));
  return count;
}

Result<std::string> AccountsImpl::issue_recovery_code(std::string_view handle) {
  FILOSCOPE_TRY(const auto account, find(handle));
  auto code = new_code();
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(end_issued_codes(session, account.id));
    return insert_code(session, account.id, code, parts_.clock.now_ms() + kIssuedCodeMs);
  }));
  return code;
}

Result<SignedIn> AccountsImpl::recover(std::string_view handle, std::string_view code,
                                       std::string_view password, const SignInFrom& from) {
  const auto folded = fold_handle(handle.substr(0, kHandleCharactersMax + 1));
  FILOSCOPE_TRY(const auto prepared, prepare_new_password(folded, password));
  write_sessions(false);  // so that they end with the others
  const auto account = directory_.find(folded);
  const AccountId id = account ? account->id : AccountId{};
  FILOSCOPE_TRY(const auto source, tries_of(folded, id, from));
  // Hashed before the code is looked up: right and wrong codes cost the same.
  const auto tries = "recovery:" + source;
  FILOSCOPE_TRY(const auto hash, passwords_.hash_counted(tries, prepared));
  const Token token = new_token();
  std::vector<std::string> ended_tokens;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto used,
                  session.execute("DELETE FROM accounts_recovery WHERE account = ? AND code_hash = "
                                  "? AND (ends_ms = ? OR ends_ms > ?)",
                                  {id.db(), code_hash(code), kNever, parts_.clock.now_ms()}));
    if (used == 0) return wrong_code();
    FILOSCOPE_DO(session.execute("UPDATE accounts_people SET password_hash = ? WHERE id = ?",
                                 {hash, id.db()}));
    FILOSCOPE_DO(end_issued_codes(session, id));
    FILOSCOPE_DO(end_sessions(session, id, "", ended_tokens));
    return insert_session(session, id, token, from);
  }));
  sessions_.forget(ended_tokens);
  passwords_.forgive(tries);
  passwords_.forgive(source);
  return SignedIn{*account, token.text};
}

}  // namespace filoscope::accounts
