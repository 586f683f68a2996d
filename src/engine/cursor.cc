#include "engine/cursor.h"

#include <bit>

#include "base/id.h"
#include "engine/reasons.h"

namespace filoscope::engine {

std::uint64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | (std::uint64_t{1} << 63);
}

// Two halves of the key, because an id's text holds 63 bits.
std::string to_text(const Cursor& cursor) {
  return std::string(1, cursor.mark) + id_text(cursor.key >> 32) +
         id_text(cursor.key & 0xFFFFFFFFU) + id_text(cursor.id);
}

Result<Cursor> parse_cursor(std::string_view text, char mark) {
  if (text.size() != 1 + 3 * 13 || text[0] != mark) return Error(reason("not_a_feed_cursor"));
  const auto high = parse_id_text(text.substr(1, 13));
  const auto low = parse_id_text(text.substr(14, 13));
  const auto id = parse_id_text(text.substr(27, 13));
  if (!high || !low || !id || *high > 0xFFFFFFFFU || *low > 0xFFFFFFFFU)
    return Error(reason("not_a_feed_cursor"));
  return Cursor{mark, *high << 32 | *low, *id};
}

}  // namespace filoscope::engine
