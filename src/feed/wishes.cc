#include "feed/wishes.h"

#include "accounts/reasons.h"
#include "engine/records.h"
#include "feed/feed_impl.h"

namespace filoscope::feed {
namespace {

using engine::WishKind;

/// As it is kept: an author by her account, who may change her handle.
struct KeptWish {
  PersonKey person;
  WishKind kind = WishKind::hashtag;
  std::string value;
  int level = 0;
};

Result<std::vector<KeptWish>> read_wishes(Database& database, const char* where,
                                          std::initializer_list<SqlValue> values = {}) {
  std::vector<KeptWish> wishes;
  FILOSCOPE_DO(database.read([&](Session& session) {
    return session.query(
        std::string("SELECT person, kind, value, level FROM feed_wishes ") + where, values,
        [&](const Row& row) {
          const auto kind = engine::parse_wish_kind(row.text(1));
          if (kind)
            wishes.push_back({PersonKey::from_db(row.integer(0)), *kind, std::string(row.text(2)),
                              static_cast<int>(row.integer(3))});
        });
  }));
  return wishes;
}

/// The record of a wish; none for one for an author who is gone.
std::optional<LogRecord> record_of(accounts::Accounts& accounts, const KeptWish& wish) {
  engine::Wish body{wish.kind, 0, static_cast<std::uint8_t>(wish.level + engine::kWishMost)};
  if (wish.kind == WishKind::hashtag) body.key = engine::text_key(wish.value);
  if (wish.kind == WishKind::author) {
    const auto id = AccountId::parse(wish.value);
    const auto person = id ? accounts.person_of(*id) : std::nullopt;
    if (!person) return std::nullopt;
    body.key = person->value;
  }
  return engine::encode(wish.person, body);
}

/// The row of a wish, in place of what it stood at; false where it stands like that already.
Result<bool> put_wish(Session& session, const KeptWish& wish, std::int64_t at_ms) {
  const std::string kind(engine::to_string(wish.kind));
  int stood = 0;
  FILOSCOPE_DO(
      session.query("SELECT level FROM feed_wishes WHERE person = ? AND kind = ? AND value = ?",
                    {wish.person.db(), kind, wish.value},
                    [&](const Row& row) { stood = static_cast<int>(row.integer(0)); }));
  if (stood == wish.level) return false;
  FILOSCOPE_DO(
      session.execute("DELETE FROM feed_wishes WHERE person = ? AND kind = ? AND value = ?",
                      {wish.person.db(), kind, wish.value}));
  if (wish.level == 0) return true;
  std::int64_t count = 0;
  FILOSCOPE_DO(session.query("SELECT COUNT(*) FROM feed_wishes WHERE person = ?",
                             {wish.person.db()}, [&](const Row& row) { count = row.integer(0); }));
  constexpr auto kMost = static_cast<std::int64_t>(engine::kWishesMax);
  if (count >= kMost) return Error(reason("wishes_full"), kMost);
  FILOSCOPE_DO(session.execute(
      "INSERT INTO feed_wishes (person, kind, value, level, at_ms) VALUES (?, ?, ?, ?, ?)",
      {wish.person.db(), kind, wish.value, std::int64_t{wish.level}, at_ms}));
  return true;
}

}  // namespace

Result<std::vector<Wish>> FeedImpl::wishes(const accounts::Viewer& viewer) {
  if (!viewer.person) return Error(accounts::reason("sign_in_or_guest_first"));
  FILOSCOPE_TRY(const auto kept,
                read_wishes(parts_.database, "WHERE person = ? ORDER BY at_ms DESC, kind, value",
                            {viewer.person.db()}));
  std::vector<Wish> wishes;
  for (const auto& wish : kept) {
    std::string value = wish.value;
    if (wish.kind == WishKind::author) {
      const AccountId id = AccountId::parse(value).value_or(AccountId{});
      const auto accounts = parts_.accounts.get_many(std::span(&id, 1));
      if (!accounts || accounts->empty()) continue;
      value = accounts->front().handle;
    }
    wishes.push_back({wish.kind, value, wish.level});
  }
  return wishes;
}

Result<void> FeedImpl::set_wish(const accounts::Viewer& viewer, const Wish& wish) {
  if (!viewer.person) return Error(accounts::reason("sign_in_or_guest_first"));
  FILOSCOPE_DO(wish_rates_.take(viewer.person, 1, parts_.clock.mono_us()));
  KeptWish kept{viewer.person, wish.kind, "", wish.level};
  AccountId author;
  if (wish.kind == WishKind::hashtag) {
    FILOSCOPE_TRY(kept.value, accounts::hashtag_key(wish.value));
  }
  if (wish.kind == WishKind::author) {
    FILOSCOPE_TRY(const auto account, parts_.accounts.find(wish.value));
    kept.value = account.id.text(), author = account.id;
  }
  auto record = record_of(parts_.accounts, kept);
  if (!record) return Error(reason("wish_for_nothing"));
  record->at_ms = parts_.clock.now_ms();
  if (wish.level == 0 && !viewer.kept) return {};
  FILOSCOPE_DO(parts_.accounts.keep_guest(viewer));
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(parts_.accounts.need_person(session, viewer.person));
    if (author) FILOSCOPE_DO(parts_.accounts.need_account(session, author));
    FILOSCOPE_TRY(const bool changed, put_wish(session, kept, record->at_ms));
    if (changed) FILOSCOPE_DO(parts_.log.append(session, std::span(&*record, 1)));
    return {};
  });
}

Result<void> delete_wishes_for(Session& session, AccountId author) {
  FILOSCOPE_DO(session.execute("DELETE FROM feed_wishes WHERE kind = ? AND value = ?",
                               {std::string(engine::to_string(WishKind::author)), author.text()}));
  return {};
}

Result<void> restate_wishes(Database& database, accounts::Accounts& accounts,
                            const EngineHost::Tell& tell) {
  FILOSCOPE_TRY(const auto wishes, read_wishes(database, "ORDER BY at_ms, kind, value"));
  for (const auto& wish : wishes)
    if (const auto record = record_of(accounts, wish)) FILOSCOPE_DO(tell(*record));
  return {};
}

}  // namespace filoscope::feed
