#pragma once

/// `Database` on PostgreSQL through libpq. Source:
/// https://www.postgresql.org/docs/15/libpq.html,
/// https://www.postgresql.org/docs/15/transaction-iso.html,
/// https://www.postgresql.org/docs/15/errcodes-appendix.html.

#include <cstdint>
#include <memory>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope {

inline const Setting<std::int64_t> kPostgresReadersCount{
    "postgres.readers_count", 8, 1, 256,
    "Connections to PostgreSQL that read; each runs one read at a time."};
inline const Setting<std::int64_t> kPostgresWritersCount{
    "postgres.writers_count", 8, 1, 256,
    "Connections to PostgreSQL that write; each runs one change at a time."};
inline const Setting<std::int64_t> kPostgresReadWaitMs{
    "postgres.read_wait_ms", 5'000, 1, 600'000,
    "How long a read waits for a free connection to PostgreSQL."};
inline const Setting<std::int64_t> kPostgresWriteWaitMs{
    "postgres.write_wait_ms", 30'000, 1, 600'000,
    "How long a change waits for a free connection to PostgreSQL."};
inline const Setting<std::int64_t> kPostgresReturnMs{
    "postgres.return_ms", 10'000, 0, 600'000,
    "How long a call waits for a PostgreSQL server that went away."};
inline const Setting<std::int64_t> kPostgresStatementMs{
    "postgres.statement_ms", 60'000, 1, 3'600'000, "The longest that one statement may take."};

struct PostgresOptions {
  std::string url;  ///< as libpq takes it: postgresql://user:password@host/name, or keys and values
  std::int64_t readers_count = kPostgresReadersCount.default_value;
  std::int64_t writers_count = kPostgresWritersCount.default_value;
  std::int64_t read_wait_ms = kPostgresReadWaitMs.default_value;
  std::int64_t write_wait_ms = kPostgresWriteWaitMs.default_value;
  std::int64_t return_ms = kPostgresReturnMs.default_value;
  std::int64_t statement_ms = kPostgresStatementMs.default_value;

  static PostgresOptions from(const Config& config, std::string url);
};

/// Opens a database that exists. Threads: any, see ports/database.h; the destructor needs that no
/// call is running. read() and write() inside a write's work abort. A read() inside read() runs on
/// the outer one's snapshot. Errors: unavailable (not reached), conflict (too old, not UTF-8, not
/// durable).
Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options);

}  // namespace filoscope
