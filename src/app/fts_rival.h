#pragma once

/// SQLite's own full-text index (FTS5) over the same captions, as the rival of `bench search.text`.
/// Threads: its owner's.

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace filoscope::app {

class FtsRival {
 public:
  /// Opens one that is there. Errors: internal.
  static Result<FtsRival> make(const std::filesystem::path& file);
  Result<void> begin() { return run("BEGIN"); }
  Result<void> commit() { return run("COMMIT"); }
  Result<void> add(std::int64_t id, const std::string& caption);
  /// The first 20 in the order of bm25; the last word by its beginning.
  Result<void> ask(const std::string& query);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Result<void> run(const char* sql);
  Result<std::unique_ptr<sqlite3_stmt, Close>> prepare(const char* sql);

  std::unique_ptr<sqlite3, Close> database_;
  std::unique_ptr<sqlite3_stmt, Close> add_, ask_;
};

}  // namespace filoscope::app
