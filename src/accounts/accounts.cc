#include <algorithm>
#include <tuple>

#include "accounts/accounts_impl.h"
#include "accounts/page_cursor.h"
#include "accounts/reread.h"
#include "accounts/schema.h"
#include "accounts/text.h"
#include "ports/reasons.h"

namespace filoscope::accounts {
namespace {

constexpr std::uint8_t kLoggedAgeMax = 99;  // engine::PersonChanged
constexpr std::int64_t kCandidatesMax = 500;
constexpr std::int64_t kRereadBatch = 100;
constexpr std::size_t kQueryBytesMax = 400;
constexpr const char* kLastCharacter = "\xF4\x8F\xBF\xBF";  // sorts behind every other

Account account_of_row(const Row& row) {
  Account account;
  account.id = AccountId::from_db(row.integer(0));
  account.person = PersonKey::from_db(row.integer(1));
  account.handle = row.text(2);
  account.display_name = row.text(3);
  account.bio = row.text(4);
  account.birth_date = row.text(5);
  account.language = row.text(6);
  account.feed_mode = row.text(7);
  account.created_ms = row.integer(8);
  account.role = parse_role(row.text(9)).value_or(Role::none);
  account.sensitive = row.integer(10) != 0;
  return account;
}

Error taken() { return Error(reason("handle_taken")).at("handle"); }

PersonKey new_person() {
  PersonKey person;
  while (!person) person.value = crypto::random_u64() >> 1;
  return person;
}

/// Whether each of `words` is the beginning of one of `own`.
bool begin_some(const std::vector<std::string>& words, const std::vector<std::string>& own) {
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::any_of(own.begin(), own.end(), [&](const auto& w) { return w.starts_with(word); });
  });
}

constexpr std::array kRoles = {Role::none, Role::server_operator, Role::moderator,
                               Role::accountant};

}  // namespace

std::string_view to_string(Role role) {
  constexpr std::array<std::string_view, kRoles.size()> names{"", "operator", "moderator",
                                                              "accountant"};
  return names[static_cast<std::size_t>(role)];
}

std::optional<Role> parse_role(std::string_view name) {
  if (name == "none") return Role::none;
  const auto* found = std::find_if(kRoles.begin(), kRoles.end(),
                                   [&](Role role) { return to_string(role) == name; });
  return found == kRoles.end() ? std::nullopt : std::optional(*found);
}

AccountsImpl::AccountsImpl(const Parts& parts)
    : parts_(parts),
      sessions_(static_cast<std::size_t>(parts.config[kSessionsCachedMax])),
      guests_(static_cast<std::size_t>(parts.config[kGuestsMax])),
      passwords_(parts.config, parts.clock),
      devices_(parts.key) {}

Result<std::unique_ptr<Accounts>> Accounts::open(const Parts& parts) {
  FILOSCOPE_DO(parts.database.migrate("accounts", kMigrations));
  FILOSCOPE_DO(begin_at_version(parts.database, "accounts", kTextVersion, "accounts_people"));
  auto accounts = std::make_unique<AccountsImpl>(parts);
  FILOSCOPE_DO(accounts->load());
  return std::unique_ptr<Accounts>(std::move(accounts));
}

Result<void> AccountsImpl::load() {
  bool begun = false;
  return parts_.database.read([&](Session& session) -> Result<void> {
    // Half of it is in memory when the connection is lost: the start is begun anew.
    if (std::exchange(begun, true)) return Error(ports::reason("database_away"));
    FILOSCOPE_DO(load_people(session));
    return load_graph(session);
  });
}

Result<void> AccountsImpl::load_people(Session& session) {
  FILOSCOPE_DO(
      session.query("SELECT id, person, handle, display_name, bio, birth_date, language, "
                    "feed_mode, created_ms, role, sensitive FROM accounts_people",
                    {}, [this](const Row& row) { directory_.put(account_of_row(row)); }));
  return session.query(
      "SELECT person, created_ms FROM accounts_guests ORDER BY created_ms", {},
      [this](const Row& row) { guests_.load(PersonKey::from_db(row.integer(0)), row.integer(1)); });
}

Result<bool> AccountsImpl::has_row(Session& session, std::string_view sql, std::int64_t key) {
  bool found = false;
  FILOSCOPE_DO(session.query(sql, {key}, [&](const Row&) { found = true; }));
  return found;
}

Result<bool> AccountsImpl::is_account(Session& session, PersonKey person) {
  return has_row(session, "SELECT 1 FROM accounts_people WHERE person = ?", person.db());
}

Result<void> AccountsImpl::need_person(Session& session, PersonKey person) const {
  FILOSCOPE_TRY(const bool account, is_account(session, person));
  if (account) return {};
  FILOSCOPE_TRY(const bool guest,
                has_row(session, "SELECT 1 FROM accounts_guests WHERE person = ?", person.db()));
  return guest ? Result<void>() : Error(reason("account_being_deleted"));
}

Result<void> AccountsImpl::need_account(Session& session, AccountId account) const {
  FILOSCOPE_TRY(const bool found,
                has_row(session, "SELECT 1 FROM accounts_people WHERE id = ?", account.db()));
  return found ? Result<void>() : no_such_account();
}

Result<PersonKey> AccountsImpl::take_guest(Session& session, const std::optional<Viewer>& guest,
                                           std::vector<std::string>& ended_tokens) const {
  ended_tokens.clear();
  if (!guest || !guest->guest() || guest->guest_ends_ms <= parts_.clock.now_ms()) {
    return new_person();
  }
  const auto person = guest->person;
  FILOSCOPE_TRY(const bool taken, is_account(session, person));
  if (taken) return new_person();  // another sign-up was first
  FILOSCOPE_DO(session.query("SELECT token_hash FROM accounts_guests WHERE person = ?",
                             {person.db()},
                             [&](const Row& row) { ended_tokens.push_back(row.text(0)); }));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_guests WHERE person = ?", {person.db()}));
  return person;
}

Result<Account> AccountsImpl::check_form(const SignUp& form) const {
  Account account;
  const auto now_ms = parts_.clock.now_ms();
  FILOSCOPE_DO(check_handle(form.handle));
  FILOSCOPE_DO(check_birth_date(form.birth_date, now_ms));
  FILOSCOPE_DO(check_language(form.language));
  FILOSCOPE_DO(check_email(form.email));
  FILOSCOPE_DO(check_time_zone(form.time_zone));
  FILOSCOPE_TRY(account.display_name,
                clean_name("display_name", form.display_name, kNameCharactersMax));
  if (account.display_name.empty()) account.display_name = form.handle;
  if (directory_.count() >= static_cast<std::size_t>(parts_.config[kAccountsMax])) {
    return Error(reason("too_many_accounts"));
  }
  account.handle = form.handle;
  account.birth_date = form.birth_date;
  account.language = form.language;
  account.feed_mode = "for_you";
  account.created_ms = now_ms;
  return account;
}

Result<void> AccountsImpl::check_free(Session& session, std::string_view handle) const {
  bool used = false;
  const auto mark = [&](const Row&) { used = true; };
  FILOSCOPE_DO(session.query("SELECT 1 FROM accounts_people WHERE handle_folded = ?",
                             {fold_handle(handle)}, mark));
  FILOSCOPE_DO(session.query("SELECT 1 FROM accounts_handles_gone WHERE handle_hash = ?",
                             {handle_hash(handle)}, mark));
  if (used) return taken();
  return {};
}

std::string AccountsImpl::handle_hash(std::string_view handle) const {
  return crypto::hex(crypto::hmac_sha256(parts_.key, "handle:" + fold_handle(handle)));
}

Result<void> AccountsImpl::write_words(Session& session, const Account& account) const {
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_words WHERE account = ?", {account.id.db()}));
  for (const auto& word : search_words(account.handle, account.display_name)) {
    FILOSCOPE_DO(session.execute("INSERT INTO accounts_words (word, account) VALUES (?, ?)",
                                 {word, account.id.db()}));
  }
  return {};
}

engine::PersonChanged AccountsImpl::facts_of(const Account& account) const {
  engine::PersonChanged body;
  body.language = engine::language_key(account.language);
  body.age = std::min(age_years(account.birth_date, parts_.clock.now_ms()), kLoggedAgeMax);
  body.sensitive = account.sensitive;
  return body;
}

Result<void> AccountsImpl::log_person(Session& session, const Account& account) const {
  const auto now_ms = parts_.clock.now_ms();
  const auto body = facts_of(account);
  LogRecord record = engine::encode(account.person, body);
  record.at_ms = now_ms;
  FILOSCOPE_DO(parts_.log.append(session, {&record, 1}));
  FILOSCOPE_DO(session.execute("UPDATE accounts_people SET logged_age = ? WHERE id = ?",
                               {std::int64_t{body.age}, account.id.db()}));
  return {};
}

Result<void> AccountsImpl::insert_account(Session& session, const Account& account,
                                          const SignUp& form,
                                          const std::string& password_hash) const {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO accounts_people (id, person, handle, handle_folded, display_name, bio, "
      "birth_date, language, feed_mode, email, time_zone, password_hash, sample, logged_age, "
      "created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
      {account.id.db(), account.person.db(), account.handle, fold_handle(account.handle),
       account.display_name, account.bio, account.birth_date, account.language, account.feed_mode,
       form.email, form.time_zone, password_hash, std::int64_t{form.sample ? 1 : 0},
       account.created_ms}));
  FILOSCOPE_DO(write_words(session, account));
  return log_person(session, account);
}

Result<SignedIn> AccountsImpl::sign_up(const SignUp& form) {
  FILOSCOPE_TRY(Account account, check_form(form));
  std::string password_hash;
  if (!form.sample) {
    FILOSCOPE_TRY(const auto password, prepare_new_password(form.handle, form.password));
    if (directory_.find(form.handle)) return taken();  // before the work of a hash
    FILOSCOPE_TRY(password_hash, passwords_.hash(password));
  }
  const Token token = new_token();
  std::vector<std::string> ended_tokens;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(check_free(session, form.handle));
    account.id = new_id_of<AccountId>(account.created_ms);
    FILOSCOPE_TRY(account.person, take_guest(session, form.guest, ended_tokens));
    FILOSCOPE_DO(insert_account(session, account, form, password_hash));
    return insert_session(session, account.id, token, form.from);
  }));
  directory_.put(account);
  sessions_.forget(ended_tokens);
  guests_.erase(account.person);
  return SignedIn{account, token.text};
}

Result<Account> AccountsImpl::get(AccountId id) {
  if (auto account = directory_.get(id)) return *std::move(account);
  return no_such_account();
}

Result<Account> AccountsImpl::find(std::string_view handle) {
  if (auto account = directory_.find(handle)) return *std::move(account);
  return no_such_account();
}

Result<std::vector<Account>> AccountsImpl::get_many(std::span<const AccountId> ids) {
  return directory_.get_many(ids);
}

std::optional<AccountId> AccountsImpl::account_of(PersonKey person) {
  return directory_.account_of(person);
}

std::optional<PersonKey> AccountsImpl::person_of(AccountId account) {
  return directory_.person_of(account);
}

Result<Account> AccountsImpl::change_profile(AccountId id, const ProfileChange& change) {
  const Hold hold(*this, id.value);
  auto found = directory_.get(id);
  if (!found) return no_such_account();
  Account account = *std::move(found);
  if (change.display_name) {
    FILOSCOPE_TRY(account.display_name,
                  clean_name("display_name", *change.display_name, kNameCharactersMax));
    if (account.display_name.empty()) account.display_name = account.handle;
  }
  if (change.bio) {
    FILOSCOPE_TRY(account.bio, clean_text("bio", *change.bio, Lines::many, kBioCharactersMax));
  }
  if (change.language) FILOSCOPE_DO(check_language(*change.language));
  const bool other_language = change.language && *change.language != account.language;
  if (change.language) account.language = *change.language;
  if (change.feed_mode && *change.feed_mode != "for_you" && *change.feed_mode != "not_profiled") {
    return Error(reason("not_a_feed_mode")).at("feed_mode");
  }
  if (change.feed_mode) account.feed_mode = *change.feed_mode;
  if (change.sensitive.value_or(false) &&
      age_years(account.birth_date, parts_.clock.now_ms()) < kAgeOfSensitive)
    return Error(reason("too_young_for_sensitive"), kAgeOfSensitive).at("sensitive");
  const bool other_wish = change.sensitive && *change.sensitive != account.sensitive;
  if (change.sensitive) account.sensitive = *change.sensitive;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("UPDATE accounts_people SET display_name = ?, bio = ?, "
                        "language = ?, feed_mode = ?, sensitive = ? WHERE id = ?",
                        {account.display_name, account.bio, account.language, account.feed_mode,
                         std::int64_t{account.sensitive}, id.db()}));
    if (change.display_name) FILOSCOPE_DO(write_words(session, account));
    if (other_language || other_wish) FILOSCOPE_DO(log_person(session, account));
    return {};
  }));
  directory_.put(account);
  return account;
}

Result<Account> AccountsImpl::set_role(std::string_view handle, Role role) {
  FILOSCOPE_TRY(const auto found, find(handle));
  const Hold hold(*this, found.id.value);
  auto account = directory_.get(found.id);
  if (!account) return no_such_account();
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto rows,
                  session.execute("UPDATE accounts_people SET role = ? WHERE id = ? AND sample = 0",
                                  {std::string(to_string(role)), found.id.db()}));
    return rows > 0 ? Result<void>() : Error(reason("account_never_signs_in"));
  }));
  account->role = role;
  directory_.put(*account);
  return *account;
}

Result<void> AccountsImpl::remove(AccountId id, std::string_view password) {
  const auto account = directory_.get(id);
  if (!account) return no_such_account();
  FILOSCOPE_DO(check_password(*account, password, "own:" + id.text()));
  return remove_account(id, true);
}

Result<void> AccountsImpl::remove_sample_accounts() {
  std::vector<AccountId> ids;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    ids.clear();
    return session.query(
        "SELECT id FROM accounts_people WHERE sample = 1", {},
        [&](const Row& row) { ids.push_back(AccountId::from_db(row.integer(0))); });
  }));
  // Nobody was known by a sample's handle: it may be made again.
  for (const auto id : ids) {
    auto removed = remove_account(id, false);
    if (!removed && removed.error().code != Code::not_found) return removed;
  }
  return {};
}

Result<void> AccountsImpl::remove_account(AccountId id, bool retire_handle) {
  const Hold hold(*this, id.value);
  const auto account = directory_.get(id);
  if (!account) return no_such_account();
  std::vector<std::string> ended_tokens;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) {
    return erase_account(session, *account, retire_handle, ended_tokens);
  }));
  directory_.remove(id);
  sessions_.forget(ended_tokens);
  return {};
}

Result<void> AccountsImpl::erase_account(Session& session, const Account& account,
                                         bool retire_handle,
                                         std::vector<std::string>& ended_tokens) const {
  ended_tokens.clear();
  const auto id = account.id.db();
  FILOSCOPE_DO(session.query("SELECT token_hash FROM accounts_sessions WHERE account = ?", {id},
                             [&](const Row& row) { ended_tokens.push_back(row.text(0)); }));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_people WHERE id = ?", {id}));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_sessions WHERE account = ?", {id}));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_networks WHERE account = ?", {id}));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_recovery WHERE account = ?", {id}));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_words WHERE account = ?", {id}));
  FILOSCOPE_DO(
      session.execute("DELETE FROM accounts_follows WHERE follower = ? OR followed = ?", {id, id}));
  FILOSCOPE_DO(
      session.execute("DELETE FROM accounts_blocks WHERE account = ? OR other = ?", {id, id}));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_mutes WHERE kind = ? AND what = ?",
                               {static_cast<std::int64_t>(MuteKind::person), account.id.text()}));
  if (retire_handle) {
    FILOSCOPE_DO(
        session.execute("INSERT INTO accounts_handles_gone (handle_hash, at_ms) "
                        "VALUES (?, ?)",
                        {handle_hash(account.handle), parts_.clock.now_ms()}));
  }
  FILOSCOPE_DO(erase_rows(session, account.id, account.person));
  return append_erasure(session, account.person);
}

Result<void> AccountsImpl::erase_rows(Session& session, AccountId account, PersonKey person) const {
  for (const auto& hook : delete_hooks_) FILOSCOPE_DO(hook(session, account, person));
  FILOSCOPE_DO(session.execute("DELETE FROM accounts_mutes WHERE person = ?", {person.db()}));
  return {};
}

Result<void> AccountsImpl::append_erasure(Session& session, PersonKey person) const {
  LogRecord record = engine::encode(person, engine::ErasePerson{});
  record.at_ms = parts_.clock.now_ms();
  FILOSCOPE_DO(parts_.log.append(session, {&record, 1}));
  return {};
}

Result<std::vector<Account>> AccountsImpl::search(std::string_view text, int limit) {
  FILOSCOPE_DO(check_limit(limit));
  if (text.size() > kQueryBytesMax) {
    return Error(reason("query_too_long")).at("q");
  }
  if (text.starts_with('@')) text.remove_prefix(1);
  const auto words = query_words(text);
  if (words.empty()) return std::vector<Account>{};
  const auto parts = query_parts(text);
  std::vector<AccountId> ids;
  for (const auto* spelling : {&words, &parts}) {
    if (spelling == &parts && parts == words) break;
    const auto& longest =
        *std::max_element(spelling->begin(), spelling->end(),
                          [](const auto& a, const auto& b) { return a.size() < b.size(); });
    FILOSCOPE_DO(parts_.database.read([&](Session& session) {
      return session.query(
          "SELECT DISTINCT account FROM accounts_words WHERE word >= ? AND word < ? LIMIT ?",
          {longest, longest + kLastCharacter, kCandidatesMax},
          [&](const Row& row) { ids.push_back(AccountId::from_db(row.integer(0))); });
    }));
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  struct Hit {
    Account account;
    int match = 0;  ///< 2 the handle itself, 1 its beginning
    std::int64_t followers = 0;
  };
  std::vector<Hit> hits;
  for (auto& account : directory_.get_many(ids)) {
    const auto own = search_words(account.handle, account.display_name);
    if (!begin_some(words, own) && !begin_some(parts, own)) continue;
    const auto handle = fold_handle(account.handle);
    const int match = handle == words[0] ? 2 : handle.starts_with(words[0]) ? 1 : 0;
    hits.push_back({account, match, directory_.counts(account.id).followers});
  }
  std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    return std::tuple(-a.match, -a.followers, a.account.handle) <
           std::tuple(-b.match, -b.followers, b.account.handle);
  });
  if (hits.size() > static_cast<std::size_t>(limit)) hits.resize(static_cast<std::size_t>(limit));
  std::vector<Account> found;
  for (auto& hit : hits) found.push_back(std::move(hit.account));
  return found;
}

Result<void> AccountsImpl::reread(const std::atomic<bool>& stop) {
  return read_again(parts_.database, "accounts", kTextVersion, stop,
                    [this](std::int64_t below, const SavePosition& save) -> Result<bool> {
                      std::vector<AccountId> ids;
                      FILOSCOPE_DO(parts_.database.read([&](Session& session) {
                        ids.clear();
                        return session.query(
                            "SELECT id FROM accounts_people WHERE id < ? ORDER BY id DESC LIMIT ?",
                            {below, kRereadBatch}, [&](const Row& row) {
                              ids.push_back(AccountId::from_db(row.integer(0)));
                            });
                      }));
                      if (ids.empty()) return false;
                      for (const auto id : ids) {
                        const Hold hold(*this, id.value);
                        const auto account = directory_.get(id);
                        FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
                          if (account) FILOSCOPE_DO(write_words(session, *account));
                          return save(session, id.db());
                        }));
                      }
                      return true;
                    });
}

}  // namespace filoscope::accounts
