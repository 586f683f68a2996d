#pragma once

/// An upload opened for reading: what it claims to be, which streams are taken, and a plain refusal
/// when nothing can come of it. Only listed containers and decoders are ever tried; the demuxer can
/// open nothing but these bytes.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "media/byte_source.h"
#include "media/ffmpeg.h"
#include "media/geometry.h"
#include "media/media.h"
#include "media/timeline.h"
#include "media/tracks.h"
#include "media/webp.h"

namespace filoscope::media {

/// Comma-separated decoder names, for AVCodecContext::codec_whitelist.
extern const char* const kDecoders;
/// Of the listed ones; one that decodes the alpha where there is some. nullptr: none.
const AVCodec* find_decoder(const AVStream& stream);

struct VideoFacts {
  int stream_index = -1;
  Look look;
  bool says_orientation = false;  ///< the container does; else each picture may
  HdrKind hdr = HdrKind::none;
  std::int64_t claimed_ms = 0;      ///< what the file says, 0 when it says nothing
  std::int64_t indexed_frames = 0;  ///< samples in the index, 0 without one
  bool field_order_interlaced = false;
};

/// Threads: one.
class Source {
 public:
  /// `bytes` must outlive it. Errors: invalid_argument (a sentence for the uploader), internal.
  static Result<std::unique_ptr<Source>> open(const ByteSource& bytes, const MediaLimits& limits);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// False at the end of the file; a damaged stretch is skipped. May give packets of streams not
  /// taken; those of the taken ones are on one time line.
  bool read(AVPacket& packet);

  /// Reading goes on at the last key frame that is not behind `ms` of the file's own clock, or
  /// where it is. REQUIRES: nothing was read.
  void go_to(std::int64_t ms);

  const VideoFacts& video() const { return video_; }
  AVStream* video_stream() const { return context_->streams[video_.stream_index]; }
  AVStream* audio_stream() const {
    return audio_index_ < 0 ? nullptr : context_->streams[audio_index_];
  }
  const ContainerScan& scan() const { return scan_; }
  /// Of what has been read: other pictures came before or behind those of the taken track.
  bool is_joined() const { return tracks_.one_behind_the_other(); }
  /// One that holds still pictures as well, as GIF does.
  bool is_picture_file() const;
  std::string container() const;

 private:
  explicit Source(const ByteSource& bytes) : bytes_(bytes) {}
  Result<void> open_container(const MediaLimits& limits);
  Result<void> open_demuxer();
  Result<void> open_webp();
  Result<void> check_streams(const MediaLimits& limits);
  Result<void> choose_video(const MediaLimits& limits);
  std::vector<int> count_packets();
  Result<void> choose_audio();
  void describe_video();
  Result<void> check_duration(const MediaLimits& limits);
  Result<void> read_duration(const MediaLimits& limits);
  Result<void> check_index();
  TimeLine new_line(const MediaLimits& limits) const;
  bool start_again();
  /// Streams and clocks may begin anew anywhere in it, as in MPEG's; no index names them.
  bool may_be_joined() const;
  void set_times(AVPacket& packet);
  static int read_callback(void* self, std::uint8_t* out, int size);
  static std::int64_t seek_callback(void* self, std::int64_t offset, int whence);

  const ByteSource& bytes_;
  std::int64_t position_ = 0;
  AVIOContext* io_ = nullptr;
  AVFormatContext* context_ = nullptr;
  std::unique_ptr<WebpFrames> webp_;  ///< instead of a demuxer of FFmpeg
  ContainerScan scan_;
  VideoFacts video_;
  int audio_index_ = -1;
  TimeLine line_{0};
  PictureTracks tracks_;
  int errors_in_a_row_ = 0;
};

/// Of a pixel; 1 when it is not known.
double ratio_of(const AVRational& aspect);

/// The refusal of a video that ends at `ms`.
Error too_long(std::int64_t ms, const MediaLimits& limits);

}  // namespace filoscope::media
