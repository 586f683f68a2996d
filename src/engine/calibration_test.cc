#include "engine/calibration.h"

#include <gtest/gtest.h>

namespace filoscope::engine {
namespace {

TEST(Calibration, EachPredictionStandsInTheBinOfItsProbability) {
  Calibration table;
  table.add(0.0F, false), table.add(0.004F, true), table.add(0.005F, false);
  table.add(0.79F, true), table.add(1.0F, true);
  const auto& bins = table.bins();
  EXPECT_EQ(bins[0].count, 2);
  EXPECT_EQ(bins[0].happened, 1);
  EXPECT_EQ(bins[1].count, 1) << "an edge begins the bin above it";
  EXPECT_EQ(bins[Calibration::kBins - 2].count, 1);
  EXPECT_EQ(bins[Calibration::kBins - 1].predicted, 1);
  EXPECT_EQ(table.sum().count, 5);
  EXPECT_NEAR(table.sum().predicted, 1.799, 1e-6);
  EXPECT_EQ(table.sum().happened, 3);
}

TEST(Calibration, WhatCameOtherwiseIsCorrectedWhereItStands) {
  Calibration table;
  table.add(0.03F, false);
  table.correct(0.012F, true);  // it has learned meanwhile that it does not come
  EXPECT_EQ(table.bins()[3].happened, 1);
  table.correct(0.3F, false);
  EXPECT_EQ(table.bins()[3].happened, 0);
  table.correct(0.3F, false);
  EXPECT_EQ(table.sum().happened, 0) << "nothing is left to correct";
  EXPECT_TRUE(table.fits());
}

TEST(Calibration, FollowsWhatCameLately) {
  Calibration table;
  for (int i = 0; i < 20'000; ++i) table.add(0.5F, false);
  for (int i = 0; i < 100'000; ++i) table.add(0.5F, true);
  const auto sum = table.sum();
  EXPECT_LE(sum.count, Calibration::kCountMax);
  EXPECT_GT(sum.happened / sum.count, 0.95);
  EXPECT_TRUE(table.fits());
}

}  // namespace
}  // namespace filoscope::engine
