#include "prints/compare.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace filoscope::prints {
namespace {

/// Nearer than any two clips of one room; still they must not move differently.
constexpr double kNearlyEqual = 12, kEqual = 8;
/// `moves`: of two clips of one room at most .53, of copies .56 and more but for those whose frames
/// were taken at other moments.
constexpr double kMovesAlike = .58, kMovesLeast = .3;
/// Mean bits between a frame and the next: below, what moves is noise.
constexpr double kStillBits = 2.5;
constexpr std::size_t kFramesLeast = 3;
/// Of the shorter one's frames, that lie beside each other.
constexpr double kOverlap = .6;
constexpr std::array<double, 3> kSpeeds{1, .95, 1.05};

bool is_still(const ClipPrint& print) {
  const auto& looks = print.views.front().looks;
  if (looks.size() < kFramesLeast) return true;
  double bits = 0;
  for (std::size_t i = 1; i < looks.size(); ++i) bits += distance(looks[i - 1], looks[i]);
  return bits < kStillBits * static_cast<double>(looks.size() - 1);
}

/// Of each frame of one the least distance to any of the other.
class Nearest {
 public:
  explicit Nearest(std::size_t frames_count) : least_(frames_count, kBits) {}

  void look(const View& one, const View& other, bool mirror) {
    for (std::size_t i = 0; i < least_.size(); ++i) {
      if (is_none(one.looks[i])) continue;
      const FrameHash hash = mirror ? mirrored(one.looks[i]) : one.looks[i];
      for (const FrameHash& there : other.looks)
        if (!is_none(there)) least_[i] = std::min(least_[i], distance(hash, there));
    }
  }
  /// Mean of the better half.
  double mean() const {
    auto order = least_;
    const auto half = static_cast<std::ptrdiff_t>((order.size() + 1) / 2);
    std::ranges::partial_sort(order, order.begin() + half);
    double sum = 0;
    for (auto at = order.begin(); at != order.begin() + half; ++at) sum += *at;
    return half == 0 ? kBits : sum / static_cast<double>(half);
  }

 private:
  std::vector<int> least_;
};

struct Way {
  double distance = kBits;
  bool mirrored = false, windowed = false;
};

/// By which views they look most alike. Each mirror stands by itself: a clip is turned or not.
Way nearest_way(const ClipPrint& one, const ClipPrint& other) {
  Way best;
  for (const bool mirror : {false, true}) {
    Nearest whole(one.frames_count()), all(one.frames_count());
    for (const View& mine : one.views)
      for (const View& theirs : other.views) {
        const bool windowed = mine.part == Part::window || theirs.part == Part::window;
        if (!windowed) whole.look(mine, theirs, mirror);
        all.look(mine, theirs, mirror);
      }
    if (whole.mean() < best.distance) best = {whole.mean(), mirror, false};
    // What windows only better is told by the whole.
    if (all.mean() + 1 < best.distance) best = {all.mean(), mirror, true};
  }
  return best;
}

/// How far the moves agree where `one` begins at frame `offset` of `other` and runs at `speed`.
double agreement(const std::vector<FrameHash>& one, const std::vector<FrameHash>& other,
                 std::ptrdiff_t offset, double speed, bool mirror) {
  const auto shorter = static_cast<double>(std::min(one.size(), other.size()));
  std::size_t frames = 0;
  std::int64_t bits = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const auto at =
        static_cast<std::ptrdiff_t>(std::lround(static_cast<double>(i) * speed)) + offset;
    if (at < 0 || at >= std::ssize(other)) continue;
    ++frames;
    bits += distance(mirror ? mirrored(one[i]) : one[i], other[static_cast<std::size_t>(at)]);
  }
  if (frames < kFramesLeast || static_cast<double>(frames) < kOverlap * shorter) return 0;
  return 1 - 2 * static_cast<double>(bits) / static_cast<double>(frames * kBits);
}

/// Along the offset and speed at which they agree best.
double moves_alike(const View& one, const View& other, bool mirror) {
  double best = 0;
  const auto count = std::ssize(one.moves);
  for (const double speed : kSpeeds)
    for (std::ptrdiff_t offset = -count / 2; offset <= std::ssize(other.moves) - count / 2;
         ++offset)
      best = std::max(best, agreement(one.moves, other.moves, offset, speed, mirror));
  return best;
}

double moves_alike(const ClipPrint& one, const ClipPrint& other, const Way& way) {
  double best = 0;
  for (const View& mine : one.views)
    for (const View& theirs : other.views) {
      if (mine.moves.empty() || theirs.moves.empty()) continue;
      best = std::max(best, moves_alike(mine, theirs, way.mirrored));
    }
  return best;
}

bool verdict(const Likeness& like) {
  if (like.still) return like.distance <= kEqual && !like.windowed;
  if (like.moves >= kMovesAlike) return like.distance < kLooksAlike;
  return like.distance <= kNearlyEqual && like.moves >= kMovesLeast;
}

}  // namespace

Likeness compare(const ClipPrint& one, const ClipPrint& other) {
  Likeness like;
  if (one.frames_count() == 0 || other.frames_count() == 0) return like;
  const bool turned = one.frames_count() > other.frames_count() ||
                      (one.frames_count() == other.frames_count() && encode(other) < encode(one));
  const ClipPrint& shorter = turned ? other : one;
  const ClipPrint& longer = turned ? one : other;
  const Way way = nearest_way(shorter, longer);
  like.distance = way.distance, like.mirrored = way.mirrored, like.windowed = way.windowed;
  like.still = is_still(shorter) || is_still(longer);
  if (like.distance >= kLooksAlike) return like;
  if (!like.still) like.moves = moves_alike(shorter, longer, way);
  like.copy = verdict(like);
  return like;
}

}  // namespace filoscope::prints
