#pragma once

/// Chooses which pictures of a stream are kept so that no stretch of it has more than so many a
/// second, at even steps where the source is even: of 240 or 120 a second every fourth or second
/// becomes 60, of 80 every second 40. Pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace filoscope::media {

/// Threads: one.
class Pacer {
 public:
  explicit Pacer(double fps_max);
  /// `pts` in 1/90000 s, ever growing. O(1).
  bool wants(std::int64_t pts);
  /// When a picture that was left out is to be shown after all, because it stands until `next`.
  std::optional<std::int64_t> make_up(std::int64_t left_out, std::int64_t next);

 private:
  double typical_step(std::int64_t pts);
  void keep(std::int64_t pts);
  double early() const { return least_ * 0.45; }  ///< steps of phones and rounded stamps waver

  const double least_;                    ///< between kept pictures on average, 1/90000 s
  std::array<std::int64_t, 12> times_{};  ///< the last pictures, kept or not
  std::size_t count_ = 0;
  std::int64_t kept_ = 0;
  double due_ = 0;  ///< when the next one is due at the highest rate
};

}  // namespace filoscope::media
