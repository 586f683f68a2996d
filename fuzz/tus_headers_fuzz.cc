/// The header fields of resumable uploads.

#include <cstdint>
#include <string_view>

#include "api/tus.h"
#include "api/url.h"
#include "base/check.h"
#include "base/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace filoscope::api;
  if (size > 65'536) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto count = parse_count(text)) FILOSCOPE_CHECK(*count >= 0);
  if (const auto form = parse_upload_metadata(text)) {
    for (const auto& field : {form->filename, form->caption, form->visibility, form->fingerprint}) {
      FILOSCOPE_CHECK(filoscope::is_valid_utf8(field) && field.find('\0') == std::string::npos);
    }
  }
  return 0;
}
