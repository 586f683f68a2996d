#include "media/timeline.h"

#include <gmock/gmock.h>

#include <array>
#include <limits>
#include <vector>

namespace filoscope::media {
namespace {

using Track = TimeLine::Track;
using testing::ElementsAre;

constexpr std::int64_t kTicksPerMs = 90;
constexpr std::int64_t kHour = 3'600'000 * kTicksPerMs;
constexpr std::int64_t kStillMax = 60'000 * kTicksPerMs;

/// Gives one packet and tells where it comes to lie, in ms.
std::int64_t place(TimeLine& line, Track track, std::int64_t ms, std::int64_t length_ms,
                   bool key = true) {
  const auto at = ms * kTicksPerMs;
  return (at + line.shift(track,
                          {.dts = at, .pts = at, .length = length_ms * kTicksPerMs, .key = key})) /
         kTicksPerMs;
}

/// Both tracks of a recording of 2 s whose clock begins at `from_ms`; where it begins and ends.
std::array<std::int64_t, 2> record(TimeLine& line, std::int64_t from_ms) {
  std::array<std::int64_t, 2> picture{-1, -1};
  for (std::int64_t ms = 0; ms < 2'000; ms += 40) {
    const auto at = place(line, Track::picture, from_ms + ms, 40, ms == 0);
    if (ms == 0) picture[0] = at;
    picture[1] = at + 40;
    EXPECT_EQ(place(line, Track::sound, from_ms + ms + 10, 40), at + 10);
  }
  return picture;
}

TEST(TimeLine, AClockThatRestartsOrJumpsGoesOnWhereItWas) {
  TimeLine line(kStillMax);
  EXPECT_THAT(record(line, 1'400), ElementsAre(1'400, 3'400));
  EXPECT_THAT(record(line, 1'400), ElementsAre(3'410, 5'410));  // the sound of the first ends later
  EXPECT_THAT(record(line, 3'600'000), ElementsAre(5'420, 7'420));
  EXPECT_THAT(record(line, 0), ElementsAre(7'430, 9'430));
}

TEST(TimeLine, OneTrackMayJumpAlone) {
  for (const std::int64_t jump : {kHour / kTicksPerMs, std::int64_t{-5'000}}) {
    TimeLine line(kStillMax);
    for (std::int64_t ms = 0; ms < 20'000; ms += 20) {
      EXPECT_EQ(place(line, Track::picture, ms, 20), ms);
      const bool jumped = ms >= 8'000 && ms < 12'000;
      const auto placed = place(line, Track::sound, ms + (jumped ? jump : 0), 20);
      // It can't be known that the picture does not follow: the jump begins behind all that came.
      EXPECT_GE(placed, ms) << jump;
      EXPECT_LE(placed, ms + (jumped ? 20 : 0)) << jump;
    }
  }
}

TEST(TimeLine, OneWrongStampMovesNothingElse) {
  TimeLine line(kStillMax);
  for (std::int64_t ms = 0; ms < 2'000; ms += 40)
    EXPECT_EQ(place(line, Track::picture, ms == 1'000 ? 5'000'000 : ms, 40), ms);
}

TEST(TimeLine, StampsOfReorderedPicturesWaver) {
  TimeLine line(kStillMax);
  std::vector<std::int64_t> places;
  for (const std::int64_t ms : {0, 120, 40, 80, 240, 160, 200})
    places.push_back(place(line, Track::picture, ms, 40, ms == 0));
  EXPECT_THAT(places, ElementsAre(0, 120, 40, 80, 240, 160, 200));
}

TEST(TimeLine, WhatIsHeardOrSaidToStandIsNoJump) {
  TimeLine heard(kStillMax);
  place(heard, Track::picture, 0, 40);
  for (std::int64_t ms = 0; ms < 90'000; ms += 20) place(heard, Track::sound, ms, 20);
  EXPECT_EQ(place(heard, Track::picture, 90'000, 40), 90'000);
  TimeLine said(kStillMax);
  place(said, Track::picture, 0, 300'000);
  EXPECT_EQ(place(said, Track::picture, 300'000, 40), 300'000);
  TimeLine slides(kStillMax);
  for (const std::int64_t ms : {0, 12'000, 50'000})
    EXPECT_EQ(place(slides, Track::picture, ms, 40), ms);
}

TEST(TimeLine, WildStampsAreBorne) {
  TimeLine line(kStillMax);
  const auto wild = std::numeric_limits<std::int64_t>::max();
  for (const auto at : {wild, -wild - 1, std::int64_t{0}, wild, -wild})
    line.shift(Track::picture, {.dts = at, .pts = at, .length = wild, .key = true});
  line.shift(Track::sound, {});
}

}  // namespace
}  // namespace filoscope::media
