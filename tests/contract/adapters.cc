#include "contract/adapters.h"

#include "adapters/files/checked_blob_store.h"
#include "adapters/files/file_blob_store.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"

namespace filoscope::contract {
namespace {

/// A blob store that lives as long as this, with what it stands on.
class Forwarding final : public BlobStore {
 public:
  Forwarding(std::shared_ptr<void> owner, BlobStore& blobs)
      : owner_(std::move(owner)), blobs_(blobs) {}
  Result<void> put(std::string_view key, UniqueFd file) override {
    return blobs_.put(key, std::move(file));
  }
  Result<UniqueFd> make_temporary() override { return blobs_.make_temporary(); }
  Result<Blob> open(std::string_view key) const override { return blobs_.open(key); }
  Result<void> remove(std::string_view key) override { return blobs_.remove(key); }
  Result<void> list(std::string_view prefix,
                    const std::function<void(std::string_view)>& each) const override {
    return blobs_.list(prefix, each);
  }

 private:
  const std::shared_ptr<void> owner_;
  BlobStore& blobs_;
};

}  // namespace

std::vector<RecordsAdapter> records_adapters() {
  const auto sqlite = [](std::int64_t mmap_bytes) {
    return [mmap_bytes](const std::filesystem::path& folder) {
      SqliteOptions options;
      options.path = folder / "records.db";
      options.readers_count = 2;
      options.reader_wait_ms = 200;
      options.mmap_bytes = mmap_bytes;
      return open_sqlite(options);
    };
  };
  return {{"sqlite", sqlite(kSqliteMmapBytes.default_value), open_sqlite_event_log},
          {"sqlite_without_mmap", sqlite(0), open_sqlite_event_log}};
}

std::vector<BlobsAdapter> blobs_adapters() {
  const auto files = [](bool unnamed_files) {
    return [unnamed_files](const std::filesystem::path& folder) {
      return open_file_blob_store({folder / "blobs", unnamed_files});
    };
  };
  const auto checked =
      [](const std::filesystem::path& folder) -> Result<std::unique_ptr<BlobStore>> {
    struct WithDatabase {  // in the order of standing on each other
      Folder records;
      std::unique_ptr<Database> database;
      std::unique_ptr<CheckedBlobStore> blobs;
    };
    auto both = std::make_shared<WithDatabase>();
    SqliteOptions options;
    options.path = both->records.path() / "records.db";
    FILOSCOPE_TRY(both->database, open_sqlite(options));
    FILOSCOPE_TRY(auto plain, open_file_blob_store(folder / "blobs"));
    FILOSCOPE_TRY(both->blobs, open_checked_blob_store(std::move(plain), *both->database));
    return std::unique_ptr<BlobStore>(std::make_unique<Forwarding>(both, *both->blobs));
  };
  return {{"files", files(true)}, {"files_without_tmpfile", files(false)}, {"checked", checked}};
}

}  // namespace filoscope::contract
