#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_result.h"
#include "prints/compare.h"
#include "prints/hash_index.h"
#include "prints/test_prints.h"

namespace filoscope::prints {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const MadeClip kClip{};

TEST(FrameHash, AMirrorTurnsKnownBits) {
  const Grid grid = frame_of(kClip, 3);
  const auto hash = signs(waves_of(grid, Area{}));
  const auto of_turned = signs(waves_of(turned(grid), Area{}));
  EXPECT_LE(distance(mirrored(hash), of_turned), 2);
  EXPECT_GT(distance(hash, of_turned), 60);
  EXPECT_EQ(mirrored(mirrored(hash)), hash);
}

TEST(FrameHash, WhatShowsNothingHasNone) {
  Grid plain;
  plain.luma.fill(128);
  EXPECT_TRUE(is_none(signs(waves_of(plain, Area{}))));
  EXPECT_FALSE(is_none(signs(waves_of(frame_of(kClip, 0), Area{}))));
  EXPECT_TRUE(is_none(mirrored(FrameHash{})));
}

TEST(FrameHash, TheLowestWavesAreInTheFirstWord) {
  Grid slope;
  for (int y = 0; y < kGridSide; ++y)
    for (int x = 0; x < kGridSide; ++x)
      slope.luma[static_cast<std::size_t>(y * kGridSide + x)] =
          static_cast<std::uint8_t>(128 + 60 * std::cos(M_PI * 9 * (x + .5) / kGridSide) *
                                              std::cos(M_PI * 3 * (y + .5) / kGridSide));
  const auto waves = waves_of(slope, Area{});
  const auto largest =
      std::ranges::max_element(waves, [](float a, float b) { return std::abs(a) < std::abs(b); });
  EXPECT_GE(largest - waves.begin(), 64) << "the ninth is none of the lowest";
}

TEST(Windows, AFrameAndAPictureInAPictureAreFound) {
  const auto bordered =
      changed(frames_of(kClip), [](const Grid& g) { return framed(g, .1, .15, .9, .85); });
  const auto found = find_windows(bordered);
  ASSERT_THAT(found, Not(IsEmpty()));
  EXPECT_NEAR(found[0].left, 12.8, 1.5);
  EXPECT_NEAR(found[0].bottom, 108.8, 1.5);
  EXPECT_THAT(find_windows(frames_of(kClip)), IsEmpty());
  EXPECT_THAT(find_windows({}), IsEmpty());
}

TEST(ClipPrint, FiveFramesASecondAndLongOnesCountForEach) {
  ClipPrinter printer;
  EXPECT_TRUE(printer.wants(0));
  printer.add(frame_of(kClip, 0), 0);
  EXPECT_FALSE(printer.wants(199));
  EXPECT_TRUE(printer.wants(1000));
  printer.add(frame_of(kClip, 9), 1000);  // the first one stood for a second
  const auto print = printer.finish();
  EXPECT_EQ(print.frames_count(), 6U);
  EXPECT_EQ(print.views[0].looks[0], print.views[0].looks[4]);
  EXPECT_NE(print.views[0].looks[4], print.views[0].looks[5]);
}

TEST(ClipPrint, ItsBytesComeBackAndDamagedOnesAreRefused) {
  const auto print = print_of(kClip);
  const auto bytes = encode(print);
  EXPECT_EQ(must(decode_print(bytes)), print);
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, bytes.size() - 1})
    EXPECT_EQ(decode_print(std::span(bytes).first(size)).error().code, Code::corrupt) << size;
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_print(longer));
  auto other = bytes;
  other[0] = 9;
  EXPECT_FALSE(decode_print(other));
  auto lacking = print;
  lacking.views.erase(lacking.views.begin());
  EXPECT_FALSE(decode_print(encode(lacking))) << "without the whole";
  auto still = print;
  still.views[0].moves.clear();
  EXPECT_FALSE(decode_print(encode(still)));
  EXPECT_EQ(must(decode_print(encode(ClipPrint{}))), ClipPrint{});
}

/// Copies of kClip, as people make them.
struct Copied {
  const char* how;
  std::vector<Grid> frames;
};

/// Inside another clip that moves.
std::vector<Grid> beside(std::vector<Grid> frames) {
  const auto behind = frames_of({.seed = 50, .room = 50});
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Grid inside = framed(frames[i], .2, .3, .8, .7);
    frames[i] = mapped(inside, [&](const Grid& g, int x, int y) {
      const bool here = x >= 26 && x < 102 && y >= 39 && y < 89;
      return here ? g.at(x, y) : behind[i].at(x, y);
    });
  }
  return frames;
}

std::vector<Copied> copies_of_clip() {
  const auto frames = frames_of(kClip);
  MadeClip faster = kClip;
  faster.speed = 1.05;
  return {
      {"itself", frames},
      {"mirrored", changed(frames, turned)},
      {"cropped", changed(frames, [](const Grid& g) { return cropped(g, .9); })},
      {"bordered", changed(frames, [](const Grid& g) { return framed(g, .1, .15, .9, .85); })},
      {"written on", changed(frames, written_on)},
      {"faster", frames_of(faster)},
      {"cut out", {frames.begin() + 8, frames.begin() + 22}},
      {"in a picture", beside(frames)},
  };
}

TEST(Compare, CopiesAreKnownAgain) {
  const auto original = print_of(kClip);
  for (const auto& [how, frames] : copies_of_clip()) {
    const auto copy = print_of(frames);
    const auto like = compare(copy, original);
    EXPECT_TRUE(like.copy) << how << ": " << like.distance << " bits, moves " << like.moves;
    EXPECT_EQ(compare(original, copy).copy, like.copy) << how;
    EXPECT_EQ(like.mirrored, std::string_view(how) == "mirrored") << how;
    const bool part = std::string_view(how) == "cut out" || std::string_view(how) == "in a picture";
    EXPECT_EQ(like.mutual, !part) << how;
    EXPECT_EQ(compare(original, copy).mutual, like.mutual) << how;
  }
}

TEST(Compare, WhatHasNothingInCommonIsNone) {
  const auto original = print_of(kClip);
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    const auto like = compare(print_of({.seed = seed, .room = seed}), original);
    EXPECT_FALSE(like.copy) << seed;
    EXPECT_GT(like.distance, kLooksAlike) << seed;
  }
}

/// They look alike: what tells them apart is how they move.
TEST(Compare, ClipsOfOneRoomAreNoCopies) {
  MadeClip clip = kClip;
  clip.standing = 24;
  clip.moving = 2;
  const auto original = print_of(clip);
  int alike = 0;
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    clip.seed = seed;
    const auto like = compare(print_of(clip), original);
    EXPECT_FALSE(like.copy) << seed << ": " << like.distance << " bits, moves " << like.moves;
    if (like.distance < kLooksAlike) ++alike;
  }
  EXPECT_GE(alike, 8) << "the clips must look alike for this to be a test";
}

TEST(Compare, StillsMustBeNearlyEqual) {
  MadeClip still = kClip;
  still.moving = 0;
  MadeClip other = still;
  other.room = 2;
  EXPECT_TRUE(compare(print_of(still), print_of(still)).copy);
  EXPECT_FALSE(compare(print_of(still), print_of(other)).copy);
  EXPECT_FALSE(compare(print_of(changed(frames_of(still), written_on)), print_of(still)).copy);
}

TEST(Compare, NothingIsLikeNothing) {
  EXPECT_FALSE(compare({}, {}).copy);
  EXPECT_FALSE(compare(print_of(kClip), {}).copy);
  Grid plain;
  plain.luma.fill(90);
  const auto blank = print_of(std::vector<Grid>(20, plain));
  EXPECT_FALSE(compare(blank, blank).copy) << "black clips are no copies of each other";
}

TEST(HashIndex, FindsWhatIsWorthComparing) {
  HashIndex index;
  for (std::uint64_t seed = 1; seed <= 30; ++seed)
    index.put(seed, index_entry(print_of({.seed = seed, .room = seed})));
  EXPECT_EQ(index.clips_count(), 30U);
  for (const auto& [how, frames] : copies_of_clip()) {
    const auto near = index.near(print_of(frames), 3);
    ASSERT_THAT(near, Not(IsEmpty())) << how;
    EXPECT_EQ(near[0].key, 1U) << how;
  }
  index.erase(1);
  index.erase(1);
  EXPECT_EQ(index.clips_count(), 29U);
  for (const auto& one : index.near(print_of(kClip), 30)) EXPECT_NE(one.key, 1U);
}

TEST(HashIndex, EntriesComeBackFromTheirBytes) {
  const auto entry = index_entry(print_of(kClip));
  EXPECT_THAT(entry, SizeIs(3 * 6));
  EXPECT_EQ(must(decode_entry(encode(entry))), entry);
  auto bytes = encode(entry);
  bytes.pop_back();
  EXPECT_FALSE(decode_entry(bytes));
}

}  // namespace
}  // namespace filoscope::prints
