#include "accounts/accounts_impl.h"
#include "accounts/text.h"
#include "base/log.h"

namespace filoscope::accounts {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kTokenCharacters = 43;  // base64url of 32 bytes
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kReplacedTokenMs = 60'000;
constexpr std::size_t kClientCharactersMax = 200;
constexpr std::int64_t kNetworksMax = 20;  ///< remembered of one account
constexpr std::int64_t kSweepEveryMs = 60'000;
constexpr std::int64_t kWriteEveryMs = 1'000;

}  // namespace

AccountsImpl::Token AccountsImpl::new_token() {
  Token token;
  token.text = crypto::base64url(crypto::random_bytes(kTokenBytes));
  token.hash = hash_of(token.text);
  return token;
}

std::string AccountsImpl::hash_of(std::string_view token) {
  if (token.size() != kTokenCharacters) return "";
  return crypto::hex(crypto::sha256(token));
}

std::int64_t AccountsImpl::session_ttl_ms() const {
  return parts_.config[kSessionTtlDays] * kDayMs;
}

Result<void> AccountsImpl::insert_session(Session& session, AccountId account, const Token& token,
                                          const SignInFrom& from) const {
  const auto now_ms = parts_.clock.now_ms();
  FILOSCOPE_TRY(
      const auto count,
      session.execute("INSERT INTO accounts_sessions (token_hash, account, family, client, "
                      "began_ms, created_ms, used_ms, ends_ms, replaced) "
                      "SELECT ?, id, ?, ?, ?, ?, ?, ?, 0 FROM accounts_people WHERE id = ?",
                      {token.hash, new_token().hash, shown_text(from.client, kClientCharactersMax),
                       now_ms, now_ms, now_ms, now_ms + session_ttl_ms(), account.db()}));
  if (count == 0) return signed_out();
  FILOSCOPE_DO(session.execute(
      "INSERT INTO accounts_networks (account, network, used_ms) VALUES (?, ?, ?) ON CONFLICT "
      "(account, network) DO UPDATE SET used_ms = excluded.used_ms",
      {account.db(), from.network, now_ms}));
  FILOSCOPE_DO(session.execute(
      "DELETE FROM accounts_networks WHERE account = ? AND network NOT IN (SELECT network FROM "
      "accounts_networks WHERE account = ? ORDER BY used_ms DESC LIMIT ?)",
      {account.db(), account.db(), kNetworksMax}));
  return {};
}

/// All of them but `kept_family`, where one is named.
Result<void> AccountsImpl::end_sessions(Session& session, AccountId account,
                                        std::string_view kept_family,
                                        std::vector<std::string>& ended_tokens) {
  ended_tokens.clear();
  const std::string kept(kept_family);
  FILOSCOPE_DO(session.query(
      "SELECT token_hash FROM accounts_sessions WHERE account = ? AND family <> ?",
      {account.db(), kept}, [&](const Row& row) { ended_tokens.push_back(row.text(0)); }));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_sessions WHERE account = ? AND family <> ?",
                               {account.db(), kept}));
  return {};
}

Result<void> AccountsImpl::end_oldest_sessions(Session& session, AccountId account,
                                               std::vector<std::string>& ended_tokens) const {
  ended_tokens.clear();
  FILOSCOPE_DO(
      session.query("SELECT token_hash FROM accounts_sessions WHERE account = ? "
                    "ORDER BY CASE WHEN used_ms > created_ms THEN used_ms ELSE created_ms END "
                    "DESC, created_ms DESC LIMIT 1000 OFFSET ?",
                    {account.db(), parts_.config[kSessionsMax]},
                    [&](const Row& row) { ended_tokens.push_back(row.text(0)); }));
  for (const auto& hash : ended_tokens) {
    FILOSCOPE_DO(session.execute("DELETE FROM accounts_sessions WHERE token_hash = ?", {hash}));
  }
  return {};
}

Result<SignedIn> AccountsImpl::sign_in(std::string_view handle, std::string_view password,
                                       const SignInFrom& from) {
  std::string stored;
  const auto folded = fold_handle(handle.substr(0, kHandleCharactersMax + 1));
  const auto account = directory_.find(folded);
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query("SELECT password_hash FROM accounts_people WHERE handle_folded = ?",
                         {folded}, [&](const Row& row) { stored = row.text(0); });
  }));
  const auto prepared = prepare_password(password);
  const std::string given = prepared ? *prepared : std::string();
  FILOSCOPE_TRY(const auto tries, tries_of(folded, account ? account->id : AccountId{}, from));
  FILOSCOPE_DO(passwords_.check(tries, given, account ? stored : std::string()));
  std::string better;
  if (passwords_.outdated(stored)) {
    if (auto made = passwords_.hash(given)) better = *std::move(made);
  }
  const Token token = new_token();
  std::vector<std::string> ended_tokens;
  bool same_password = false;
  const auto written = parts_.database.write([&](Session& session) -> Result<void> {
    same_password = false;
    FILOSCOPE_DO(session.query("SELECT 1 FROM accounts_people WHERE id = ? AND password_hash = ?",
                               {account->id.db(), stored},
                               [&](const Row&) { same_password = true; }));
    if (!same_password) return {};
    FILOSCOPE_DO(insert_session(session, account->id, token, from));
    if (!better.empty()) {
      FILOSCOPE_DO(session.execute(
          "UPDATE accounts_people SET password_hash = ? WHERE id = ? AND password_hash = ?",
          {better, account->id.db(), stored}));
    }
    return end_oldest_sessions(session, account->id, ended_tokens);
  });
  if (!written) {
    const auto now_ms = parts_.clock.now_ms();
    UnwrittenSession held{token.hash, {}, shown_text(from.client, kClientCharactersMax), stored};
    held.row = {account->id, {}, new_token().hash, "", now_ms, now_ms, now_ms + session_ttl_ms()};
    FILOSCOPE_DO(hold_session(std::move(held), written.error()));
    return SignedIn{*account, token.text};
  }
  // Changed while the old one was checked, which must open nothing any more.
  if (!same_password) return sign_in(handle, password, from);
  sessions_.forget(ended_tokens);
  return SignedIn{*account, token.text};
}

Result<std::string> AccountsImpl::tries_of(const std::string& folded, AccountId account,
                                           const SignInFrom& from) {
  if (!account) return folded;
  if (const auto device = devices_.find(account, from.device); !device.empty())
    return folded + "|device " + device;
  bool used = false;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query(
        "SELECT 1 FROM accounts_networks WHERE account = ? AND network = ? AND used_ms > ?",
        {account.db(), from.network, parts_.clock.now_ms() - session_ttl_ms()},
        [&](const Row&) { used = true; });
  }));
  return used ? folded + "|network " + std::to_string(from.network) : folded;
}

std::string AccountsImpl::device_mark(AccountId account, std::string_view before) const {
  return devices_.add(account, before);
}

Result<void> AccountsImpl::need_session(Session& session, const Viewer& viewer) {
  bool lives = false;
  FILOSCOPE_DO(session.query("SELECT 1 FROM accounts_sessions WHERE family = ? AND account = ?",
                             {viewer.session_hash, viewer.account.db()},
                             [&](const Row&) { lives = true; }));
  return lives ? Result<void>() : signed_out();
}

Result<void> AccountsImpl::end_family(Session& session, AccountId account,
                                      const std::string& family,
                                      std::vector<std::string>& ended_tokens) {
  ended_tokens.clear();
  FILOSCOPE_DO(session.query(
      "SELECT token_hash FROM accounts_sessions WHERE family = ? AND account = ?",
      {family, account.db()}, [&](const Row& row) { ended_tokens.push_back(row.text(0)); }));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_sessions WHERE family = ? AND account = ?",
                               {family, account.db()}));
  return {};
}

Result<void> AccountsImpl::sign_out(std::string_view token) {
  FILOSCOPE_TRY(const auto viewer, authenticate(token, Use::acts));
  if (viewer.guest()) return sign_out_guest(viewer);
  if (unwritten_.count() > 0) {
    Lock lock(writing_);
    if (unwritten_.erase(hash_of(token))) return {};
  }
  std::vector<std::string> ended_tokens;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) {
    return end_family(session, viewer.account, viewer.session_hash, ended_tokens);
  }));
  sessions_.forget(ended_tokens);
  return {};
}

Result<std::optional<SessionRow>> AccountsImpl::read_session(const std::string& hash) {
  if (hash.empty()) return std::optional<SessionRow>{};
  if (auto held = unwritten_.find(hash)) return held;
  if (auto cached = sessions_.find(hash)) return cached;
  const auto generation = sessions_.generation();
  std::optional<SessionRow> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.query(
        "SELECT account, family, created_ms, used_ms, ends_ms, replaced FROM accounts_sessions "
        "WHERE token_hash = ?",
        {hash}, [&](const Row& row) {
          found = SessionRow{AccountId::from_db(row.integer(0)),
                             {},
                             row.text(1),
                             "",
                             row.integer(2),
                             row.integer(3),
                             row.integer(4),
                             row.integer(5) != 0};
        }));
    if (found) return {};
    return session.query(
        "SELECT person, language, created_ms, ends_ms FROM accounts_guests WHERE token_hash = ?",
        {hash}, [&](const Row& row) {
          found = SessionRow{{},
                             PersonKey::from_db(row.integer(0)),
                             hash,
                             row.text(1),
                             row.integer(2),
                             row.integer(2),
                             row.integer(3),
                             false};
        });
  }));
  if (found) sessions_.put(hash, *found, generation);
  return found;
}

Result<Viewer> AccountsImpl::viewer_of(const SessionRow& row, std::int64_t now_ms) {
  Viewer viewer;
  viewer.session_hash = row.family;
  if (!row.account) {
    viewer.person = row.guest;
    viewer.language = row.language;
    viewer.guest_ends_ms = row.ends_ms;
    viewer.kept = guests_.contains(row.guest);
    return viewer;
  }
  const auto account = directory_.get(row.account);
  if (!account) return signed_out();
  viewer.account = account->id;
  viewer.person = account->person;
  viewer.handle = account->handle;
  viewer.language = account->language;
  viewer.feed_mode = account->feed_mode;
  viewer.age = age_years(account->birth_date, now_ms);
  viewer.sensitive = account->sensitive && viewer.age >= kAgeOfSensitive;
  return viewer;
}

Result<Viewer> AccountsImpl::authenticate(std::string_view token, Use use) {
  sweep();
  write_sessions(true);
  const auto now_ms = parts_.clock.now_ms();
  if (token.size() == kGuestTokenCharacters) return guest_of(token, now_ms);
  const auto hash = hash_of(token);
  FILOSCOPE_TRY(const auto row, read_session(hash));
  if (!row || row->ends_ms <= now_ms) return signed_out();
  FILOSCOPE_TRY(auto viewer, viewer_of(*row, now_ms));
  if (use == Use::acts && row->account &&
      sessions_.claim_extension(hash, now_ms, kHourMs, now_ms + session_ttl_ms())) {
    extend_session(hash, *row, now_ms);
  }
  return viewer;
}

/// The tokens that `row`, which is in use now, was made to follow.
Result<void> AccountsImpl::replace_older(Session& session, const SessionRow& row,
                                         std::int64_t now_ms, std::vector<std::string>& replaced) {
  replaced.clear();
  FILOSCOPE_DO(session.query(
      "SELECT token_hash FROM accounts_sessions WHERE family = ? AND created_ms < ? AND replaced = "
      "0",
      {row.family, row.created_ms}, [&](const Row& r) { replaced.push_back(r.text(0)); }));
  if (replaced.empty()) return {};
  FILOSCOPE_DO(
      session.execute("UPDATE accounts_sessions SET replaced = 1, ends_ms = ? WHERE family = ? AND "
                      "created_ms < ? AND replaced = 0",
                      {now_ms + kReplacedTokenMs, row.family, row.created_ms}));
  return {};
}

void AccountsImpl::extend_session(const std::string& hash, const SessionRow& row,
                                  std::int64_t now_ms) {
  const auto account = directory_.get(row.account);
  if (!account) return;
  std::vector<std::string> replaced;
  const auto done = parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("UPDATE accounts_sessions SET used_ms = ?, ends_ms = ? "
                        "WHERE token_hash = ? AND replaced = 0",
                        {now_ms, now_ms + session_ttl_ms(), hash}));
    FILOSCOPE_DO(replace_older(session, row, now_ms, replaced));
    std::int64_t logged_age = -1;
    FILOSCOPE_DO(session.query("SELECT logged_age FROM accounts_people WHERE id = ?",
                               {row.account.db()},
                               [&](const Row& r) { logged_age = r.integer(0); }));
    const auto age = std::min<std::int64_t>(age_years(account->birth_date, now_ms), 99);
    if (logged_age >= 0 && logged_age != age) FILOSCOPE_DO(log_person(session, *account));
    return {};
  });
  if (done && !replaced.empty()) sessions_.forget(replaced);
  // Watching goes on when the disk is full; the session then ends a little early.
  if (!done) log::warn("accounts.session_not_extended", {{"reason", done.error().message}});
}

Result<std::string> AccountsImpl::rotate_if_due(std::string_view token) {
  const auto now_ms = parts_.clock.now_ms();
  if (token.size() == kGuestTokenCharacters) {
    FILOSCOPE_DO(guest_of(token, now_ms));
    return std::string();
  }
  const auto hash = hash_of(token);
  FILOSCOPE_TRY(const auto row, read_session(hash));
  if (!row || row->ends_ms <= now_ms) return signed_out();
  const bool due = row->account && !row->replaced &&
                   now_ms - row->created_ms >= parts_.config[kTokenRotationHours] * kHourMs;
  if (!due || !sessions_.claim_rotation(hash, now_ms, kReplacedTokenMs)) return std::string();
  const Token fresh = new_token();
  std::vector<std::string> lost;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    // One that never came back was lost on its way. Never used: used_ms is 0.
    lost.clear();
    FILOSCOPE_DO(
        session.query("SELECT token_hash FROM accounts_sessions WHERE family = ? AND used_ms = 0",
                      {row->family}, [&](const Row& r) { lost.push_back(r.text(0)); }));
    FILOSCOPE_DO(session.execute("DELETE FROM accounts_sessions WHERE family = ? AND used_ms = 0",
                                 {row->family}));
    FILOSCOPE_TRY(const auto count,
                  session.execute("INSERT INTO accounts_sessions (token_hash, account, family, "
                                  "client, began_ms, created_ms, used_ms, ends_ms, replaced) "
                                  "SELECT ?, account, family, client, began_ms, ?, 0, ?, 0 FROM "
                                  "accounts_sessions WHERE token_hash = ? AND replaced = 0",
                                  {fresh.hash, now_ms, now_ms + session_ttl_ms(), hash}));
    if (count == 0) return signed_out();
    return {};
  }));
  sessions_.forget(lost);
  return fresh.text;
}

AccountsImpl::~AccountsImpl() { write_sessions(false); }

Result<void> AccountsImpl::hold_session(UnwrittenSession session, const Error& problem) {
  if (problem.code != Code::unavailable || !unwritten_.put(std::move(session))) return problem;
  log::warn("accounts.session_held", {{"reason", problem.message}});
  return {};
}

void AccountsImpl::write_sessions(bool due) {
  if (unwritten_.count() == 0) return;
  const auto now = parts_.clock.mono_us() / 1000;
  auto next = next_write_ms_.load();
  if (due && (now < next || !next_write_ms_.compare_exchange_strong(next, now + kWriteEveryMs))) {
    return;
  }
  Lock lock(writing_);
  const auto held = unwritten_.all();
  std::vector<std::string> ended_tokens;
  const auto done = parts_.database.write([&](Session& session) -> Result<void> {
    ended_tokens.clear();
    for (const auto& each : held) FILOSCOPE_DO(write_session(session, each, ended_tokens));
    return {};
  });
  if (!done) return;
  for (const auto& each : held) unwritten_.erase(each.hash);
  sessions_.forget(ended_tokens);
  log::info("accounts.sessions_written", {{"sessions", static_cast<std::int64_t>(held.size())}});
}

Result<void> AccountsImpl::write_session(Session& session, const UnwrittenSession& held,
                                         std::vector<std::string>& ended_tokens) const {
  const auto& row = held.row;
  FILOSCOPE_DO(session.execute(
      "INSERT INTO accounts_sessions (token_hash, account, family, client, began_ms, created_ms, "
      "used_ms, ends_ms, replaced) SELECT ?, id, ?, ?, ?, ?, ?, ?, 0 FROM accounts_people WHERE "
      "id = ? AND password_hash = ? ON CONFLICT DO NOTHING",
      {held.hash, row.family, held.client, row.created_ms, row.created_ms, row.used_ms, row.ends_ms,
       row.account.db(), held.password_hash}));
  std::vector<std::string> oldest;
  FILOSCOPE_DO(end_oldest_sessions(session, row.account, oldest));
  ended_tokens.insert(ended_tokens.end(), oldest.begin(), oldest.end());
  return {};
}

Result<std::vector<SessionInfo>> AccountsImpl::sessions(const Viewer& viewer) {
  if (!viewer.account) return signed_out();
  write_sessions(false);
  std::vector<SessionInfo> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    found.clear();
    return session.query(
        "SELECT family, client, began_ms, MAX(used_ms) FROM accounts_sessions WHERE account = ? "
        "AND ends_ms > ? GROUP BY family, client, began_ms ORDER BY 4 DESC, 3 DESC",
        {viewer.account.db(), parts_.clock.now_ms()}, [&](const Row& row) {
          found.push_back({row.text(0), row.text(1), row.integer(2), row.integer(3),
                           row.text(0) == viewer.session_hash});
        });
  }));
  return found;
}

Result<void> AccountsImpl::end_session(const Viewer& viewer, std::string_view id) {
  if (!viewer.account) return signed_out();
  write_sessions(false);
  std::vector<std::string> ended_tokens;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) {
    return end_family(session, viewer.account, std::string(id), ended_tokens);
  }));
  sessions_.forget(ended_tokens);
  if (ended_tokens.empty()) {
    return Error(reason("no_such_session"));
  }
  return {};
}

void AccountsImpl::sweep() {
  const auto now = parts_.clock.mono_us() / 1000;
  auto due = next_sweep_ms_.load();
  if (now < due || !next_sweep_ms_.compare_exchange_strong(due, now + kSweepEveryMs)) return;
  for (const auto& done : {sweep_guests(), sweep_sessions()}) {
    if (!done) log::warn("accounts.sweep_failed", {{"reason", done.error().message}});
  }
}

Result<void> AccountsImpl::sweep_sessions() {
  const auto now_ms = parts_.clock.now_ms();
  bool any = false;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query("SELECT 1 FROM accounts_sessions WHERE ends_ms <= ? LIMIT 1", {now_ms},
                         [&](const Row&) { any = true; });
  }));
  if (!any) return {};
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("DELETE FROM accounts_sessions WHERE token_hash IN (SELECT "
                        "token_hash FROM accounts_sessions WHERE ends_ms <= ? LIMIT ?)",
                        {now_ms, kSweepMax}));
    return {};
  });
}

}  // namespace filoscope::accounts
