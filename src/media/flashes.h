#pragma once

/// Finds flashes that may trigger seizures of people with photosensitive epilepsy.
///
/// A flash is a pair of opposing changes of light, each from one extreme to the next:
/// - general: by 20 cd/m² or more, the darker state below 160 cd/m²;
/// - red: one state is saturated (R at least .8 of R + G + B) and (R − G − B) · 320, nothing below
///   0, changes by more than 20.
/// Harmful are more than three of a kind within a second, which is seven changes, over more than a
/// quarter of the picture at once. Sources: ITU-R BT.1702 (20, 160, a quarter, three a second),
/// Ofcom's guidance on flashing images (the same), WCAG 2.2 success criterion 2.3.1 with its
/// "general flash and red flash thresholds" (the same in shares of white, and red by Harding and
/// Binnie), Jordan and Vanderheiden, ACM TACCESS 17(3), 2024, and their test media (white of 200
/// cd/m², seven changes). Light is what a screen shows by the curve of ITU-R BT.1886 with a white
/// of 200 cd/m² and no light in black.
///
/// The picture is looked at in about 32 × 18 cells, each by its mean light. A pattern much finer
/// than a cell that moves or swaps is grey: WCAG excepts it where its squares are below .1 degrees.
/// A change counts where the cells that changed the same way within 30 ms are more than a quarter,
/// or within 60 ms a quarter more than those that changed the other way. So flashes of different
/// times do not add up, and neither does what moves: before a camera that turns about as many cells
/// become lighter as darker. Stripes that drift count from seven or eight a second on. Each place
/// has its own count: one change here and one there are no pair. Patterns that stand still are not
/// looked for.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "media/ffmpeg.h"
#include "media/media.h"

namespace filoscope::media {

/// Counts the changes of one quantity of every cell. Threads: one.
class ChangeCounter {
 public:
  struct Level {
    float value = 0;
    bool saturated = false;  ///< its red
  };
  /// Whether going from one level to the other is a change; `low.value` is the lower.
  using IsChange = bool (*)(const Level& low, const Level& high);

  explicit ChangeCounter(IsChange is_change) : is_change_(is_change) {}
  /// Levels of the same cells each time; `at_ms` never goes back. O(cells).
  void add(std::span<const Level> levels, std::int64_t at_ms);
  const Flashes& found() const { return found_; }

 private:
  enum class Way : std::uint8_t { none, up, down };
  struct Cell {
    Level low, high;                         ///< the extremes since the last change
    Way way = Way::none;                     ///< of the last change
    bool counted = true;                     ///< that one, or there was none
    std::int64_t at_ms = 0;                  ///< when that one was
    std::vector<std::int64_t> counted_ms{};  ///< of the last second, ascending
  };

  void follow(Cell& cell, const Level& level, std::int64_t at_ms) const;
  /// How many cells changed that way last, not before then.
  std::size_t changed(Way way, std::int64_t since_ms) const;
  /// Whether any changes of that way now count.
  bool count(Way way, std::int64_t at_ms);
  void judge(std::int64_t at_ms);

  const IsChange is_change_;
  std::vector<Cell> cells_;
  std::vector<std::size_t> counts_;  ///< of each cell
  Flashes found_;
};

/// Threads: one.
class FlashFinder {
 public:
  FlashFinder();

  /// Takes yuv420p in limited range and its `colorspace`. REQUIRES: frames of one size with even
  /// sides, `at_ms` never goes back. Reads some 30,000 pixels, however large the frame is.
  void add(const AVFrame& frame, std::int64_t at_ms);
  /// Of both kinds together.
  Flashes finish() const;

 private:
  /// Sums over samples of linear light, 0..1 each.
  struct Light {
    float red = 0, green = 0, blue = 0;
    int count = 0;
  };
  /// What each value of luma and chroma adds to red, green and blue.
  struct Codes {
    std::array<int, 256> luma{}, red_cr{}, green_cb{}, green_cr{}, blue_cb{};
  };

  static Codes codes_of(AVColorSpace matrix);
  void lay_grid(const AVFrame& frame);
  void read_row(const AVFrame& frame, int y);

  Codes codes_;
  int width_ = 0, height_ = 0;  ///< in chroma samples
  int columns_ = 0, rows_ = 0;  ///< of cells
  int stride_ = 1, skew_ = 0;   ///< samples (x, y) are read where stride_ divides x + skew_ · y
  std::vector<int> column_of_;  ///< of each chroma sample of a row
  std::vector<Light> lights_;
  std::vector<ChangeCounter::Level> levels_;
  ChangeCounter general_, red_;
};

}  // namespace filoscope::media
