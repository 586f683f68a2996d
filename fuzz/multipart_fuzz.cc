/// Forms: the parts must come out the same however the bytes are cut.

#include <cstdint>
#include <string>

#include "api/multipart.h"
#include "base/check.h"

namespace {

using filoscope::Result;
using namespace filoscope::api;

class Collector final : public PartHandler {
 public:
  Result<void> begin_part(const PartHead& head) override {
    FILOSCOPE_CHECK(head.name.size() + head.filename.size() <= 2 * kPartHeadBytesMax);
    text += "<" + head.name + "|" + head.filename + ">";
    return {};
  }
  Result<void> part_data(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  Result<void> end_part() override {
    text += "</>";
    return {};
  }
  std::string text;
};

bool parse(std::string_view body, std::size_t step, std::string& text) {
  Collector collector;
  MultipartParser parser("b", collector);
  bool good = true;
  for (std::size_t at = 0; good && at < body.size(); at += step) {
    good = parser.feed(body.substr(at, step)).has_value();
  }
  good = good && parser.finish().has_value();
  text = collector.text;
  return good;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16'384) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  static_cast<void>(boundary_of(body));
  static_cast<void>(parse_part_head(body));
  std::string whole, cut;
  const bool good = parse(body, body.size() + 1, whole);
  // A head that is too long may be noticed sooner when it comes in small pieces, never later.
  if (parse(body, 1, cut)) {
    FILOSCOPE_CHECK(good);
    FILOSCOPE_CHECK(whole == cut);
  }
  return 0;
}
