#pragma once

/// The modules' SQL as PostgreSQL takes it. Internal to this adapter.

#include <string>
#include <string_view>

namespace filoscope::postgres {

struct PostgresSql {
  std::string text;  ///< `?` outside of literals, names and comments is `$1`, `$2` …
  int placeholders_count = 0;
};

PostgresSql translate(std::string_view sql);

/// Statements that make or change tables: INTEGER becomes BIGINT, BLOB becomes BYTEA, and TEXT is
/// compared byte by byte (COLLATE "C"), outside of literals, names and comments.
std::string translate_tables(std::string_view sql);

}  // namespace filoscope::postgres
