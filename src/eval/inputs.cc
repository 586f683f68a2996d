#include "eval/inputs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/random.h"
#include "eval/predictors.h"
#include "eval/reasons.h"

namespace filoscope::eval {
namespace {

Error wrong(const char* option, const std::string& problem) {
  return {reason("eval_option_wrong"), option, problem};
}

Result<void> check_numbers(const EvalOptions& options) {
  if (options.k < 1 || options.k > 1000) return wrong("--k", "it must be 1 to 1000");
  if (options.passes < 1 || options.passes > 100) return wrong("--passes", "it must be 1 to 100");
  if (options.seed < 0) return wrong("--seed", "it must not be negative");
  if (!(options.holdout >= 0 && options.holdout < 1))
    return wrong("--holdout", "it must be above 0 and below 1");
  return {};
}

/// Whether the protocol takes and gets its test.
Result<void> check_test(const EvalOptions& options) {
  const bool file = !options.test.empty(), share = options.holdout > 0;
  const std::string name(to_string(options.protocol));
  if (file && share) return wrong("--holdout", "give --test or --holdout, not both");
  switch (options.protocol) {
    case Protocol::prequential:
    case Protocol::temporal:
      if (file || share)
        return wrong(file ? "--test" : "--holdout", name + " tests on the end of the log itself");
      return {};
    case Protocol::split:
      if (!file && !share) return wrong("--test", "split needs --test FILE or --holdout SHARE");
      return {};
    case Protocol::ope:
      if (!file) return wrong("--test", "ope needs the log of the policy that is to be judged");
      return {};
    case Protocol::ctr:
      return {};
  }
  return {};
}

bool is_baseline(Protocol protocol, std::string_view name) {
  const auto has = [&](const auto& methods) {
    return std::any_of(methods.begin(), methods.end(),
                       [&](const auto& method) { return method.name == name; });
  };
  return protocol == Protocol::ctr ? has(predictor_methods()) : has(ranking_methods(protocol));
}

Result<void> check_baselines(const EvalOptions& options) {
  if (!options.baselines) return {};
  for (const auto& name : *options.baselines)
    if (!is_baseline(options.protocol, name))
      return wrong("--baselines", "the protocol " + std::string(to_string(options.protocol)) +
                                      " has no method \"" + name + "\"");
  return {};
}

Result<void> check_others(const EvalOptions& options) {
  const bool ctr = options.protocol == Protocol::ctr;
  if (!ctr && !options.positive.empty())
    return wrong("--positive", "it says which events are positive to ctr only");
  if (options.protocol == Protocol::ope && options.no_learning)
    return wrong("--no-learning", "ope judges the policy of a log, not the engine");
  return {};
}

/// That each item's id is the number of a row.
Result<void> check_rows(const std::filesystem::path& path, const NpyMatrix& matrix,
                        const Names& items) {
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    const auto& id = items.text(item);
    std::size_t row = 0;
    const auto* end = id.data() + id.size();
    const auto [stop, problem] = std::from_chars(id.data(), end, row);
    if (problem == std::errc() && stop == end && row < matrix.rows) continue;
    return Error(reason("eval_file_malformed"), path.string(),
                 "it has " + std::to_string(matrix.rows) + " rows, and the item \"" + id +
                     "\" of the log is not the number of one");
  }
  return {};
}

void hold_out(Inputs& inputs, double share, std::uint64_t seed) {
  const auto count = inputs.train.size();
  std::vector<std::uint32_t> order(count);
  for (std::uint32_t i = 0; i < count; ++i) order[i] = i;
  Random random(mix64(seed ^ 0x686F6C646F7574ULL));  // not the order of learning
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  const auto held = static_cast<std::size_t>(std::llround(static_cast<double>(count) * share));
  std::vector<bool> in_test(count, false);
  for (std::size_t i = 0; i < held; ++i) in_test[order[i]] = true;
  const auto all = std::exchange(inputs.train, {});
  for (std::size_t i = 0; i < count; ++i)
    (in_test[i] ? inputs.test : inputs.train).push_back(all[i]);
}

}  // namespace

void shuffle(std::vector<Interaction>& events, std::uint64_t seed) {
  Random random(seed);
  for (std::size_t i = events.size(); i > 1; --i) std::swap(events[i - 1], events[random.below(i)]);
}

Result<Inputs> read_inputs(const EvalOptions& options) {
  FILOSCOPE_DO(check_numbers(options));
  FILOSCOPE_DO(check_test(options));
  FILOSCOPE_DO(check_baselines(options));
  FILOSCOPE_DO(check_others(options));
  Inputs inputs;
  FILOSCOPE_TRY(inputs.log, read_log(options.log, inputs.ids));
  inputs.train = inputs.log.events;
  if (options.holdout > 0)
    hold_out(inputs, options.holdout, static_cast<std::uint64_t>(options.seed));
  if (!options.test.empty()) {
    FILOSCOPE_TRY(inputs.test_log, read_log(options.test, inputs.ids));
    inputs.test = inputs.test_log->events;
  }
  for (const auto& path : options.item_features) {
    FILOSCOPE_TRY(auto matrix, read_npy(path));
    FILOSCOPE_DO(check_rows(path, matrix, inputs.ids.items));
    inputs.item_features.push_back(std::move(matrix));
  }
  if (!options.social.empty()) {
    FILOSCOPE_TRY(inputs.social, read_social(options.social, inputs.ids.people));
  }
  return inputs;
}

}  // namespace filoscope::eval
