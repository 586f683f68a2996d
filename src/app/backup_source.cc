#include "app/backup_source.h"

#include <algorithm>

#include "adapters/files/checked_blob_store.h"
#include "app/reasons.h"
#include "app/records.h"
#include "app/schema.h"
#include "base/clock.h"
#include "base/log.h"
#include "feed/schema.h"
#include "upload/schema.h"

namespace filoscope::app {
namespace {

constexpr std::int64_t kKeptBeforeMigration = 3;

using Versions = std::vector<std::pair<std::string, std::int64_t>>;

bool has_module(const Versions& versions, std::string_view name) {
  return std::any_of(versions.begin(), versions.end(),
                     [&](const auto& version) { return version.first == name; });
}

/// Whether a module's tables are older than this program's.
bool is_older(const Versions& versions, std::span<const backup::Module> modules) {
  return std::any_of(versions.begin(), versions.end(), [&](const auto& version) {
    return std::any_of(modules.begin(), modules.end(), [&](const auto& module) {
      return module.name == version.first &&
             version.second < static_cast<std::int64_t>(module.steps.size());
    });
  });
}

/// Whether a module's tables, or a module, are of a newer program.
bool is_newer(const Versions& versions, std::span<const backup::Module> modules) {
  return std::any_of(versions.begin(), versions.end(), [&](const auto& version) {
    return std::none_of(modules.begin(), modules.end(), [&](const auto& module) {
      return module.name == version.first &&
             version.second <= static_cast<std::int64_t>(module.steps.size());
    });
  });
}

/// The records alone, of whichever release.
Result<backup::Source::Needs> needs_of_records(Session& session) {
  backup::Source::Needs needs;
  FILOSCOPE_TRY(const auto versions, records::module_versions(session));
  if (!has_module(versions, "feed")) return needs;
  FILOSCOPE_TRY(needs.engine_from, feed::replay_base(session));
  return needs;
}

Result<backup::ObjectStore> back_up_records(const DataFolder& folder, Database& database,
                                            const records::Dialect& dialect) {
  FILOSCOPE_TRY(auto store, backup::ObjectStore::open(folder.path() / kBackupsBelow,
                                                      backup::ObjectStore::Missing::make));
  FILOSCOPE_TRY(const auto made,
                backup::make(records_source(folder.path(), installation_id(folder.master_key()),
                                            database, dialect),
                             store, [](double, const std::string&) {}));
  log::info("backup.before_migration", {{"name", made.name}, {"rows", made.rows_count}});
  return store;
}

/// All that is older, so that the next start finds nothing to back up again.
Result<void> migrate_older(Database& database, const Versions& versions,
                           std::span<const backup::Module> modules) {
  for (const auto& module : modules)
    if (has_module(versions, module.name))
      FILOSCOPE_DO(database.migrate(module.name, module.steps));
  return {};
}

}  // namespace

Result<backup::Source::Needs> needs_of(Session& session, std::span<const backup::Module> modules) {
  backup::Source::Needs needs;
  FILOSCOPE_TRY(const auto versions, records::module_versions(session));
  if (is_newer(versions, modules)) return Error(reason("backup_of_newer_tables"));
  if (is_older(versions, modules)) return Error(reason("backup_of_older_tables"));
  FILOSCOPE_DO(each_blob_sum(session, [&](const std::string& key, const FileSum& sum) {
    needs.blobs.emplace(key, backup::Object{sum.sha256, sum.size_bytes});
  }));
  FILOSCOPE_TRY(const auto names, upload::waiting_files(session));
  for (const auto& name : names) needs.files.push_back("uploads/" + name);
  FILOSCOPE_TRY(needs.engine_from, feed::replay_base(session));
  return needs;
}

std::function<Result<void>(const backup::Source::Look&)> snapshots_of(Database& database) {
  return [&database](const backup::Source::Look& look) {
    return database.read([&](Session& session) -> Result<void> {
      // Its first query fixes what a transaction sees.
      FILOSCOPE_DO(session.query("SELECT 1", {}, [](const Row&) {}));
      return look(session, SystemClock().now_ms());
    });
  };
}

backup::Source records_source(const std::filesystem::path& folder, const std::string& installation,
                              Database& database, const records::Dialect& dialect) {
  return {dialect, snapshots_of(database), folder, nullptr, installation, needs_of_records};
}

Result<void> back_up_before_migration(const DataFolder& folder, Database& database,
                                      const Config& config) {
  if (!config[kBackupBeforeMigration]) return {};
  const auto& dialect = dialect_of(config);
  const auto modules = all_modules(dialect);
  Versions versions;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(versions, records::module_versions(session));
    return {};
  }));
  if (!is_older(versions, modules)) return {};
  auto store = back_up_records(folder, database, dialect);
  if (!store) return Error(reason("backup_before_migration_failed"), store.error().message);
  FILOSCOPE_DO(migrate_older(database, versions, modules));
  if (const auto kept = backup::keep_newest(*store, kKeptBeforeMigration); !kept)
    log::warn("backup.older_ones_stay", {{"reason", kept.error().message}});
  return {};
}

}  // namespace filoscope::app
