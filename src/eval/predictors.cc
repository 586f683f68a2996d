#include "eval/predictors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace filoscope::eval {
namespace {

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }
float logit(float p) { return std::log(p / (1 - p)); }

/// Positives of what is counted, as if kPrior events of the mean had been there before.
class Shares {
 public:
  float of(std::uint32_t number, float mean) const {
    const Count count = number < counts_.size() ? counts_[number] : Count{};
    return (count.positive + kPrior * mean) / (count.all + kPrior);
  }
  void add(std::uint32_t number, bool positive) {
    if (number >= counts_.size()) counts_.resize(number + 1);
    counts_[number].all += 1, counts_[number].positive += positive ? 1.0F : 0.0F;
  }

 private:
  static constexpr float kPrior = 5;
  struct Count {
    float positive = 0, all = 0;
  };
  std::vector<Count> counts_;
};

enum class MeanOf { all, item, person_and_item };

class MeanPredictor final : public Predictor {
 public:
  explicit MeanPredictor(MeanOf of) : of_(of) {}
  float predict(const Sample& sample) override {
    const float mean = all_.of(0, 0.5F);
    if (of_ == MeanOf::all) return mean;
    const float item = items_.of(sample.event.item, mean);
    if (of_ == MeanOf::item) return item;
    return sigmoid(logit(item) + logit(people_.of(sample.event.person, mean)) - logit(mean));
  }
  void learn(const Sample& sample, bool positive) override {
    all_.add(0, positive);
    items_.add(sample.event.item, positive);
    people_.add(sample.event.person, positive);
  }

 private:
  const MeanOf of_;
  Shares all_, items_, people_;
};

constexpr std::size_t kDimensions = 8;

/// Linear weights of hashed features and, with `factors`, the sum of their pairs' inner products.
class FactorisationMachine final : public Predictor {
 public:
  explicit FactorisationMachine(bool factors) : factors_(factors), rows_(kRows) {
    Random random(1);
    for (auto& row : rows_)
      for (auto& factor : row.factors) factor = static_cast<float>(random.unit() - 0.5) * 0.1F;
  }
  float predict(const Sample& sample) override {
    look_up(sample);
    return sigmoid(score());
  }
  void learn(const Sample& sample, bool positive) override {
    look_up(sample);
    const float error = sigmoid(score()) - (positive ? 1.0F : 0.0F);
    for (auto* row : found_) {
      step(row->weight, row->squares, error, kRate);
      if (!factors_) continue;
      for (std::size_t d = 0; d < kDimensions; ++d) {
        const float gradient = error * (sums_[d] - row->factors[d]) + kDecay * row->factors[d];
        step(row->factors[d], row->factor_squares[d], gradient, kFactorRate);
      }
    }
  }

 private:
  static constexpr std::size_t kRows = 1U << 20;  ///< features share a row by chance
  static constexpr float kRate = 0.7F, kFactorRate = 0.2F, kDecay = 0.002F;
  struct Row {
    float weight = 0, squares = 1;
    std::array<float, kDimensions> factors{}, factor_squares{};
    Row() { factor_squares.fill(1); }
  };

  static void step(float& value, float& squares, float gradient, float rate) {
    squares += gradient * gradient;
    value -= rate * gradient / std::sqrt(squares);
  }
  void look_up(const Sample& sample) {
    found_.clear();
    const auto add = [this](std::uint64_t key) { found_.push_back(&rows_[mix64(key) % kRows]); };
    add(0);
    add((std::uint64_t{1} << 40) + sample.event.person);
    add((std::uint64_t{2} << 40) + sample.event.item);
    for (const auto feature : sample.features) add(feature);
  }
  float score() {
    float sum = 0, squares = 0;
    sums_.fill(0);
    for (const auto* row : found_) {
      sum += row->weight;
      if (!factors_) continue;
      for (std::size_t d = 0; d < kDimensions; ++d)
        sums_[d] += row->factors[d], squares += row->factors[d] * row->factors[d];
    }
    if (!factors_) return sum;
    float pairs = -squares;
    for (const float one : sums_) pairs += one * one;
    return sum + pairs / 2;
  }

  const bool factors_;
  std::vector<Row> rows_;
  std::vector<Row*> found_;                // of the sample in work
  std::array<float, kDimensions> sums_{};  // of their factors
};

template <MeanOf kOf>
std::unique_ptr<Predictor> make_mean() {
  return std::make_unique<MeanPredictor>(kOf);
}
template <bool kFactors>
std::unique_ptr<Predictor> make_machine() {
  return std::make_unique<FactorisationMachine>(kFactors);
}

constexpr PredictorMethod kPredictors[] = {{"global_mean", make_mean<MeanOf::all>},
                                           {"item_mean", make_mean<MeanOf::item>},
                                           {"user_item_mean", make_mean<MeanOf::person_and_item>},
                                           {"logistic_regression", make_machine<false>},
                                           {"factorisation_machine", make_machine<true>}};

}  // namespace

std::span<const PredictorMethod> predictor_methods() { return kPredictors; }

}  // namespace filoscope::eval
