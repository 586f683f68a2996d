#include "adapters/postgres/postgres_row.h"

#include <charconv>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/result.h"

namespace filoscope::postgres {
namespace {

// Types as the catalogue pg_type numbers them.
constexpr Oid kBool = 16, kBytes = 17;

}  // namespace

bool PostgresRow::is_null(int column) const {
  return PQgetisnull(result_, row_, checked(column)) != 0;
}

std::int64_t PostgresRow::integer(int column) const {
  const auto value = raw(column);
  if (PQftype(result_, column) == kBool) return value == "t" ? 1 : 0;
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

double PostgresRow::number(int column) const {
  const auto value = raw(column);
  return value.empty() ? 0 : std::strtod(value.data(), nullptr);
}

std::string PostgresRow::text(int column) const {
  if (PQftype(result_, checked(column)) != kBytes) return std::string(raw(column));
  const auto plain = bytes(column);
  return {plain.begin(), plain.end()};
}

Bytes PostgresRow::bytes(int column) const {
  const auto value = raw(column);
  if (PQftype(result_, column) != kBytes || is_null(column)) return {value.begin(), value.end()};
  std::size_t size = 0;
  const std::unique_ptr<unsigned char, decltype(&PQfreemem)> plain(
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(value.data()), &size), PQfreemem);
  if (!plain) throw std::bad_alloc();
  return {plain.get(), plain.get() + size};
}

int PostgresRow::checked(int column) const {
  FILOSCOPE_CHECK(column >= 0 && column < PQnfields(result_));
  return column;
}

std::string_view PostgresRow::raw(int column) const {
  const auto length = PQgetlength(result_, row_, checked(column));
  return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(length)};
}

}  // namespace filoscope::postgres
