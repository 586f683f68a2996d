#include "media/limiter.h"

#include <ebur128.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

namespace filoscope::media {
namespace {

constexpr int kRate = 48'000;

double true_peak_db(const std::vector<float>& interleaved) {
  ebur128_state* meter = ebur128_init(2, kRate, EBUR128_MODE_TRUE_PEAK);
  ebur128_add_frames_float(meter, interleaved.data(), interleaved.size() / 2);
  double peak = 0;
  for (unsigned channel = 0; channel < 2; ++channel) {
    double value = 0;
    ebur128_true_peak(meter, channel, &value);
    peak = std::max(peak, value);
  }
  ebur128_destroy(&meter);
  return 20 * std::log10(peak);
}

/// What comes out for this sound, in the same place.
std::vector<float> limited(const std::vector<float>& sound, double gain_db, double ceiling_db) {
  Limiter limiter(kRate, gain_db, ceiling_db);
  std::vector<float> out;
  limiter.push(sound, out);
  limiter.push(std::vector<float>(limiter.delay_samples() * 2), out);
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(limiter.delay_samples() * 2));
  return out;
}

TEST(Limiter, HoldsTruePeaksUnderTheCeiling) {
  std::mt19937 random(7);
  std::vector<float> noise, between, clicks;
  for (int i = 0; i < kRate; ++i) {
    const auto hiss = static_cast<float>(static_cast<double>(random()) / 4.294967295e9 - 0.5);
    // A quarter of the sample rate: every peak lies between two samples, 3 dB above them.
    const auto tone =
        static_cast<float>(0.5 * std::sin(std::numbers::pi / 2 * i + std::numbers::pi / 4));
    for (int channel = 0; channel < 2; ++channel) {
      noise.push_back(hiss);
      between.push_back(tone);
      clicks.push_back(i % 4'000 == 0 ? 0.9F : 0.01F * hiss);
    }
  }
  for (const auto* sound : {&noise, &between, &clicks}) {
    EXPECT_GT(true_peak_db(*sound) + 12, 0);
    EXPECT_LE(true_peak_db(limited(*sound, 12, -2)), -1.7);
  }
  EXPECT_GT(true_peak_db(limited(between, 12, -2)), -3);  // and not far below
}

TEST(Limiter, ChangesNothingButTheGainOfWhatFits) {
  std::vector<float> sound;
  for (int i = 0; i < 5'000; ++i) {
    sound.push_back(static_cast<float>(0.2 * std::sin(0.05 * i)));
    sound.push_back(static_cast<float>(0.1 * std::sin(0.07 * i)));
  }
  const auto out = limited(sound, 6, -2);
  ASSERT_EQ(out.size(), sound.size());
  const double gain = std::pow(10, 6.0 / 20);
  for (std::size_t i = 0; i < sound.size(); ++i) ASSERT_NEAR(out[i], sound[i] * gain, 1e-5) << i;
}

TEST(Limiter, TurnsBothChannelsDownTogether) {
  std::vector<float> sound;
  for (int i = 0; i < 9'600; ++i) {
    sound.push_back(i > 4'000 ? static_cast<float>(std::sin(0.1 * i)) : 0.0F);
    sound.push_back(0.1F);
  }
  const auto out = limited(sound, 0, -6);
  EXPECT_NEAR(out[2 * 1'000 + 1], 0.1, 1e-4);
  EXPECT_LT(out[2 * 9'000 + 1], 0.06);
}

}  // namespace
}  // namespace filoscope::media
