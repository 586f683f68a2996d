#pragma once

/// Writes one fragmented MP4: ftyp, moov, one global sidx, then a moof + mdat per segment, each
/// beginning with a key frame. Each picture lasts until the next one shown, so that segments,
/// tracks and index agree to the tick; decoding times follow from that. Edit lists skip the
/// picture's reordering delay and the sound's AAC priming, so that both begin at 0 in players and
/// in MSE. Source: ISO/IEC 14496-12:2015 (boxes), 14496-15 (avcC), 14496-14 (esds).

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "media/media.h"

namespace filoscope::media {

class BoxWriter;

/// Colour description by its ITU-T H.273 code points; written to `colr`.
struct ColourTags {
  int primaries = 1;
  int transfer = 1;
  int matrix = 1;
};

struct VideoTrack {
  int width = 0;
  int height = 0;
  Bytes parameter_sets;  ///< SPS and PPS in Annex B
  ColourTags colour;
};

struct AudioTrack {
  int sample_rate = 48'000;
  int channels_count = 2;
  Bytes specific_config;  ///< AudioSpecificConfig
  int priming_samples = 1024;
};

/// Video times in 1/90000 s, audio times in samples (negative while priming).
struct Sample {
  Bytes data;  ///< video: length-prefixed NAL units
  std::int64_t pts = 0;
  bool key = false;
};
using SamplePtr = std::shared_ptr<const Sample>;

/// Annex B to 4-byte lengths; parameter sets, delimiters and user-data SEI are left out.
Bytes annex_b_to_lengths(std::span<const std::uint8_t> data);
/// "avc1.PPCCLL". Errors: corrupt (no SPS).
Result<std::string> avc_codec_text(std::span<const std::uint8_t> parameter_sets);

/// Ownership: the descriptor stays the caller's. Threads: one.
class Mp4Writer {
 public:
  Mp4Writer(int fd, VideoTrack video, std::optional<AudioTrack> audio);

  /// In decode order. A key frame at or after the next boundary (1 s, then every 2 s) begins a
  /// segment.
  Result<void> add_video(Sample sample);
  /// In order; segments wait until their sound has come.
  Result<void> add_audio(SamplePtr sample);
  /// No more sound will come; needed before finish() when there is an audio track.
  void end_audio() { audio_ended_ = true; }
  /// Writes what is left; the presentation ends at `end` (1/90000 s). Fills everything of the
  /// rendition but its name.
  Result<Rendition> finish(std::int64_t end);

 private:
  struct Pending {
    std::vector<Sample> video;
    std::int64_t start = 0;  ///< presentation, 1/90000 s
    std::int64_t end = 0;
  };
  struct Written {
    std::int64_t size_bytes = 0;
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t samples_at = 0;  ///< from its first byte to the table of pictures
    std::int64_t samples_count = 0;
  };

  void begin_segment(std::int64_t start);
  void close_segment(std::int64_t end);
  Result<void> write_ready();
  Result<void> write_segment(const Pending& segment);
  struct FragmentHeader {
    Bytes bytes;
    std::int64_t samples_at = 0;
  };
  FragmentHeader fragment_header(const Pending& segment, const std::vector<SamplePtr>& sound,
                                 std::int64_t video_bytes);
  void write_video_run(BoxWriter& out, const Pending& segment);
  Result<void> delay_pictures();
  Bytes head(std::int64_t end) const;
  Result<void> insert_head(const Bytes& head);

  const int fd_;
  const VideoTrack video_;
  const std::optional<AudioTrack> audio_;
  std::optional<Pending> open_;
  std::deque<Pending> closed_;
  std::deque<SamplePtr> sound_;
  bool audio_ended_ = false;
  std::int64_t delay_ = 0;       ///< how late a picture is decoded at most
  std::int64_t audio_seen_ = 0;  ///< end of the sound received, in samples
  std::int64_t body_bytes_ = 0;
  std::uint32_t sequence_ = 0;
  std::int64_t end_ = 0;  ///< set by finish
  std::int64_t samples_count_ = 0;
  std::vector<Written> written_;
};

}  // namespace filoscope::media
