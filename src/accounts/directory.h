#pragma once

/// Every account, and the graph between them, in memory: what the hot path asks. The tables are the
/// truth; whoever commits a change tells it here before returning. Internal to this module.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "accounts/accounts.h"
#include "base/mutex.h"

namespace filoscope::accounts {

/// Threads: any.
class Directory {
 public:
  void put(const Account& account);  ///< new or changed; id, person and handle never change
  void remove(AccountId id);         ///< with its edges and mutes of it
  std::size_t count() const;

  std::optional<Account> get(AccountId id) const;
  std::optional<Account> find(std::string_view handle) const;
  std::vector<Account> get_many(std::span<const AccountId> ids) const;
  std::optional<AccountId> account_of(PersonKey person) const;
  std::optional<PersonKey> person_of(AccountId id) const;

  void set_follow(AccountId viewer, AccountId other, bool on);
  void set_block(AccountId viewer, AccountId other, bool on);  ///< leaves follows alone
  bool follows(AccountId viewer, AccountId other) const;
  bool blocks(AccountId viewer, AccountId other) const;
  bool blocked(AccountId a, AccountId b) const;  ///< either way
  Relation relation(const Viewer& viewer, AccountId other) const;
  Counts counts(AccountId id) const;

  void set_mute(PersonKey viewer, MuteKind kind, const std::string& what, bool on);
  void forget_mutes(PersonKey viewer);
  std::size_t mutes_count(PersonKey viewer) const;
  Mutes mutes(PersonKey viewer) const;

 private:
  using Ids = std::unordered_set<AccountId>;
  struct Entry {
    Account account;
    Ids following, followers, blocks, blocked_by;
  };
  struct MuteSet {
    std::vector<AccountId> people;
    std::vector<std::string> words, hashtags;
  };
  const Entry* entry(AccountId id) const FILOSCOPE_REQUIRES(mutex_);
  bool follows_locked(AccountId viewer, AccountId other) const FILOSCOPE_REQUIRES(mutex_);
  bool blocks_locked(AccountId viewer, AccountId other) const FILOSCOPE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::unordered_map<AccountId, Entry> entries_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unordered_map<std::string, AccountId> by_handle_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unordered_map<PersonKey, AccountId> by_person_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unordered_map<PersonKey, MuteSet> mutes_ FILOSCOPE_GUARDED_BY(mutex_);
};

}  // namespace filoscope::accounts
