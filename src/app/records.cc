#include "app/records.h"

#include <array>
#include <filesystem>
#include <string>

#include "adapters/postgres/postgres_database.h"
#include "adapters/postgres/postgres_event_log.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "app/reasons.h"
#include "base/crypto.h"
#include "base/file.h"

namespace filoscope::app {
namespace {

constexpr std::array kMigrations = {Migration{1, R"(
  CREATE TABLE installation (
    id TEXT NOT NULL PRIMARY KEY
  );
)"}};

std::filesystem::path sqlite_path(const DataFolder& folder) {
  return folder.path() / "filoscope.db";
}

/// Says in the folder that its records are in PostgreSQL.
std::filesystem::path mark_path(const DataFolder& folder) {
  return folder.path() / kRecordsElsewhere;
}

Result<void> check_folder(const DataFolder& folder, bool postgres) {
  std::error_code problem;
  if (postgres && std::filesystem::exists(sqlite_path(folder), problem))
    return Error(reason("records_in_folder"), folder.path().string());
  if (!postgres && std::filesystem::exists(mark_path(folder), problem))
    return Error(reason("records_elsewhere"), folder.path().string());
  return {};
}

/// Keeps whose the database is, or compares it with what was kept.
Result<void> check_owner(const DataFolder& folder, Database& database) {
  FILOSCOPE_DO(database.migrate("installation", kMigrations));
  const auto own = crypto::hex(crypto::derive_key(folder.master_key(), "installation"));
  const auto owner_of = [](Session& session) -> Result<std::string> {
    std::string id;
    FILOSCOPE_DO(session.query("SELECT id FROM installation", {},
                               [&](const Row& row) { id = row.text(0); }));
    return id;
  };
  std::string known;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(known, owner_of(session));
    return {};
  }));
  if (known == own) return {};  // also where nothing can be written
  return database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(known, owner_of(session));
    if (!known.empty()) return Error(reason("records_of_another_folder"), folder.path().string());
    FILOSCOPE_DO(session.execute("INSERT INTO installation (id) VALUES (?)", {own}));
    return {};
  });
}

}  // namespace

Result<std::unique_ptr<Database>> open_database(const DataFolder& folder, const Config& config) {
  const auto& url = config[kDatabaseUrl];
  FILOSCOPE_DO(check_folder(folder, !url.empty()));
  FILOSCOPE_TRY(auto database, url.empty()
                                   ? open_sqlite(SqliteOptions::from(config, sqlite_path(folder)))
                                   : open_postgres(PostgresOptions::from(config, url)));
  if (!url.empty()) {
    constexpr std::string_view said = "The records of this folder are in PostgreSQL.\n";
    FILOSCOPE_DO(write_file_durably(mark_path(folder), crypto::as_bytes(said)));
  }
  FILOSCOPE_DO(check_owner(folder, *database));
  return database;
}

Result<std::unique_ptr<EventLog>> open_event_log(Database& database, const Config& config) {
  const auto& url = config[kDatabaseUrl];
  return url.empty() ? open_sqlite_event_log(database)
                     : open_postgres_event_log(database, PostgresOptions::from(config, url));
}

}  // namespace filoscope::app
