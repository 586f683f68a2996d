#include "prints/clip_print.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "prints/reasons.h"

namespace filoscope::prints {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::array kFixedParts{Part::whole, Part::middle90, Part::middle80};
constexpr std::int64_t kStepMs = 1000 / kFramesPerSecond;
/// Frames after which windows are looked for; those later in a clip are not found.
constexpr std::size_t kFirstFrames = 100;
/// Steps of light, from frame to frame, that recompression makes of what stands still.
constexpr double kStillLight = 1.5;
/// Frames before and behind that the mean of a wave is taken over: a second.
constexpr std::size_t kMeanFrames = kFramesPerSecond;

std::vector<FrameHash> looks_of(const std::vector<Waves>& waves) {
  std::vector<FrameHash> looks;
  looks.reserve(waves.size());
  for (const Waves& one : waves) looks.push_back(signs(one));
  return looks;
}

std::vector<FrameHash> moves_of(const std::vector<Waves>& waves) {
  std::vector<FrameHash> moves(waves.size());
  for (std::size_t i = 0; i < waves.size(); ++i) {
    const std::size_t begin = i - std::min(i, kMeanFrames);
    const std::size_t end = std::min(waves.size(), i + kMeanFrames + 1);
    const auto count = static_cast<float>(end - begin);
    for (std::size_t bit = 0; bit < kBits; ++bit) {
      float sum = 0;
      for (std::size_t j = begin; j < end; ++j) sum += waves[j][bit];
      if (waves[i][bit] * count > sum) moves[i][bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
  }
  return moves;
}

bool stands_still_outside(std::span<const Grid> frames, const Area& area) {
  std::int64_t change = 0, cells = 0;
  for (std::size_t i = 1; i < frames.size(); ++i)
    for (int y = 0; y < kGridSide; ++y)
      for (int x = 0; x < kGridSide; ++x) {
        const float u = static_cast<float>(x) + .5F, v = static_cast<float>(y) + .5F;
        if (u > area.left - 1 && u < area.right + 1 && v > area.top - 1 && v < area.bottom + 1)
          continue;
        change += std::abs(frames[i].at(x, y) - frames[i - 1].at(x, y));
        ++cells;
      }
  return static_cast<double>(change) <= kStillLight * static_cast<double>(cells);
}

/// As a printer makes them: the whole and its middles, then windows, which move but for middle80.
bool is_made(const ClipPrint& print) {
  if (print.views.empty()) return true;
  if (print.views.size() < kFixedParts.size() || print.frames_count() == 0) return false;
  for (std::size_t i = 0; i < print.views.size(); ++i) {
    const View& view = print.views[i];
    const bool window = view.part == Part::window || view.part == Part::inside;
    if (i < kFixedParts.size() ? view.part != kFixedParts[i] : !window) return false;
    if (view.moves.empty() != (view.part == Part::middle80)) return false;
  }
  return true;
}

}  // namespace

bool ClipPrinter::wants(std::int64_t at_ms) const {
  return count_ < kFramesMax && at_ms >= static_cast<std::int64_t>(count_) * kStepMs;
}

void ClipPrinter::add(const Grid& grid, std::int64_t at_ms) {
  if (count_ == 0)
    seen_ = {{Part::whole, Area{}, {}},
             {Part::middle90, middle(.9F), {}},
             {Part::middle80, middle(.8F), {}}};
  else
    while (count_ + 1 < kFramesMax && at_ms >= static_cast<std::int64_t>(count_ + 1) * kStepMs)
      take(last_);
  take(grid);
  last_ = grid;
}

void ClipPrinter::take(const Grid& grid) {
  ++count_;
  for (auto& one : seen_) one.waves.push_back(waves_of(grid, one.area));
  if (looked_) return;
  first_.push_back(grid);
  if (first_.size() == kFirstFrames) look_for_windows();
}

void ClipPrinter::look_for_windows() {
  looked_ = true;
  const std::size_t step = std::max<std::size_t>(1, first_.size() / kWindowFramesMax);
  std::vector<Grid> some;
  for (std::size_t i = 0; i < first_.size(); i += step) some.push_back(first_[i]);
  for (const Area& area : find_windows(some)) {
    Seen window{stands_still_outside(some, area) ? Part::inside : Part::window, area, {}};
    for (const Grid& grid : first_) window.waves.push_back(waves_of(grid, area));
    seen_.push_back(std::move(window));
  }
  first_.clear();
}

ClipPrint ClipPrinter::finish() {
  if (!looked_) look_for_windows();
  ClipPrint print;
  for (const auto& one : seen_) {
    View view{one.part, looks_of(one.waves), {}};
    if (one.part != Part::middle80) view.moves = moves_of(one.waves);
    print.views.push_back(std::move(view));
  }
  return print;
}

Bytes encode(const ClipPrint& print) {
  ByteWriter out;
  out.put(kFormat);
  out.put(static_cast<std::uint8_t>(print.views.size()));
  out.put(static_cast<std::uint32_t>(print.frames_count()));
  const auto put_all = [&](const std::vector<FrameHash>& hashes) {
    for (const auto& hash : hashes)
      for (const auto word : hash) out.put(word);
  };
  for (const View& view : print.views) {
    out.put(static_cast<std::uint8_t>(view.part));
    out.put(static_cast<std::uint8_t>(!view.moves.empty()));
    put_all(view.looks);
    put_all(view.moves);
  }
  return out.take();
}

Result<ClipPrint> decode_print(std::span<const std::uint8_t> bytes) {
  ByteReader in(bytes);
  const auto format = in.get<std::uint8_t>();
  const auto views = in.get<std::uint8_t>();
  const auto frames = in.get<std::uint32_t>();
  if (!in.ok() || format != kFormat || frames > kFramesMax ||
      views > kFixedParts.size() + kWindowsMax)
    return Error(reason("print_damaged"));
  const auto get_all = [&](std::vector<FrameHash>& hashes) {
    for (std::size_t i = 0; i < frames && in.ok(); ++i) {
      FrameHash hash{};
      for (auto& word : hash) word = in.get<std::uint64_t>();
      hashes.push_back(hash);
    }
  };
  ClipPrint print;
  for (std::size_t i = 0; i < views && in.ok(); ++i) {
    View view;
    const auto part = in.get<std::uint8_t>();
    const auto moves = in.get<std::uint8_t>();
    if (part >= kPartsCount || moves > 1) return Error(reason("print_damaged"));
    view.part = static_cast<Part>(part);
    get_all(view.looks);
    if (moves == 1) get_all(view.moves);
    print.views.push_back(std::move(view));
  }
  if (!in.at_end() || !is_made(print)) return Error(reason("print_damaged"));
  return print;
}

}  // namespace filoscope::prints
