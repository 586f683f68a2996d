#include "adapters/sqlite/sqlite_database.h"

#include <fmt/format.h>

#include <utility>

#include "adapters/sqlite/reasons.h"
#include "adapters/sqlite/sqlite_writer.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/trouble.h"
#include "ports/makes_space.h"

namespace filoscope {

using sqlite::Connection;
using sqlite::SqliteSession;
using sqlite::Writer;

namespace {

constexpr std::int64_t kOpenBytes = 1 << 20;

struct Applied {
  int version = 0;
  std::string checksum;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::unique_ptr<Connection> writer, const sqlite::DiskReserve& reserve,
                 std::vector<std::unique_ptr<Connection>> readers, const SqliteOptions& options)
      : options_(options),
        idle_(std::move(readers)),
        writer_(std::move(writer), reserve, options) {}

  Result<void> read(const Work& work) override;
  Result<void> write(const Work& work) override { return writer_.write(work); }
  Result<void> migrate(std::string_view module, std::span<const Migration> steps) override;

 private:
  /// The read that this thread is inside, to run a nested one on the same snapshot.
  struct Current {
    const SqliteDatabase* database = nullptr;
    SqliteSession* session = nullptr;
  };
  static thread_local Current current_;

  Result<std::unique_ptr<Connection>> take_reader();
  void give_back(std::unique_ptr<Connection> reader);
  Result<std::vector<Applied>> applied(std::string_view module);

  const SqliteOptions options_;
  Mutex mutex_;
  Condition reader_free_;
  std::vector<std::unique_ptr<Connection>> idle_ FILOSCOPE_GUARDED_BY(mutex_);
  Writer writer_;  ///< last: its thread ends first
};

thread_local SqliteDatabase::Current SqliteDatabase::current_;

Result<void> SqliteDatabase::read(const Work& work) {
  FILOSCOPE_CHECK(!writer_.inside_work());
  if (current_.database == this) return sqlite::run_work(work, *current_.session);
  FILOSCOPE_TRY(auto reader, take_reader());
  if (reader->read_only() && !writer_.read_only()) {  // of before the disk could be written
    if (auto again = Connection::open(options_, Connection::Role::reader))
      reader = *std::move(again);
  }
  auto result = reader->control("BEGIN");
  if (result) {
    SqliteSession session(*reader);
    const auto outer = std::exchange(current_, Current{this, &session});
    result = sqlite::run_work(work, session);
    current_ = outer;
  }
  if (reader->in_transaction()) {
    auto ended = reader->control("ROLLBACK");
    if (result) result = std::move(ended);
  }
  give_back(std::move(reader));
  if (!result && result.error().code == Code::corrupt)
    trouble::begin("database", result.error().message);
  return result;
}

Result<std::unique_ptr<Connection>> SqliteDatabase::take_reader() {
  Lock lock(mutex_);
  if (!reader_free_.wait_for_ms(mutex_, options_.reader_wait_ms,
                                [&]() FILOSCOPE_REQUIRES(mutex_) { return !idle_.empty(); })) {
    return Error(sqlite::reason("database_busy"), options_.reader_wait_ms);
  }
  auto reader = std::move(idle_.back());  // the last used has the warmest cache
  idle_.pop_back();
  return reader;
}

void SqliteDatabase::give_back(std::unique_ptr<Connection> reader) {
  Lock lock(mutex_);
  idle_.push_back(std::move(reader));
  reader_free_.notify_one();
}

Result<std::vector<Applied>> SqliteDatabase::applied(std::string_view module) {
  std::vector<Applied> rows;
  bool exists = false;
  FILOSCOPE_DO(read([&](Session& session) {
    return session.query("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'", {},
                         [&](const Row&) { exists = true; });
  }));
  if (!exists) {
    FILOSCOPE_DO(write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(
          session.execute("CREATE TABLE IF NOT EXISTS schema_migrations ("
                          "module TEXT NOT NULL, version BIGINT NOT NULL, "
                          "checksum TEXT NOT NULL, PRIMARY KEY (module, version))"));
      return {};
    }));
  }
  FILOSCOPE_DO(read([&](Session& session) {
    rows.clear();
    return session.query(
        "SELECT version, checksum FROM schema_migrations WHERE module = ? ORDER BY version",
        {std::string(module)}, [&](const Row& row) {
          rows.push_back({static_cast<int>(row.integer(0)), row.text(1)});
        });
  }));
  return rows;
}

Result<void> SqliteDatabase::migrate(std::string_view module, std::span<const Migration> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (static_cast<std::size_t>(steps[i].version) != i + 1) {
      return Error(Code::internal, fmt::format("the migrations of {} have a gap: {} stands where "
                                               "{} belongs",
                                               module, steps[i].version, i + 1));
    }
  }
  const MakesSpace part_of_the_start;  // which a full disk must not prevent
  FILOSCOPE_TRY(const auto done, applied(module));
  if (done.size() > steps.size()) {
    return Error(sqlite::reason("database_tables_too_new"), module, done.size(), steps.size());
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto checksum = crypto::hex(crypto::sha256(steps[i].sql));
    if (i < done.size()) {
      if (done[i].version != steps[i].version) {
        return Error(Code::corrupt, fmt::format("migration {} of {} is missing in the database",
                                                steps[i].version, module));
      }
      if (done[i].checksum == checksum) continue;
      return Error(sqlite::reason("migration_changed"), steps[i].version, module);
    }
    FILOSCOPE_DO(write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(static_cast<SqliteSession&>(session).connection().script(steps[i].sql));
      FILOSCOPE_DO(session.execute(
          "INSERT INTO schema_migrations (module, version, checksum) VALUES (?, ?, ?)",
          {std::string(module), std::int64_t{steps[i].version}, checksum}));
      return {};
    }));
  }
  return {};
}

}  // namespace

SqliteOptions SqliteOptions::from(const Config& config, std::filesystem::path path) {
  SqliteOptions options;
  options.path = std::move(path);
  options.readers_count = config[kSqliteReadersCount];
  options.reader_wait_ms = config[kSqliteReaderWaitMs];
  options.busy_timeout_ms = config[kSqliteBusyTimeoutMs];
  options.cache_bytes = config[kSqliteCacheBytes];
  options.mmap_bytes = config[kSqliteMmapBytes];
  options.group_max = config[kSqliteGroupMax];
  options.group_ms = config[kSqliteGroupMs];
  options.queue_max = config[kSqliteQueueMax];
  options.statements_max = config[kSqliteStatementsMax];
  options.checkpoint_pages = config[kSqliteCheckpointPages];
  options.reserve_bytes = config[kSqliteReserveBytes];
  options.wal_bytes_max = config[kSqliteWalBytesMax];
  return options;
}

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options) {
  sqlite::DiskReserve reserve(options.path, options.reserve_bytes);
  if (reserve.free_bytes() < kOpenBytes) reserve.give_up();  // SQLite makes files beside its own
  FILOSCOPE_TRY(auto writer, Connection::open(options, Connection::Role::writer));
  FILOSCOPE_DO(sync_folder(options.path.has_parent_path() ? options.path.parent_path() : "."));
  std::vector<std::unique_ptr<Connection>> readers;
  for (std::int64_t i = 0; i < options.readers_count; ++i) {
    FILOSCOPE_TRY(auto reader, Connection::open(options, Connection::Role::reader));
    readers.push_back(std::move(reader));
  }
  return std::unique_ptr<Database>(
      std::make_unique<SqliteDatabase>(std::move(writer), reserve, std::move(readers), options));
}

}  // namespace filoscope
