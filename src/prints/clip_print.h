#pragma once

/// What of a clip is compared with other clips: five frames a second, each view of it as hashes of
/// how it looks and of how it moves.

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "prints/frame_hash.h"
#include "prints/window.h"

namespace filoscope::prints {

inline constexpr int kFramesPerSecond = 5;
/// Twenty minutes; what comes later of a longer clip is left out.
inline constexpr std::size_t kFramesMax = 6000;

/// The number is stored.
/// Outside of `inside` nothing moves: a frame around the picture; a window is one picture in
/// another.
enum class Part : std::uint8_t { whole, middle90, middle80, window, inside };
inline constexpr std::size_t kPartsCount = 5;

struct View {
  Part part = Part::whole;
  std::vector<FrameHash> looks;  ///< one a frame
  /// Signs of the waves against their mean over the second before and behind; one a frame, or none
  /// (middle80).
  std::vector<FrameHash> moves;
  bool operator==(const View&) const = default;
};

struct ClipPrint {
  std::vector<View> views;  ///< whole, middle90, middle80, then windows; none: no frames
  std::size_t frames_count() const { return views.empty() ? 0 : views.front().looks.size(); }
  bool operator==(const ClipPrint&) const = default;
};

Bytes encode(const ClipPrint& print);
/// Errors: corrupt.
Result<ClipPrint> decode_print(std::span<const std::uint8_t> bytes);

/// Makes a print while a clip is decoded. Memory: about 4 KiB a frame. Threads: one.
class ClipPrinter {
 public:
  /// Whether the frame shown from `at_ms` on would be taken: the first at or behind each fifth of a
  /// second.
  bool wants(std::int64_t at_ms) const;
  /// REQUIRES: wants(at_ms). A frame that stands for longer counts for each fifth of a second.
  void add(const Grid& grid, std::int64_t at_ms);
  ClipPrint finish();

 private:
  struct Seen {
    Part part;
    Area area;
    std::vector<Waves> waves;
  };
  void take(const Grid& grid);
  void look_for_windows();

  std::vector<Seen> seen_;
  std::vector<Grid> first_;  ///< until windows were looked for
  bool looked_ = false;
  std::size_t count_ = 0;
  Grid last_;
};

}  // namespace filoscope::prints
