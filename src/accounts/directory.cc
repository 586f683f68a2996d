#include "accounts/directory.h"

#include <algorithm>

#include "accounts/text.h"

namespace filoscope::accounts {
namespace {

template <typename T>
void set_listed(std::vector<T>& list, const T& value, bool on) {
  const auto found = std::find(list.begin(), list.end(), value);
  if (on && found == list.end()) list.push_back(value);
  if (!on && found != list.end()) list.erase(found);
}

void set_member(std::unordered_set<AccountId>& set, AccountId value, bool on) {
  if (on) {
    set.insert(value);
  } else {
    set.erase(value);
  }
}

}  // namespace

const Directory::Entry* Directory::entry(AccountId id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

void Directory::put(const Account& account) {
  Lock lock(mutex_);
  entries_[account.id].account = account;
  by_handle_[fold_handle(account.handle)] = account.id;
  by_person_[account.person] = account.id;
}

void Directory::remove(AccountId id) {
  Lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const Entry gone = std::move(found->second);
  entries_.erase(found);
  for (const auto other : gone.following) entries_[other].followers.erase(id);
  for (const auto other : gone.followers) entries_[other].following.erase(id);
  for (const auto other : gone.blocks) entries_[other].blocked_by.erase(id);
  for (const auto other : gone.blocked_by) entries_[other].blocks.erase(id);
  by_handle_.erase(fold_handle(gone.account.handle));
  by_person_.erase(gone.account.person);
  mutes_.erase(gone.account.person);
  for (auto& [person, set] : mutes_) set_listed(set.people, id, false);
}

std::size_t Directory::count() const {
  Lock lock(mutex_);
  return entries_.size();
}

std::optional<Account> Directory::get(AccountId id) const {
  Lock lock(mutex_);
  const auto* found = entry(id);
  return found ? std::optional(found->account) : std::nullopt;
}

std::optional<Account> Directory::find(std::string_view handle) const {
  Lock lock(mutex_);
  const auto found = by_handle_.find(fold_handle(handle));
  if (found == by_handle_.end()) return std::nullopt;
  return entries_.at(found->second).account;
}

std::vector<Account> Directory::get_many(std::span<const AccountId> ids) const {
  std::vector<Account> accounts;
  accounts.reserve(ids.size());
  Lock lock(mutex_);
  for (const auto id : ids) {
    if (const auto* found = entry(id)) accounts.push_back(found->account);
  }
  return accounts;
}

std::optional<AccountId> Directory::account_of(PersonKey person) const {
  Lock lock(mutex_);
  const auto found = by_person_.find(person);
  return found == by_person_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<PersonKey> Directory::person_of(AccountId id) const {
  Lock lock(mutex_);
  const auto* found = entry(id);
  return found ? std::optional(found->account.person) : std::nullopt;
}

void Directory::set_follow(AccountId viewer, AccountId other, bool on) {
  Lock lock(mutex_);
  const auto from = entries_.find(viewer), to = entries_.find(other);
  if (from == entries_.end() || to == entries_.end()) return;
  set_member(from->second.following, other, on);
  set_member(to->second.followers, viewer, on);
}

void Directory::set_block(AccountId viewer, AccountId other, bool on) {
  Lock lock(mutex_);
  const auto from = entries_.find(viewer), to = entries_.find(other);
  if (from == entries_.end() || to == entries_.end()) return;
  set_member(from->second.blocks, other, on);
  set_member(to->second.blocked_by, viewer, on);
}

bool Directory::follows_locked(AccountId viewer, AccountId other) const {
  const auto* found = entry(viewer);
  return found && found->following.contains(other);
}

bool Directory::blocks_locked(AccountId viewer, AccountId other) const {
  const auto* found = entry(viewer);
  return found && found->blocks.contains(other);
}

bool Directory::follows(AccountId viewer, AccountId other) const {
  Lock lock(mutex_);
  return follows_locked(viewer, other);
}

bool Directory::blocks(AccountId viewer, AccountId other) const {
  Lock lock(mutex_);
  return blocks_locked(viewer, other);
}

bool Directory::blocked(AccountId a, AccountId b) const {
  Lock lock(mutex_);
  const auto* found = entry(a);
  return found && (found->blocks.contains(b) || found->blocked_by.contains(b));
}

Relation Directory::relation(const Viewer& viewer, AccountId other) const {
  Lock lock(mutex_);
  Relation relation;
  relation.self = viewer.account && viewer.account == other;
  relation.follows = follows_locked(viewer.account, other);
  relation.followed_by = follows_locked(other, viewer.account);
  relation.blocks = blocks_locked(viewer.account, other);
  relation.blocked_by = blocks_locked(other, viewer.account);
  if (const auto found = mutes_.find(viewer.person); viewer.person && found != mutes_.end()) {
    const auto& people = found->second.people;
    relation.mutes = std::find(people.begin(), people.end(), other) != people.end();
  }
  return relation;
}

Counts Directory::counts(AccountId id) const {
  Lock lock(mutex_);
  const auto* found = entry(id);
  if (!found) return {};
  return {static_cast<std::int64_t>(found->followers.size()),
          static_cast<std::int64_t>(found->following.size())};
}

void Directory::set_mute(PersonKey viewer, MuteKind kind, const std::string& what, bool on) {
  Lock lock(mutex_);
  auto& set = mutes_[viewer];
  switch (kind) {
    case MuteKind::person:
      if (const auto id = AccountId::parse(what)) set_listed(set.people, *id, on);
      break;
    case MuteKind::word:
      set_listed(set.words, what, on);
      break;
    case MuteKind::hashtag:
      set_listed(set.hashtags, what, on);
      break;
  }
  if (set.people.empty() && set.words.empty() && set.hashtags.empty()) mutes_.erase(viewer);
}

void Directory::forget_mutes(PersonKey viewer) {
  Lock lock(mutex_);
  mutes_.erase(viewer);
}

std::size_t Directory::mutes_count(PersonKey viewer) const {
  Lock lock(mutex_);
  const auto found = mutes_.find(viewer);
  if (found == mutes_.end()) return 0;
  const auto& set = found->second;
  return set.people.size() + set.words.size() + set.hashtags.size();
}

Mutes Directory::mutes(PersonKey viewer) const {
  Lock lock(mutex_);
  Mutes mutes;
  const auto found = mutes_.find(viewer);
  if (found == mutes_.end()) return mutes;
  for (const auto id : found->second.people) {
    if (const auto* person = entry(id)) mutes.people.push_back(person->account);
  }
  mutes.words = found->second.words;
  mutes.hashtags = found->second.hashtags;
  return mutes;
}

}  // namespace filoscope::accounts
