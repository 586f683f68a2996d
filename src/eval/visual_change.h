#pragma once

/// What people do to a frame before they look for it.

#include "base/random.h"
#include "base/result.h"
#include "vision/picture.h"

namespace filoscope::eval {

enum class CropPlace : std::uint8_t { middle, anywhere };

/// 70 % of each side, mirrored half of the time, .7 to 1.3 times as bright, as a JPEG of
/// quality 30. Errors: those of media::jpeg_of.
Result<vision::Picture> changed(const vision::Picture& picture, CropPlace place, Random& random);

}  // namespace filoscope::eval
