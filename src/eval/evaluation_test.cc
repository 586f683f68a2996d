#include "eval/evaluation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/random.h"
#include "base/test_result.h"
#include "eval/inputs.h"
#include "eval/report.h"
#include "eval/test_files.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;

void silent(const std::string&, double) {}

/// People like the items of their parity; the value says so.
std::string crowd_log(int events_count, const std::string& header = "") {
  std::string log = header;
  Random random(4);
  for (int i = 0; i < events_count; ++i) {
    const auto person = random.below(30);
    const auto item = random.below(20) * 2 + person % 2;
    const bool wrong = random.unit() < 0.3;
    log += std::to_string(person) + "\t" + std::to_string(wrong ? item ^ 1 : item) + "\t" +
           std::to_string(1'600'000'000 + i) + "\t" + (wrong ? "0" : "1") +
           (header.empty() ? "" : (i % 3 == 0 ? "\tleft\t0.3" : "\tright\t0.7")) + "\n";
  }
  return log;
}
const std::string kOpeHeader =
    "# columns: user item timestamp value position:cat propensity:prob\n";

TEST(Evaluate, MeasuresTheEngineAndEveryMethodOfEachRankingProtocol) {
  const TestFiles files;
  EvalOptions options;
  options.log = files.write("log.tsv", crowd_log(900));
  options.no_learning = true;
  const std::pair<Protocol, std::set<std::string>> cases[] = {
      {Protocol::prequential,
       {"popularity", "decayed_popularity", "recent_item_knn", "recent_item_knn_by_popularity"}},
      {Protocol::temporal,
       {"popularity", "decayed_popularity", "item_knn", "ease", "implicit_als"}},
      {Protocol::split, {"popularity", "item_knn", "ease", "implicit_als"}}};
  for (const auto& [protocol, methods] : cases) {
    options.protocol = protocol;
    options.holdout = protocol == Protocol::split ? 0.2 : 0;
    const auto json = must(evaluate(options, silent));
    EXPECT_GT(json["hit_rate_at_k"].get<double>(), 0);
    EXPECT_GT(json["standard_errors"]["ndcg_at_k"].get<double>(), 0);
    EXPECT_GT(json["events_per_s"].get<double>(), 0);
    EXPECT_GT(json["peak_rss_bytes"].get<std::int64_t>(), 1'000'000);
    EXPECT_EQ(json["state_hash"].get<std::string>().size(), 16U);
    EXPECT_EQ(json["passes"], 1);
    EXPECT_EQ(json["arms"]["served"]["recall_at_k"], json["recall_at_k"]);
    EXPECT_TRUE(json["arms"]["learning_off"].contains("engine_minus_this"));
    std::set<std::string> found;
    for (const auto& [name, figures] : json["baselines"].items()) {
      found.insert(name);
      const auto& difference = figures["engine_minus_this"]["ndcg_at_k"];
      EXPECT_NEAR(difference["mean"].get<double>(),
                  json["ndcg_at_k"].get<double>() - figures["ndcg_at_k"].get<double>(), 1e-9);
      EXPECT_LE(difference["low"].get<double>(), difference["high"].get<double>());
    }
    EXPECT_EQ(found, methods) << to_string(protocol);
    EXPECT_EQ(must(evaluate(options, silent))["state_hash"], json["state_hash"]);
  }
}

TEST(Evaluate, PredictsAndLearnsInCtr) {
  const TestFiles files;
  EvalOptions options;
  options.protocol = Protocol::ctr, options.positive = "value>=1";
  options.log = files.write("log.tsv", crowd_log(3000));
  const auto json = must(evaluate(options, silent));
  EXPECT_EQ(json["cases"], 600);
  EXPECT_GT(json["logloss"].get<double>(), 0);
  EXPECT_GT(json["calibration"].size(), 5U);
  EXPECT_GT(json["baselines"]["factorisation_machine"]["auc"].get<double>(),
            json["baselines"]["global_mean"]["auc"].get<double>() + 0.2);
  options.test = files.write("test.tsv", crowd_log(100));
  EXPECT_EQ(must(evaluate(options, silent))["cases"], 100);
  options.positive = "value>=7";
  const auto none = evaluate(options, silent);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "eval_nothing_to_measure");
}

TEST(Evaluate, JudgesAPolicyFromAnotherLog) {
  const TestFiles files;
  EvalOptions options;
  options.protocol = Protocol::ope;
  options.log = files.write("log.tsv", crowd_log(500, kOpeHeader));
  options.test = files.write("test.tsv", crowd_log(500));
  const auto json = must(evaluate(options, silent));
  for (const auto* name : {"ips", "snips", "dr", "on_policy"}) {
    EXPECT_LE(json[name]["low"].get<double>(), json[name]["value"].get<double>()) << name;
    EXPECT_GE(json[name]["high"].get<double>(), json[name]["value"].get<double>()) << name;
  }
  std::swap(options.log, options.test);
  const auto without = evaluate(options, silent);
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message.find("propensity:prob"), std::string::npos);
}

TEST(Inputs, HoldOutASeededShare) {
  const TestFiles files;
  EvalOptions options;
  options.protocol = Protocol::split, options.holdout = 0.25;
  options.log = files.write("log.tsv", crowd_log(400));
  const auto rows_of = [&](std::int64_t seed) {
    options.seed = seed;
    const auto inputs = must(read_inputs(options));
    EXPECT_EQ(inputs.test.size(), 100U);
    std::set<std::uint32_t> train, test;
    for (const auto& event : inputs.train) train.insert(event.row);
    for (const auto& event : inputs.test) test.insert(event.row);
    for (const auto row : test) EXPECT_FALSE(train.contains(row));
    EXPECT_EQ(train.size() + test.size(), 400U);
    return test;
  };
  EXPECT_EQ(rows_of(1), rows_of(1));
  EXPECT_NE(rows_of(1), rows_of(2));
}

TEST(Inputs, RefuseOptionsThatSayNothingOrTooMuch) {
  const TestFiles files;
  const auto log = files.write("log.tsv", crowd_log(50));
  const auto refusal = [&](auto change) {
    EvalOptions options;
    options.log = log;
    change(options);
    const auto inputs = read_inputs(options);
    return inputs ? std::string("taken") : inputs.error().message;
  };
  using O = EvalOptions;
  EXPECT_EQ(refusal([](O&) {}), "taken");
  EXPECT_EQ(refusal([](O& o) { o.k = 0; }).substr(0, 4), "--k:");
  EXPECT_EQ(refusal([](O& o) { o.passes = 0; }).substr(0, 9), "--passes:");
  EXPECT_EQ(refusal([](O& o) { o.seed = -1; }).substr(0, 7), "--seed:");
  EXPECT_EQ(refusal([](O& o) { o.holdout = 1; }).substr(0, 10), "--holdout:");
  EXPECT_EQ(refusal([](O& o) { o.holdout = 0.1; }).substr(0, 10), "--holdout:") << "prequential";
  EXPECT_EQ(refusal([&](O& o) { o.test = log; }).substr(0, 7), "--test:") << "prequential";
  EXPECT_EQ(refusal([](O& o) { o.protocol = Protocol::split; }).substr(0, 7), "--test:");
  EXPECT_EQ(refusal([](O& o) { o.protocol = Protocol::ope; }).substr(0, 7), "--test:");
  EXPECT_EQ(refusal([](O& o) { o.positive = "value>1"; }).substr(0, 11), "--positive:");
  EXPECT_EQ(refusal([](O& o) { o.baselines = {"ease"}; }).substr(0, 12), "--baselines:");
  EXPECT_EQ(refusal([](O& o) { o.baselines = {"popularity"}; }), "taken");
}

TEST(Inputs, ItemFeaturesHaveARowForEachItem) {
  const TestFiles files;
  EvalOptions options;
  options.log = files.write("log.tsv", crowd_log(50));
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (20, 1), }\n";
  std::string matrix("\x93NUMPY\x01\x00", 8);
  matrix += static_cast<char>(header.size());
  matrix += '\0';
  matrix += header + std::string(80, '\0');
  options.item_features = {files.write("f.npy", matrix)};
  const auto inputs = read_inputs(options);
  ASSERT_FALSE(inputs);
  EXPECT_NE(inputs.error().message.find("it has 20 rows"), std::string::npos)
      << inputs.error().message;
}

TEST(Report, IsOnePageWithPlotsAndNothingFromElsewhere) {
  const TestFiles files;
  EvalOptions options;
  options.log = files.write("<log>.tsv", crowd_log(900, kOpeHeader));
  const std::pair<Protocol, const char*> cases[] = {{Protocol::prequential, "Hit rate over"},
                                                    {Protocol::ctr, "Calibration"},
                                                    {Protocol::ope, "Value of the policy"}};
  for (const auto& [protocol, plot] : cases) {
    options.protocol = protocol;
    if (protocol == Protocol::ope) options.test = options.log;
    const auto page = report_html(must(evaluate(options, silent)));
    EXPECT_NE(page.find(plot), std::string::npos);
    EXPECT_NE(page.find("<svg"), std::string::npos);
    EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
    EXPECT_NE(page.find("name=\"viewport\""), std::string::npos);
    EXPECT_NE(page.find("&lt;log&gt;"), std::string::npos);
    for (const auto* outside : {"http", "src=", "<script", "url(", "@import", "<link", "<log>"})
      EXPECT_EQ(page.find(outside), std::string::npos) << outside;
    for (const auto* broken : {"nan", "inf\"", "-inf"})
      EXPECT_EQ(page.find(broken), std::string::npos) << broken;
  }
}

}  // namespace
}  // namespace filoscope::eval
