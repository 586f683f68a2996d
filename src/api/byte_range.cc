#include "api/byte_range.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "api/field_text.h"

namespace filoscope::api {
namespace {

/// Nothing when `text` is not all digits; what does not fit is the largest value.
std::optional<std::int64_t> parse_position(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  static_cast<void>(at);
  return error == std::errc() ? value : INT64_MAX;
}

}  // namespace

RangeAnswer select_range(std::string_view range, std::int64_t size_bytes) {
  const RangeAnswer whole{200, 0, size_bytes};
  const auto equals = range.find('=');
  if (equals == std::string_view::npos ||
      !equals_ignoring_case(trim(range.substr(0, equals)), "bytes")) {
    return whole;
  }
  const auto spec = trim(range.substr(equals + 1));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return whole;
  const auto first_text = trim(spec.substr(0, dash));
  const auto last_text = trim(spec.substr(dash + 1));
  const auto last = parse_position(last_text);
  if (first_text.empty()) {  // the last `n` bytes
    if (!last) return whole;
    if (*last == 0 || size_bytes == 0) return {416, 0, 0};
    const auto length = std::min(*last, size_bytes);
    return {206, size_bytes - length, length};
  }
  const auto first = parse_position(first_text);
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return whole;
  if (*first >= size_bytes) return {416, 0, 0};
  const auto end = last ? std::min(*last, size_bytes - 1) : size_bytes - 1;
  return {206, *first, end - *first + 1};
}

bool matches_any(std::string_view if_none_match, std::string_view etag) {
  auto rest = trim(if_none_match);
  if (rest == "*") return true;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    auto one = trim(rest.substr(0, comma));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return false;
}

bool range_holds(std::string_view if_range, std::string_view etag) {
  const auto condition = trim(if_range);
  return condition.empty() || condition == etag;
}

}  // namespace filoscope::api
