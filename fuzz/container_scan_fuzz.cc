/// The outer structure of an upload (MP4 boxes, EBML, RIFF), read by our own code before any
/// demuxer.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "media/byte_source.h"
#include "media/mp4_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace filoscope::media;
  const std::span<const std::uint8_t> bytes(data, size);
  const auto scan = scan_container(MemoryBytes(bytes));
  FILOSCOPE_CHECK(scan.iso_boxes || (!scan.has_moov && !scan.has_moof));
  // What the encoder hands over is read too: NAL units and parameter sets.
  FILOSCOPE_CHECK(annex_b_to_lengths(bytes).size() <= 2 * size + 4);
  static_cast<void>(avc_codec_text(bytes));
  return 0;
}
