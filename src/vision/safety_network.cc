#include "vision/safety_network.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "vision/models.h"
#include "vision/onnx_network.h"

namespace filoscope::vision {
namespace {

constexpr std::string_view kSafetyEnding = ".safety.onnx";
constexpr int kSafetySidePx = 224;
constexpr std::size_t kClassesCount = 5;
constexpr float kSharesSlack = 1e-3F;

/// Between which two pixels a value lies, and how far toward the second.
struct Between {
  int first = 0, second = 0;
  float share = 0;
};

/// The first and the last value lie on the first and the last pixel.
std::array<Between, kSafetySidePx> places_along(int source_px) {
  std::array<Between, kSafetySidePx> out;
  const double step = (source_px - 1.0) / (kSafetySidePx - 1);
  for (int i = 0; i < kSafetySidePx; ++i) {
    const double place = i * step;
    const int first = std::min(static_cast<int>(place), source_px - 1);
    out[static_cast<std::size_t>(i)] = {first, std::min(first + 1, source_px - 1),
                                        static_cast<float>(place - first)};
  }
  return out;
}

float toward(float from, float to, float share) { return from + (to - from) * share; }

/// In 0..1, [1, 3, side, side]: tf.image.resizeBilinear(…, alignCorners = true).
std::vector<float> input_of_safety(const Picture& picture) {
  const auto across = places_along(picture.width), down = places_along(picture.height);
  std::vector<float> out;
  out.reserve(3 * kSafetySidePx * kSafetySidePx);
  const auto at = [&](int x, int y, std::ptrdiff_t channel) {
    const auto pixel = std::ptrdiff_t{y} * picture.width + x;
    return static_cast<float>(picture.rgb.data()[3 * pixel + channel]) / 255;
  };
  for (std::ptrdiff_t channel = 0; channel < 3; ++channel)
    for (const auto& [top, bottom, lower] : down)
      for (const auto& [left, right, aside] : across) {
        const float above = toward(at(left, top, channel), at(right, top, channel), aside);
        const float below = toward(at(left, bottom, channel), at(right, bottom, channel), aside);
        out.push_back(toward(above, below, lower));
      }
  return out;
}

std::optional<SafetyScores> scores_of(const std::vector<float>& shares) {
  const bool each = std::ranges::all_of(shares, [](float one) { return one >= 0 && one <= 1; });
  const float sum = std::accumulate(shares.begin(), shares.end(), 0.F);
  if (shares.size() != kClassesCount || !each || std::abs(sum - 1) > kSharesSlack) return {};
  return SafetyScores{shares[0], shares[1], shares[2], shares[3], shares[4]};
}

class OnnxSafetyNetwork final : public SafetyNetwork {
 public:
  explicit OnnxSafetyNetwork(OnnxNetwork network)
      : network_(std::move(network)), name_("safety-" + network_.hash()) {}
  const std::string& name() const override { return name_; }
  Result<SafetyScores> score(const Picture& picture) override {
    FILOSCOPE_TRY(const auto shares, network_.run(input_of_safety(picture), kSafetySidePx));
    const auto scores = scores_of(shares);
    if (!scores) return Error{Code::internal, "the classifier's numbers are no shares"};
    return *scores;
  }

 private:
  OnnxNetwork network_;
  const std::string name_;
};

}  // namespace

std::string safety_model_path(const Config& config) {
  return find_model(config[kSafetyModel], kSafetyEnding);
}

Result<std::unique_ptr<SafetyNetwork>> load_safety_network(const std::filesystem::path& path) {
  FILOSCOPE_TRY(OnnxNetwork network, OnnxNetwork::load(path, kSafetyEnding));
  const Picture grey{8, 8, std::vector<std::uint8_t>(3 * 64, 128)};
  FILOSCOPE_TRY(const auto shares, network.try_out(input_of_safety(grey), kSafetySidePx));
  if (shares.size() != kClassesCount)
    return network.unusable("it gives " + std::to_string(shares.size()) + " numbers, not five");
  if (!scores_of(shares)) return network.unusable("its numbers are no shares that add to 1");
  return std::unique_ptr<SafetyNetwork>(std::make_unique<OnnxSafetyNetwork>(std::move(network)));
}

}  // namespace filoscope::vision
