#include "media/timeline.h"

#include <algorithm>
#include <cstdlib>

namespace filoscope::media {
namespace {

constexpr std::int64_t kSecond = 90'000;
constexpr std::int64_t kBackMin = 3 * kSecond / 10;  // less is a wavering stamp, not a new start
constexpr std::int64_t kReorderMax = kSecond;        // stamps of reordered pictures waver by less
constexpr std::int64_t kReorderFrames = 8;
constexpr std::int64_t kCoverMax = 10 * kSecond;  // files interleave picture and sound closer
constexpr std::int64_t kEarlyMax = kSecond;       // one track may begin its part before the other
constexpr std::int64_t kWaverMax = kSecond / 10;
constexpr std::size_t kKnownMax = 8;         // clocks that a packet may return to
constexpr std::size_t kClocksMax = 100'000;  // afterwards stamps are left as they are
constexpr std::int64_t kStampMax = std::int64_t{1} << 58;

}  // namespace

bool TimeLine::jumps(const State& state, const State& other, Track track, const Stamp& stamp,
                     std::int64_t at) const {
  if (!state.begun) return other.begun && std::abs(at - other.next) > still_max_;
  const bool reordered = track == Track::picture && !stamp.key;
  const auto back_max = reordered ? std::max(kReorderMax, kReorderFrames * state.length) : kBackMin;
  if (at < state.last) return state.last - at > back_max;
  const bool covered = other.begun && other.next + kCoverMax >= at;
  return at - state.next > still_max_ && !covered;
}

/// A track that jumped alone comes back to the clock of the other one, which it left.
bool TimeLine::returns(const State& state, const State& other, std::int64_t raw) const {
  if (!state.begun || !other.begun || state.clock == other.clock) return false;
  const auto by_other = raw + clocks_[static_cast<std::size_t>(other.clock)];
  const auto by_own = raw + clocks_[static_cast<std::size_t>(state.clock)];
  return std::abs(by_other - state.next) <= kWaverMax && std::abs(by_own - state.next) > kBackMin;
}

/// A clock by which the packet goes on well: one that the other track has set, or one from before a
/// single wrong stamp.
std::optional<std::int64_t> TimeLine::other_clock(const State& state, std::int64_t raw) const {
  std::optional<std::int64_t> best;
  std::int64_t best_gap = 0;
  const auto count = static_cast<std::int64_t>(clocks_.size());
  for (auto i = std::max<std::int64_t>(count - std::int64_t{kKnownMax}, 0); i < count; ++i) {
    if (i == state.clock) continue;
    const auto gap = raw + clocks_[static_cast<std::size_t>(i)] - state.next;
    if (gap < -(i > state.clock ? kEarlyMax : kWaverMax) || gap > still_max_) continue;
    if (best && std::abs(gap) >= std::abs(best_gap)) continue;
    best = i;
    best_gap = gap;
  }
  return best;
}

std::int64_t TimeLine::shift(Track track, const Stamp& stamp) {
  State& state = states_[static_cast<std::size_t>(track)];
  const State& other = states_[1 - static_cast<std::size_t>(track)];
  if (!stamp.dts && !stamp.pts) return clocks_[static_cast<std::size_t>(state.clock)];
  const auto bounded = [](std::int64_t time) { return std::clamp(time, -kStampMax, kStampMax); };
  const auto raw = bounded(stamp.dts ? *stamp.dts : *stamp.pts);
  const auto shown = bounded(stamp.pts ? *stamp.pts : *stamp.dts);
  if (!state.begun) state.clock = other.clock;
  if (returns(state, other, raw)) state.clock = other.clock;
  auto add = clocks_[static_cast<std::size_t>(state.clock)];
  if (clocks_.size() < kClocksMax && jumps(state, other, track, stamp, raw + add)) {
    if (const auto known = state.begun ? other_clock(state, raw) : std::nullopt) {
      state.clock = *known;
    } else {
      // Where all that came before has ended.
      clocks_.push_back(std::max(state.begun ? state.end : other.end, other.end) - shown);
      state.clock = std::ssize(clocks_) - 1;
    }
    add = clocks_[static_cast<std::size_t>(state.clock)];
  }
  const auto at = raw + add;
  if (stamp.length > 0) {
    state.length = bounded(stamp.length);
  } else if (state.begun && at > state.last) {
    state.length = std::min(at - state.last, kSecond);
  }
  state.last = at;
  state.next = at + state.length;
  state.end =
      state.begun ? std::max(state.end, shown + add + state.length) : shown + add + state.length;
  state.begun = true;
  return add;
}

}  // namespace filoscope::media
