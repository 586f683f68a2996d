#include "base/quantity.h"

#include <gtest/gtest.h>

namespace filoscope {
namespace {

TEST(Quantity, SizesInPowersOfTen) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1), "1 byte");
  EXPECT_EQ(size_text(999), "999 bytes");
  EXPECT_EQ(size_text(12'345), "12 kB");
  EXPECT_EQ(size_text(999'600), "1.0 MB");
  EXPECT_EQ(size_text(8'388'608), "8.4 MB");
  EXPECT_EQ(size_text(2LL << 30), "2.15 GB");
}

TEST(Quantity, TwoSizesNeverReadTheSame) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(sizes_apart(3'000'000'000, 2LL << 30), Pair("3.00 GB", "2.15 GB"));
  EXPECT_EQ(sizes_apart((2LL << 30) + 1, 2LL << 30), Pair("2147483649 bytes", "2147483648 bytes"));
}

TEST(Quantity, TwoDurationsNeverReadTheSame) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(durations_apart(660'000, 600'000), Pair("11 min 0 s", "10 min 0 s"));
  EXPECT_EQ(durations_apart(600'400, 600'000), Pair("10 min 0.4 s", "10 min 0 s"));
  EXPECT_EQ(durations_apart(600'007, 600'000), Pair("10 min 0.007 s", "10 min 0 s"));
  EXPECT_EQ(durations_apart(5'010, 5'000), Pair("5.01 s", "5 s"));
  EXPECT_EQ(duration_text(59'970), "1 min 0 s");
}

}  // namespace
}  // namespace filoscope
