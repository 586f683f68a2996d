#include "prints/compare.h"

#include <algorithm>
#include <bit>

namespace filoscope::prints {
namespace {

/// Nearer than any two clips of one room; still they must not move differently.
constexpr double kNearlyEqual = 12, kEqual = 8;
/// `moves`: of two clips of one room at most .59, of most copies more; of those whose frames were
/// taken at other moments less, and these are near.
constexpr double kMovesAlike = .61, kMovesLeast = .3;
/// Mean bits between a frame and the next: below, what moves is noise.
constexpr double kStillBits = 2.5;
/// With fewer frames chance moves two clips alike.
constexpr std::size_t kFramesLeast = 6;
/// Of the shorter one's frames, that lie beside each other.
constexpr double kOverlap = .6;
/// Of both clips, for each to show what the other shows.
constexpr double kMutual = .6;
constexpr std::array<double, 3> kSpeeds{1, .95, 1.05};
/// Frames of the shorter one that are compared, evenly taken: a minute, all of them. What two clips
/// of ten minutes cost is bounded by it.
constexpr std::size_t kRowsMax = 300;

std::size_t step_of(std::size_t frames_count) { return (frames_count + kRowsMax - 1) / kRowsMax; }

bool is_still(const ClipPrint& print) {
  const auto& looks = print.views.front().looks;
  if (looks.size() < kFramesLeast) return true;
  double bits = 0;
  for (std::size_t i = 1; i < looks.size(); ++i) bits += distance(looks[i - 1], looks[i]);
  return bits < kStillBits * static_cast<double>(looks.size() - 1);
}

FILOSCOPE_COUNTS_BITS
int least_distance(const FrameHash& look, const std::vector<FrameHash>& there, int least) {
  for (const FrameHash& other : there)
    if (!is_none(other)) least = std::min(least, distance(look, other));
  return least;
}

/// Of the frames of one that lie on the other where it begins at frame `offset` and runs at
/// `speed`.
struct WrongBits {
  std::size_t frames = 0;
  std::int64_t bits = 0;
};
FILOSCOPE_COUNTS_BITS
WrongBits wrong_bits(const std::vector<FrameHash>& one, const std::vector<FrameHash>& other,
                     std::ptrdiff_t offset, double speed) {
  WrongBits wrong;
  const std::size_t step = step_of(one.size());
  for (std::size_t i = 0; i < one.size(); i += step) {
    const auto at = static_cast<std::ptrdiff_t>(static_cast<double>(i) * speed + .5) + offset;
    if (at < 0 || at >= std::ssize(other)) continue;
    ++wrong.frames;
    wrong.bits += distance(one[i], other[static_cast<std::size_t>(at)]);
  }
  return wrong;
}

/// Of each frame of one the least distance to any of the other.
class Nearest {
 public:
  explicit Nearest(std::size_t frames_count)
      : step_(step_of(frames_count)), least_((frames_count + step_ - 1) / step_, kBits) {}

  void look(const View& one, const View& other, bool mirror) {
    for (std::size_t i = 0; i < least_.size(); ++i) {
      const FrameHash& look = one.looks[i * step_];
      if (is_none(look)) continue;
      least_[i] = least_distance(mirror ? mirrored(look) : look, other.looks, least_[i]);
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
  /// That look alike.
  double share() const {
    const auto near = std::ranges::count_if(least_, [](int bits) { return bits < kLooksAlike; });
    return static_cast<double>(near) / static_cast<double>(least_.size());
  }

 private:
  std::size_t step_;
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
    // Where windows make it hardly better it is told by the whole.
    if (all.mean() + 1 < best.distance) best = {all.mean(), mirror, true};
  }
  return best;
}

/// Along the offset and speed at which they agree best.
double moves_alike(const std::vector<FrameHash>& one, const std::vector<FrameHash>& other) {
  const auto shorter = static_cast<double>(std::min(one.size(), other.size()));
  const std::size_t step = step_of(one.size());
  const auto count = std::ssize(one);
  double best = 0;
  for (const double speed : kSpeeds)
    for (std::ptrdiff_t offset = -count / 2; offset <= std::ssize(other) - count / 2; ++offset) {
      const auto [frames, bits] = wrong_bits(one, other, offset, speed);
      if (frames < kFramesLeast || static_cast<double>(frames * step) < kOverlap * shorter)
        continue;
      best =
          std::max(best, 1 - 2 * static_cast<double>(bits) / static_cast<double>(frames * kBits));
    }
  return best;
}

double moves_alike(const ClipPrint& one, const ClipPrint& other, const Way& way) {
  double best = 0;
  for (const View& mine : one.views) {
    auto moves = mine.moves;
    if (way.mirrored) std::ranges::transform(moves, moves.begin(), mirrored);
    for (const View& theirs : other.views)
      if (!moves.empty() && !theirs.moves.empty())
        best = std::max(best, moves_alike(moves, theirs.moves));
  }
  return best;
}

/// Whether also the longer one shows the same, most of the time.
bool is_mutual(const ClipPrint& shorter, const ClipPrint& longer, const Way& way) {
  if (way.windowed || static_cast<double>(shorter.frames_count()) <
                          kMutual * static_cast<double>(longer.frames_count()))
    return false;
  Nearest nearest(longer.frames_count());
  for (const View& mine : longer.views)
    for (const View& theirs : shorter.views) nearest.look(mine, theirs, way.mirrored);
  return nearest.share() >= kMutual;
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
  like.mutual = like.copy && is_mutual(shorter, longer, way);
  return like;
}

}  // namespace filoscope::prints
