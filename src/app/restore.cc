#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "adapters/files/file_blob_store.h"
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
using backup::Manifest;
using backup::ObjectStore;

/// Columns that name records of the event log by their tokens.
const backup::TokenColumn kTokenColumns[] = {{"feed_decisions", "token"}};

Result<Manifest> choose(const ObjectStore& store, const RestoreOptions& options) {
  if (!options.at.empty()) return backup::read_manifest(store, options.at);
  FILOSCOPE_TRY(const auto names, backup::list_backups(store));
  if (names.empty()) return Error(reason("no_backups"), store.folder().string());
  return backup::read_manifest(store, names.back());
}

/// One restore, from the folder's lock to the end of its mark.
class Restorer {
 public:
  Restorer(const RestoreOptions& options, const Config& config, const backup::Progress& progress)
      : options_(options), config_(config), progress_(progress), folder_(options.data) {}

  Result<Manifest> run();

 private:
  fs::path mark() const { return folder_ / kRestoreUnfinished; }
  Result<void> check_new_folder();
  Result<void> check_own_folder(const Manifest& manifest);
  Result<void> keep_present_records(ObjectStore& store);
  Result<void> check_database(bool may_have_tables);
  Result<void> empty_folder();
  Result<void> empty_records();
  Result<void> drop_tables();
  Result<void> fill(const Manifest& manifest, const ObjectStore& store);
  Result<void> end();

  const RestoreOptions& options_;
  const Config& config_;
  const backup::Progress& progress_;
  const fs::path folder_;
  UniqueFd lock_;
  bool again_ = false;  ///< behind a try that was cut off
};

Result<void> Restorer::check_new_folder() {
  std::error_code problem;
  fs::create_directories(folder_, problem);
  if (problem) return Error(reason("data_folder_not_made"), folder_.string(), problem.message());
  again_ = fs::exists(mark(), problem);
  if (!again_ && !fs::is_empty(folder_, problem))
    return Error(reason("restore_folder_not_empty"), folder_.string());
  FILOSCOPE_TRY(lock_, DataFolder::lock(folder_));
  return check_database(again_);
}

Result<void> Restorer::check_own_folder(const Manifest& manifest) {
  FILOSCOPE_TRY(lock_, DataFolder::lock(folder_));
  FILOSCOPE_TRY(const auto key, DataFolder::read_key(folder_));
  if (installation_id(key) != manifest.installation)
    return Error(reason("restore_of_another_installation"), folder_.string());
  std::error_code problem;
  again_ = fs::exists(mark(), problem);
  return check_records_place(folder_, config_);
}

/// So that what is replaced can be had again.
Result<void> Restorer::keep_present_records(ObjectStore& store) {
  FILOSCOPE_TRY(const auto key, DataFolder::read_key(folder_));
  FILOSCOPE_TRY(const auto database, open_records(folder_, config_));
  const auto source = records_source(folder_, installation_id(key), *database, dialect_of(config_));
  const auto own = folder_ / kBackupsBelow;
  std::error_code problem;
  if (fs::equivalent(own, store.folder(), problem)) {
    FILOSCOPE_DO(backup::make(source, store, SystemClock(), progress_));
    return {};
  }
  FILOSCOPE_TRY(auto own_store, ObjectStore::open(own, ObjectStore::Missing::make));
  FILOSCOPE_DO(backup::make(source, own_store, SystemClock(), progress_));
  return {};
}

Result<void> Restorer::check_database(bool may_have_tables) {
  if (config_[kDatabaseUrl].empty() || may_have_tables) return {};
  FILOSCOPE_TRY(const auto database, open_records(folder_, config_));
  return database->read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto tables, dialect_of(config_).tables(session));
    return tables.empty() ? Result<void>() : Error(reason("restore_database_not_empty"));
  });
}

Result<void> Restorer::empty_folder() {
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder_, problem)) {
    const auto name = entry.path().filename();
    if (name != "lock" && name != kRestoreUnfinished) fs::remove_all(entry.path(), problem);
  }
  return drop_tables();
}

Result<void> Restorer::empty_records() {
  std::error_code problem;
  for (const char* ending : {"", "-wal", "-shm"})
    fs::remove(sqlite_path(folder_).string() + ending, problem);
  fs::remove_all(folder_ / "engine", problem);
  return drop_tables();
}

Result<void> Restorer::drop_tables() {
  if (config_[kDatabaseUrl].empty()) return {};
  FILOSCOPE_TRY(const auto database, open_records(folder_, config_));
  return database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto tables, dialect_of(config_).tables(session));
    for (const auto& table : tables) FILOSCOPE_DO(session.execute("DROP TABLE " + table.name));
    FILOSCOPE_DO(session.execute("DROP TABLE IF EXISTS " + std::string(records::kMigrationsTable)));
    return {};
  });
}

Result<void> Restorer::fill(const Manifest& manifest, const ObjectStore& store) {
  FILOSCOPE_TRY(const auto files, backup::read_files(manifest.files, store));
  FILOSCOPE_TRY(const auto blobs, open_file_blob_store(folder_ / "blobs"));
  FILOSCOPE_DO(backup::restore_files(files, store, folder_, *blobs, progress_));
  if (!config_[kDatabaseUrl].empty()) FILOSCOPE_DO(mark_records_elsewhere(folder_));
  FILOSCOPE_TRY(const auto database, open_records(folder_, config_));
  const auto& dialect = dialect_of(config_);
  const auto modules = all_modules(dialect);
  return backup::restore_records(manifest, store, {*database, dialect, modules, kTokenColumns},
                                 progress_);
}

Result<Manifest> Restorer::run() {
  FILOSCOPE_TRY(auto store, ObjectStore::open(options_.folder, ObjectStore::Missing::fail));
  FILOSCOPE_TRY(auto manifest, choose(store, options_));
  if (manifest.records_only && !options_.records_only)
    return Error(reason("backup_without_files"), manifest.name);
  FILOSCOPE_DO(backup::check(store, manifest, progress_));
  if (options_.records_only) {
    FILOSCOPE_DO(check_own_folder(manifest));
    if (!again_) FILOSCOPE_DO(keep_present_records(store));
  } else {
    FILOSCOPE_DO(check_new_folder());
  }
  const auto said = manifest.name + "\n";
  FILOSCOPE_DO(write_file_durably(mark(), crypto::as_bytes(said)));
  FILOSCOPE_DO(options_.records_only ? empty_records() : empty_folder());
  FILOSCOPE_DO(fill(manifest, store));
  FILOSCOPE_DO(end());
  return manifest;
}

/// The mark goes when everything is on disk.
Result<void> Restorer::end() {
  const UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) return errno_error("store the restored files");
  if (::unlink(mark().c_str()) != 0) return errno_error("remove " + mark().string());
  return sync_folder(folder_);
}

template <typename Use>
int with_store(const RestoreOptions& options, Use use) {
  log::set_level(log::Level::warn);
  auto store = ObjectStore::open(options.folder, ObjectStore::Missing::fail);
  if (!store) return fail(store.error());
  const auto used = use(*store);
  return used ? 0 : fail(used.error());
}

}  // namespace

int restore(const RestoreOptions& options) {
  if (options.data.empty()) return fail("restore needs --data DIR, the folder to make");
  const auto config = load_config(options.config_path);
  if (!config) return fail(config.error());
  log::set_level(log::Level::warn);
  ProgressBar bar;
  const backup::Progress progress = [&](double share, const std::string& what) {
    bar.show(share, what);
  };
  const auto done = Restorer(options, *config, progress).run();
  bar.clear();
  if (!done) return fail(done.error());
  fmt::print("{} is restored into {}; look it through with: filoscope verify --data {}\n",
             done->name, options.data, options.data);
  return 0;
}

int list_backups(const RestoreOptions& options) {
  return with_store(options, [&](ObjectStore& store) -> Result<void> {
    FILOSCOPE_TRY(const auto names, backup::list_backups(store));
    for (const auto& name : names) {
      const auto manifest = backup::read_manifest(store, name);
      if (!manifest) {
        fmt::print("{}  {}\n", name, manifest.error().message);
        continue;
      }
      fmt::print("{}  {}, {} files of {}, release {}\n", name,
                 manifest->records_only ? "records alone" : "whole", manifest->files_count,
                 size_text(manifest->files_bytes), manifest->program_version);
    }
    return {};
  });
}

int check_backup(const RestoreOptions& options) {
  return with_store(options, [&](ObjectStore& store) -> Result<void> {
    FILOSCOPE_TRY(const auto manifest, choose(store, options));
    ProgressBar bar;
    FILOSCOPE_DO(backup::check(
        store, manifest, [&](double share, const std::string& what) { bar.show(share, what); }));
    bar.clear();
    fmt::print("{} is whole\n", manifest.name);
    return {};
  });
}

}  // namespace filoscope::app
