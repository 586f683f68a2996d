#include "accounts/reread.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include "base/log.h"

namespace filoscope::accounts {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::max(), kDone = 0;
constexpr int kRestsPerStep = 4;
constexpr auto kRestMax = std::chrono::seconds(1);

Result<void> save_position(Session& session, const std::string& name, std::int64_t version,
                           std::int64_t position) {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO accounts_reread (name, version, below) VALUES (?, ?, ?) ON CONFLICT (name) DO "
      "UPDATE SET version = excluded.version, below = excluded.below",
      {name, version, position}));
  return {};
}

}  // namespace

Result<void> begin_at_version(Database& database, const std::string& name, std::int64_t version,
                              const std::string& table) {
  bool begun = false;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    begun = false;
    const auto mark = [&](const Row&) { begun = true; };
    FILOSCOPE_DO(session.query("SELECT 1 FROM accounts_reread WHERE name = ?", {name}, mark));
    return session.query("SELECT 1 FROM " + table + " LIMIT 1", {}, mark);
  }));
  if (begun) return {};
  const auto done = database.write(
      [&](Session& session) { return save_position(session, name, version, kDone); });
  if (!done) log::warn("reread_not_begun", {{"name", name}, {"reason", done.error().message}});
  return {};
}

Result<void> read_again(Database& database, const std::string& name, std::int64_t version,
                        const std::atomic<bool>& stop, const RereadStep& step) {
  std::int64_t below = kFirst;
  FILOSCOPE_DO(database.read([&](Session& session) {
    return session.query("SELECT below FROM accounts_reread WHERE name = ? AND version = ?",
                         {name, version}, [&](const Row& row) { below = row.integer(0); });
  }));
  const SavePosition save = [&](Session& session, std::int64_t position) -> Result<void> {
    FILOSCOPE_DO(save_position(session, name, version, position));
    below = position;
    return {};
  };
  while (below != kDone && !stop) {
    const auto from = SteadyClock::now();
    FILOSCOPE_TRY(const bool more, step(below, save));
    const auto took = SteadyClock::now() - from;
    std::this_thread::sleep_for(std::min<SteadyClock::duration>(kRestsPerStep * took, kRestMax));
    if (more) continue;
    FILOSCOPE_DO(database.write([&](Session& session) { return save(session, kDone); }));
  }
  return {};
}

}  // namespace filoscope::accounts
