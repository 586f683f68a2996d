#pragma once

/// Rectangles in a clip whose edges stand still while what is inside and around moves: what a frame
/// leaves free, and a picture in the picture.

#include <span>
#include <vector>

#include "prints/frame_hash.h"

namespace filoscope::prints {

inline constexpr std::size_t kWindowsMax = 2;
/// Frames that are looked at for windows, at most.
inline constexpr std::size_t kWindowFramesMax = 25;

/// The clearest first; none where no edges stand out. O(frames · cells). Any thread.
std::vector<Area> find_windows(std::span<const Grid> frames);

}  // namespace filoscope::prints
