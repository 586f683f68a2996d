#include "adapters/records/migrations.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/crypto.h"
#include "ports/reasons.h"

namespace filoscope::records {
namespace {

struct Applied {
  int version = 0;
  std::string checksum;
};

Result<void> check_numbers(std::string_view module, std::span<const Migration> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (static_cast<std::size_t>(steps[i].version) != i + 1) {
      return Error(Code::internal, fmt::format("the migrations of {} have a gap: {} stands where "
                                               "{} belongs",
                                               module, steps[i].version, i + 1));
    }
  }
  return {};
}

Result<void> make_table(Database& database) {
  const auto made = database.read([](Session& session) {
    return session.query("SELECT 1 FROM schema_migrations LIMIT 1", {}, [](const Row&) {});
  });
  if (made) return {};
  return database.write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("CREATE TABLE IF NOT EXISTS schema_migrations ("
                        "module TEXT NOT NULL, version BIGINT NOT NULL, "
                        "checksum TEXT NOT NULL, PRIMARY KEY (module, version))"));
    return {};
  });
}

Result<std::vector<Applied>> find_applied(Database& database, std::string_view module) {
  FILOSCOPE_DO(make_table(database));
  std::vector<Applied> rows;
  FILOSCOPE_DO(database.read([&](Session& session) {
    rows.clear();
    return session.query(
        "SELECT version, checksum FROM schema_migrations WHERE module = ? ORDER BY version",
        {std::string(module)}, [&](const Row& row) {
          rows.push_back({static_cast<int>(row.integer(0)), row.text(1)});
        });
  }));
  return rows;
}

}  // namespace

Result<void> run_migrations(Database& database, std::string_view module,
                            std::span<const Migration> steps, const RunScript& run) {
  FILOSCOPE_DO(check_numbers(module, steps));
  FILOSCOPE_TRY(const auto done, find_applied(database, module));
  if (done.size() > steps.size()) {
    return Error(ports::reason("database_tables_too_new"), module, done.size(), steps.size());
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    const auto checksum = crypto::hex(crypto::sha256(step.sql));
    if (i < done.size()) {
      if (done[i].version != step.version) {
        return Error(Code::corrupt, fmt::format("migration {} of {} is missing in the database",
                                                step.version, module));
      }
      if (done[i].checksum == checksum) continue;
      return Error(ports::reason("migration_changed"), step.version, module);
    }
    FILOSCOPE_DO(database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(run(session, step.sql));
      FILOSCOPE_DO(session.execute(
          "INSERT INTO schema_migrations (module, version, checksum) VALUES (?, ?, ?)",
          {std::string(module), std::int64_t{step.version}, checksum}));
      return {};
    }));
  }
  return {};
}

}  // namespace filoscope::records
