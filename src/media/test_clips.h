#pragma once

/// Clips for tests, made with the FFmpeg libraries in memory. Only for *_test.cc files.

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "media/ffmpeg.h"

namespace filoscope::media {

struct ClipOptions {
  std::string container = "mp4";
  std::string video_encoder = "libx264";  ///< empty: no picture
  int width = 320;
  int height = 568;
  int frames_count = 60;
  int fps = 30;
  std::vector<std::int64_t> times_ms;  ///< of each frame; empty: even
  std::int64_t last_ms = 0;            ///< how long the last of them stands; 0: one step
  int b_frames = 0;                    ///< most in a row
  std::int64_t clock_ms = 0;           ///< where all stamps begin
  bool sound = true;
  std::string sound_encoder;  ///< empty: AAC or MP2, as the container wants
  bool second_sound = false;  ///< another track with the same tone, not the default
  int cues_count = 0;         ///< of a track of subtitles, at even steps; 0: no track
  double sound_from_s = 0;    ///< the tone and its time stamps begin here
  double sound_s = 0;         ///< its length; 0: as long as the picture
  double sound_level = 0.25;
  bool bangs = false;       ///< for 20 ms of every second the tone is as loud as can be
  int sound_rate = 48'000;  ///< samples a second
  int sound_channels = 1;
  int rotation_degrees = 0;
  bool mirrored = false;
  std::vector<Bytes> pictures;  ///< RGB of the clip's size by rows, shown in equal stretches of
                                ///< time instead of the test picture; 8 bits alone
  std::vector<int> tints;  ///< red difference (V) of the whole picture, in equal stretches of time
  bool interlaced = false;
  bool hdr10 = false;  ///< 10 bits, tagged BT.2020 PQ
  int matrix = 2;      ///< colour matrix it is tagged with, ITU-T H.273; 2: none
  int aspect_num = 1;  ///< of a pixel
  int aspect_den = 1;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string muxer_flags;  ///< movflags
  int first_pid = 0;        ///< of an MPEG transport stream's tracks; 0: the muxer's own
};

/// A moving test picture: grey bars, a white square going right, a red left upper corner; a 440 Hz
/// tone. Aborts when it cannot be made.
Bytes make_clip(const ClipOptions& options = {});
/// One behind the other, as `cat` does.
Bytes joined(const std::vector<Bytes>& files);
/// Aborts when it is none.
FramePtr decode_jpeg(const Bytes& jpeg);

/// Run as `BINARY sandbox-probe WHAT`: enters the sandbox and tries WHAT ("open", "write",
/// "socket", "exec", "thread"). Exits 0 when it got through, 3 when it was refused.
int sandbox_probe_main(const char* what);

/// An unnamed file with this content, readable and writable.
UniqueFd file_of(const Bytes& content);
Bytes content_of(int fd);

}  // namespace filoscope::media
