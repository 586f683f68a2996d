#pragma once

/// Range and conditional request fields (RFC 9110 sections 13 and 14): single byte ranges, strong
/// entity tags. Pure functions.

#include <cstdint>
#include <string_view>

namespace filoscope::api {

struct RangeAnswer {
  int status = 200;  ///< 200 the whole, 206 a part, 416 nothing of it
  std::int64_t first = 0, length_bytes = 0;
};

/// What a Range field selects of `size_bytes`. Absent, several ranges, another unit or bad syntax:
/// the whole (the field is to be ignored). REQUIRES: size_bytes >= 0.
RangeAnswer select_range(std::string_view range, std::int64_t size_bytes);

/// If-None-Match (weak comparison, lists, `*`). REQUIRES: `etag` with its quotes.
bool matches_any(std::string_view if_none_match, std::string_view etag);
/// Whether a Range field counts: If-Range is absent or this very tag (strong; a date never
/// matches).
bool range_holds(std::string_view if_range, std::string_view etag);

}  // namespace filoscope::api
