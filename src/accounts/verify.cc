#include "accounts/verify.h"

#include <array>

namespace filoscope::accounts {
namespace {

struct Rule {
  std::string_view sql;      ///< counts the rows that break it
  std::string_view finding;  ///< follows the number
};

constexpr std::array kRules = {
    Rule{"SELECT COUNT(*) FROM accounts_sessions WHERE account NOT IN (SELECT id FROM "
         "accounts_people)",
         "sessions belong to no account"},
    Rule{"SELECT COUNT(*) FROM accounts_recovery WHERE account NOT IN (SELECT id FROM "
         "accounts_people)",
         "recovery codes belong to no account"},
    Rule{"SELECT COUNT(*) FROM accounts_follows WHERE follower NOT IN (SELECT id FROM "
         "accounts_people) OR followed NOT IN (SELECT id FROM accounts_people)",
         "follows have an end without an account"},
    Rule{"SELECT COUNT(*) FROM accounts_blocks WHERE account NOT IN (SELECT id FROM "
         "accounts_people) OR other NOT IN (SELECT id FROM accounts_people)",
         "blocks have an end without an account"},
    Rule{"SELECT COUNT(*) FROM accounts_mutes WHERE person NOT IN (SELECT person FROM "
         "accounts_people) AND person NOT IN (SELECT person FROM accounts_guests)",
         "mutes belong to nobody"},
    Rule{"SELECT COUNT(*) FROM accounts_words WHERE account NOT IN (SELECT id FROM "
         "accounts_people)",
         "search words belong to no account"},
    Rule{"SELECT COUNT(*) FROM accounts_people WHERE id NOT IN (SELECT account FROM "
         "accounts_words)",
         "accounts cannot be found by any word"},
    Rule{"SELECT COUNT(*) FROM accounts_follows JOIN accounts_blocks ON (account = follower AND "
         "other = followed) OR (account = followed AND other = follower)",
         "follows hold in spite of a block"},
    Rule{"SELECT COUNT(*) FROM accounts_guests JOIN accounts_people ON accounts_people.person = "
         "accounts_guests.person",
         "pseudonyms belong to a guest and to an account"},
};

}  // namespace

Result<std::vector<std::string>> verify_accounts(Database& database) {
  std::vector<std::string> findings;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    findings.clear();
    for (const auto& rule : kRules) {
      std::int64_t count = 0;
      FILOSCOPE_DO(session.query(rule.sql, {}, [&](const Row& row) { count = row.integer(0); }));
      if (count != 0) findings.push_back(std::to_string(count) + " " + std::string(rule.finding));
    }
    return {};
  }));
  return findings;
}

}  // namespace filoscope::accounts
