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

std::string name_of(std::int64_t now_ms) {
  return fmt::format("{:%Y-%m-%dT%H-%M-%SZ}", fmt::gmtime(static_cast<std::time_t>(now_ms / 1000)));
}

/// One backup in the making.
class Maker {
 public:
  Maker(const Source& source, ObjectStore& store, const Clock& clock, const Progress& progress)
      : source_(source),
        store_(store),
        clock_(clock),
        progress_(progress),
        copy_(source.folder, store) {}

  Result<Made> run();

 private:
  Result<void> copy_before();
  Result<void> take_records();
  Result<void> dump_tables(Session& session);
  /// How many files of the records' moment are not to be had any more.
  Result<std::int64_t> copy_behind();
  Result<void> copy_blobs();
  void add_blobs_gone();
  Result<void> copy_named();
  void check_snapshots();
  void lose(const std::string& path) { lost_.push_back(path); }
  Result<Made> finish();

  const Source& source_;
  ObjectStore& store_;
  const Clock& clock_;
  const Progress& progress_;
  FileCopy copy_;
  Manifest manifest_;
  Source::Needs needs_;
  Files before_, files_;
  std::int64_t taken_ms_ = 0;  ///< no record is younger
  std::int64_t gone_count_ = 0;  ///< blobs
  std::vector<std::string> lost_;
};

/// What is deleted while the records are read is in the backup then.
Result<void> Maker::copy_before() {
  FILOSCOPE_TRY(before_, copy_.files(kEngineBelow, kSnapshotEnding));
  if (source_.blobs == nullptr) return {};
  FILOSCOPE_DO(source_.read_snapshot([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(needs_, source_.needs(session));
    return {};
  }));
  FILOSCOPE_TRY(auto waiting, copy_.some(needs_.files));
  before_.merge(waiting);
  FILOSCOPE_DO(copy_.blobs(*source_.blobs, needs_.blobs, 0, progress_));
  return {};
}

Result<void> Maker::take_records() {
  manifest_ = Manifest();
  return source_.read_snapshot([&](Session& session) { return dump_tables(session); });
}

Result<void> Maker::dump_tables(Session& session) {
  manifest_.tables.clear();
  FILOSCOPE_TRY(needs_, source_.needs(session));
  taken_ms_ = clock_.now_ms();  // behind the first look, which fixes the moment
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

Result<std::int64_t> Maker::copy_behind() {
  files_.clear();
  lost_.clear();
  gone_count_ = 0;
  check_snapshots();
  if (source_.blobs != nullptr) {
    FILOSCOPE_DO(copy_blobs());
    FILOSCOPE_DO(copy_named());
    FILOSCOPE_TRY(const auto key, copy_.file(kKeyFile));
    files_.emplace(kKeyFile, key);
  }
  return gone_count_ + static_cast<std::int64_t>(lost_.size());
}

void Maker::check_snapshots() {
  LogPosition newest = 0;
  for (const auto& [path, object] : before_) {
    if (!path.starts_with(kEngineBelow)) continue;
    newest = std::max<LogPosition>(newest, std::atoll(path.c_str() + path.rfind('/') + 1));
    files_.emplace(path, object);
  }
  if (newest < needs_.engine_from) lose("the engine's snapshot");
}

Result<void> Maker::copy_blobs() {
  FILOSCOPE_TRY(const auto found, copy_.blobs(*source_.blobs, needs_.blobs, taken_ms_, progress_));
  for (const auto& [key, object] : found) {
    const auto noted = needs_.blobs.find(key);
    if (noted != needs_.blobs.end() && noted->second != object) lose(key);
    files_.emplace(std::string(kBlobsBelow) + key, object);
  }
  add_blobs_gone();
  return {};
}

/// Blobs that the records know and that were removed while it ran, or before it: a row may outlive
/// its blob. Whose file is really lost, the catalogue knows.
void Maker::add_blobs_gone() {
  for (const auto& [key, object] : needs_.blobs) {
    const auto path = std::string(kBlobsBelow) + key;
    if (files_.contains(path)) continue;
    if (store_.is_trusted(object.id)) {
      files_.emplace(path, object);
    } else {
      ++gone_count_;
    }
  }
}

Result<void> Maker::copy_named() {
  FILOSCOPE_TRY(const auto found, copy_.some(needs_.files));
  for (const auto& path : needs_.files) {
    if (const auto now = found.find(path); now != found.end()) {
      files_.insert(*now);
    } else if (const auto then = before_.find(path); then != before_.end()) {
      files_.insert(*then);
    } else {
      lose(path);
    }
  }
  return {};
}

Result<Made> Maker::finish() {
  manifest_.name = name_of(taken_ms_);
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
  for (const auto& path : lost_)
    if (made.findings.size() < kFindingsMax) made.findings.push_back(path);
  return made;
}

/// Files that are lost in the source itself stay lost: then it is taken as it is.
Result<Made> Maker::run() {
  std::int64_t lost_count = 0, lost_before = -1;
  for (int take = 0; take < kTakesMax && lost_count != lost_before; ++take) {
    lost_before = lost_count;
    FILOSCOPE_DO(copy_before());
    FILOSCOPE_DO(take_records());
    FILOSCOPE_TRY(lost_count, copy_behind());
    if (lost_count == 0) break;
  }
  return finish();
}

}  // namespace

Result<Made> make(const Source& source, ObjectStore& store, const Clock& clock,
                  const Progress& progress) {
  FILOSCOPE_DO(trust_backups(store));
  return Maker(source, store, clock, progress).run();
}

}  // namespace filoscope::backup
