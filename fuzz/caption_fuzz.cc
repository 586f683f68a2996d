/// Captions and media paths: text from outside that catalog takes apart.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "accounts/text.h"
#include "catalog/caption.h"
#include "catalog/media_map.h"
#include "catalog/text.h"

namespace {

using filoscope::ManualClock;
using filoscope::catalog::MediaEntry;
using filoscope::catalog::MediaMap;

void check(bool holds) {
  if (!holds) std::abort();
}

void caption(std::string_view text) {
  namespace catalog = filoscope::catalog;
  namespace accounts = filoscope::accounts;
  const bool valid = accounts::characters_count(text).has_value();
  const auto parts = catalog::parse_caption(text);
  for (const auto& tag : parts.hashtags) {
    check(!tag.empty());
    if (valid) check(accounts::characters_count(tag).has_value());
  }
  for (const auto& handle : parts.mentions) check(handle.size() >= 2 && handle.size() <= 24);
  std::size_t after = 0;
  for (const auto& span : catalog::spans_of(text)) {
    check(span.begin >= after && span.begin < span.end && span.end <= text.size());
    after = span.end;
  }
  // The first reading of a query has only terms that the index holds.
  const auto terms = catalog::index_terms_of(text);
  check(terms.size() >= catalog::query_readings_of(text).front().size());
  catalog::guess_language(text, "de");
}

void path(std::string_view text) {
  static const ManualClock clock;
  static const MediaMap map(filoscope::crypto::Key{1}, clock, 3600);
  filoscope::catalog::MediaPath parts;
  if (filoscope::catalog::parse_media_path(text, parts)) check(parts.bucket >= 0);
  check(!map.resolve(text, [](const filoscope::catalog::MediaEntry&,
                              filoscope::AccountId) { return true; })
             .has_value());  // nobody guesses a signature, and the map is empty
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  caption(text);
  path(text);
  return 0;
}
