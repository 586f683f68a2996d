#pragma once

/// People: sign-up, sessions, profiles, guests, and the graph of follows, blocks and mutes. The
/// only place that knows which account a pseudonym (PersonKey) belongs to.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/result.h"
#include "ports/database.h"
#include "ports/event_stream.h"

namespace filoscope::accounts {

inline const Setting<std::int64_t> kPasswordMemoryBytes{"accounts.password_memory_bytes", 64 << 20,
                                                        8 << 20, 1 << 30,
                                                        "Memory of one Argon2id password hash."};
inline const Setting<std::int64_t> kPasswordHashesMax{
    "accounts.password_hashes_max", 2, 1, 64,
    "Password hashes computed at the same time; more wait or are refused."};
inline const Setting<std::int64_t> kSessionTtlDays{"accounts.session_ttl_days", 90, 1, 3650,
                                                   "Days without use after which a session ends."};
inline const Setting<std::int64_t> kGuestTtlHours{
    "accounts.guest_ttl_hours", 24, 1, 24,
    "Hours an anonymous visitor's state is kept; the engine lets her go after a day."};
inline const Setting<std::int64_t> kSignInAttemptsMax{
    "accounts.sign_in_attempts_max", 10, 1, 1000,
    "Failed sign-ins in 15 minutes before 15 of waiting: per account for strangers, and apart for "
    "each device and "
    "network that it has used."};
inline const Setting<std::int64_t> kPasswordWaitMs{
    "accounts.password_wait_ms", 5'000, 0, 60'000,
    "How long a password check waits for its turn before it is refused."};
inline const Setting<std::int64_t> kTokenRotationHours{
    "accounts.token_rotation_hours", 24, 1, 8760, "Age at which a session's token is replaced."};
inline const Setting<std::int64_t> kSessionsMax{
    "accounts.sessions_max", 50, 1, 10'000,
    "Sessions of one account; the longest unused one ends for a new one."};
inline const Setting<std::int64_t> kSessionsCachedMax{"accounts.sessions_cached_max", 100'000, 1,
                                                      10'000'000,
                                                      "Sessions known without asking the disk."};
inline const Setting<std::int64_t> kAccountsMax{
    "accounts.accounts_max", 1'000'000, 1, 100'000'000,
    "Accounts of this server; all are held in memory, about 1 kB each."};
inline const Setting<std::int64_t> kGuestsMax{
    "accounts.guests_max", 200'000, 1, 100'000'000,
    "Anonymous visitors whose state is kept at one time, about 200 bytes each; for a new one the "
    "longest idle makes room."};
inline const Setting<std::int64_t> kMutesMax{"accounts.mutes_max", 1'000, 1, 100'000,
                                             "People, words and hashtags a person may mute."};
inline const Setting<std::int64_t> kFollowsMax{"accounts.follows_max", 10'000, 1, 1'000'000,
                                               "People one account may follow."};

/// What an account may do beyond its own things.
enum class Role : std::uint8_t { none, server_operator, moderator, accountant };
std::string_view to_string(Role role);  ///< "" for none, else "operator", …
/// "none" too. Nothing for a word that is no role.
std::optional<Role> parse_role(std::string_view name);

struct Account {
  AccountId id;
  PersonKey person;
  std::string handle;        ///< as typed at sign-up; compared case-insensitively
  std::string display_name;  ///< any script
  std::string bio;
  std::string birth_date;  ///< YYYY-MM-DD; only ever shown to herself
  std::string language;    ///< BCP 47, "" unknown
  std::string feed_mode;   ///< "for_you" | "not_profiled"
  bool sensitive = false;  ///< she asked for what is not for everyone
  std::int64_t created_ms = 0;
  Role role = Role::none;
};

/// Who is asking. A request without any token has neither account nor person.
struct Viewer {
  AccountId account;  ///< none for guests
  PersonKey person;   ///< none without a token
  std::string handle;
  std::string language;
  std::string feed_mode = "for_you";
  std::uint8_t age = 0;      ///< full years; 0 unknown (counts as a minor)
  bool sensitive = false;    ///< of age, and she asked for what is not for everyone
  std::string session_hash;  ///< what CSRF values are bound to; stays when the token is rotated
  std::int64_t guest_ends_ms = 0;  ///< of a guest
  bool kept = true;    ///< false: a guest who has not acted; nothing is stored about her
  bool learns = true;  ///< false: her device says that nothing is to be learned from this session
  bool guest() const { return person && !account; }
};

/// Where somebody tries to sign in from: what tells a device or network that she has used from a
/// stranger's.
struct SignInFrom {
  std::string client{};      ///< what the program calls itself, for the list of sessions
  std::int64_t network = 0;  ///< a number for her network; 0: this machine
  std::string device{};      ///< what Accounts::device_mark gave this device, or ""
};

struct SignUp {
  std::string handle, password, birth_date, display_name, email, language, time_zone;
  SignInFrom from{};
  std::optional<Viewer>
      guest;  ///< whose state the new account takes over (it gets the guest's PersonKey)
  bool sample =
      false;  ///< made by `filoscope samples`; may be removed as a whole; no password sign-in
};

struct SignedIn {
  Account account;
  std::string token;  ///< 256 random bits, base64url; only its hash is stored
};

/// One sign-in as its owner sees it.
struct SessionInfo {
  std::string id;                          ///< opaque; stays when the token is rotated
  std::string client;                      ///< what the program called itself when she signed in
  std::int64_t began_ms = 0, used_ms = 0;  ///< the last use to the hour
  bool current = false;
};

struct ProfileChange {
  std::optional<std::string> display_name{}, bio{}, language{}, feed_mode{};
  std::optional<bool> sensitive{};  ///< errors: too_young_for_sensitive
};

struct Counts {
  std::int64_t followers = 0, following = 0;
};

struct Relation {  ///< between a viewer and another person
  bool self = false, follows = false, followed_by = false, blocks = false, blocked_by = false,
       mutes = false;
};

struct Mutes {
  std::vector<Account> people;
  std::vector<std::string> words, hashtags;
};

enum class MuteKind { person, word, hashtag };

struct AccountPage {
  std::vector<Account> items;
  std::string next_cursor;  ///< "" at the end
};

/// Text as it is kept as a key: NFKC, case-folded, accents of Latin and Greek removed (ICU). The
/// identity of hashtags, mutes and the engine's features; what this gives for a text does not
/// change, since log records hold hashes of it. Search compares by search_fold (accounts/text.h).
std::string fold_text(std::string_view text);
/// A hashtag that somebody types, with or without its sign, as it is kept as a key. Errors:
/// invalid_argument (not one hashtag, longer than 100 characters).
Result<std::string> hashtag_key(std::string_view typed);
/// From which on somebody may ask for what is not for everyone.
inline constexpr std::uint8_t kAgeOfSensitive = 18;
/// Full years between a date and now; 0 when it can't be read.
std::uint8_t age_years(std::string_view birth_date, std::int64_t now_ms);

/// What a token is looked at for: a page that only hears news does not keep a session in use.
enum class Use { acts, listens };

/// Threads: any; calls may block on the database, password calls for ~100 ms. The graph of blocks
/// and follows is also held in memory so that `relation` and `blocked` never wait on disk.
class Accounts {
 public:
  struct Parts {
    Database& database;
    EventLog& log;
    const Clock& clock;
    const Config& config;
    crypto::Key key;  ///< derived for this module
  };
  static Result<std::unique_ptr<Accounts>> open(const Parts& parts);
  virtual ~Accounts() = default;

  /// Handles: 2–24 of [a-z0-9._], some reserved, never reused even after deletion; age ≥ 13.
  /// Errors: invalid_argument (field named first: "handle: …"), conflict (taken), exhausted
  /// (throttled).
  virtual Result<SignedIn> sign_up(const SignUp& form) = 0;
  /// Equal time and text for an unknown handle and a wrong password. Wrong tries count apart for
  /// each device and network that the account has used, and together for all strangers: nobody
  /// locks an owner out. Errors: unauthenticated, exhausted.
  virtual Result<SignedIn> sign_in(std::string_view handle, std::string_view password,
                                   const SignInFrom& from) = 0;
  /// What a device shall keep after `account` signed in there: `before`, which it kept so far, with
  /// the account added; the last four.
  virtual std::string device_mark(AccountId account, std::string_view before) const = 0;
  virtual Result<void> sign_out(std::string_view token) = 0;
  struct Guest {
    std::string token;
    PersonKey person;
    std::int64_t expires_at_ms = 0;
  };
  /// A name for a visitor, in a signed token; stores nothing. Errors: invalid_argument.
  virtual Result<Guest> make_guest(std::string_view language) = 0;
  /// To be called before anything is stored because `who` acts: a guest who acts for the first time
  /// is stored now, and idle ones make room for her (GuestTable). Nothing to do for an account.
  /// Errors: exhausted (as many guests as can be kept are there), unauthenticated (ended), those of
  /// the database.
  virtual Result<void> keep_guest(const Viewer& viewer) = 0;
  /// Cached; whoever acts extends the session, at most once an hour. Errors: unauthenticated
  /// (unknown, ended).
  virtual Result<Viewer> authenticate(std::string_view token, Use use = Use::acts) = 0;
  /// A fresh token for the same session when this one is old enough, or "": not due, or a request
  /// beside this one was given one within the last minute. The old token ends a minute after the
  /// fresh one was first used, so an answer that gets lost signs nobody out. Errors:
  /// unauthenticated.
  virtual Result<std::string> rotate_if_due(std::string_view token) = 0;

  /// The living sessions of an account, the last used first.
  virtual Result<std::vector<SessionInfo>> sessions(const Viewer& viewer) = 0;
  /// Errors: not_found (not hers, or ended).
  virtual Result<void> end_session(const Viewer& viewer, std::string_view id) = 0;
  /// Ends every other session and voids the codes that an operator issued. Errors: unauthenticated
  /// (the old password is wrong, or the session ended meanwhile), invalid_argument ("new_password:
  /// …"), not_found, exhausted.
  virtual Result<void> change_password(const Viewer& viewer, std::string_view password,
                                       std::string_view new_password) = 0;
  /// A new set of one-time codes for `recover`, which replaces every code before; shown once, only
  /// their hashes are stored. Errors: unauthenticated (wrong password, or the session ended
  /// meanwhile), not_found, exhausted.
  virtual Result<std::vector<std::string>> make_recovery_codes(const Viewer& viewer,
                                                               std::string_view password) = 0;
  virtual Result<std::int64_t> recovery_codes_left(AccountId id) = 0;
  /// A code from the operator, valid for 24 hours or until the password changes; the one issued
  /// before is void. Errors: not_found (no such account, or a
  /// sample).
  virtual Result<std::string> issue_recovery_code(std::string_view handle) = 0;
  /// Uses a code up, sets the password, ends all sessions and begins one. Equal time and text for
  /// an unknown handle and a wrong code. Errors: invalid_argument (the password), unauthenticated,
  /// exhausted.
  virtual Result<SignedIn> recover(std::string_view handle, std::string_view code,
                                   std::string_view password, const SignInFrom& from) = 0;

  virtual Result<Account> get(AccountId id) = 0;
  virtual Result<Account> find(std::string_view handle) = 0;
  /// In memory, as all reading of accounts. In the order asked; unknown ids are left out.
  virtual Result<std::vector<Account>> get_many(std::span<const AccountId> ids) = 0;
  virtual std::optional<AccountId> account_of(PersonKey person) = 0;
  virtual std::optional<PersonKey> person_of(AccountId account) = 0;  ///< in memory
  /// Inside a write, whose facts are then never left to nobody. Errors: unauthenticated (her
  /// account or her place as a guest is gone).
  virtual Result<void> need_person(Session& session, PersonKey person) const = 0;
  /// As need_person. Errors: not_found.
  virtual Result<void> need_account(Session& session, AccountId account) const = 0;
  virtual Result<Account> change_profile(AccountId id, const ProfileChange& change) = 0;
  /// Holds from the next question on, in sessions that are open too. Errors: not_found (no such
  /// account, or a sample).
  virtual Result<Account> set_role(std::string_view handle, Role role) = 0;
  /// Deletes account, sessions, graph, and appends ErasePerson. What other modules hold goes
  /// through `on_delete` hooks, run inside the same transaction; what her records in the log held
  /// goes later (Feed::finish_erasures). Errors: unauthenticated (wrong password).
  virtual Result<void> remove(AccountId id, std::string_view password) = 0;
  virtual Result<void> remove_sample_accounts() = 0;
  /// Runs inside the transaction. Also for a guest whose state expired; the account is none then.
  using DeleteHook = std::function<Result<void>(Session&, AccountId, PersonKey)>;
  virtual void on_delete(DeleteHook hook) = 0;  ///< before serving starts

  virtual Result<void> set_follow(const Viewer& viewer, AccountId other,
                                  bool on) = 0;  ///< denied when blocked either way
  /// As set_follow; `also` runs inside its transaction when something changes. True when it did.
  using Also = std::function<Result<void>(Session&)>;
  virtual Result<bool> set_follow_with(const Viewer& viewer, AccountId other, bool on,
                                       const Also& also) = 0;
  virtual Result<void> set_block(const Viewer& viewer, AccountId other,
                                 bool on) = 0;  ///< also ends follows both ways
  virtual Result<void> set_mute(const Viewer& viewer, MuteKind kind, std::string_view what,
                                bool on) = 0;  ///< handle, word, hashtag; guests may too
  virtual Result<Mutes> mutes(const Viewer& viewer) = 0;
  virtual Relation relation(const Viewer& viewer, AccountId other) const = 0;
  virtual bool blocked(AccountId a, AccountId b) const = 0;  ///< either way
  virtual bool follows(AccountId follower, AccountId followed) const = 0;
  virtual Counts counts(AccountId id) const = 0;
  virtual Result<AccountPage> followers(AccountId id, std::string_view cursor, int limit) = 0;
  virtual Result<AccountPage> following(AccountId id, std::string_view cursor, int limit) = 0;
  /// By prefix of handle or of any word of the display name, folded.
  virtual Result<std::vector<Account>> search(std::string_view text, int limit) = 0;
  /// Tells every fact that the log was once told and that holds now: people, follows, blocks,
  /// mutes. The records have no position; `tell` ends it by an error.
  virtual Result<void> restate(const std::function<Result<void>(const LogRecord&)>& tell) = 0;
  /// Reads again the words of names that were stored by an older kTextVersion, each person in a
  /// transaction of its own; goes on where the last call was stopped.
  virtual Result<void> reread(const std::atomic<bool>& stop) = 0;
};

}  // namespace filoscope::accounts
