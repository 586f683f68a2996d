#pragma once

/// The opaque cursor of paged answers: where the last page ended in a total order.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace filoscope::engine {

/// A place in an order by (key, id); `mark` tells the modes apart ('f' following, 'n'
/// not_profiled).
struct Cursor {
  char mark = 'f';
  std::uint64_t key = 0;
  std::uint64_t id = 0;
};

std::string to_text(const Cursor& cursor);
/// Errors: invalid_argument (not made by to_text, or another mode's).
Result<Cursor> parse_cursor(std::string_view text, char mark);

/// A double as an integer of the same order.
std::uint64_t ordered_bits(double value);

}  // namespace filoscope::engine
