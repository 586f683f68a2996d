#pragma once

/// Whether an outcome comes as often as a head says: predictions, made before their outcome was
/// learned, in bins beside what happened (a reliability table: Murphy & Winkler, Applied Statistics
/// 26, 1977). Bins are narrow near 0, where those of rare outcomes lie. Threads: as the engine's
/// phases.

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace filoscope::engine {

class Calibration {
 public:
  /// Where the bins after the first begin.
  static constexpr std::array<float, 9> kEdges{0.005F, 0.01F, 0.02F, 0.05F, 0.1F,
                                               0.2F,   0.4F,  0.6F,  0.8F};
  static constexpr std::size_t kBins = kEdges.size() + 1;
  /// All are halved when there are more: the table follows the last 10,000 to 20,000.
  static constexpr double kCountMax = 20'000;

  struct Bin {
    double count = 0;
    double predicted = 0;  ///< sum of probabilities
    double happened = 0;
    bool operator==(const Bin&) const = default;
  };

  void add(float probability, bool happened) {
    Bin& bin = bins_[bin_of(probability)];
    bin.count += 1, bin.predicted += static_cast<double>(probability), bin.happened += happened;
    if (sum().count <= kCountMax) return;
    for (Bin& each : bins_) each.count /= 2, each.predicted /= 2, each.happened /= 2;
  }
  /// What was added came otherwise in the end; `probability` as it would be said now. What was
  /// learned since has moved it away from that, so the bin meant lies there or further on.
  void correct(float probability, bool happened) {
    const auto from = static_cast<std::ptrdiff_t>(bin_of(probability));
    const std::ptrdiff_t onward = happened ? 1 : -1;
    for (std::ptrdiff_t far = 0; far < std::ssize(bins_); ++far) {
      for (const auto at : {from + onward * far, from - onward * far}) {
        if (at < 0 || at >= std::ssize(bins_)) continue;
        Bin& bin = bins_[static_cast<std::size_t>(at)];
        if (happened ? bin.happened + 1 > bin.count : bin.happened < 1) continue;
        bin.happened += happened ? 1 : -1;
        return;
      }
    }
  }
  const std::array<Bin, kBins>& bins() const { return bins_; }
  Bin sum() const {
    Bin sum;
    for (const Bin& bin : bins_)
      sum.count += bin.count, sum.predicted += bin.predicted, sum.happened += bin.happened;
    return sum;
  }
  bool operator==(const Calibration&) const = default;
  /// After loading: sums of what can be counted.
  bool fits() const {
    return std::all_of(bins_.begin(), bins_.end(), [](const Bin& bin) {
      return bin.count >= 0 && bin.count <= kCountMax && bin.predicted >= 0 &&
             bin.predicted <= bin.count && bin.happened >= 0 && bin.happened <= bin.count;
    });
  }

  template <typename A>
  void visit(A& a) {
    for (Bin& bin : bins_) a(bin.count), a(bin.predicted), a(bin.happened);
  }

 private:
  static std::size_t bin_of(float probability) {
    const auto* edge = std::upper_bound(kEdges.begin(), kEdges.end(), probability);
    return static_cast<std::size_t>(edge - kEdges.begin());
  }
  std::array<Bin, kBins> bins_{};
};

}  // namespace filoscope::engine
