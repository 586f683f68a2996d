#pragma once

/// A row of an answer. Internal to this adapter.

#include <libpq-fe.h>

#include "ports/database.h"

namespace filoscope::postgres {

/// REQUIRES: the answer is in text form, and outlives this.
class PostgresRow final : public Row {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}
  bool is_null(int column) const override;
  std::int64_t integer(int column) const override;
  double number(int column) const override;
  std::string text(int column) const override;
  Bytes bytes(int column) const override;

 private:
  int checked(int column) const;
  std::string_view raw(int column) const;  ///< ends with a zero byte
  const PGresult* result_;
  int row_;
};

}  // namespace filoscope::postgres
