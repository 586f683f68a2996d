#pragma once

/// Pictures as plain RGB for who looks at them instead of showing them: a still picture out of its
/// file, frames out of a video. Upright, tone-mapped to BT.709 where needed, on grey where
/// transparent. Sources: ITU-T T.81 (JPEG), CIPA DC-008 (Exif's orientation), RFC 9649 (WebP).
///
/// Strangers' bytes are given to it only behind `enter_sandbox()`.

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "media/byte_source.h"
#include "media/media.h"

namespace filoscope::media {

struct RgbPicture {
  int width = 0;
  int height = 0;
  Bytes rgb;  ///< 8 bits, 3 bytes a pixel, rows without gaps
};

struct PictureLimits {
  std::int64_t size_max_bytes = 64LL << 20;
  std::int64_t pixels_max = 64'000'000;  ///< as stored; more is refused before it is decoded
  int long_side_px = 1024;               ///< larger ones are shrunk to it
};

/// A JPEG, PNG or still WebP, told apart by its first bytes, turned as its Exif says. Threads: any.
/// Errors: picture_file_empty, picture_file_too_large, picture_file_unknown,
/// picture_too_many_pixels, picture_file_damaged (also where it only ends early),
/// processing_out_of_memory, internal.
Result<RgbPicture> read_picture(const ByteSource& bytes, const PictureLimits& limits = {});

/// As frames of clips are compared with it.
prints::Grid grid_of(const RgbPicture& picture);

/// As a baseline JPEG with 4:2:0 colours; quality 2 (best) to 31 as FFmpeg counts, 14 is about 30
/// of libjpeg's 100. Errors: processing_out_of_memory, internal.
Result<Bytes> jpeg_of(const RgbPicture& picture, int quality);

struct ClipFrame {
  std::int64_t at_ms = 0;
  RgbPicture picture;
};
/// At most `count` frames of a video: of as many equal stretches the first in the second half of
/// each; fewer where it has fewer, but one; of a file that does not
/// say its length the first. Threads: any. Errors: those of an
/// upload's file.
Result<std::vector<ClipFrame>> read_frames(const ByteSource& bytes, int count,
                                           const PictureLimits& limits = {});

/// At most `count` frames that show a video's scenes, in order: of five a second the one with most
/// detail, then those least like all chosen before, until what is left looks like one of them.
/// REQUIRES: a rendition (8 bits, 4:2:0). Decodes all of it. Threads: any. Errors: as read_frames.
Result<std::vector<ClipFrame>> read_scenes(const ByteSource& bytes, int count,
                                           const PictureLimits& limits = {});

/// At most `count` frames spread over a video, whatever they show: of five a second, and of a long
/// one of those that are least alike. REQUIRES, errors: as read_scenes. Threads: any.
Result<std::vector<ClipFrame>> read_samples(const ByteSource& bytes, int count,
                                            const PictureLimits& limits = {});

/// What a video shows at `at_ms`; past its end the last frame of its last stretch. Decodes from the
/// key frame before. Threads: any. Errors: as read_frames.
Result<RgbPicture> read_frame_at(const ByteSource& bytes, std::int64_t at_ms,
                                 const PictureLimits& limits = {});

}  // namespace filoscope::media
