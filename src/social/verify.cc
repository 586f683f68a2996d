#include "social/verify.h"

#include <array>

#include "base/id.h"

namespace filoscope::social {
namespace {

constexpr std::size_t kFindingsMax = 100;

struct Count {
  std::string_view name, table;
};
constexpr std::array kCounts = {Count{"likes", "social_likes"}, Count{"saves", "social_saves"},
                                Count{"comments", "social_comments"},
                                Count{"shares", "social_shares"}};

/// Rows (video, count kept, rows found) where the two differ; also of videos without a count.
std::string difference_sql(const Count& count) {
  const std::string name(count.name), table(count.table);
  const std::string rows =
      "(SELECT COUNT(*) FROM " + table + " WHERE " + table + ".video = social_counts.video)";
  return "SELECT video, " + name + ", " + rows + " FROM social_counts WHERE " + name + " <> " +
         rows + " UNION ALL SELECT video, 0, COUNT(*) FROM " + table +
         " WHERE video NOT IN (SELECT video FROM social_counts) GROUP BY video";
}

}  // namespace

Result<std::vector<std::string>> verify_social(Database& database) {
  std::vector<std::string> findings;
  const auto find = [&](std::string text) {
    if (findings.size() < kFindingsMax) findings.push_back(std::move(text));
  };
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    findings.clear();
    for (const auto& count : kCounts) {
      FILOSCOPE_DO(session.query(difference_sql(count), {}, [&](const Row& row) {
        find("video " + VideoId::from_db(row.integer(0)).text() + " says " +
             std::to_string(row.integer(1)) + " " + std::string(count.name) + ", but has " +
             std::to_string(row.integer(2)));
      }));
    }
    return session.query(
        "SELECT COUNT(*) FROM social_counts WHERE removed = 0 AND (views < 0 OR likes < 0 OR "
        "comments < 0 OR saves < 0 OR shares < 0)",
        {}, [&](const Row& row) {
          if (row.integer(0) != 0) find(std::to_string(row.integer(0)) + " counts are negative");
        });
  }));
  return findings;
}

}  // namespace filoscope::social
