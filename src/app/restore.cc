#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
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

constexpr const char* kMadeBelow = "restoring";  ///< the data folder, until it is in its place
constexpr const char* kEngineBelow = "engine";
constexpr const char* kLock = "lock";

/// Columns that name records of the event log by their tokens.
const backup::TokenColumn kTokenColumns[] = {{"feed_decisions", "token"}};

Result<Manifest> choose(const ObjectStore& store, const std::string& at) {
  if (!at.empty()) return backup::read_manifest(store, at);
  FILOSCOPE_TRY(const auto names, backup::list_backups(store));
  if (names.empty()) return Error(reason("no_backups"), store.folder().string());
  return backup::read_manifest(store, names.back());
}

/// One restore, from the folder's lock to the end of its mark.
class Restorer {
 public:
  Restorer(const RestoreOptions& options, const Config& config, const backup::Progress& progress)
      : options_(options),
        config_(config),
        progress_(progress),
        folder_(options.data),
        kind_(options.records_only ? "records" : "whole") {}

  Result<Manifest> run();

 private:
  fs::path mark() const { return folder_ / kRestoreUnfinished; }
  fs::path made() const { return folder_ / kMadeBelow; }
  bool on_sqlite() const { return config_[kDatabaseUrl].empty(); }
  Result<std::string> find_begun();
  Result<void> check_new_folder(const Manifest& manifest);
  Result<void> check_own_folder(const Manifest& manifest);
  Result<void> check_tables(const std::string& installation, bool may_have_some);
  Result<void> keep_present_records(ObjectStore& store);
  Result<void> set_present_aside(ObjectStore& store);
  Result<void> empty();
  Result<void> drop_tables();
  Result<void> fill(const Manifest& manifest, const ObjectStore& store);
  Result<void> put_in_place();

  const RestoreOptions& options_;
  const Config& config_;
  const backup::Progress& progress_;
  const fs::path folder_;
  const std::string kind_;
  UniqueFd lock_;
  bool begun_ = false;  ///< before, by a try that was cut off
};

/// The backup that a try which was cut off was restoring, or "".
Result<std::string> Restorer::find_begun() {
  std::error_code problem;
  begun_ = fs::exists(mark(), problem);
  if (!begun_) return std::string();
  FILOSCOPE_TRY(const auto bytes, read_file(mark(), 1024));
  const std::string text(bytes.begin(), bytes.end());
  const auto space = text.find(' ');
  const auto kind = text.substr(0, space);
  const auto name = text.substr(space + 1, text.find('\n') - space - 1);
  if (kind == kind_ && (options_.at.empty() || options_.at == name)) return name;
  return Error(reason("another_restore_begun"),
               name + (kind == "records" ? " with --records" : " without --records"),
               folder_.string());
}

Result<void> Restorer::check_new_folder(const Manifest& manifest) {
  std::error_code problem;
  fs::create_directories(folder_, problem);
  if (problem) return Error(reason("data_folder_not_made"), folder_.string(), problem.message());
  FILOSCOPE_TRY(lock_, DataFolder::lock(folder_));
  for (fs::directory_iterator at(folder_, problem), end; !begun_ && !problem && at != end;
       at.increment(problem)) {
    const auto name = at->path().filename().string();
    if (name != kLock && !name.starts_with(kRestoreUnfinished))
      return Error(reason("restore_folder_not_empty"), folder_.string());
  }
  return check_tables(manifest.installation, begun_);
}

Result<void> Restorer::check_own_folder(const Manifest& manifest) {
  FILOSCOPE_TRY(lock_, DataFolder::lock(folder_));
  FILOSCOPE_TRY(const auto key, DataFolder::read_key(folder_));
  if (installation_id(key) != manifest.installation)
    return Error(reason("restore_of_another_installation"), folder_.string());
  FILOSCOPE_DO(check_records_place(folder_, config_));
  return check_tables(manifest.installation, true);
}

/// What is dropped must be this installation's, or a part of it that was being restored.
Result<void> Restorer::check_tables(const std::string& installation, bool may_have_some) {
  if (on_sqlite()) return {};
  FILOSCOPE_TRY(const auto database, open_records(folder_, config_));
  return database->read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto tables, dialect_of(config_).tables(session));
    if (tables.empty()) return {};
    if (!may_have_some) return Error(reason("restore_database_not_empty"));
    std::string owner;
    if (std::any_of(tables.begin(), tables.end(),
                    [](const auto& table) { return table.name == "installation"; })) {
      FILOSCOPE_DO(session.query("SELECT id FROM installation", {},
                                 [&](const Row& row) { owner = row.text(0); }));
    }
    if (owner == installation || (owner.empty() && begun_)) return {};
    return Error(reason("restore_database_not_empty"));
  });
}

/// So that what is replaced can be had again.
Result<void> Restorer::keep_present_records(ObjectStore& store) {
  FILOSCOPE_TRY(const auto key, DataFolder::read_key(folder_));
  FILOSCOPE_TRY(const auto database, open_records(folder_, config_));
  const auto source = records_source(folder_, installation_id(key), *database, dialect_of(config_));
  const auto own = folder_ / kBackupsBelow;
  std::error_code problem;
  if (fs::equivalent(own, store.folder(), problem)) {
    FILOSCOPE_DO(backup::make(source, store, progress_));
    return {};
  }
  FILOSCOPE_TRY(auto own_store, ObjectStore::open(own, ObjectStore::Missing::make));
  FILOSCOPE_DO(backup::make(source, own_store, progress_));
  return {};
}

/// As a backup; a database that cannot be read any more is only renamed.
Result<void> Restorer::set_present_aside(ObjectStore& store) {
  const auto path = sqlite_path(folder_);
  std::error_code problem;
  if (on_sqlite() && !fs::exists(path, problem)) return {};
  auto kept = keep_present_records(store);
  if (kept || !on_sqlite() || kept.error().code != Code::corrupt) return kept;
  const auto aside = path.string() + ".damaged";
  if (::rename(path.c_str(), aside.c_str()) != 0) return errno_error("rename " + path.string());
  fmt::print(stderr, "the database is damaged; it is kept as {}\n", aside);
  return {};
}

/// What a try that was cut off has made.
Result<void> Restorer::empty() {
  for (const auto* name : {kMadeBelow, "blobs"}) {
    if (options_.records_only && name != kMadeBelow) continue;
    std::error_code problem;
    fs::remove_all(folder_ / name, problem);
    if (problem)
      return Error(Code::internal,
                   "remove " + (folder_ / name).string() + ": " + problem.message());
  }
  return drop_tables();
}

Result<void> Restorer::drop_tables() {
  if (on_sqlite()) return {};
  FILOSCOPE_TRY(const auto database, open_records(folder_, config_));
  return database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto tables, dialect_of(config_).tables(session));
    for (const auto& table : tables) FILOSCOPE_DO(session.execute("DROP TABLE " + table.name));
    FILOSCOPE_DO(session.execute("DROP TABLE IF EXISTS " + std::string(records::kMigrationsTable)));
    return {};
  });
}

/// Beside what is there, so that it stays until everything is on disk.
Result<void> Restorer::fill(const Manifest& manifest, const ObjectStore& store) {
  std::error_code problem;
  fs::create_directories(made(), problem);
  FILOSCOPE_TRY(auto files, backup::read_files(manifest.files, store));
  if (options_.records_only)
    std::erase_if(files, [](const auto& file) { return !file.first.starts_with(kEngineBelow); });
  FILOSCOPE_TRY(const auto blobs, open_file_blob_store(folder_ / "blobs"));
  FILOSCOPE_DO(backup::restore_files(files, store, made(), *blobs, progress_));
  FILOSCOPE_TRY(const auto database, open_records(made(), config_));
  const auto& dialect = dialect_of(config_);
  const auto modules = all_modules(dialect);
  return backup::restore_records(manifest, store, {*database, dialect, modules, kTokenColumns},
                                 progress_);
}

/// Each part by one rename; the mark goes when all of them are.
Result<void> Restorer::put_in_place() {
  const UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) return errno_error("store the restored files");
  std::error_code problem;
  fs::remove_all(folder_ / kEngineBelow, problem);
  if (on_sqlite()) {  // the log of the database that is replaced is not the new one's
    for (const char* ending : {"-wal", "-shm"})
      fs::remove(sqlite_path(folder_).string() + ending, problem);
  } else {
    FILOSCOPE_DO(mark_records_elsewhere(folder_));
  }
  for (const auto& entry : fs::directory_iterator(made(), problem)) {
    const auto place = folder_ / entry.path().filename();
    if (::rename(entry.path().c_str(), place.c_str()) != 0)
      return errno_error("put " + place.string() + " in its place");
  }
  fs::remove(made(), problem);
  FILOSCOPE_DO(sync_folder(folder_));
  if (::unlink(mark().c_str()) != 0) return errno_error("remove " + mark().string());
  return sync_folder(folder_);
}

Result<Manifest> Restorer::run() {
  FILOSCOPE_TRY(auto store, ObjectStore::open(options_.folder, ObjectStore::Missing::fail));
  FILOSCOPE_TRY(const auto begun, find_begun());
  FILOSCOPE_TRY(auto manifest, choose(store, begun.empty() ? options_.at : begun));
  if (manifest.records_only && !options_.records_only)
    return Error(reason("backup_without_files"), manifest.name);
  FILOSCOPE_DO(backup::check(store, manifest, progress_));
  const auto& dialect = dialect_of(config_);
  FILOSCOPE_DO(backup::check_fits(manifest, store, dialect, all_modules(dialect)));
  FILOSCOPE_DO(options_.records_only ? check_own_folder(manifest) : check_new_folder(manifest));
  if (options_.records_only && !begun_) FILOSCOPE_DO(set_present_aside(store));
  const auto said = kind_ + " " + manifest.name + "\n";
  FILOSCOPE_DO(write_file_durably(mark(), crypto::as_bytes(said)));
  FILOSCOPE_DO(empty());
  FILOSCOPE_DO(fill(manifest, store));
  FILOSCOPE_DO(put_in_place());
  return manifest;
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
    FILOSCOPE_TRY(const auto manifest, choose(store, options.at));
    ProgressBar bar;
    FILOSCOPE_DO(backup::check(
        store, manifest, [&](double share, const std::string& what) { bar.show(share, what); }));
    bar.clear();
    fmt::print("{} is whole\n", manifest.name);
    return {};
  });
}

}  // namespace filoscope::app
