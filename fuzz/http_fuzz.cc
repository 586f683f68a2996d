/// HTTP requests, targets, queries, ranges, entity tags, cookies' neighbours: everything that is
/// read of a request before a route sees it.

#include <cstdint>
#include <string>

#include "api/byte_range.h"
#include "api/http_parser.h"
#include "api/static_files.h"
#include "api/throttle.h"
#include "api/url.h"
#include "base/check.h"

using namespace filoscope::api;

namespace {

void check_requests(std::string_view bytes) {
  HttpParser parser(16'384);
  std::size_t requests = 0;
  while (!bytes.empty() && requests < 64) {
    const auto used = parser.feed(bytes);
    FILOSCOPE_CHECK(used <= bytes.size());
    bytes.remove_prefix(used);
    if (parser.failure()) {
      FILOSCOPE_CHECK(parser.failure()->status >= 400 && parser.failure()->status < 600);
      return;
    }
    if (parser.head_done()) FILOSCOPE_CHECK(parser.head().fields.size() <= kHeadFieldsMax);
    if (parser.done()) {
      parser.reset();
      ++requests;
    } else if (used == 0) {
      return;
    }
  }
}

void check_ranges(std::string_view text) {
  for (const std::int64_t size : {0LL, 1LL, 1000LL, 1LL << 40}) {
    const auto range = select_range(text, size);
    FILOSCOPE_CHECK(range.first >= 0 && range.length_bytes >= 0);
    FILOSCOPE_CHECK(range.first + range.length_bytes <= size);
    FILOSCOPE_CHECK(range.status == 200 || range.status == 206 || range.status == 416);
    if (range.status == 206) FILOSCOPE_CHECK(range.length_bytes > 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 65'536) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_requests(text);
  check_ranges(text);
  static_cast<void>(matches_any(text, "\"tag\""));
  static_cast<void>(range_holds(text, "\"tag\""));
  if (const auto target = split_target(text)) FILOSCOPE_CHECK(target->path.starts_with('/'));
  static_cast<void>(parse_query(text));
  if (const auto decoded = percent_decode(text)) {
    FILOSCOPE_CHECK(percent_decode(percent_encode(*decoded)) == decoded);
  }
  if (is_plain_path(text)) FILOSCOPE_CHECK(text.find("/..") == std::string_view::npos);
  static_cast<void>(accepts_coding(text, "gzip"));
  static_cast<void>(Proxies("127.0.0.1").client("127.0.0.1", text));
  return 0;
}
