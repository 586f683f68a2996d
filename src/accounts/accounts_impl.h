#pragma once

/// The implementation of Accounts; one class over several files. Internal to this module.
///
/// A change is committed first and then told to the directory, both under the stripes of the
/// accounts it is about: so memory follows the tables in their order, and what was acknowledged is
/// what the next question sees.

#include <array>
#include <atomic>

#include "accounts/accounts.h"
#include "accounts/devices.h"
#include "accounts/directory.h"
#include "accounts/guest_table.h"
#include "accounts/passwords.h"
#include "accounts/reasons.h"
#include "accounts/session_cache.h"
#include "accounts/unwritten_sessions.h"
#include "engine/records.h"

namespace filoscope::accounts {

inline constexpr std::int64_t kHourMs = 3'600'000;
inline constexpr std::int64_t kSweepMax = 100;  ///< rows in one transaction
inline constexpr std::size_t kGuestTokenCharacters = 42;

inline Error signed_out() { return Error(reason("session_ended")); }
inline Error no_such_account() { return Error(reason("no_such_account")); }

class AccountsImpl final : public Accounts {
 public:
  explicit AccountsImpl(const Parts& parts);
  ~AccountsImpl() override;
  Result<void> load();

  Result<SignedIn> sign_up(const SignUp& form) override;
  Result<SignedIn> sign_in(std::string_view handle, std::string_view password,
                           const SignInFrom& from) override;
  std::string device_mark(AccountId account, std::string_view before) const override;
  Result<void> sign_out(std::string_view token) override;
  Result<Guest> make_guest(std::string_view language) override;
  Result<void> keep_guest(const Viewer& viewer) override;
  Result<Viewer> authenticate(std::string_view token, Use use) override;
  Result<std::string> rotate_if_due(std::string_view token) override;
  Result<std::vector<SessionInfo>> sessions(const Viewer& viewer) override;
  Result<void> end_session(const Viewer& viewer, std::string_view id) override;
  Result<void> change_password(const Viewer& viewer, std::string_view password,
                               std::string_view new_password) override;
  Result<std::vector<std::string>> make_recovery_codes(const Viewer& viewer,
                                                       std::string_view password) override;
  Result<std::int64_t> recovery_codes_left(AccountId id) override;
  Result<std::string> issue_recovery_code(std::string_view handle) override;
  Result<SignedIn> recover(std::string_view handle, std::string_view code,
                           std::string_view password, const SignInFrom& from) override;

  Result<Account> get(AccountId id) override;
  Result<Account> find(std::string_view handle) override;
  Result<std::vector<Account>> get_many(std::span<const AccountId> ids) override;
  std::optional<AccountId> account_of(PersonKey person) override;
  std::optional<PersonKey> person_of(AccountId account) override;
  Result<Account> change_profile(AccountId id, const ProfileChange& change) override;
  Result<Account> set_role(std::string_view handle, Role role) override;
  Result<void> remove(AccountId id, std::string_view password) override;
  Result<void> remove_sample_accounts() override;
  Result<void> need_person(Session& session, PersonKey person) const override;
  Result<void> need_account(Session& session, AccountId account) const override;
  void on_delete(DeleteHook hook) override { delete_hooks_.push_back(std::move(hook)); }

  Result<void> set_follow(const Viewer& viewer, AccountId other, bool on) override;
  Result<bool> set_follow_with(const Viewer& viewer, AccountId other, bool on,
                               const Also& also) override;
  Result<void> set_block(const Viewer& viewer, AccountId other, bool on) override;
  Result<void> set_mute(const Viewer& viewer, MuteKind kind, std::string_view what,
                        bool on) override;
  Result<Mutes> mutes(const Viewer& viewer) override;
  Relation relation(const Viewer& viewer, AccountId other) const override;
  bool blocked(AccountId a, AccountId b) const override;
  bool follows(AccountId follower, AccountId followed) const override;
  Counts counts(AccountId id) const override;
  Result<AccountPage> followers(AccountId id, std::string_view cursor, int limit) override;
  Result<AccountPage> following(AccountId id, std::string_view cursor, int limit) override;
  Result<std::vector<Account>> search(std::string_view text, int limit) override;
  Result<void> restate(const std::function<Result<void>(const LogRecord&)>& tell) override;
  Result<void> reread(const std::atomic<bool>& stop) override;

 private:
  static constexpr std::size_t kStripesCount = 64;
  /// Holds the stripes of one or two accounts, in index order.
  class Hold;
  struct Token {
    std::string text, hash;
  };

  static Token new_token();
  static std::string hash_of(std::string_view token);  ///< "" for what cannot be a token
  std::string handle_hash(std::string_view handle) const;

  Result<void> load_people(Session& session);
  Result<void> load_graph(Session& session);

  // Accounts
  Result<Account> check_form(const SignUp& form) const;
  Result<void> check_free(Session& session, std::string_view handle) const;
  static Result<bool> has_row(Session& session, std::string_view sql, std::int64_t key);
  static Result<bool> is_account(Session& session, PersonKey person);
  Result<PersonKey> take_guest(Session& session, const std::optional<Viewer>& guest,
                               std::vector<std::string>& ended_tokens) const;
  Result<void> insert_account(Session& session, const Account& account, const SignUp& form,
                              const std::string& password_hash) const;
  Result<void> write_words(Session& session, const Account& account) const;
  engine::PersonChanged facts_of(const Account& account) const;
  Result<void> log_person(Session& session, const Account& account) const;
  Result<void> erase_account(Session& session, const Account& account, bool retire_handle,
                             std::vector<std::string>& ended_tokens) const;
  Result<void> erase_rows(Session& session, AccountId account, PersonKey person) const;
  /// What the engine holds of her is gone when this is committed.
  Result<void> append_erasure(Session& session, PersonKey person) const;
  Result<void> remove_account(AccountId id, bool retire_handle);

  // Passwords
  static Result<std::string> prepare_new_password(std::string_view handle,
                                                  std::string_view password,
                                                  std::string_view field = "password");
  /// Errors: unauthenticated (nothing was changed), exhausted.
  /// `tries` names what wrong tries are counted by.
  Result<void> check_password(const Account& account, std::string_view password,
                              const std::string& tries);
  /// What tries to open this account from there are counted by.
  Result<std::string> tries_of(const std::string& folded, AccountId account,
                               const SignInFrom& from);
  std::string code_hash(std::string_view code) const;
  Result<void> insert_code(Session& session, AccountId account, std::string_view code,
                           std::int64_t ends_ms) const;

  // Sessions
  /// A session of its own: a family with one token.
  /// Also remembers the network as one that the account has used.
  Result<void> insert_session(Session& session, AccountId account, const Token& token,
                              const SignInFrom& from) const;
  /// For what was allowed before the transaction began. Errors: unauthenticated (ended meanwhile).
  static Result<void> need_session(Session& session, const Viewer& viewer);
  static Result<void> end_sessions(Session& session, AccountId account,
                                   std::string_view kept_family,
                                   std::vector<std::string>& ended_tokens);
  static Result<void> end_family(Session& session, AccountId account, const std::string& family,
                                 std::vector<std::string>& ended_tokens);
  static Result<void> replace_older(Session& session, const SessionRow& row, std::int64_t now_ms,
                                    std::vector<std::string>& replaced);
  Result<void> end_oldest_sessions(Session& session, AccountId account,
                                   std::vector<std::string>& ended_tokens) const;
  Result<std::optional<SessionRow>> read_session(const std::string& hash);
  std::string guest_token(PersonKey person, std::int64_t ends_ms, std::string_view language) const;
  Result<Viewer> guest_of(std::string_view token, std::int64_t now_ms);
  struct ErasedGuests {
    std::vector<PersonKey> people;
    std::vector<std::string> tokens;  ///< their hashes
  };
  Result<void> erase_guests(Session& session, std::span<const PersonKey> people,
                            ErasedGuests& erased) const;
  void forget_guests(const ErasedGuests& erased);
  Result<void> sign_out_guest(const Viewer& guest);
  Result<Viewer> viewer_of(const SessionRow& row, std::int64_t now_ms);
  /// For a sign-in that could not be stored for `problem`, which is returned where memory holds no
  /// more.
  Result<void> hold_session(UnwrittenSession session, const Error& problem);
  /// Stores what is held in memory, if the disk takes it. At most once a second with `due` only.
  void write_sessions(bool due);
  Result<void> write_session(Session& session, const UnwrittenSession& held,
                             std::vector<std::string>& ended_tokens) const;
  void extend_session(const std::string& hash, const SessionRow& row, std::int64_t now_ms);
  void sweep();
  Result<void> sweep_guests();
  Result<void> sweep_sessions();

  // Graph
  /// The two people of an edge. Errors: unauthenticated, not_found, invalid_argument (the same).
  struct Pair {
    Account viewer, other;
  };
  Result<Pair> pair_of(const Viewer& viewer, AccountId other) const;
  Result<std::string> mute_target(const Viewer& viewer, MuteKind kind, std::string_view what) const;
  Result<bool> write_follow(Session& session, const Account& viewer, const Account& other,
                            bool on) const;
  Result<AccountPage> follow_page(std::string_view sql, AccountId id, std::string_view cursor,
                                  int limit);

  std::int64_t session_ttl_ms() const;
  Parts parts_;
  Directory directory_;
  SessionCache sessions_;
  UnwrittenSessions unwritten_;
  Mutex writing_;  ///< held while sessions go from memory to the disk, or end in between
  GuestTable guests_;
  Passwords passwords_;
  const Devices devices_;
  std::vector<DeleteHook> delete_hooks_;
  std::array<Mutex, kStripesCount> stripes_;
  std::atomic<std::int64_t> next_sweep_ms_{0}, next_write_ms_{0};
};

class AccountsImpl::Hold {
 public:
  Hold(AccountsImpl& accounts, std::uint64_t a, std::uint64_t b = 0)
      FILOSCOPE_TSA(no_thread_safety_analysis);
  ~Hold() FILOSCOPE_TSA(no_thread_safety_analysis);
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Mutex* first_ = nullptr;
  Mutex* second_ = nullptr;
};

}  // namespace filoscope::accounts
