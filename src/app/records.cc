#include "app/records.h"

#include <filesystem>
#include <string>

#include "adapters/postgres/postgres_database.h"
#include "adapters/postgres/postgres_event_log.h"
#include "adapters/postgres/postgres_tables.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "adapters/sqlite/sqlite_tables.h"
#include "app/backup_source.h"
#include "app/reasons.h"
#include "app/schema.h"
#include "base/crypto.h"
#include "base/file.h"

namespace filoscope::app {
namespace {

/// Keeps whose the database is, or compares it with what was kept.
Result<void> check_owner(const DataFolder& folder, Database& database) {
  FILOSCOPE_DO(database.migrate("installation", installation_migrations()));
  const auto own = installation_id(folder.master_key());
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

std::filesystem::path sqlite_path(const std::filesystem::path& folder) {
  return folder / "filoscope.db";
}

std::string installation_id(const crypto::Key& master_key) {
  return crypto::hex(crypto::derive_key(master_key, "installation"));
}

Result<void> check_records_place(const std::filesystem::path& folder, const Config& config) {
  const bool elsewhere = !config[kDatabaseUrl].empty();
  std::error_code problem;
  if (elsewhere && std::filesystem::exists(sqlite_path(folder), problem))
    return Error(reason("records_in_folder"), folder.string());
  if (!elsewhere && std::filesystem::exists(folder / kRecordsElsewhere, problem))
    return Error(reason("records_elsewhere"), folder.string());
  return {};
}

Result<void> mark_records_elsewhere(const std::filesystem::path& folder) {
  constexpr std::string_view said = "The records of this folder are in PostgreSQL.\n";
  return write_file_durably(folder / kRecordsElsewhere, crypto::as_bytes(said));
}

const records::Dialect& dialect_of(const Config& config) {
  return config[kDatabaseUrl].empty() ? sqlite_dialect() : postgres_dialect();
}

Result<std::unique_ptr<Database>> open_records(const std::filesystem::path& folder,
                                               const Config& config) {
  const auto& url = config[kDatabaseUrl];
  return url.empty() ? open_sqlite(SqliteOptions::from(config, sqlite_path(folder)))
                     : open_postgres(PostgresOptions::from(config, url));
}

Result<std::unique_ptr<Database>> open_database(const DataFolder& folder, const Config& config) {
  FILOSCOPE_DO(check_records_place(folder.path(), config));
  FILOSCOPE_TRY(auto database, open_records(folder.path(), config));
  if (!config[kDatabaseUrl].empty()) FILOSCOPE_DO(mark_records_elsewhere(folder.path()));
  FILOSCOPE_DO(check_owner(folder, *database));
  FILOSCOPE_DO(back_up_before_migration(folder, *database, config));
  return database;
}

Result<std::unique_ptr<EventLog>> open_event_log(Database& database, const Config& config) {
  const auto& url = config[kDatabaseUrl];
  return url.empty() ? open_sqlite_event_log(database)
                     : open_postgres_event_log(database, PostgresOptions::from(config, url));
}

}  // namespace filoscope::app
