#include "adapters/sqlite/sqlite_session.h"

namespace filoscope::sqlite {
namespace {

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement)
      : statement_(statement), columns_count_(sqlite3_column_count(statement)) {}
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, checked(column)) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, checked(column));
  }
  double number(int column) const override {
    return sqlite3_column_double(statement_, checked(column));
  }
  std::string text(int column) const override {
    const auto* data = sqlite3_column_text(statement_, checked(column));
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  Bytes bytes(int column) const override {
    const auto* data =
        static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, checked(column)));
    if (data == nullptr) return {};
    return {data, data + sqlite3_column_bytes(statement_, column)};
  }

 private:
  int checked(int column) const {
    FILOSCOPE_CHECK(column >= 0 && column < columns_count_);
    return column;
  }
  sqlite3_stmt* statement_;
  int columns_count_;
};

}  // namespace

Result<std::int64_t> SqliteSession::execute(std::string_view sql,
                                            std::span<const SqlValue> arguments) {
  FILOSCOPE_TRY(auto statement, connection_.prepare(sql));
  FILOSCOPE_DO(statement.bind_all(arguments));
  for (bool row = true; row;) {
    FILOSCOPE_TRY(row, statement.step());
  }
  return sqlite3_stmt_readonly(statement.raw()) != 0 ? 0 : connection_.changes();
}

Result<void> SqliteSession::query(std::string_view sql, std::span<const SqlValue> arguments,
                                  const std::function<void(const Row&)>& each) {
  FILOSCOPE_TRY(auto statement, connection_.prepare(sql));
  FILOSCOPE_DO(statement.bind_all(arguments));
  const SqliteRow row(statement.raw());
  while (true) {
    FILOSCOPE_TRY(const bool more, statement.step());
    if (!more) return {};
    each(row);
  }
}

}  // namespace filoscope::sqlite
