#include "accounts/accounts_impl.h"
#include "accounts/page_cursor.h"
#include "accounts/text.h"
#include "engine/records.h"

namespace filoscope::accounts {
namespace {

constexpr std::size_t kKeyCharactersMax = 100;

Error sign_in_first() { return Error(reason("sign_in_first")); }

/// One word as a key; `refusal` when it is none or several.
Result<std::string> word_key(std::string_view field, std::string_view typed, Error refusal) {
  FILOSCOPE_TRY(const auto clean, clean_text(field, typed, Lines::one, kKeyCharactersMax));
  auto folded = fold_text(clean);
  if (folded.empty() || folded.find(' ') != std::string::npos) return std::move(refusal).at(field);
  return folded;
}

}  // namespace

Result<std::string> hashtag_key(std::string_view typed) {
  if (typed.starts_with('#')) typed.remove_prefix(1);
  return word_key("hashtag", typed, Error(reason("not_one_hashtag")));
}

AccountsImpl::Hold::Hold(AccountsImpl& accounts, std::uint64_t a, std::uint64_t b) {
  const auto stripe = [&](std::uint64_t key) {
    return &accounts.stripes_[std::hash<AccountId>()(AccountId{key}) % kStripesCount];
  };
  first_ = stripe(a);
  second_ = b == 0 ? first_ : stripe(b);
  if (second_ < first_) std::swap(first_, second_);
  first_->lock();
  if (second_ != first_) second_->lock();
}

AccountsImpl::Hold::~Hold() {
  if (second_ != first_) second_->unlock();
  first_->unlock();
}

Result<void> AccountsImpl::load_graph(Session& session) {
  FILOSCOPE_DO(
      session.query("SELECT follower, followed FROM accounts_follows", {}, [this](const Row& row) {
        directory_.set_follow(AccountId::from_db(row.integer(0)),
                              AccountId::from_db(row.integer(1)), true);
      }));
  FILOSCOPE_DO(
      session.query("SELECT account, other FROM accounts_blocks", {}, [this](const Row& row) {
        directory_.set_block(AccountId::from_db(row.integer(0)), AccountId::from_db(row.integer(1)),
                             true);
      }));
  return session.query(
      "SELECT person, kind, what FROM accounts_mutes ORDER BY at_ms", {}, [this](const Row& row) {
        directory_.set_mute(PersonKey::from_db(row.integer(0)),
                            static_cast<MuteKind>(row.integer(1)), row.text(2), true);
      });
}

Result<AccountsImpl::Pair> AccountsImpl::pair_of(const Viewer& viewer, AccountId other) const {
  if (!viewer.account) return sign_in_first();
  auto self = directory_.get(viewer.account);
  if (!self) return sign_in_first();
  auto found = directory_.get(other);
  if (!found) return no_such_account();
  if (self->id == other) {
    return Error(reason("own_account"));
  }
  return Pair{*std::move(self), *std::move(found)};
}

Result<bool> AccountsImpl::write_follow(Session& session, const Account& viewer,
                                        const Account& other, bool on) const {
  const auto now_ms = parts_.clock.now_ms();
  std::int64_t count = 0;
  if (on) {
    FILOSCOPE_TRY(count, session.execute("INSERT INTO accounts_follows (follower, followed, at_ms) "
                                         "VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                                         {viewer.id.db(), other.id.db(), now_ms}));
  } else {
    FILOSCOPE_TRY(
        count, session.execute("DELETE FROM accounts_follows WHERE follower = ? AND followed = ?",
                               {viewer.id.db(), other.id.db()}));
  }
  if (count == 0) return false;
  LogRecord record = engine::encode(viewer.person, engine::Follow{other.person, on});
  record.at_ms = now_ms;
  FILOSCOPE_DO(parts_.log.append(session, {&record, 1}));
  return true;
}

Result<void> AccountsImpl::set_follow(const Viewer& viewer, AccountId other, bool on) {
  FILOSCOPE_DO(set_follow_with(viewer, other, on, {}));
  return {};
}

Result<bool> AccountsImpl::set_follow_with(const Viewer& viewer, AccountId other, bool on,
                                           const Also& also) {
  const Hold hold(*this, viewer.account.value, other.value);
  FILOSCOPE_TRY(const Pair pair, pair_of(viewer, other));
  if (directory_.follows(viewer.account, other) == on) return false;
  if (on && directory_.blocked(viewer.account, other)) {
    return Error(reason("follow_denied"));
  }
  if (on && directory_.counts(viewer.account).following >= parts_.config[kFollowsMax]) {
    return Error(reason("too_many_follows"), parts_.config[kFollowsMax]);
  }
  bool changed = false;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(changed, write_follow(session, pair.viewer, pair.other, on));
    if (changed && also) FILOSCOPE_DO(also(session));
    return {};
  }));
  directory_.set_follow(viewer.account, other, on);
  return changed;
}

Result<void> AccountsImpl::set_block(const Viewer& viewer, AccountId other, bool on) {
  const Hold hold(*this, viewer.account.value, other.value);
  FILOSCOPE_TRY(const Pair pair, pair_of(viewer, other));
  if (directory_.blocks(viewer.account, other) == on) return {};
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    const auto now_ms = parts_.clock.now_ms();
    std::int64_t count = 0;
    if (on) {
      FILOSCOPE_DO(write_follow(session, pair.viewer, pair.other, false));
      FILOSCOPE_DO(write_follow(session, pair.other, pair.viewer, false));
      FILOSCOPE_TRY(count, session.execute("INSERT INTO accounts_blocks (account, other, at_ms) "
                                           "VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                                           {viewer.account.db(), other.db(), now_ms}));
    } else {
      FILOSCOPE_TRY(count,
                    session.execute("DELETE FROM accounts_blocks WHERE account = ? AND other = ?",
                                    {viewer.account.db(), other.db()}));
    }
    if (count == 0) return {};
    LogRecord record = engine::encode(pair.viewer.person, engine::Block{pair.other.person, on});
    record.at_ms = now_ms;
    FILOSCOPE_DO(parts_.log.append(session, {&record, 1}));
    return {};
  }));
  if (on) {
    directory_.set_follow(viewer.account, other, false);
    directory_.set_follow(other, viewer.account, false);
  }
  directory_.set_block(viewer.account, other, on);
  return {};
}

Result<std::string> AccountsImpl::mute_target(const Viewer& viewer, MuteKind kind,
                                              std::string_view what) const {
  if (kind == MuteKind::person) {
    const auto other = directory_.find(what);
    if (!other) return no_such_account();
    if (other->id == viewer.account) {
      return Error(reason("own_account"));
    }
    return other->id.text();
  }
  if (kind == MuteKind::hashtag) return hashtag_key(what);
  return word_key("word", what, Error(reason("not_one_word")));
}

Result<void> AccountsImpl::set_mute(const Viewer& viewer, MuteKind kind, std::string_view what,
                                    bool on) {
  if (!viewer.person) return sign_in_first();
  FILOSCOPE_TRY(const auto target, mute_target(viewer, kind, what));
  const auto other = kind == MuteKind::person ? AccountId::parse(target) : std::nullopt;
  const Hold hold(*this, viewer.account ? viewer.account.value : viewer.person.value,
                  other ? other->value : 0);
  engine::Mute body;
  body.kind = static_cast<engine::MuteKind>(kind);
  body.on = on;
  if (other) {
    const auto person = directory_.person_of(*other);
    if (!person) return no_such_account();
    body.key = person->value;
  } else {
    body.key = engine::text_key(target);
  }
  if (viewer.account && !directory_.person_of(viewer.account)) return sign_in_first();
  if (on) FILOSCOPE_DO(keep_guest(viewer));
  if (on &&
      directory_.mutes_count(viewer.person) >= static_cast<std::size_t>(parts_.config[kMutesMax])) {
    return Error(reason("too_many_mutes"), parts_.config[kMutesMax]);
  }
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    const auto now_ms = parts_.clock.now_ms();
    const auto kind_number = static_cast<std::int64_t>(kind);
    if (!viewer.account) {
      bool known = false;
      FILOSCOPE_DO(session.query("SELECT 1 FROM accounts_guests WHERE person = ?",
                                 {viewer.person.db()}, [&](const Row&) { known = true; }));
      if (!known) return on ? sign_in_first() : Result<void>();
    }
    std::int64_t count = 0;
    if (on) {
      FILOSCOPE_TRY(count, session.execute("INSERT INTO accounts_mutes (person, kind, what, at_ms) "
                                           "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                                           {viewer.person.db(), kind_number, target, now_ms}));
    } else {
      FILOSCOPE_TRY(count, session.execute("DELETE FROM accounts_mutes WHERE person = ? AND "
                                           "kind = ? AND what = ?",
                                           {viewer.person.db(), kind_number, target}));
    }
    if (count == 0) return {};
    LogRecord record = engine::encode(viewer.person, body);
    record.at_ms = now_ms;
    FILOSCOPE_DO(parts_.log.append(session, {&record, 1}));
    return {};
  }));
  directory_.set_mute(viewer.person, kind, target, on);
  return {};
}

Result<Mutes> AccountsImpl::mutes(const Viewer& viewer) {
  if (!viewer.person) return Mutes{};
  return directory_.mutes(viewer.person);
}

Relation AccountsImpl::relation(const Viewer& viewer, AccountId other) const {
  return directory_.relation(viewer, other);
}

bool AccountsImpl::blocked(AccountId a, AccountId b) const { return directory_.blocked(a, b); }

bool AccountsImpl::follows(AccountId follower, AccountId followed) const {
  return directory_.follows(follower, followed);
}

Counts AccountsImpl::counts(AccountId id) const { return directory_.counts(id); }

Result<AccountPage> AccountsImpl::follow_page(std::string_view sql, AccountId id,
                                              std::string_view cursor, int limit) {
  FILOSCOPE_DO(check_limit(limit));
  FILOSCOPE_TRY(const auto after, PageCursor::parse(cursor));
  std::vector<PageCursor> rows;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query(
        sql, {id.db(), after.at_ms, after.at_ms, after.id, static_cast<std::int64_t>(limit) + 1},
        [&](const Row& row) {
          rows.push_back({row.integer(1), row.integer(0)});
        });
  }));
  AccountPage page;
  if (rows.size() > static_cast<std::size_t>(limit)) {
    rows.pop_back();
    page.next_cursor = rows.back().text();
  }
  std::vector<AccountId> ids;
  for (const auto& row : rows) ids.push_back(AccountId::from_db(row.id));
  page.items = directory_.get_many(ids);
  return page;
}

Result<AccountPage> AccountsImpl::followers(AccountId id, std::string_view cursor, int limit) {
  return follow_page(
      "SELECT follower, at_ms FROM accounts_follows WHERE followed = ? AND (at_ms < ? OR "
      "(at_ms = ? AND follower < ?)) ORDER BY at_ms DESC, follower DESC LIMIT ?",
      id, cursor, limit);
}

Result<AccountPage> AccountsImpl::following(AccountId id, std::string_view cursor, int limit) {
  return follow_page(
      "SELECT followed, at_ms FROM accounts_follows WHERE follower = ? AND (at_ms < ? OR "
      "(at_ms = ? AND followed < ?)) ORDER BY at_ms DESC, followed DESC LIMIT ?",
      id, cursor, limit);
}

}  // namespace filoscope::accounts
