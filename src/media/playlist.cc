#include <fmt/format.h>

#include <algorithm>

#include "media/media.h"

namespace filoscope::media {

std::string master_entry(const Rendition& rendition, std::string_view address) {
  return fmt::format(
      "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},RESOLUTION={}x{},FRAME-RATE={:.3f},"
      "CODECS=\"{}\"\n{}\n",
      rendition.peak_bps, rendition.bitrate_bps, rendition.width, rendition.height, rendition.fps,
      rendition.codecs, address);
}

std::string master_playlist(const MediaFacts& facts,
                            const std::function<std::string(const Rendition&)>& address) {
  std::string text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n";
  for (const Rendition& rendition : facts.renditions)
    text += master_entry(rendition, address(rendition));
  return text;
}

std::string media_playlist(const Rendition& rendition, std::string_view mp4_address) {
  std::int64_t longest_ms = 1'000;
  for (const Segment& segment : rendition.segments)
    longest_ms = std::max(longest_ms, segment.duration_ms);
  std::string text = fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-PLAYLIST-TYPE:VOD\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{}\",BYTERANGE=\"{}@0\"\n",
      (longest_ms + 500) / 1000, mp4_address, rendition.init_last + 1);
  for (const Segment& segment : rendition.segments) {
    text += fmt::format("#EXTINF:{:.3f},\n#EXT-X-BYTERANGE:{}@{}\n{}\n",
                        static_cast<double>(segment.duration_ms) / 1000, segment.size_bytes,
                        segment.offset, mp4_address);
  }
  return text + "#EXT-X-ENDLIST\n";
}

}  // namespace filoscope::media
