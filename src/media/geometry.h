#pragma once

/// Which pictures are made of a source: its orientation, its rungs and their rates. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace filoscope::media {

/// How a stored picture is turned for display: first mirrored (in stored terms), then its axes
/// swapped.
struct Orientation {
  bool swap = false;    ///< rows become columns
  bool flip_x = false;  ///< displayed columns run against the stored axis they come from
  bool flip_y = false;
  bool operator==(const Orientation&) const = default;
  bool is_identity() const { return !swap && !flip_x && !flip_y; }
};

/// From the 3×3 display matrix of ISO/IEC 14496-12 (16.16 fixed point, nullptr is none), to the
/// nearest quarter turn.
Orientation orientation_of(const std::int32_t* matrix);

/// How a decoded picture is to be shown.
struct Look {
  int width = 0;  ///< upright, square pixels
  int height = 0;
  Orientation orientation;
  bool operator==(const Look&) const = default;
};

/// Of stored pixels whose width is `aspect` times their height (what cannot be is taken as 1).
Look look_of(int stored_width, int stored_height, double aspect, const Orientation& orientation);

struct Area {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  bool operator==(const Area&) const = default;
};

/// Where a picture of one shape lies in a frame of another: as large as it goes, in the middle, on
/// even pixels; the whole frame where they differ by rounding only.
Area fit(int picture_width, int picture_height, int frame_width, int frame_height);

struct RungPlan {
  int output_index = 0;  ///< of MediaOutputs::renditions
  std::string name;
  int width = 0;  ///< as displayed, even
  int height = 0;
  std::int64_t rate_30_bps = 0;  ///< the cap of the rate control at 30 frames a second
  double fps_max = 60;
};

/// The cap of the rate control at a frame rate: half as much again for twice the frames.
std::int64_t rate_max_bps(const RungPlan& plan, double fps);

/// Largest first. A rung aims at a short side of 720, 540 or 360 px and is never larger than the
/// source; a source between two rungs takes the upper one at its own size when that has over 10 %
/// more lines than the lower. The caps follow the pixels.
std::vector<RungPlan> plan_rungs(int display_width, int display_height);

/// The rung of 1080 lines that follows later, or at the source's own size; none where the source
/// has not over 10 % more lines than 720.
std::optional<RungPlan> plan_late_rung(int display_width, int display_height);

}  // namespace filoscope::media
