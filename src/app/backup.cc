#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "adapters/files/file_blob_store.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_tables.h"
#include "app/backup_source.h"
#include "app/commands.h"
#include "app/output.h"
#include "app/reasons.h"
#include "app/records.h"
#include "app/schema.h"
#include "base/log.h"
#include "base/quantity.h"

namespace filoscope::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCopyBelow = "records-copy";  ///< the backup's folder, while it is made

/// A copy of an SQLite database at one moment, gone with this object.
class SqliteCopy {
 public:
  explicit SqliteCopy(const fs::path& below) : folder_(below / kCopyBelow) { remove(); }
  ~SqliteCopy() { remove(); }
  SqliteCopy(const SqliteCopy&) = delete;
  SqliteCopy& operator=(const SqliteCopy&) = delete;

  /// Errors: those of copy_sqlite, open_sqlite and the look.
  Result<void> read(const fs::path& database, const backup::Source::Look& look) const {
    std::error_code problem;
    fs::create_directories(folder_, problem);
    FILOSCOPE_TRY(const auto moment_ms, copy_sqlite(database, folder_ / "copy.db"));
    SqliteOptions options;
    options.path = folder_ / "copy.db";
    options.reserve_bytes = 0;
    FILOSCOPE_TRY(const auto copy, open_sqlite(options));
    return copy->read([&](Session& session) { return look(session, moment_ms); });
  }

 private:
  void remove() const {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  const fs::path folder_;
};

struct OpenSource {
  std::unique_ptr<Database> database;  ///< of PostgreSQL alone
  std::unique_ptr<BlobStore> blobs;
};

/// A folder that a server may have open. REQUIRES: `opened` and `store` outlive it.
Result<backup::Source> whole_source(const fs::path& folder, const Config& config,
                                    const backup::ObjectStore& store, OpenSource& opened) {
  FILOSCOPE_DO(DataFolder::check_whole(folder));
  FILOSCOPE_TRY(const auto key, DataFolder::read_key(folder));
  FILOSCOPE_TRY(opened.blobs, open_file_blob_store(folder / "blobs"));
  const auto& dialect = dialect_of(config);
  backup::Source source{
      dialect, {}, folder, opened.blobs.get(), installation_id(key), [&dialect](Session& session) {
        return needs_of(session, all_modules(dialect));
      }};
  FILOSCOPE_DO(check_records_place(folder, config));
  if (!config[kDatabaseUrl].empty()) {
    FILOSCOPE_TRY(opened.database, open_records(folder, config));
  }
  source.read_snapshot = [&, folder](const backup::Source::Look& look) -> Result<void> {
    FILOSCOPE_DO(DataFolder::check_whole(folder));
    if (opened.database) return snapshots_of(*opened.database)(look);
    return SqliteCopy(store.folder()).read(sqlite_path(folder), look);
  };
  return source;
}

Result<backup::Made> make_backup(const BackupOptions& options, const Config& config,
                                 ProgressBar& bar) {
  FILOSCOPE_TRY(auto store,
                backup::ObjectStore::open(options.folder, backup::ObjectStore::Missing::make));
  OpenSource opened;
  FILOSCOPE_TRY(const auto source, whole_source(options.data, config, store, opened));
  FILOSCOPE_TRY(auto made, backup::make(source, store, [&](double share, const std::string& what) {
                  bar.show(share, what);
                }));
  // One that lacks something makes no other one needless.
  if (options.keep_count > 0 && made.findings.empty())
    FILOSCOPE_DO(backup::keep_newest(store, options.keep_count));
  return made;
}

int tell(const BackupOptions& options, const backup::Made& made) {
  nlohmann::ordered_json json{{"name", made.name},
                              {"rows", made.rows_count},
                              {"files", made.files_count},
                              {"stored_bytes", made.stored_bytes},
                              {"lost", made.findings}};
  if (auto written = write_json(options.json, json); !written) return fail(written.error());
  if (options.json != "-")
    fmt::print("{}: {} rows and {} files, {} of them new\n", made.name, made.rows_count,
               made.files_count, size_text(made.stored_bytes));
  for (const auto& path : made.findings)
    fmt::print(stderr, "damaged or lost in the data folder itself: {}\n", path);
  return made.findings.empty() ? 0 : 1;
}

}  // namespace

int back_up(const BackupOptions& options) {
  const auto config = load_config(options.config_path);
  if (!config) return fail(config.error());
  log::set_level(log::Level::warn);
  ProgressBar bar;
  const auto made = make_backup(options, *config, bar);
  bar.clear();
  return made ? tell(options, *made) : fail(made.error());
}

}  // namespace filoscope::app
