#include "upload/space.h"

#include <gtest/gtest.h>

#include "base/test_result.h"

namespace filoscope::upload {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

class SpaceTest : public ::testing::Test {
 protected:
  bool promise(std::uint64_t key, std::uint64_t owner, std::int64_t mebibytes,
               std::int64_t network = 0) {
    return space.promise(key, {AccountId{owner}, network, mebibytes * kMiB}).has_value();
  }
  std::int64_t free_bytes = 1'000 * kMiB + kSpaceBytesMin;
  Space space{[this] { return free_bytes; }};
};

TEST_F(SpaceTest, WhatIsPromisedIsPromisedOnce) {
  EXPECT_TRUE(promise(1, 1, 600));
  EXPECT_FALSE(promise(2, 2, 600));
  EXPECT_TRUE(promise(2, 2, 400));
  EXPECT_FALSE(promise(3, 3, 1));
  space.give_back(1);
  EXPECT_TRUE(promise(3, 3, 1));
  EXPECT_EQ(space.promised_bytes(), 401 * kMiB);
}

TEST_F(SpaceTest, WrittenBytesArePromisedNoMore) {
  ASSERT_TRUE(promise(1, 1, 600));
  free_bytes -= 500 * kMiB;
  space.set(1, {AccountId{1}, 0, 100 * kMiB});
  EXPECT_TRUE(promise(2, 2, 400));
}

TEST_F(SpaceTest, OnePersonLeavesAsMuchAsShePromisedHerself) {
  EXPECT_TRUE(promise(1, 1, 100));
  for (std::uint64_t key = 2; key <= 5; ++key) EXPECT_TRUE(promise(key, 1, 100));
  EXPECT_FALSE(promise(6, 1, 100));
  EXPECT_TRUE(promise(7, 2, 500));  // who has nothing may have all that is left
}

TEST_F(SpaceTest, ManyAccountsOfOneNetworkLeaveRoomForOthers) {
  std::uint64_t key = 1;
  for (; key <= 100 && promise(key, key, 50, 7); ++key) {
  }
  EXPECT_LE(space.promised_bytes(), 700 * kMiB);
  EXPECT_TRUE(promise(1'000, 1'000, 300, 8));
  EXPECT_FALSE(promise(1'001, 1'001, 300));
}

TEST_F(SpaceTest, TheReserveIsNeverWrittenInto) {
  EXPECT_TRUE(space.check(1'000 * kMiB).has_value());
  EXPECT_EQ(code_of(space.check(1'000 * kMiB + 1)), Code::unavailable);
  free_bytes = kSpaceBytesMin - 1;
  EXPECT_EQ(code_of(space.check(0)), Code::unavailable);
  EXPECT_FALSE(promise(1, 1, 0));
}

}  // namespace
}  // namespace filoscope::upload
