#include "contract/adapters.h"

#include <libpq-fe.h>

#include <cstdlib>

#include "adapters/files/checked_blob_store.h"
#include "adapters/files/file_blob_store.h"
#include "adapters/postgres/postgres_database.h"
#include "adapters/postgres/postgres_event_log.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "contract/memory_blob_store.h"

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
  Result<std::unique_ptr<BlobReader>> open(std::string_view key) const override {
    return blobs_.open(key);
  }
  bool has_native_files() const override { return blobs_.has_native_files(); }
  Result<void> copy(std::string_view from, std::string_view to) override {
    return blobs_.copy(from, to);
  }
  Result<void> remove(std::string_view key) override { return blobs_.remove(key); }
  Result<void> list(std::string_view prefix,
                    const std::function<void(std::string_view)>& each) const override {
    return blobs_.list(prefix, each);
  }

 private:
  const std::shared_ptr<void> owner_;
  BlobStore& blobs_;
};

/// Of the server that tools/with_postgres.py has begun: each folder is a schema there.
PostgresOptions postgres_options(const std::string& server, const std::filesystem::path& folder) {
  PostgresOptions options;
  options.url = server + "&options=-csearch_path%3D%22" + folder.filename().string() + "%22";
  options.readers_count = 2;
  options.read_wait_ms = 200;
  return options;
}

Result<void> make_schema(const std::string& server, const std::filesystem::path& folder) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(server.c_str()),
                                                                PQfinish);
  const auto sql = "CREATE SCHEMA IF NOT EXISTS \"" + folder.filename().string() + "\"";
  const std::unique_ptr<PGresult, decltype(&PQclear)> made(PQexec(connection.get(), sql.c_str()),
                                                           PQclear);
  if (PQresultStatus(made.get()) == PGRES_COMMAND_OK) return {};
  return Error(Code::internal, PQerrorMessage(connection.get()));
}

RecordsAdapter postgres_adapter(const std::string& server) {
  // The log needs the options of the database that was opened last in this test.
  auto last = std::make_shared<PostgresOptions>();
  return {"postgres",
          [=](const std::filesystem::path& folder) -> Result<std::unique_ptr<Database>> {
            FILOSCOPE_DO(make_schema(server, folder));
            *last = postgres_options(server, folder);
            return open_postgres(*last);
          },
          [=](Database& database) { return open_postgres_event_log(database, *last); }};
}

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
  std::vector<RecordsAdapter> adapters{
      {"sqlite", sqlite(kSqliteMmapBytes.default_value), open_sqlite_event_log},
      {"sqlite_without_mmap", sqlite(0), open_sqlite_event_log}};
  if (const char* server = std::getenv("FILOSCOPE_TEST_POSTGRES"))
    adapters.push_back(postgres_adapter(server));
  return adapters;
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
  return {{"files", files(true)},
          {"files_without_tmpfile", files(false)},
          {"checked", checked},
          {"memory", memory_blobs_adapter()}};
}

}  // namespace filoscope::contract
