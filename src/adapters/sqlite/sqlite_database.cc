#include "adapters/sqlite/sqlite_database.h"

#include <utility>

#include "adapters/records/migrations.h"
#include "adapters/records/run_work.h"
#include "adapters/sqlite/sqlite_writer.h"
#include "base/file.h"
#include "base/trouble.h"
#include "ports/makes_space.h"
#include "ports/reasons.h"

namespace filoscope {

using sqlite::Connection;
using sqlite::SqliteSession;
using sqlite::Writer;

namespace {

constexpr std::int64_t kOpenBytes = 1 << 20;

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
  Result<std::vector<std::string>> check() override;

 private:
  /// The read that this thread is inside, to run a nested one on the same snapshot.
  struct Current {
    const SqliteDatabase* database = nullptr;
    SqliteSession* session = nullptr;
  };
  static thread_local Current current_;

  Result<std::unique_ptr<Connection>> take_reader();
  void give_back(std::unique_ptr<Connection> reader);

  const SqliteOptions options_;
  Mutex mutex_;
  Condition reader_free_;
  std::vector<std::unique_ptr<Connection>> idle_ FILOSCOPE_GUARDED_BY(mutex_);
  Writer writer_;  ///< last: its thread ends first
};

thread_local SqliteDatabase::Current SqliteDatabase::current_;

Result<void> SqliteDatabase::read(const Work& work) {
  FILOSCOPE_CHECK(!writer_.inside_work());
  if (current_.database == this) return records::run_work(work, *current_.session);
  FILOSCOPE_TRY(auto reader, take_reader());
  if (reader->read_only() && !writer_.read_only()) {  // of before the disk could be written
    if (auto again = Connection::open(options_, Connection::Role::reader))
      reader = *std::move(again);
  }
  auto result = reader->control("BEGIN");
  if (result) {
    SqliteSession session(*reader);
    const auto outer = std::exchange(current_, Current{this, &session});
    result = records::run_work(work, session);
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
    return Error(ports::reason("database_busy"), options_.reader_wait_ms);
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

Result<void> SqliteDatabase::migrate(std::string_view module, std::span<const Migration> steps) {
  const MakesSpace part_of_the_start;  // which a full disk must not prevent
  return records::run_migrations(*this, module, steps, [](Session& session, std::string_view sql) {
    return static_cast<SqliteSession&>(session).connection().script(sql);
  });
}

Result<std::vector<std::string>> SqliteDatabase::check() {
  std::vector<std::string> findings;
  FILOSCOPE_DO(read([&](Session& session) {
    findings.clear();
    return session.query("SELECT * FROM pragma_integrity_check(20)", {}, [&](const Row& row) {
      if (row.text(0) != "ok") findings.push_back("the database says: " + row.text(0));
    });
  }));
  return findings;
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
