#include "contract/adapters.h"

#include "adapters/files/file_blob_store.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"

namespace filoscope::contract {

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
  return {{"files", files(true)}, {"files_without_tmpfile", files(false)}};
}

}  // namespace filoscope::contract
