/// Bodies in JSON, read as every route reads them.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "api/json_input.h"
#include "api/url.h"
#include "base/check.h"
#include "base/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace filoscope::api;
  if (size > 65'536) return 0;
  Request request;
  request.body.assign(reinterpret_cast<const char*>(data), size);
  const auto object = read_object(request, true);
  if (!object) return 0;
  FILOSCOPE_CHECK(filoscope::is_valid_utf8(object->dump()));
  for (const auto* name : {"a", "handle", "events", "limit"}) {
    if (const auto text = text_field(*object, name, 100); text && *text) {
      FILOSCOPE_CHECK((*text)->size() <= 400 && filoscope::is_valid_utf8(**text));
    }
    if (const auto number = integer_field(*object, name, -5, 100); number && *number) {
      FILOSCOPE_CHECK(**number >= -5 && **number <= 100);
    }
    static_cast<void>(flag_field(*object, name));
    static_cast<void>(required_text(*object, name));
  }
  return 0;
}
