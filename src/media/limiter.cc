#include "media/limiter.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace filoscope::media {
namespace {

constexpr int kPhases = 4;
constexpr double kLookAheadS = 0.005;
constexpr double kReleaseS = 0.1;
// No oversampled value of these filters is larger than so many times the largest sample.
constexpr float kOvershootMax = 2.5F;

float factor(double db) { return static_cast<float>(std::pow(10, db / 20)); }

/// Values between two samples: a sinc under a Hann window, by phase.
template <std::size_t taps>
std::array<std::array<float, taps>, kPhases - 1> make_phases() {
  std::array<std::array<float, taps>, kPhases - 1> phases{};
  for (int phase = 1; phase < kPhases; ++phase) {
    for (std::size_t tap = 0; tap < taps; ++tap) {
      const double at =
          static_cast<double>(tap) - (taps / 2 - 1) - static_cast<double>(phase) / kPhases;
      const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * at / (taps / 2));
      const double sinc = std::sin(std::numbers::pi * at) / (std::numbers::pi * at);
      phases[static_cast<std::size_t>(phase - 1)][tap] = static_cast<float>(sinc * window);
    }
  }
  return phases;
}

}  // namespace

Limiter::Limiter(int sample_rate, double gain_db, double ceiling_db)
    : gain_(factor(gain_db)),
      ceiling_(factor(ceiling_db)),
      window_(static_cast<std::size_t>(sample_rate * kLookAheadS)),
      release_(static_cast<float>(1 - std::exp(-1 / (sample_rate * kReleaseS)))),
      delayed_((window_ + kTaps / 2) * kLimiterChannels),
      averaged_(window_, 1.0F),
      sum_(static_cast<double>(window_)) {}

/// The largest value from the sample in the middle of the history to the next one.
float Limiter::peak_at_history() const {
  static const auto kPhaseTaps = make_phases<kTaps>();
  float peak = 0;
  for (const auto& channel : history_) {
    float largest = 0;
    for (const float value : channel) largest = std::max(largest, std::abs(value));
    if (largest * kOvershootMax <= ceiling_) continue;
    peak = std::max({peak, std::abs(channel[kTaps / 2 - 1]), std::abs(channel[kTaps / 2])});
    for (const auto& taps : kPhaseTaps) {
      float value = 0;
      for (std::size_t i = 0; i < kTaps; ++i) value += taps[i] * channel[i];
      peak = std::max(peak, std::abs(value));
    }
  }
  return peak;
}

/// The lowest gain wanted within the window, let go slowly, averaged over the window: it reaches a
/// peak's gain just when the peak comes out.
float Limiter::smooth_gain(float wanted) {
  while (!lows_.empty() && lows_.back().value >= wanted) lows_.pop_back();
  lows_.push_back({count_, wanted});
  if (lows_.front().index + window_ + 1 < count_) lows_.pop_front();
  released_ = std::min(lows_.front().value, released_ + (1 - released_) * release_);
  float& oldest = averaged_[count_ % window_];
  sum_ += double{released_} - double{oldest};
  oldest = released_;
  ++count_;
  return static_cast<float>(sum_ / static_cast<double>(window_));
}

void Limiter::push(std::span<const float> interleaved, std::vector<float>& out) {
  for (std::size_t i = 0; i + kLimiterChannels <= interleaved.size(); i += kLimiterChannels) {
    for (std::size_t channel = 0; channel < kLimiterChannels; ++channel) {
      auto& history = history_[channel];
      std::copy(history.begin() + 1, history.end(), history.begin());
      history.back() = interleaved[i + channel] * gain_;
    }
    const float peak = peak_at_history();
    const float gain = smooth_gain(peak > ceiling_ ? ceiling_ / peak : 1.0F);
    for (std::size_t channel = 0; channel < kLimiterChannels; ++channel) {
      float& slot = delayed_[at_ + channel];
      out.push_back(slot * gain);
      slot = history_[channel].back();
    }
    at_ = (at_ + kLimiterChannels) % delayed_.size();
  }
}

}  // namespace filoscope::media
