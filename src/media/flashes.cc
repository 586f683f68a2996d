#include "media/flashes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/check.h"
#include "media/luma_weights.h"

namespace filoscope::media {
namespace {

constexpr float kGeneralChange = 20;  // cd/m²
constexpr float kDarkerBelow = 160;   // cd/m²
constexpr float kRedScale = 320, kRedChange = 20;
constexpr float kSaturatedShare = 0.8F;
constexpr std::size_t kHarmfulChanges = 2 * kFlashesHarmless + 1;
constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kInstantMs = 30;  // one picture of 30 a second, two of 60
constexpr std::int64_t kRampMs = 60;     // what is two pictures of 30 apart is not together
constexpr int kCellsCount = 32 * 18;
constexpr int kCellSamples = 50;

bool is_general_change(const ChangeCounter::Level& low, const ChangeCounter::Level& high) {
  return high.value - low.value >= kGeneralChange && low.value < kDarkerBelow;
}

bool is_red_change(const ChangeCounter::Level& low, const ChangeCounter::Level& high) {
  return high.value - low.value > kRedChange && (low.saturated || high.saturated);
}

// Colours of video, in steps of kCodeSteps from black to white, to linear light.
constexpr int kCodeSteps = 1'024;

const std::array<float, kCodeSteps + 1>& linear_light() {
  static const auto table = [] {
    std::array<float, kCodeSteps + 1> values{};
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(std::pow(static_cast<double>(i) / kCodeSteps, 2.4));
    return values;
  }();
  return table;
}

ChangeCounter::Level luminance_of(float red, float green, float blue) {
  constexpr float kWhite = 200;  // cd/m²
  return {.value = kWhite * (0.2126F * red + 0.7152F * green + 0.0722F * blue)};
}

ChangeCounter::Level redness_of(float red, float green, float blue) {
  return {.value = kRedScale * std::max(0.F, red - green - blue),
          .saturated = red >= kSaturatedShare * (red + green + blue)};
}

}  // namespace

void ChangeCounter::follow(Cell& cell, const Level& level, std::int64_t at_ms) const {
  if (cell.way != Way::down && level.value > cell.high.value) cell.high = level;
  if (cell.way != Way::up && level.value < cell.low.value) cell.low = level;
  if (cell.way != Way::up && is_change_(cell.low, level)) {
    cell.way = Way::up;
  } else if (cell.way != Way::down && is_change_(level, cell.high)) {
    cell.way = Way::down;
  } else {
    return;
  }
  cell.low = cell.high = level;
  cell.counted = false;
  cell.at_ms = at_ms;
}

std::size_t ChangeCounter::changed(Way way, std::int64_t since_ms) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      cells_, [&](const Cell& cell) { return cell.way == way && cell.at_ms >= since_ms; }));
}

bool ChangeCounter::count(Way way, std::int64_t at_ms) {
  const Way other = way == Way::up ? Way::down : Way::up;
  const auto instant_ms = at_ms - kInstantMs, ramp_ms = at_ms - kRampMs;
  const bool ramp = 4 * changed(way, ramp_ms) > cells_.size() + 4 * changed(other, ramp_ms);
  if (!ramp && 4 * changed(way, instant_ms) <= cells_.size()) return false;
  bool any = false;
  for (Cell& cell : cells_) {
    if (cell.counted || cell.way != way || cell.at_ms < (ramp ? ramp_ms : instant_ms)) continue;
    cell.counted_ms.push_back(cell.at_ms);
    any = cell.counted = true;
  }
  return any;
}

void ChangeCounter::judge(std::int64_t at_ms) {
  counts_.clear();
  for (Cell& cell : cells_) {
    std::erase_if(cell.counted_ms, [&](auto ms) { return ms <= at_ms - kSecondMs; });
    counts_.push_back(cell.counted_ms.size());
  }
  // What more than a quarter of the cells reach.
  const auto at_quarter = counts_.begin() + static_cast<std::ptrdiff_t>(counts_.size() / 4);
  std::ranges::nth_element(counts_, at_quarter, std::greater());
  const auto changes = *at_quarter;
  const auto flashes = static_cast<int>((changes + 1) / 2);
  found_.most_per_second = std::max(found_.most_per_second, std::min(flashes, kFlashesMax));
  if (changes < kHarmfulChanges) return;
  found_.last_ms = at_ms;
  if (found_.first_ms >= 0) return;
  found_.first_ms = at_ms;
  for (const Cell& cell : cells_) {
    if (cell.counted_ms.size() >= kHarmfulChanges)
      found_.first_ms = std::min(found_.first_ms, cell.counted_ms.front());
  }
}

void ChangeCounter::add(std::span<const Level> levels, std::int64_t at_ms) {
  if (cells_.empty()) {
    for (const Level& level : levels) cells_.push_back({.low = level, .high = level});
    return;
  }
  FILOSCOPE_CHECK(levels.size() == cells_.size());
  for (std::size_t i = 0; i < cells_.size(); ++i) follow(cells_[i], levels[i], at_ms);
  const bool up = count(Way::up, at_ms);
  const bool down = count(Way::down, at_ms);
  if (up || down) judge(at_ms);
}

FlashFinder::FlashFinder() : general_(is_general_change), red_(is_red_change) {}

/// Cells are about square.
void FlashFinder::lay_grid(const AVFrame& frame) {
  width_ = frame.width / 2;
  height_ = frame.height / 2;
  const double aspect = static_cast<double>(width_) / height_;
  columns_ = std::clamp(static_cast<int>(std::lround(std::sqrt(kCellsCount * aspect))), 1,
                        std::min(width_, kCellsCount));
  rows_ = std::clamp(kCellsCount / columns_, 1, height_);
  column_of_.resize(static_cast<std::size_t>(width_));
  for (int x = 0; x < width_; ++x) column_of_[static_cast<std::size_t>(x)] = x * columns_ / width_;
  // Rows and columns of samples would see fine stripes that move as a flash; a skew lattice does
  // not.
  stride_ = std::max(1, width_ * height_ / (columns_ * rows_ * kCellSamples));
  skew_ = std::max(1, stride_ * 3 / 8);
  while (std::gcd(skew_, stride_) != 1) ++skew_;
  lights_.resize(static_cast<std::size_t>(columns_ * rows_));
  levels_.resize(lights_.size());
}

FlashFinder::Codes FlashFinder::codes_of(AVColorSpace matrix) {
  const LumaWeights weights = luma_weights(matrix);
  const double red = 2 * (1 - weights.red), blue = 2 * (1 - weights.blue);
  const auto steps = [](double part) { return static_cast<int>(std::lround(part * kCodeSteps)); };
  Codes codes;
  for (std::size_t i = 0; i < codes.luma.size(); ++i) {
    const double luma = (static_cast<double>(i) - 16) / 219;
    const double chroma = (static_cast<double>(i) - 128) / 224;
    codes.luma[i] = steps(luma);
    codes.red_cr[i] = steps(chroma * red);
    codes.blue_cb[i] = steps(chroma * blue);
    codes.green_cr[i] = steps(-chroma * red * weights.red / weights.green());
    codes.green_cb[i] = steps(-chroma * blue * weights.blue / weights.green());
  }
  return codes;
}

void FlashFinder::read_row(const AVFrame& frame, int y) {
  const auto row = [&](int plane, int at) {
    return frame.data[plane] + at * std::ptrdiff_t{frame.linesize[plane]};
  };
  const std::array luma{row(0, 2 * y), row(0, 2 * y + 1)};
  const std::uint8_t *cb = row(1, y), *cr = row(2, y);
  const auto& light = linear_light();
  const auto linear = [&](int code) {
    return light[static_cast<std::size_t>(std::clamp(code, 0, kCodeSteps))];
  };
  Light* const cells = &lights_[static_cast<std::size_t>(y * rows_ / height_ * columns_)];
  // Of the four pixels of a chroma sample another one each time: they may be a pattern.
  unsigned turn = static_cast<unsigned>(y);
  for (int x = (stride_ - skew_ * y % stride_) % stride_; x < width_; x += stride_, ++turn) {
    const int right = static_cast<int>(turn % 2);
    const int grey = codes_.luma[luma[turn / 2 % 2][2 * x + right]];
    Light& cell = cells[column_of_[static_cast<std::size_t>(x)]];
    cell.red += linear(grey + codes_.red_cr[cr[x]]);
    cell.green += linear(grey + codes_.green_cb[cb[x]] + codes_.green_cr[cr[x]]);
    cell.blue += linear(grey + codes_.blue_cb[cb[x]]);
    ++cell.count;
  }
}

void FlashFinder::add(const AVFrame& frame, std::int64_t at_ms) {
  if (lights_.empty()) {
    lay_grid(frame);
    codes_ = codes_of(frame.colorspace);
  }
  FILOSCOPE_CHECK(frame.width / 2 == width_ && frame.height / 2 == height_);
  std::ranges::fill(lights_, Light{});
  for (int y = 0; y < height_; ++y) read_row(frame, y);
  const auto feed = [&](ChangeCounter& counter, auto level_of) {
    std::ranges::transform(lights_, levels_.begin(), [&](const Light& sum) {
      const auto share = 1 / static_cast<float>(std::max(sum.count, 1));
      return level_of(sum.red * share, sum.green * share, sum.blue * share);
    });
    counter.add(levels_, at_ms);
  };
  feed(general_, luminance_of);
  feed(red_, redness_of);
}

Flashes FlashFinder::finish() const {
  const Flashes &a = general_.found(), &b = red_.found();
  Flashes both{.last_ms = std::max(a.last_ms, b.last_ms),
               .most_per_second = std::max(a.most_per_second, b.most_per_second)};
  both.first_ms = a.first_ms < 0   ? b.first_ms
                  : b.first_ms < 0 ? a.first_ms
                                   : std::min(a.first_ms, b.first_ms);
  return both;
}

}  // namespace filoscope::media
