#include "media/pacer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace filoscope::media {
namespace {

constexpr std::int64_t kMs = 90;

/// Which of so many even steps a second are kept.
std::vector<std::int64_t> kept(double fps, double fps_max, std::int64_t round_to,
                               int count = 1'000) {
  Pacer pacer(fps_max);
  std::vector<std::int64_t> times;
  for (int i = 0; i < count; ++i) {
    const auto pts = std::lround(i * 90'000 / fps / static_cast<double>(round_to)) * round_to;
    if (pacer.wants(pts)) times.push_back(i);
  }
  return times;
}

TEST(Pacer, KeepsEvenSteps) {
  struct Case {
    double fps;
    double fps_max;
    std::int64_t every;
  };
  for (const auto& [fps, fps_max, every] : {Case{240, 60, 4},
                                            {120, 60, 2},
                                            {119.88, 60, 2},
                                            {100, 60, 2},
                                            {90, 60, 2},
                                            {60, 60, 1},
                                            {59.94, 60, 1},
                                            {60, 30, 2},
                                            {50, 30, 2},
                                            {48, 30, 2},
                                            {25, 30, 1},
                                            {1, 30, 1}}) {
    for (const std::int64_t round_to : {std::int64_t{1}, kMs}) {
      const auto steps = kept(fps, fps_max, round_to);
      for (std::size_t i = 20; i + 1 < steps.size(); ++i)
        ASSERT_EQ(steps[i + 1] - steps[i], every) << fps << " of " << fps_max << " at " << i;
    }
  }
}

TEST(Pacer, NoStretchIsFaster) {
  for (const double fps : {61.0, 63.0, 80.0, 110.0, 125.0, 144.0, 300.0, 1'000.0}) {
    const auto count = static_cast<int>(fps) * 4;
    EXPECT_LE(kept(fps, 60, 1, count).size(), 4 * 60U + 1) << fps;
  }
  Pacer pacer(60);  // ten a second, then a burst of 240
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(pacer.wants(i * 9'000));
  int burst = 0;
  for (int i = 0; i < 240; ++i) burst += pacer.wants(270'000 + i * 375) ? 1 : 0;
  EXPECT_LE(burst, 61);
  EXPECT_GE(burst, 58);
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(pacer.wants(369'000 + i * 9'000));
}

}  // namespace
}  // namespace filoscope::media
