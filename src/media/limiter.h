#pragma once

/// Makes sound louder or quieter by a fixed gain and holds its true peaks under a ceiling: it looks
/// ahead, turns down smoothly before a peak and slowly up after it, both channels together.
/// Source: ITU-R BS.1770-4 annex 2 (true peak by fourfold oversampling).

#include <array>
#include <deque>
#include <span>
#include <vector>

namespace filoscope::media {

inline constexpr int kLimiterChannels = 2;

/// Threads: one.
class Limiter {
 public:
  Limiter(int sample_rate, double gain_db, double ceiling_db);
  /// Takes interleaved sound and appends as many samples to `out`; the first `delay_samples()` of
  /// all are silence that belongs to none.
  void push(std::span<const float> interleaved, std::vector<float>& out);
  std::size_t delay_samples() const { return window_ + kTaps / 2; }

 private:
  static constexpr std::size_t kTaps = 12;  ///< of each of four phases
  struct Low {
    std::size_t index = 0;
    float value = 1;
  };
  float peak_at_history() const;
  float smooth_gain(float wanted);

  const float gain_;
  const float ceiling_;
  const std::size_t window_;  ///< samples looked ahead
  const float release_;       ///< of the way back to 1, a sample
  std::array<std::array<float, kTaps>, kLimiterChannels> history_{};  ///< newest last
  std::vector<float> delayed_;                                        ///< ring of interleaved sound
  std::size_t at_ = 0;
  std::deque<Low> lows_;  ///< rising values within the window: its lowest is in front
  std::size_t count_ = 0;
  float released_ = 1;
  std::vector<float> averaged_;  ///< ring of the last released values
  double sum_ = 0;
};

}  // namespace filoscope::media
