#pragma once

/// Where a page of a list sorted by (time, id), newest first, ended: as the opaque text that
/// travels. Threads: any.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "accounts/reasons.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/result.h"

namespace filoscope::accounts {

inline constexpr int kPageLimitMax = 50;

struct PageCursor {
  std::int64_t at_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t id = std::numeric_limits<std::int64_t>::max();

  std::string text() const {
    ByteWriter writer;
    writer.put(at_ms);
    writer.put(id);
    return crypto::base64url(writer.bytes());
  }
  /// "" is before the first row. Errors: invalid_argument.
  static Result<PageCursor> parse(std::string_view text) {
    PageCursor cursor;
    if (text.empty()) return cursor;
    constexpr std::size_t kTextSize = 22;  // 16 bytes
    if (text.size() == kTextSize) {
      if (const auto bytes = crypto::from_base64url(text)) {
        ByteReader reader(*bytes);
        cursor.at_ms = reader.get<std::int64_t>();
        cursor.id = reader.get<std::int64_t>();
        if (reader.at_end()) return cursor;
      }
    }
    return Error(reason("not_a_cursor")).at("cursor");
  }
};

/// Errors: invalid_argument.
inline Result<void> check_limit(int limit) {
  if (limit >= 1 && limit <= kPageLimitMax) return {};
  return Error(reason("page_limit"), kPageLimitMax).at("limit");
}

}  // namespace filoscope::accounts
