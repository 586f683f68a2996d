#pragma once

/// Plain methods that predict whether an event is positive, one event at a time: predict, then
/// learn. Threads: one at a time.

#include <memory>
#include <span>
#include <string_view>

#include "eval/interaction_log.h"

namespace filoscope::eval {

/// One event to be predicted. `features` are keys of what else is known of it.
struct Sample {
  const Interaction& event;
  std::span<const std::uint64_t> features;
};

class Predictor {
 public:
  virtual ~Predictor() = default;
  /// The probability that the event is positive.
  virtual float predict(const Sample& sample) = 0;
  virtual void learn(const Sample& sample, bool positive) = 0;
};

struct PredictorMethod {
  std::string_view name;
  std::unique_ptr<Predictor> (*make)();
};
/// The share of positives so far: of all; of the item; of the person and the item (logits added);
/// logistic regression over hashed features with AdaGrad (McMahan et al., KDD 2013, is the usual
/// form); a factorisation machine of 8 dimensions over the same (Rendle, ICDM 2010).
std::span<const PredictorMethod> predictor_methods();

}  // namespace filoscope::eval
