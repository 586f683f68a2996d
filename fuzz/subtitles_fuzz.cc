/// Subtitle files: WebVTT, SRT, UTF-16, and what pretends to be one.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "accounts/text.h"
#include "base/check.h"
#include "subtitles/cues.h"
#include "subtitles/subtitles.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace subtitles = filoscope::subtitles;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  if (const auto language = subtitles::clean_language(file.substr(0, 40)))
    FILOSCOPE_CHECK(subtitles::clean_language(*language).value() == *language);
  static_cast<void>(subtitles::decode_cues({data, size}));

  const auto cues = subtitles::read_cues(file);
  if (!cues) return 0;
  FILOSCOPE_CHECK(!cues->empty() && cues->size() <= subtitles::kCuesMax);
  std::int64_t before_ms = 0;
  for (const auto& cue : *cues) {
    FILOSCOPE_CHECK(cue.from_ms >= before_ms && cue.to_ms > cue.from_ms && !cue.text.empty());
    FILOSCOPE_CHECK(filoscope::accounts::characters_count(cue.text).value() <=
                    subtitles::kCueCharactersMax);
    before_ms = cue.from_ms;
  }
  FILOSCOPE_CHECK(subtitles::decode_cues(subtitles::encode_cues(*cues)).value() == *cues);
  const auto webvtt = subtitles::webvtt_of(*cues);
  FILOSCOPE_CHECK(webvtt.find('<') == std::string::npos);
  if (webvtt.size() <= subtitles::kFileBytesMax)
    FILOSCOPE_CHECK(subtitles::read_cues(webvtt).value() == *cues);
  return 0;
}
