/// Flashes that may trigger seizures: what counts as one, how many, where, and through the worker.

#include "media/flashes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "media/test_outputs.h"

namespace filoscope::media {
namespace {

constexpr int kWide = 320, kHigh = 180;

/// Luma of limited range that a screen with a white of 200 cd/m² shows as so much.
int luma_of(double luminance) {
  return static_cast<int>(std::lround(16 + 219 * std::pow(luminance / 200, 1 / 2.4)));
}

/// Luma at a place at a time.
using Scene = std::function<int(int x, int y, double s)>;

FramePtr blank_frame(int width = kWide, int height = kHigh) {
  FramePtr frame = make_frame();
  frame->format = AV_PIX_FMT_YUV420P;
  frame->colorspace = AVCOL_SPC_BT709;
  frame->width = width, frame->height = height;
  FILOSCOPE_CHECK(av_frame_get_buffer(frame.get(), 0) == 0);
  for (int plane = 1; plane < 3; ++plane)
    std::fill_n(frame->data[plane], frame->linesize[plane] * (height + 1) / 2, std::uint8_t{128});
  return frame;
}

Flashes flashes_of(const Scene& scene, int fps = 30, double length_s = 3) {
  const FramePtr frame = blank_frame();
  FlashFinder finder;
  for (int i = 0; i < static_cast<int>(length_s * fps); ++i) {
    for (int y = 0; y < kHigh; ++y)
      for (int x = 0; x < kWide; ++x)
        frame->data[0][y * frame->linesize[0] + x] =
            static_cast<std::uint8_t>(scene(x, y, static_cast<double>(i) / fps));
    finder.add(*frame, i * 1'000 / fps);
  }
  return finder.finish();
}

/// Whether it is the second half of one of so many periods a second.
bool is_lit(double s, double per_second) {
  const double phase = s * per_second + 1e-6;
  return phase - std::floor(phase) >= 0.5;
}

/// The whole picture, between two luminances (cd/m²).
Scene strobe(double per_second, double dark = 0, double light = 200) {
  return [=, low = luma_of(dark), high = luma_of(light)](int, int, double s) {
    return is_lit(s, per_second) ? high : low;
  };
}

/// Only in a part of the picture of its shape, left above.
Scene strobe_over(double share) {
  const double side = std::sqrt(share);
  return [=](int x, int y, double s) {
    return x < side * kWide && y < side * kHigh && is_lit(s, 5) ? 235 : 16;
  };
}

TEST(Flashes, UpToThreeASecondAreNone) {
  for (const int fps : {24, 30, 60}) {
    for (const int per_second : {1, 2, 3}) {
      const Flashes found = flashes_of(strobe(per_second), fps);
      EXPECT_EQ(found.most_per_second, per_second) << fps;
      EXPECT_EQ(found.first_ms, -1) << fps << " " << per_second;
      EXPECT_EQ(found.last_ms, -1) << fps << " " << per_second;
    }
  }
}

TEST(Flashes, MoreAreFoundFromTheFirstToTheLast) {
  for (const int fps : {30, 60}) {
    for (const int per_second : {4, 5, 10, 15}) {
      const auto flashing = strobe(per_second);
      const Flashes found = flashes_of(
          [&](int x, int y, double s) { return s < 1 || s > 3.01 ? 16 : flashing(x, y, s); }, fps,
          5);
      EXPECT_EQ(found.most_per_second, per_second) << fps;
      const double half_ms = 500.0 / per_second, frame_ms = 1'000.0 / fps;
      EXPECT_NEAR(static_cast<double>(found.first_ms), 1'000 + half_ms, frame_ms) << per_second;
      EXPECT_NEAR(static_cast<double>(found.last_ms), 3'000, frame_ms) << per_second;
    }
  }
  EXPECT_EQ(flashes_of(strobe(30), 60).most_per_second, 30);
}

TEST(Flashes, SevenChangesWithinASecondAreMoreThanThree) {
  const auto changes = [](int count) {
    return flashes_of([=](int, int, double s) {
      const int done = std::min(count, static_cast<int>((s + 1e-6) * 10));
      return done % 2 == 0 ? 16 : 235;
    });
  };
  EXPECT_EQ(changes(6).first_ms, -1);
  EXPECT_EQ(changes(7).first_ms, 100);
  EXPECT_EQ(changes(7).last_ms, 700);
}

TEST(Flashes, TakeMoreThanAQuarterOfThePicture) {
  EXPECT_EQ(flashes_of(strobe_over(0.2)).first_ms, -1);
  EXPECT_GE(flashes_of(strobe_over(0.3)).first_ms, 0);
}

TEST(Flashes, OfDifferentTimesDoNotAddUp) {
  // A fifth each; the next one begins so much later.
  const auto found = [](double later_s) {
    return flashes_of(
        [=](int x, int, double s) {
          const int part = x * 5 / kWide;
          return part < 2 && is_lit(s + part * later_s, 4) ? 235 : 16;
        },
        60);
  };
  EXPECT_EQ(found(4 / 60.0).most_per_second, 0);
  EXPECT_EQ(found(1 / 60.0).most_per_second, 4);
}

TEST(Flashes, ChangesOfDifferentPlacesAreNoPair) {
  // Each half twice a second, in turns: four a second over the whole, nowhere more than two.
  const Flashes found = flashes_of([](int x, int, double s) {
    const double phase = s * 2 - std::floor(s * 2);
    const bool left = x < kWide / 2;
    return (left && phase < 0.19) || (!left && phase > 0.49 && phase < 0.69) ? 235 : 16;
  });
  EXPECT_EQ(found.most_per_second, 2);
  EXPECT_EQ(found.first_ms, -1);
}

TEST(Flashes, AreCountedOverTheSameQuarter) {
  // A tenth flashes six times a second, in turns with one fifth and another.
  const Flashes found = flashes_of([](int x, int, double s) {
    const int part = x * 10 / kWide;
    const bool odd = static_cast<int>(s * 6 + 1e-6) % 2 != 0;
    const bool here = part == 0 || (part < 3 && odd) || (part >= 3 && part < 5 && !odd);
    return here && is_lit(s, 6) ? 235 : 16;
  });
  EXPECT_EQ(found.most_per_second, 3);
}

TEST(Flashes, HalvesThatSwapAreFound) {
  const Flashes found =
      flashes_of([](int x, int, double s) { return is_lit(s, 5) == (x < kWide / 2) ? 235 : 16; });
  EXPECT_EQ(found.most_per_second, 5);
}

TEST(Flashes, ChangeByTwentyCandela) {
  EXPECT_EQ(flashes_of(strobe(10, 50, 60)).most_per_second, 0);
  EXPECT_EQ(flashes_of(strobe(10, 0, 18)).most_per_second, 0);
  EXPECT_EQ(flashes_of(strobe(10, 0, 22)).most_per_second, 10);
  EXPECT_EQ(flashes_of(strobe(10, 130, 155)).most_per_second, 10);
}

TEST(Flashes, AreDarkerThanBrightInOneOfTheirStates) {
  EXPECT_EQ(flashes_of(strobe(10, 165, 200)).most_per_second, 0);
  EXPECT_EQ(flashes_of(strobe(10, 155, 200)).most_per_second, 10);
}

TEST(Flashes, GoFromExtremeToExtreme) {
  // Steps of 15 cd/m² each, as wide as 60 in all.
  const Flashes ramps = flashes_of(
      [](int, int, double s) {
        const double phase = s * 5 - std::floor(s * 5);
        const int step = static_cast<int>(std::lround(std::abs(phase - 0.5) * 8));
        return luma_of(20 + 15 * step);
      },
      60);
  EXPECT_EQ(ramps.most_per_second, 5) << "several pictures are one change";
  const Flashes depths = flashes_of([](int x, int, double s) {
    const double phase = s * 5 - std::floor(s * 5);
    const int part = x * 5 / kWide;  // reaches 20 cd/m² in the first, second or third picture
    return luma_of(part < 3 ? 61.0 / (part + 1) * (1 - std::abs(phase - 0.5) * 2) : 0);
  });
  EXPECT_EQ(depths.most_per_second, 5) << "what changes little is as fast as what changes much";
  const Flashes stairs = flashes_of([](int, int, double s) {
    const double phase = s * 2 - std::floor(s * 2);
    return luma_of(25 * std::floor((phase < 0.5 ? phase : 1 - phase) * 12));
  });
  EXPECT_EQ(stairs.most_per_second, 2) << "steps the same way are one change";
}

TEST(Flashes, SlowFadesAreNone) {
  const Flashes found = flashes_of(
      [](int, int, double s) {
        return luma_of(100 - 100 * std::cos(s * std::numbers::pi));  // one in two seconds
      },
      30, 8);
  EXPECT_LE(found.most_per_second, 1);
}

TEST(Flashes, CutsCountWhereTheyChangeTheLight) {
  // Two landscapes: bright sky over dark ground, and a dark room with a window.
  const auto scene = [](double cuts_per_second) {
    return [=](int x, int y, double s) {
      const int texture = (x * 7 + y * 13) % 23;
      if (is_lit(s, cuts_per_second / 2)) return texture + (y < kHigh / 2 ? 200 : 60 + y / 4);
      return texture + (x > kWide * 3 / 4 && y < kHigh / 3 ? 190 : 30 + x / 16);
    };
  };
  EXPECT_EQ(flashes_of(scene(5)).most_per_second, 3) << "five changes are two flashes and a half";
  EXPECT_EQ(flashes_of(scene(5)).first_ms, -1);
  EXPECT_GE(flashes_of(scene(7.5)).first_ms, 0);
}

/// Stripes of black and white, 40 pixels the pair, that drift to the right.
Scene drift(double pairs_per_second) {
  return [=](int x, int, double s) {
    const double pairs = x / 40.0 - s * pairs_per_second;
    return pairs - std::floor(pairs) < 0.5 ? 235 : 16;
  };
}

TEST(Flashes, PatternsThatDriftAreNone) {
  for (const double pairs_per_second : {1, 3, 4, 6})
    EXPECT_EQ(flashes_of(drift(pairs_per_second), 60).first_ms, -1) << pairs_per_second;
}

TEST(Flashes, ACameraThatTurnsFastIsNone) {
  const auto scene = [](int x, int y, double s) {
    const auto column = static_cast<unsigned>((x + 480 * s) / 40);
    unsigned block = (31 * column + static_cast<unsigned>(y / 40)) * 2'654'435'769U;
    block = (block ^ block >> 15) * 2'246'822'519U;
    return block >> 31 != 0 ? 200 : 30;
  };
  for (const int fps : {24, 30, 60}) EXPECT_LE(flashes_of(scene, fps, 6).most_per_second, 1) << fps;
}

TEST(Flashes, FinePatternsAreGrey) {
  for (const int side : {1, 2, 3, 4, 5}) {
    const auto board = [=](int x, int y, double s) {
      return (x / side + y / side + (is_lit(s, 10) ? 1 : 0)) % 2 == 0 ? 235 : 16;
    };
    EXPECT_EQ(flashes_of(board).most_per_second, 0) << side;
  }
}

TEST(Flashes, FineStripesOfALargePictureAreGrey) {
  for (const bool upright : {true, false}) {
    std::vector<FramePtr> frames;
    for (const int shift : {0, 4}) {
      frames.push_back(blank_frame(1'280, 720));
      AVFrame& frame = *frames.back();
      for (int y = 0; y < frame.height; ++y)
        for (int x = 0; x < frame.width; ++x)
          frame.data[0][y * frame.linesize[0] + x] =
              ((upright ? x : y) + shift) / 4 % 2 == 0 ? 16 : 235;
    }
    FlashFinder finder;
    for (int i = 0; i < 30; ++i)
      finder.add(*frames[static_cast<std::size_t>(i % 2)], i * 1'000 / 30);
    EXPECT_EQ(finder.finish().most_per_second, 0) << upright;
  }
}

TEST(Flashes, WhiteNoiseIsGrey) {
  const FramePtr frame = blank_frame(1'280, 720);
  FlashFinder finder;
  std::uint32_t state = 1;
  for (int i = 0; i < 20; ++i) {
    for (int at = 0; at < frame->linesize[0] * frame->height; ++at) {
      state = state * 1'664'525 + 1'013'904'223;
      frame->data[0][at] = static_cast<std::uint8_t>(16 + (state >> 24) * 219 / 255);
    }
    finder.add(*frame, i * 1'000 / 30);
  }
  EXPECT_EQ(finder.finish().most_per_second, 0);
}

/// Between two colours (luma, Cb, Cr) five times a second.
Flashes between(const std::array<int, 3>& one, const std::array<int, 3>& other) {
  const FramePtr frame = blank_frame();
  FlashFinder finder;
  for (int i = 0; i < 60; ++i) {
    const auto& colour = is_lit(i / 30.0, 5) ? one : other;
    for (int plane = 0; plane < 3; ++plane)
      std::fill_n(frame->data[plane], frame->linesize[plane] * (plane == 0 ? kHigh : kHigh / 2),
                  static_cast<std::uint8_t>(colour[static_cast<std::size_t>(plane)]));
    finder.add(*frame, i * 1'000 / 30);
  }
  return finder.finish();
}

TEST(Flashes, OfColours) {
  // BT.709: red has 42.5 cd/m², the grey as much.
  const std::array<int, 3> red{63, 102, 240}, grey{luma_of(42.5), 128, 128};
  EXPECT_EQ(between(red, grey).most_per_second, 5);
  // Half saturated: R/(R+G+B) of some .6.
  const std::array<int, 3> pink{110, 116, 178};
  EXPECT_EQ(between(pink, grey).most_per_second, 0);
  const std::array<int, 3> blue{32, 240, 118}, black{16, 128, 128};
  EXPECT_EQ(between(blue, black).most_per_second, 0) << "14 cd/m²";
  // Light is that of the colour, not of its luma: magenta has 57 cd/m².
  const std::array<int, 3> magenta{78, 214, 230};
  EXPECT_EQ(between(magenta, black).most_per_second, 5);
  EXPECT_EQ(between(magenta, {luma_of(57), 128, 128}).most_per_second, 0);
}

TEST(Flashes, OfPicturesOfAnyShape) {
  for (const auto& [width, height] : {std::pair(2, 2), {2, 720}, {1'280, 2}, {16, 16}, {90, 160}}) {
    const FramePtr frame = blank_frame(width, height);
    FlashFinder finder;
    for (int i = 0; i < 60; ++i) {
      std::fill_n(frame->data[0], frame->linesize[0] * height,
                  static_cast<std::uint8_t>(is_lit(i / 30.0, 5) ? 235 : 16));
      finder.add(*frame, i * 1'000 / 30);
    }
    EXPECT_EQ(finder.finish().most_per_second, 5) << width << "x" << height;
  }
}

/// By a worker: a clip of two seconds, black and white in turns so many times a second.
Flashes of_clip(int fps, int per_second, int side = 180) {
  ClipOptions options;
  options.width = options.height = side;
  options.fps = fps, options.frames_count = 2 * fps;
  const auto bytes = static_cast<std::size_t>(3 * side * side);
  for (int i = 0; i < 4 * per_second; ++i)
    options.pictures.emplace_back(bytes, static_cast<std::uint8_t>(i % 2 == 0 ? 0 : 255));
  silence_ffmpeg();
  const UniqueFd clip = file_of(make_clip(options));
  const auto facts = MediaWorkers().process(clip.get(), {}, Outputs(0).fds);
  EXPECT_TRUE(facts.has_value());
  return facts ? facts->flashes : Flashes{};
}

TEST(ClipFlashes, AreInTheFacts) {
  const Flashes found = of_clip(30, 5);
  EXPECT_EQ(found.most_per_second, 5);
  EXPECT_EQ(found.first_ms, 100);
  EXPECT_EQ(found.last_ms, 1'900);
  EXPECT_EQ(of_clip(30, 3), (Flashes{.most_per_second = 3}));
}

TEST(ClipFlashes, AreNoneInANormalClip) {
  const auto facts = process(make_clip(), Outputs(0));
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->flashes, Flashes{});
}

TEST(ClipFlashes, OfSixtyASecondAreFoundWhereSmallerRenditionsShowThirty) {
  EXPECT_EQ(of_clip(60, 30, 400).most_per_second, 30);
}

}  // namespace
}  // namespace filoscope::media
