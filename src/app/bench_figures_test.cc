#include "app/bench_figures.h"

#include <gtest/gtest.h>

#include <cmath>

namespace filoscope::app {
namespace {

TEST(BenchFigures, QuantilesAreNearestRanks) {
  std::vector<double> hundred;
  for (int i = 1; i <= 100; ++i) hundred.push_back(i);
  EXPECT_EQ(quantile(hundred, 0.5), 50);
  EXPECT_EQ(quantile(hundred, 0.99), 99);
  EXPECT_EQ(quantile(hundred, 1), 100);
  EXPECT_EQ(quantile(hundred, 0), 1);
  // Of few values a high quantile is the largest, never one below it.
  EXPECT_EQ(quantile({1, 2, 3}, 0.99), 3);
  EXPECT_EQ(quantile({}, 0.5), 0);
}

TEST(BenchFigures, MedianOfOddAndEven) {
  EXPECT_EQ(median({5, 1, 3}), 3);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({}), 0);
}

TEST(BenchFigures, AMissedLimitIsToldAndALimitKeptExactlyIsGood) {
  Verdict verdict;
  verdict.at_most("p99 (ms)", 25, 25);
  verdict.at_least("answers a second", 300, 300);
  EXPECT_TRUE(verdict.good());
  EXPECT_EQ(verdict.sentence(), "good");
  verdict.at_most("p99 (ms)", 25.5, 25);
  verdict.at_least("answers a second", 299, 300);
  EXPECT_FALSE(verdict.good());
  EXPECT_EQ(verdict.sentence(),
            "NOT GOOD: p99 (ms) is 25.5, above 25; answers a second is 299, below 300");
  nlohmann::ordered_json json;
  verdict.write(json);
  EXPECT_EQ(json["good"], false);
  EXPECT_EQ(json["missed"].size(), 2U);
}

TEST(BenchFigures, OnlyClipsOfAPhonesUsualSizeHaveAPublishLimit) {
  EXPECT_DOUBLE_EQ(publish_limit_s(1080, 1920, 30, 10).value_or(0), 16);
  EXPECT_DOUBLE_EQ(publish_limit_s(1920, 1080, 30, 60).value_or(0), 81);
  EXPECT_DOUBLE_EQ(publish_limit_s(540, 960, 29.97, 60.02).value_or(0), 81.026);
  EXPECT_FALSE(publish_limit_s(1080, 1920, 60, 10));
  EXPECT_FALSE(publish_limit_s(2160, 3840, 30, 10));
  EXPECT_FALSE(publish_limit_s(1080, 2400, 30, 10));
  EXPECT_FALSE(publish_limit_s(1080, 1920, 30, 62));
}

TEST(BenchFigures, WhatIsNoNumberKeepsToNoLimit) {
  Verdict verdict;
  verdict.at_most("ratio", std::nan(""), 1);
  EXPECT_FALSE(verdict.good());
}

}  // namespace
}  // namespace filoscope::app
