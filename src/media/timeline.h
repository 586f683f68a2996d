#pragma once

/// The one time line of a clip, kept as players do: where the clock of a file restarts or jumps
/// (joined recordings, a broken stamp), what follows goes on where the part before ended, and
/// picture and sound keep their distance. Pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace filoscope::media {

/// What a packet says of its place. All times in 1/90000 s.
struct Stamp {
  std::optional<std::int64_t> dts;
  std::optional<std::int64_t> pts;
  std::int64_t length = 0;  ///< 0 when it says nothing
  bool key = false;         ///< decoding may begin with it
};

/// Threads: one. Packets are given in the order of the file.
class TimeLine {
 public:
  enum class Track : std::uint8_t { picture, sound };
  /// `still_max`: how long nothing may come on any track before the clock is held to have jumped.
  explicit TimeLine(std::int64_t still_max) : still_max_(still_max) {}

  /// What must be added to the times of this packet. O(1).
  std::int64_t shift(Track track, const Stamp& stamp);

 private:
  struct State {
    bool begun = false;
    std::int64_t clock = 0;   ///< which of `clocks_` it goes by
    std::int64_t last = 0;    ///< decoding time of the last packet, on the line
    std::int64_t next = 0;    ///< where decoding should go on
    std::int64_t end = 0;     ///< of all that was shown so far
    std::int64_t length = 0;  ///< of the last packet
  };

  bool jumps(const State& state, const State& other, Track track, const Stamp& stamp,
             std::int64_t at) const;
  bool returns(const State& state, const State& other, std::int64_t raw) const;
  std::optional<std::int64_t> other_clock(const State& state, std::int64_t raw) const;

  std::int64_t still_max_;
  std::array<State, 2> states_;
  std::vector<std::int64_t> clocks_{0};  ///< what each adds
};

}  // namespace filoscope::media
