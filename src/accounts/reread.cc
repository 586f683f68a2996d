#include "accounts/reread.h"

#include <limits>

namespace filoscope::accounts {
namespace {

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::max(), kDone = 0;

}  // namespace

Result<void> read_again(Database& database, const std::string& name, std::int64_t version,
                        const std::atomic<bool>& stop, const RereadStep& step) {
  std::int64_t below = kFirst;
  FILOSCOPE_DO(database.read([&](Session& session) {
    return session.query("SELECT below FROM accounts_reread WHERE name = ? AND version = ?",
                         {name, version}, [&](const Row& row) { below = row.integer(0); });
  }));
  const SavePosition save = [&](Session& session, std::int64_t position) -> Result<void> {
    FILOSCOPE_DO(session.execute(
        "INSERT INTO accounts_reread (name, version, below) VALUES (?, ?, ?) ON CONFLICT (name) DO "
        "UPDATE SET version = excluded.version, below = excluded.below",
        {name, version, position}));
    below = position;
    return {};
  };
  while (below != kDone && !stop) {
    FILOSCOPE_TRY(const bool more, step(below, save));
    if (more) continue;
    FILOSCOPE_DO(database.write([&](Session& session) { return save(session, kDone); }));
  }
  return {};
}

}  // namespace filoscope::accounts
