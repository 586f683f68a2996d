#include "app/fts_rival.h"

#include "catalog/text.h"

namespace filoscope::app {

Result<FtsRival> FtsRival::make(const std::filesystem::path& file) {
  FtsRival rival;
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(file.c_str(), &opened);
  rival.database_.reset(opened);
  if (code != SQLITE_OK) return Error{Code::internal, "SQLite opens no file for FTS5"};
  FILOSCOPE_DO(rival.run(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE VIRTUAL TABLE IF NOT EXISTS "
      "captions USING fts5 (caption, content = '', prefix = '2 3')"));
  FILOSCOPE_TRY(rival.add_, rival.prepare("INSERT INTO captions (rowid, caption) VALUES (?, ?)"));
  FILOSCOPE_TRY(
      rival.ask_,
      rival.prepare("SELECT rowid FROM captions WHERE captions MATCH ? ORDER BY rank LIMIT 20"));
  return rival;
}

Result<void> FtsRival::run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return Error{Code::internal, sqlite3_errmsg(database_.get())};
}

Result<std::unique_ptr<sqlite3_stmt, FtsRival::Close>> FtsRival::prepare(const char* sql) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql, -1, &made, nullptr) != SQLITE_OK)
    return Error{Code::internal, sqlite3_errmsg(database_.get())};
  return std::unique_ptr<sqlite3_stmt, Close>(made);
}

Result<void> FtsRival::add(std::int64_t id, const std::string& caption) {
  sqlite3_bind_int64(add_.get(), 1, id);
  sqlite3_bind_text(add_.get(), 2, caption.data(), static_cast<int>(caption.size()), SQLITE_STATIC);
  const int code = sqlite3_step(add_.get());
  sqlite3_reset(add_.get());
  return code == SQLITE_DONE ? Result<void>()
                             : Error{Code::internal, sqlite3_errmsg(database_.get())};
}

Result<void> FtsRival::ask(const std::string& query) {
  std::string match;
  const auto words = catalog::query_readings_of(query).front();
  for (const auto& word : words) match += (match.empty() ? "\"" : " \"") + word + "\"";
  match += "*";
  sqlite3_bind_text(ask_.get(), 1, match.data(), static_cast<int>(match.size()), SQLITE_STATIC);
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(ask_.get());
  sqlite3_reset(ask_.get());
  return code == SQLITE_DONE ? Result<void>()
                             : Error{Code::internal, sqlite3_errmsg(database_.get())};
}

}  // namespace filoscope::app
