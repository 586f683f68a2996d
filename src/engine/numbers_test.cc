#include "engine/numbers.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace filoscope::engine {
namespace {

TEST(NumbersAccuracy, PolynomialsFollowTheRealFunctions) {
  for (double x = -40; x <= 40; x += 0.0137) {
    EXPECT_NEAR(exp2_fixed(x) / std::exp2(x), 1, 1e-9) << x;
    EXPECT_NEAR(static_cast<double>(exp_fixed(static_cast<float>(x))) /
                    std::exp(static_cast<double>(static_cast<float>(x))),
                1, 5e-6)
        << x;
  }
  for (double x = 1e-12; x < 1e12; x *= 1.37) EXPECT_NEAR(log2_fixed(x), std::log2(x), 1e-9) << x;
  EXPECT_NEAR(log2_add(3, 5), std::log2(8.0 + 32.0), 1e-9);
  EXPECT_NEAR(minus_log(0.25F), 1.3862944, 1e-6);
}

TEST(NumbersEdges, ExtremesStayFinite) {
  EXPECT_GT(sigmoid(-1000), 0);
  EXPECT_LE(sigmoid(1000), 1);
  EXPECT_EQ(log2_fixed(0), -1000);
  EXPECT_TRUE(std::isfinite(exp2_fixed(1e9)));
  EXPECT_TRUE(std::isfinite(minus_log(0)));
  EXPECT_EQ(decay(-5, 1000), 1.0F);
  EXPECT_NEAR(decay(1000, 1000), 0.5F, 1e-6F);
}

/// The definition that snapshots name: changing any of these bits needs a new kNumbersVersion.
TEST(NumbersBits, AreThoseOfTheDefinition) {
  Random random(1);
  std::vector<float> a(48), b(48);
  for (auto* values : {&a, &b})
    for (float& x : *values) x = static_cast<float>(random.unit()) - 0.5F;
  std::array<float, kLanes> lanes{};
  for (std::size_t i = 0; i < a.size(); ++i) {
    const volatile float product = a[i] * b[i];  // no fusing, no reordering
    lanes[i % kLanes] += product;
  }
  EXPECT_EQ(dot(a.data(), b.data(), a.size()), join_lanes(lanes));
  EXPECT_EQ(std::bit_cast<std::uint32_t>(round_bf16(1.00390625F)), 0x3F800000U);  // tie to even
  EXPECT_EQ(std::bit_cast<std::uint32_t>(round_bf16(1.01171875F)), 0x3F820000U);
}

}  // namespace
}  // namespace filoscope::engine
