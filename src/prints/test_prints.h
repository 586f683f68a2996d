#pragma once

/// For tests: made-up clips as grids, and what is done to them.

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "prints/clip_print.h"

namespace filoscope::prints {

/// Soft spots that wander, different for each seed; `room` spots stand still and are those of the
/// room.
struct MadeClip {
  std::uint64_t seed = 1;
  std::uint64_t room = 1;
  int frames_count = 30;
  double speed = 1;
  std::size_t moving = 4, standing = 10;
};

inline void add_spot(std::array<double, std::size_t{kGridSide} * kGridSide>& light, double x,
                     double y, double radius, double height) {
  for (int row = 0; row < kGridSide; ++row)
    for (int column = 0; column < kGridSide; ++column) {
      const double dx = (column - x) / radius, dy = (row - y) / radius;
      light[static_cast<std::size_t>(row * kGridSide + column)] +=
          height * std::exp(-dx * dx - dy * dy);
    }
}

inline Grid frame_of(const MadeClip& clip, double frame) {
  std::array<double, std::size_t{kGridSide} * kGridSide> light{};
  light.fill(110);
  Random room(clip.room * 77), own(clip.seed * 131);
  for (std::size_t i = 0; i < clip.standing; ++i) {
    const double x = room.unit() * kGridSide, y = room.unit() * kGridSide;
    const double radius = 8 + room.unit() * 20;
    add_spot(light, x, y, radius, room.unit() * 120 - 60);
  }
  for (std::size_t i = 0; i < clip.moving; ++i) {
    const double phase = own.unit() * 6, pace = .06 + own.unit() * .15;
    const double x = 64 + 45 * std::sin(phase + pace * frame * clip.speed);
    const double y = 64 + 45 * std::cos(phase * 2 + pace * 1.3 * frame * clip.speed);
    const double radius = 6 + own.unit() * 10;
    add_spot(light, x, y, radius, own.unit() > .5 ? 70 : -70);
  }
  Grid grid;
  for (std::size_t i = 0; i < light.size(); ++i)
    grid.luma[i] = static_cast<std::uint8_t>(std::clamp(light[i], 0.0, 255.0));
  return grid;
}

inline std::vector<Grid> frames_of(const MadeClip& clip) {
  std::vector<Grid> frames;
  for (int i = 0; i < clip.frames_count; ++i) frames.push_back(frame_of(clip, i));
  return frames;
}

inline ClipPrint print_of(const std::vector<Grid>& frames) {
  ClipPrinter printer;
  for (std::size_t i = 0; i < frames.size(); ++i)
    printer.add(frames[i], static_cast<std::int64_t>(i) * 1000 / kFramesPerSecond);
  return printer.finish();
}
inline ClipPrint print_of(const MadeClip& clip) { return print_of(frames_of(clip)); }

/// Each cell from where `from(x, y)` says.
template <typename From>
Grid mapped(const Grid& grid, const From& from) {
  Grid out;
  for (int y = 0; y < kGridSide; ++y)
    for (int x = 0; x < kGridSide; ++x)
      out.luma[static_cast<std::size_t>(y * kGridSide + x)] = from(grid, x, y);
  return out;
}
inline Grid turned(const Grid& grid) {
  return mapped(grid, [](const Grid& g, int x, int y) { return g.at(kGridSide - 1 - x, y); });
}
inline Grid cropped(const Grid& grid, double share) {
  return mapped(grid, [share](const Grid& g, int x, int y) {
    const auto at = [share](int i) {
      return static_cast<int>(kGridSide * (1 - share) / 2 + (i + .5) * share);
    };
    return g.at(at(x), at(y));
  });
}
/// In a frame of one light, at these shares of each side.
inline Grid framed(const Grid& grid, double left, double top, double right, double bottom) {
  return mapped(grid, [=](const Grid& g, int x, int y) -> std::uint8_t {
    const double u = ((x + .5) / kGridSide - left) / (right - left);
    const double v = ((y + .5) / kGridSide - top) / (bottom - top);
    if (u < 0 || v < 0 || u >= 1 || v >= 1) return 20;
    return g.at(static_cast<int>(u * kGridSide), static_cast<int>(v * kGridSide));
  });
}
/// White bars over a dark band, as letters.
inline Grid written_on(const Grid& grid) {
  return mapped(grid, [](const Grid& g, int x, int y) -> std::uint8_t {
    if (x < 12 || x >= 116 || y < 88 || y >= 106) return g.at(x, y);
    if (y >= 92 && y < 102 && x / 4 % 2 == 0) return 240;
    return static_cast<std::uint8_t>(g.at(x, y) / 2);
  });
}

template <typename Change>
std::vector<Grid> changed(std::vector<Grid> frames, const Change& change) {
  for (Grid& frame : frames) frame = change(frame);
  return frames;
}

}  // namespace filoscope::prints
