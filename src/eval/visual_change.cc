#include "eval/visual_change.h"

#include <algorithm>
#include <cmath>

#include "media/rgb.h"

namespace filoscope::eval {
namespace {

constexpr double kCropShare = .7;
constexpr double kDarkest = .7, kBrightest = 1.3;
constexpr int kJpegQuality = 14;  // as FFmpeg counts: libjpeg's 30

}  // namespace

Result<vision::Picture> changed(const vision::Picture& picture, CropPlace place, Random& random) {
  const auto part = [](int px) {
    return std::max(1, static_cast<int>(std::lround(px * kCropShare)));
  };
  media::RgbPicture out{part(picture.width), part(picture.height), {}};
  const bool anywhere = place == CropPlace::anywhere;
  const auto start = [&](int room) {
    return anywhere ? static_cast<int>(random.below(static_cast<std::uint64_t>(room) + 1))
                    : room / 2;
  };
  const int left = start(picture.width - out.width), top = start(picture.height - out.height);
  const bool mirrored = random.below(2) == 1;
  const double bright = kDarkest + (kBrightest - kDarkest) * random.unit();
  out.rgb.reserve(3 * static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height));
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int column = left + (mirrored ? out.width - 1 - x : x);
      const auto* from =
          picture.rgb.data() + 3 * (static_cast<std::ptrdiff_t>(top + y) * picture.width + column);
      for (int c = 0; c < 3; ++c)
        out.rgb.push_back(
            static_cast<std::uint8_t>(std::lround(std::min(from[c] * bright, 255.0))));
    }
  }
  FILOSCOPE_TRY(const auto jpeg, media::jpeg_of(out, kJpegQuality));
  FILOSCOPE_TRY(auto read, media::read_picture(media::MemoryBytes(jpeg)));
  return vision::Picture{read.width, read.height, std::move(read.rgb)};
}

}  // namespace filoscope::eval
