#pragma once

/// `Database` on SQLite: write-ahead log, one writer thread that commits in groups, several
/// readers. Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/rescode.html.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope {

inline const Setting<std::int64_t> kSqliteReadersCount{
    "sqlite.readers_count", 4, 1, 64, "Connections that read; each runs one read at a time."};
inline const Setting<std::int64_t> kSqliteReaderWaitMs{
    "sqlite.reader_wait_ms", 5'000, 1, 600'000, "How long a read waits for a free connection."};
inline const Setting<std::int64_t> kSqliteBusyTimeoutMs{
    "sqlite.busy_timeout_ms", 5'000, 1, 600'000,
    "How long to wait for another program that has the database locked."};
inline const Setting<std::int64_t> kSqliteCacheBytes{"sqlite.cache_bytes", 16 << 20, 1 << 20,
                                                     std::int64_t{1} << 32,
                                                     "Page cache of each connection, at most."};
inline const Setting<std::int64_t> kSqliteMmapBytes{
    "sqlite.mmap_bytes", 128 << 20, 0, std::int64_t{1} << 40,
    "How much of the database file is read through the system's cache without copying; 0 is off."};
inline const Setting<std::int64_t> kSqliteGroupMax{"sqlite.group_max", 16, 1, 1'024,
                                                   "Writes that share one commit, at most."};
inline const Setting<std::int64_t> kSqliteGroupMs{
    "sqlite.group_ms", 2, 0, 1'000,
    "A commit takes in writes that arrive while it runs others, for at most this long."};
inline const Setting<std::int64_t> kSqliteQueueMax{"sqlite.queue_max", 1'024, 1, 1 << 20,
                                                   "Writes that wait for their turn, at most."};
inline const Setting<std::int64_t> kSqliteStatementsMax{
    "sqlite.statements_max", 256, 1, 1 << 16,
    "Prepared statements that each connection keeps, at most."};
inline const Setting<std::int64_t> kSqliteCheckpointPages{
    "sqlite.checkpoint_pages", 2'000, 100, 1 << 20,
    "Pages in the write-ahead log after which it is copied into the database file."};

inline const Setting<std::int64_t> kSqliteReserveBytes{
    "sqlite.reserve_bytes", 16 << 20, 0, std::int64_t{1} << 32,
    "Kept back on the disk for changes that make space; at most a sixteenth of the disk."};
inline const Setting<std::int64_t> kSqliteWalBytesMax{
    "sqlite.wal_bytes_max", 64 << 20, 1 << 20, std::int64_t{1} << 36,
    "Write-ahead log from which on changes wait for long reads, to empty it."};

struct SqliteOptions {
  std::filesystem::path path;  ///< the database file; made when missing, its folder must exist
  std::int64_t readers_count = kSqliteReadersCount.default_value;
  std::int64_t reader_wait_ms = kSqliteReaderWaitMs.default_value;
  std::int64_t busy_timeout_ms = kSqliteBusyTimeoutMs.default_value;
  std::int64_t cache_bytes = kSqliteCacheBytes.default_value;
  std::int64_t mmap_bytes = kSqliteMmapBytes.default_value;
  std::int64_t group_max = kSqliteGroupMax.default_value;
  std::int64_t group_ms = kSqliteGroupMs.default_value;
  std::int64_t queue_max = kSqliteQueueMax.default_value;
  std::int64_t statements_max = kSqliteStatementsMax.default_value;
  std::int64_t checkpoint_pages = kSqliteCheckpointPages.default_value;
  std::int64_t reserve_bytes = kSqliteReserveBytes.default_value;
  std::int64_t wal_bytes_max = kSqliteWalBytesMax.default_value;

  static SqliteOptions from(const Config& config, std::filesystem::path path);
};

/// Opens or makes the database. Threads: any, see ports/database.h; the destructor needs that no
/// call is running. write() inside a write's work, or on the writer's thread at all, aborts; so
/// does read() inside a write's work. A read() inside read() runs on the outer one's snapshot.
/// Errors: corrupt (not a database, or another program's), conflict (made by a newer version of
/// this program), unavailable (cannot be opened, disk full).
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);

}  // namespace filoscope
