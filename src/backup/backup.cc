#include "backup/backup.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "backup/reasons.h"
#include "backup/table_copy.h"
#include "base/product.h"

namespace filoscope::backup {
namespace {

constexpr int kTakesMax = 3;
constexpr const char* kEngineBelow = "engine";
constexpr const char* kSnapshotEnding = ".snapshot";
constexpr const char* kKeyFile = "master.key";
constexpr std::size_t kFindingsMax = 100;

constexpr const char* kNameFormat = "%Y-%m-%dT%H-%M-%SZ";

/// Of the moment, and behind `last` even if the clock went back.
std::string name_of(std::int64_t moment_ms, const std::string& last) {
  std::tm parts{};
  auto at = static_cast<std::time_t>(moment_ms / 1000);
  if (::strptime(last.c_str(), kNameFormat, &parts) != nullptr)
    at = std::max(at, ::timegm(&parts) + 1);
  return fmt::format("{:%Y-%m-%dT%H-%M-%SZ}", fmt::gmtime(at));
}

/// One backup in the making.
class Maker {
 public:
  Maker(const Source& source, ObjectStore& store, const Progress& progress)
      : source_(source), store_(store), progress_(progress), copy_(source.folder, store) {}

  Result<Made> run();

 private:
  Result<void> copy_before();
  Result<void> take_records();
  Result<void> dump_tables(Session& session);
  Result<void> copy_behind();
  Result<void> copy_blobs();
  void add_blobs_gone();
  Result<void> copy_named();
  void check_snapshots();
  Result<Made> finish();

  const Source& source_;
  ObjectStore& store_;
  const Progress& progress_;
  FileCopy copy_;
  Manifest manifest_;
  Source::Needs needs_;
  Files known_before_, blobs_before_, before_, files_;
  std::int64_t taken_ms_ = 0;         ///< the moment of the records
  std::vector<std::string> missing_;  ///< of what the records know
};

/// What is deleted while the records are read is in the backup then.
Result<void> Maker::copy_before() {
  FILOSCOPE_TRY(before_, copy_.files(kEngineBelow, kSnapshotEnding));
  if (source_.blobs == nullptr) return {};
  FILOSCOPE_DO(source_.read_snapshot([&](Session& session, std::int64_t) -> Result<void> {
    FILOSCOPE_TRY(needs_, source_.needs(session));
    return {};
  }));
  FILOSCOPE_TRY(auto waiting, copy_.some(needs_.files));
  before_.merge(waiting);
  known_before_ = std::move(needs_.blobs);
  FILOSCOPE_TRY(blobs_before_, copy_.blobs(*source_.blobs, known_before_, 0, progress_));
  return {};
}

Result<void> Maker::take_records() {
  manifest_ = Manifest();
  return source_.read_snapshot([&](Session& session, std::int64_t moment_ms) {
    taken_ms_ = moment_ms;
    return dump_tables(session);
  });
}

Result<void> Maker::dump_tables(Session& session) {
  manifest_.tables.clear();
  FILOSCOPE_TRY(needs_, source_.needs(session));
  FILOSCOPE_TRY(const auto versions, records::module_versions(session));
  manifest_.modules = {versions.begin(), versions.end()};
  FILOSCOPE_TRY(const auto tables, source_.dialect.tables(session));
  for (const auto& table : tables) {
    progress_(static_cast<double>(manifest_.tables.size()) / static_cast<double>(tables.size()),
              "records");
    FILOSCOPE_TRY(auto parts, dump_table(session, table, store_));
    manifest_.tables.push_back({table, std::move(parts)});
  }
  return {};
}

Result<void> Maker::copy_behind() {
  files_.clear();
  missing_.clear();
  check_snapshots();
  if (source_.blobs != nullptr) {
    FILOSCOPE_DO(copy_blobs());
    FILOSCOPE_DO(copy_named());
    FILOSCOPE_TRY(const auto key, copy_.file(kKeyFile));
    files_.emplace(kKeyFile, key);
  }
  return {};
}

void Maker::check_snapshots() {
  LogPosition newest = 0;
  for (const auto& [path, object] : before_) {
    if (!path.starts_with(kEngineBelow)) continue;
    newest = std::max<LogPosition>(newest, std::atoll(path.c_str() + path.rfind('/') + 1));
    files_.emplace(path, object);
  }
  if (newest < needs_.engine_from) missing_.push_back("the engine's snapshot");
}

Result<void> Maker::copy_blobs() {
  FILOSCOPE_TRY(const auto found, copy_.blobs(*source_.blobs, needs_.blobs, taken_ms_, progress_));
  for (const auto& [key, object] : found) {
    const auto noted = needs_.blobs.find(key);
    if (noted != needs_.blobs.end() && noted->second != object) missing_.push_back(key);
    files_.emplace(std::string(kBlobsBelow) + key, object);
  }
  add_blobs_gone();
  return {};
}

/// Blobs that were removed behind the records' moment: the first pass has them. One that it did not
/// find though it was known then had been removed before; its row outlived it.
void Maker::add_blobs_gone() {
  for (const auto& [key, object] : needs_.blobs) {
    const auto path = std::string(kBlobsBelow) + key;
    if (files_.contains(path)) continue;
    if (store_.is_trusted(object.id)) {
      files_.emplace(path, object);
    } else if (!known_before_.contains(key)) {
      missing_.push_back(path);
    }
  }
  for (const auto& [key, object] : blobs_before_)  // whose row came later than they
    if (!known_before_.contains(key)) files_.emplace(std::string(kBlobsBelow) + key, object);
}

Result<void> Maker::copy_named() {
  FILOSCOPE_TRY(const auto found, copy_.some(needs_.files));
  for (const auto& path : needs_.files) {
    if (const auto now = found.find(path); now != found.end()) {
      files_.insert(*now);
    } else if (const auto then = before_.find(path); then != before_.end()) {
      files_.insert(*then);
    } else {
      missing_.push_back(path);
    }
  }
  return {};
}

Result<Made> Maker::finish() {
  FILOSCOPE_TRY(const auto names, list_backups(store_));
  manifest_.name = name_of(taken_ms_, names.empty() ? std::string() : names.back());
  manifest_.program_version = kVersion;
  manifest_.installation = source_.installation;
  manifest_.database = source_.dialect.name;
  manifest_.records_only = source_.blobs == nullptr;
  manifest_.files_count = static_cast<std::int64_t>(files_.size());
  for (const auto& [path, object] : files_) manifest_.files_bytes += object.size_bytes;
  FILOSCOPE_TRY(manifest_.files, dump_files(files_, store_));
  FILOSCOPE_DO(store_.sync());
  FILOSCOPE_DO(write_manifest(store_, manifest_));
  Made made;
  made.name = manifest_.name;
  made.files_count = manifest_.files_count;
  made.stored_bytes = store_.stored_bytes();
  for (const auto& table : manifest_.tables) made.rows_count += table.parts.rows_count;
  for (const auto& path : missing_)
    if (made.findings.size() < kFindingsMax) made.findings.push_back(path);
  return made;
}

/// Files that are lost in the source itself stay lost: then it is taken as it is.
Result<Made> Maker::run() {
  std::vector<std::string> missing_before{""};
  for (int take = 0; take < kTakesMax && missing_ != missing_before; ++take) {
    missing_before = missing_;
    FILOSCOPE_DO(copy_before());
    FILOSCOPE_DO(take_records());
    FILOSCOPE_DO(copy_behind());
    if (missing_.empty()) break;
  }
  return finish();
}

/// In one folder older backups make room for newer ones.
Result<void> check_folder_is_its(const ObjectStore& store, const std::string& installation) {
  FILOSCOPE_TRY(const auto names, list_backups(store));
  for (const auto& name : names) {
    const auto manifest = read_manifest(store, name);
    if (manifest && manifest->installation != installation)
      return Error(reason("backups_of_another_installation"), store.folder().string());
  }
  return {};
}

}  // namespace

Result<Made> make(const Source& source, ObjectStore& store, const Progress& progress) {
  FILOSCOPE_DO(check_folder_is_its(store, source.installation));
  FILOSCOPE_DO(trust_backups(store));
  auto made = Maker(source, store, progress).run();
  if (!made) store.drop_placed();
  return made;
}

}  // namespace filoscope::backup
