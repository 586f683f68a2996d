/// What the log was told of people, told again from the tables.

#include "accounts/accounts_impl.h"

namespace filoscope::accounts {
namespace {

using Tell = std::function<Result<void>(const LogRecord&)>;

/// Tells a record for each row; `make` gives none for a row that is to be passed over.
template <typename Make>
Result<void> tell_rows(Database& database, std::string_view sql, const Tell& tell, Make make) {
  return database.read([&](Session& session) -> Result<void> {
    Result<void> outcome;
    FILOSCOPE_DO(session.query(sql, {}, [&](const Row& row) {
      if (!outcome) return;
      if (std::optional<LogRecord> record = make(row)) outcome = tell(*record);
    }));
    return outcome;
  });
}

}  // namespace

Result<void> AccountsImpl::restate(const Tell& tell) {
  auto& database = parts_.database;
  const auto person = [&](const Row& row, int column) {
    return directory_.person_of(AccountId::from_db(row.integer(column)));
  };
  const auto between = [&](const auto& body_of) {
    return [&](const Row& row) -> std::optional<LogRecord> {
      const auto who = person(row, 0);
      const auto other = person(row, 1);
      if (!who || !other) return std::nullopt;
      return engine::encode(*who, body_of(*other));
    };
  };
  FILOSCOPE_DO(tell_rows(database, "SELECT id FROM accounts_people ORDER BY id", tell,
                         [&](const Row& row) -> std::optional<LogRecord> {
                           const auto one = directory_.get(AccountId::from_db(row.integer(0)));
                           if (!one) return std::nullopt;
                           return engine::encode(one->person, facts_of(*one));
                         }));
  FILOSCOPE_DO(tell_rows(
      database,
      "SELECT follower, followed FROM accounts_follows ORDER BY at_ms, follower, followed", tell,
      between([](PersonKey other) {
        return engine::Follow{other, true};
      })));
  FILOSCOPE_DO(tell_rows(
      database, "SELECT account, other FROM accounts_blocks ORDER BY at_ms, account, other", tell,
      between([](PersonKey other) {
        return engine::Block{other, true};
      })));
  return tell_rows(
      database, "SELECT person, kind, what FROM accounts_mutes ORDER BY at_ms, person, kind, what",
      tell, [&](const Row& row) -> std::optional<LogRecord> {
        engine::Mute body;
        body.kind = static_cast<engine::MuteKind>(row.integer(1));
        const auto what = row.text(2);
        body.key = engine::text_key(what);
        if (body.kind == engine::MuteKind::person) {
          const auto id = AccountId::parse(what);
          const auto other = id ? directory_.person_of(*id) : std::nullopt;
          if (!other) return std::nullopt;
          body.key = other->value;
        }
        return engine::encode(PersonKey::from_db(row.integer(0)), body);
      });
}

}  // namespace filoscope::accounts
