#include "adapters/files/checked_blob_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/pool.h"
#include "ports/blob_read.h"
#include "ports/makes_space.h"

namespace filoscope {
namespace {

constexpr std::size_t kChangesMax = 65'536;  ///< not stored yet; more are noted at the next start
constexpr std::size_t kTasksMax = 1'024;
constexpr std::size_t kOlderAtOnce = 16;
constexpr std::int64_t kRowsAtOnce = 500;
constexpr std::size_t kFindingsMax = 100;
constexpr const char* kSumsBehind =
    "SELECT key, size_bytes, sha256 FROM blobs_sums WHERE key > ? ORDER BY key LIMIT ?";

constexpr std::array<Migration, 1> kMigrations{{
    {1, R"sql(
      CREATE TABLE blobs_sums (
        key TEXT NOT NULL PRIMARY KEY,
        size_bytes BIGINT NOT NULL,
        sha256 TEXT NOT NULL
      );
    )sql"},
}};

class CheckedBlobs final : public CheckedBlobStore {
 public:
  CheckedBlobs(std::unique_ptr<BlobStore> blobs, Database& database)
      : blobs_(std::move(blobs)), database_(database), pool_("blob-sums", 1, kTasksMax) {}
  ~CheckedBlobs() override {
    pool_.stop();
    store_changes();
  }

  Result<void> load() {
    FILOSCOPE_DO(database_.migrate("blobs", kMigrations));
    std::unordered_map<std::uint64_t, std::int64_t> sizes;
    FILOSCOPE_DO(database_.read([&](Session& session) {
      sizes.clear();
      return session.query("SELECT key, size_bytes FROM blobs_sums", {},
                           [&](const Row& row) { sizes[hash_of(row.text(0))] = row.integer(1); });
    }));
    Lock lock(mutex_);
    sizes_ = std::move(sizes);
    return {};
  }

  Result<void> put(std::string_view key, UniqueFd file) override {
    FILOSCOPE_TRY(auto sum, sum_file(file.get()));
    FILOSCOPE_DO(blobs_->put(key, std::move(file)));
    note(key, std::move(sum));
    return {};
  }
  Result<UniqueFd> make_temporary() override { return blobs_->make_temporary(); }
  bool has_native_files() const override { return blobs_->has_native_files(); }
  Result<void> copy(std::string_view from, std::string_view to) override {
    FILOSCOPE_TRY(const auto blob, open(from));
    FILOSCOPE_TRY(auto sum, sum_blob(*blob));
    FILOSCOPE_DO(blobs_->copy(from, to));
    note(to, std::move(sum));
    return {};
  }
  Result<std::unique_ptr<BlobReader>> open(std::string_view key) const override {
    FILOSCOPE_TRY(auto blob, blobs_->open(key));
    std::int64_t stored = blob->size_bytes();
    {
      Lock lock(mutex_);
      if (const auto at = sizes_.find(hash_of(key)); at != sizes_.end()) stored = at->second;
    }
    if (blob->size_bytes() == stored) return blob;
    damaged_.add();
    return Error(Code::corrupt, fmt::format("the file {} is damaged: it has {} bytes instead of {}",
                                            key, blob->size_bytes(), stored));
  }
  Result<void> remove(std::string_view key) override {
    FILOSCOPE_DO(blobs_->remove(key));
    note(key, std::nullopt);
    return {};
  }
  Result<void> list(std::string_view prefix,
                    const std::function<void(std::string_view)>& each) const override {
    return blobs_->list(prefix, each);
  }

  Result<std::vector<std::string>> verify(
      const std::function<void(double share)>& progress) override;
  void note_older_ones() override;

 private:
  struct Change {
    std::string key;
    std::optional<FileSum> sum;  ///< none: removed
  };
  struct Stored {
    std::string key;
    FileSum sum;
  };
  static std::uint64_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }

  void note(std::string_view key, std::optional<FileSum> sum);
  void store_changes();
  void note_next_older();
  Result<std::vector<Stored>> stored_after(const std::string& key) const;
  /// The finding, or "".
  std::string check(const Stored& stored) const;

  const std::unique_ptr<BlobStore> blobs_;
  Database& database_;
  mutable metrics::Counter damaged_{"filoscope_blobs_damaged_total",
                                    "Times that a damaged file was asked for and refused."};
  Mutex storing_;
  mutable Mutex mutex_;
  /// By a hash of the key: a wrong match has a chance of one in 10^13 with a million blobs.
  std::unordered_map<std::uint64_t, std::int64_t> sizes_ FILOSCOPE_GUARDED_BY(mutex_);
  std::vector<Change> changes_ FILOSCOPE_GUARDED_BY(mutex_);
  std::vector<std::string> older_ FILOSCOPE_GUARDED_BY(mutex_);
  Pool pool_;  ///< last: its tasks use the others
};

void CheckedBlobs::note(std::string_view key, std::optional<FileSum> sum) {
  {
    Lock lock(mutex_);
    if (sum) {
      sizes_[hash_of(key)] = sum->size_bytes;
    } else if (sizes_.erase(hash_of(key)) == 0) {
      return;
    }
    if (changes_.size() < kChangesMax) changes_.push_back({std::string(key), std::move(sum)});
  }
  static_cast<void>(pool_.post([this] { store_changes(); }));  // full: a task is on its way
}

void CheckedBlobs::store_changes() {
  Lock in_turn(storing_);  // in the order in which they were noted
  std::vector<Change> changes;
  {
    Lock lock(mutex_);
    changes.swap(changes_);
  }
  if (changes.empty()) return;
  const MakesSpace blobs_that_were_removed;
  const auto stored = database_.write([&](Session& session) -> Result<void> {
    for (const auto& [key, sum] : changes) {
      if (!sum) {
        FILOSCOPE_DO(session.execute("DELETE FROM blobs_sums WHERE key = ?", {key}));
        continue;
      }
      FILOSCOPE_DO(session.execute(
          "INSERT INTO blobs_sums (key, size_bytes, sha256) VALUES (?, ?, ?) ON CONFLICT (key) DO "
          "UPDATE SET size_bytes = excluded.size_bytes, sha256 = excluded.sha256",
          {key, sum->size_bytes, sum->sha256}));
    }
    return {};
  });
  if (stored) return;
  log::warn("blobs.sums_not_stored", {{"reason", stored.error().message}});
  Lock lock(mutex_);
  if (changes.size() + changes_.size() > kChangesMax) return;
  changes_.insert(changes_.begin(), std::make_move_iterator(changes.begin()),
                  std::make_move_iterator(changes.end()));
}

void CheckedBlobs::note_older_ones() {
  std::vector<std::string> keys;
  const auto listed = blobs_->list("", [&](std::string_view key) { keys.emplace_back(key); });
  if (!listed) log::warn("blobs.not_listed", {{"reason", listed.error().message}});
  {
    Lock lock(mutex_);
    for (auto& key : keys)
      if (!sizes_.contains(hash_of(key))) older_.push_back(std::move(key));
    if (older_.empty()) return;
    log::info("blobs.older", {{"count", static_cast<std::int64_t>(older_.size())}});
  }
  static_cast<void>(pool_.post([this] { note_next_older(); }));
}

/// A few at a time, so that what is stored now does not wait for all of them.
void CheckedBlobs::note_next_older() {
  for (std::size_t i = 0; i < kOlderAtOnce; ++i) {
    std::string key;
    {
      Lock lock(mutex_);
      if (older_.empty()) return;
      key = std::move(older_.back());
      older_.pop_back();
      if (sizes_.contains(hash_of(key))) continue;
    }
    const auto blob = blobs_->open(key);
    if (!blob) continue;  // removed meanwhile
    auto sum = sum_blob(**blob);
    if (sum) note(key, *std::move(sum));
  }
  static_cast<void>(pool_.post([this] { note_next_older(); }));
}

Result<std::vector<CheckedBlobs::Stored>> CheckedBlobs::stored_after(const std::string& key) const {
  std::vector<Stored> found;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    found.clear();
    return session.query(kSumsBehind, {key, kRowsAtOnce}, [&](const Row& row) {
      found.push_back({row.text(0), {row.integer(1), row.text(2)}});
    });
  }));
  return found;
}

std::string CheckedBlobs::check(const Stored& stored) const {
  const auto blob = blobs_->open(stored.key);
  if (!blob) {  // the catalogue says whose file is lost
    return blob.error().code == Code::not_found ? "" : blob.error().message;
  }
  if ((*blob)->size_bytes() != stored.sum.size_bytes) {
    return fmt::format("the file {} has {} bytes instead of {}", stored.key, (*blob)->size_bytes(),
                       stored.sum.size_bytes);
  }
  const auto sum = sum_blob(**blob);
  if (!sum) return "the file " + stored.key + " cannot be read: " + sum.error().message;
  if (sum->sha256 == stored.sum.sha256) return "";
  return "the file " + stored.key + " was altered: its checksum is not that of what was stored";
}

Result<std::vector<std::string>> CheckedBlobs::verify(
    const std::function<void(double share)>& progress) {
  store_changes();
  std::size_t total = 0, done = 0;
  {
    Lock lock(mutex_);
    total = std::max<std::size_t>(1, sizes_.size());
  }
  std::vector<std::string> findings;
  std::string last;
  while (true) {
    FILOSCOPE_TRY(const auto some, stored_after(last));
    if (some.empty()) return findings;
    for (const auto& stored : some) {
      auto finding = check(stored);
      if (!finding.empty() && findings.size() < kFindingsMax)
        findings.push_back(std::move(finding));
      progress(std::min(1.0, static_cast<double>(++done) / static_cast<double>(total)));
    }
    last = some.back().key;
  }
}

}  // namespace

std::span<const Migration> blob_sums_migrations() { return kMigrations; }

Result<void> each_blob_sum(
    Session& session, const std::function<void(const std::string& key, const FileSum& sum)>& each) {
  std::string last;
  for (std::int64_t count = kRowsAtOnce; count == kRowsAtOnce;) {
    count = 0;
    FILOSCOPE_DO(session.query(kSumsBehind, {last, kRowsAtOnce}, [&](const Row& row) {
      ++count;
      last = row.text(0);
      each(last, {row.integer(1), row.text(2)});
    }));
  }
  return {};
}

Result<std::unique_ptr<CheckedBlobStore>> open_checked_blob_store(std::unique_ptr<BlobStore> blobs,
                                                                  Database& database) {
  auto store = std::make_unique<CheckedBlobs>(std::move(blobs), database);
  FILOSCOPE_DO(store->load());
  return std::unique_ptr<CheckedBlobStore>(std::move(store));
}

}  // namespace filoscope
