#include "eval/ctr_evaluation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "eval/metrics.h"
#include "eval/predictors.h"
#include "eval/process_figures.h"
#include "eval/ranking_protocols.h"
#include "eval/reasons.h"
#include "eval/served_engine.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCalibrationBins = 10;

/// An event with its label and the keys of its categories.
struct LabelledEvent {
  Interaction event;
  std::vector<std::uint64_t> features;
  bool positive = false;
};

/// The columns' values by their texts, which are the same in every file.
std::vector<LabelledEvent> labelled(std::span<const Interaction> events, const InteractionLog& log,
                                    const PositiveRule& rule) {
  std::vector<LabelledEvent> all;
  all.reserve(events.size());
  for (const auto& event : events) {
    auto& one = all.emplace_back(LabelledEvent{event, {}, rule.holds(event.value)});
    for (const auto& column : log.columns) {
      if (column.type != ColumnType::category) continue;
      const auto& text = column.names.text(column.categories[event.row]);
      one.features.push_back(engine::text_key(column.name + "=" + text));
    }
  }
  return all;
}

/// What was said of each measured event, in their order.
struct Predictions {
  std::vector<float> probabilities;
  std::vector<std::uint8_t> labels;
  std::vector<std::uint32_t> people;

  void add(const LabelledEvent& one, float probability) {
    probabilities.push_back(probability);
    labels.push_back(one.positive ? 1 : 0);
    people.push_back(one.event.person);
  }
  std::vector<PersonValue> losses() const {
    std::vector<PersonValue> losses;
    for (std::size_t i = 0; i < labels.size(); ++i)
      losses.push_back(
          {people[i], log_loss(static_cast<double>(probabilities[i]), labels[i] != 0)});
    return losses;
  }
};

/// In ten parts of equal size by the prediction: what was said, what came.
Json calibration_of(const Predictions& all) {
  std::vector<std::size_t> order(all.labels.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return all.probabilities[a] < all.probabilities[b];
  });
  Json bins = Json::array();
  for (std::size_t bin = 0; bin < kCalibrationBins; ++bin) {
    const auto from = order.size() * bin / kCalibrationBins;
    const auto to = order.size() * (bin + 1) / kCalibrationBins;
    if (from == to) continue;
    double predicted = 0, observed = 0;
    for (std::size_t i = from; i < to; ++i)
      predicted += static_cast<double>(all.probabilities[order[i]]),
          observed += all.labels[order[i]];
    const auto count = static_cast<double>(to - from);
    bins.push_back(
        {{"predicted", predicted / count}, {"observed", observed / count}, {"events", to - from}});
  }
  return bins;
}

/// The engine as a predictor.
class EnginePredictor final : public Predictor {
 public:
  explicit EnginePredictor(ServedEngine& engine) : engine_(engine) {}
  float predict(const Sample& sample) override { return engine_.predict_like(sample.event); }
  void learn(const Sample& sample, bool positive) override {
    engine_.learn_label(sample.event, positive);
  }

 private:
  ServedEngine& engine_;
};

class CtrEvaluation {
 public:
  CtrEvaluation(const EvalOptions& options, const Inputs& inputs, const PositiveRule& rule,
                const Report& report)
      : options_(options), inputs_(inputs), report_(report) {
    learned_ = labelled(by_time(inputs.train), inputs.log, rule);
    if (!inputs.test.empty())
      tested_ = labelled(inputs.test, inputs.test_log ? *inputs.test_log : inputs.log, rule);
  }

  Result<Json> run_all() {
    Json json = Json::object();
    FILOSCOPE_TRY(engine_, run_engine(true, "engine", json));
    const auto positives = std::count(engine_.labels.begin(), engine_.labels.end(), 1);
    if (positives == 0 || positives == std::ssize(engine_.labels))
      return Error(reason("eval_nothing_to_measure"),
                   "the measured events are all positive, or none is");
    engine_rounds_ = bootstrap_auc(engine_);
    json["cases"] = engine_.labels.size();
    json["positives"] = positives;
    json.update(metrics_of(engine_, engine_rounds_));
    json["order_seed"] = options_.seed;
    json["passes"] = 1;
    json["arms"]["served"] = metrics_of(engine_, engine_rounds_);
    if (options_.no_learning) {
      Json figures;
      FILOSCOPE_TRY(const auto arm, run_engine(false, "engine, learning off", figures));
      json["arms"]["learning_off"] = compared(arm);
    }
    json["baselines"] = Json::object();
    for (const auto& method : predictor_methods())
      if (is_wanted(options_, method.name)) json["baselines"][method.name] = run_baseline(method);
    return json;
  }

 private:
  Predictions run(Predictor& predictor, const std::string& what) const {
    Predictions measured;
    const auto from = tested_.empty() ? measured_from(learned_.size()) : learned_.size();
    for (std::size_t i = 0; i < learned_.size(); ++i) {
      if (i % 256 == 0)
        report_(what, static_cast<double>(i) / static_cast<double>(learned_.size()));
      const auto& one = learned_[i];
      const Sample sample{one.event, one.features};
      const float probability = predictor.predict(sample);
      if (i >= from) measured.add(one, probability);
      predictor.learn(sample, one.positive);
    }
    for (const auto& one : tested_) measured.add(one, predictor.predict({one.event, one.features}));
    return measured;
  }

  Result<Predictions> run_engine(bool learns, const std::string& what, Json& figures) const {
    EngineSetup setup;
    setup.seed = static_cast<std::uint64_t>(options_.seed), setup.learns = learns;
    setup.hashtags = item_hashtags(inputs_.log);
    setup.social = inputs_.social;
    FILOSCOPE_TRY(const auto engine,
                  ServedEngine::create(setup, inputs_.ids.people.size(), inputs_.ids.items.size()));
    EnginePredictor predictor(*engine);
    auto measured = run(predictor, what);
    write_engine_figures(figures, *engine);
    return measured;
  }

  Json run_baseline(const PredictorMethod& method) const {
    const SystemClock clock;
    const auto start_us = clock.mono_us();
    const auto predictor = method.make();
    const auto measured = run(*predictor, std::string(method.name));
    const auto took_us = clock.mono_us() - start_us;
    auto json = compared(measured);
    json["seconds"] = static_cast<double>(took_us) / 1e6;
    return json;
  }

  std::vector<double> bootstrap_auc(const Predictions& of) const {
    return filoscope::eval::bootstrap_auc(of.probabilities, of.labels, of.people,
                                          static_cast<std::uint64_t>(options_.seed));
  }

  static Json metrics_of(const Predictions& of, std::span<const double> rounds) {
    const auto loss = mean_by_person(of.losses());
    return {{"auc", auc(of.probabilities, of.labels)},
            {"logloss", loss.mean},
            {"standard_errors", {{"auc", deviation_of(rounds)}, {"logloss", loss.standard_error}}},
            {"calibration", calibration_of(of)}};
  }

  Json compared(const Predictions& other) const {
    const auto rounds = bootstrap_auc(other);
    auto json = metrics_of(other, rounds);
    std::vector<double> differences;
    for (std::size_t i = 0; i < rounds.size(); ++i)
      differences.push_back(engine_rounds_[i] - rounds[i]);
    const auto loss = paired_bootstrap(engine_.losses(), other.losses(),
                                       static_cast<std::uint64_t>(options_.seed));
    json["engine_minus_this"] = {
        {"auc",
         {{"mean", auc(engine_.probabilities, engine_.labels) - json["auc"].get<double>()},
          {"low", quantile(differences, 0.025)},
          {"high", quantile(differences, 0.975)}}},
        {"logloss", {{"mean", loss.mean}, {"low", loss.low}, {"high", loss.high}}}};
    return json;
  }

  const EvalOptions& options_;
  const Inputs& inputs_;
  const Report& report_;
  std::vector<LabelledEvent> learned_, tested_;
  Predictions engine_;
  std::vector<double> engine_rounds_;
};

}  // namespace

std::optional<PositiveRule> PositiveRule::parse(std::string_view text) {
  constexpr std::string_view kField = "value";
  if (text.empty()) return PositiveRule{};
  if (!text.starts_with(kField)) return std::nullopt;
  text.remove_prefix(kField.size());
  constexpr std::pair<std::string_view, Comparison> kComparisons[] = {{">=", Comparison::at_least},
                                                                      {"<=", Comparison::at_most},
                                                                      {"==", Comparison::equal},
                                                                      {">", Comparison::above},
                                                                      {"<", Comparison::below}};
  for (const auto& [sign, comparison] : kComparisons) {
    if (!text.starts_with(sign)) continue;
    text.remove_prefix(sign.size());
    PositiveRule rule{comparison, 0};
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, rule.limit);
    if (problem != std::errc() || stop != end || !std::isfinite(rule.limit)) return std::nullopt;
    return rule;
  }
  return std::nullopt;
}

bool PositiveRule::holds(double value) const {
  switch (comparison) {
    case Comparison::above:
      return value > limit;
    case Comparison::at_least:
      return value >= limit;
    case Comparison::below:
      return value < limit;
    case Comparison::at_most:
      return value <= limit;
    case Comparison::equal:
      return value == limit;
  }
  return false;
}

Result<Json> evaluate_ctr(const EvalOptions& options, const Inputs& inputs, const Report& report) {
  const auto rule = PositiveRule::parse(options.positive);
  if (!rule)
    return Error(reason("eval_option_wrong"), "--positive",
                 "say it as value>=4, with >=, >, <=, < or ==");
  return CtrEvaluation(options, inputs, *rule, report).run_all();
}

}  // namespace filoscope::eval
