#include "accounts/guest_table.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace filoscope::accounts {
namespace {

using ::testing::IsEmpty;

std::vector<std::uint64_t> keys(const std::vector<GuestTable::Guest>& guests) {
  std::vector<std::uint64_t> all;
  for (const auto& guest : guests) all.push_back(guest.person.value);
  return all;
}

/// What one call of an act does; false: there was no place.
bool act(GuestTable& table, std::uint64_t person, std::int64_t now_ms) {
  if (table.act({person}, now_ms)) return true;
  if (!table.reserve({person}, now_ms)) return false;
  table.settle({person});
  return true;
}

TEST(GuestTableTest, TheLongestIdleMakesRoom) {
  GuestTable table(3);
  for (std::uint64_t person = 1; person <= 3; ++person) {
    ASSERT_TRUE(act(table, person, static_cast<std::int64_t>(person)));
  }
  EXPECT_EQ(keys(*table.reserve({4}, 10)), std::vector<std::uint64_t>{1});
  EXPECT_FALSE(table.contains({1}));
  EXPECT_FALSE(table.contains({4})) << "held, not stored";
  table.settle({4});
  EXPECT_TRUE(table.contains({4}));
}

TEST(GuestTableTest, ThousandsWhoActOnceDriveOutOnlyEachOther) {
  GuestTable table(10);
  for (int call = 0; call < 2; ++call) ASSERT_TRUE(act(table, 1, call));
  for (std::uint64_t person = 100; person < 5'100; ++person) {
    ASSERT_TRUE(act(table, person, 1'000'000)) << "later than she was active, too";
  }
  EXPECT_TRUE(table.contains({1}));
  EXPECT_TRUE(table.contains({5'099}));
}

TEST(GuestTableTest, NobodyWhoIsThereMakesRoomAndWhoLeftDoes) {
  GuestTable table(2);
  for (std::uint64_t person = 1; person <= 2; ++person) {
    for (int call = 0; call < 2; ++call) {
      ASSERT_TRUE(act(table, person, static_cast<std::int64_t>(person)));
    }
  }
  EXPECT_FALSE(table.reserve({3}, kGuestActiveMs).has_value());
  EXPECT_EQ(keys(*table.reserve({3}, kGuestActiveMs + 1)), std::vector<std::uint64_t>{1});
}

TEST(GuestTableTest, AFailedWritePutsEverythingBack) {
  GuestTable table(2);
  ASSERT_TRUE(act(table, 1, 1));
  ASSERT_TRUE(act(table, 2, 2));
  const auto gone = table.reserve({3}, 10).value();
  table.give_back({3}, gone);
  EXPECT_FALSE(table.contains({3}));
  EXPECT_TRUE(table.contains({1}));
  EXPECT_EQ(keys(*table.reserve({4}, 11)), std::vector<std::uint64_t>{1}) << "in its old place";
}

TEST(GuestTableTest, OneWhoIsStoredOrBeingStoredNeedsNoSecondPlace) {
  GuestTable table(1);
  EXPECT_THAT(*table.reserve({1}, 1), IsEmpty());
  EXPECT_THAT(*table.reserve({1}, 1), IsEmpty()) << "held by a call beside this one";
  EXPECT_FALSE(table.reserve({2}, 1).has_value()) << "what is being written cannot make room";
  table.settle({1});
  EXPECT_THAT(*table.reserve({1}, 1), IsEmpty());
}

TEST(GuestTableTest, AnEndIsRemembered) {
  GuestTable table(2);
  ASSERT_TRUE(act(table, 1, 1));
  table.end({1});
  EXPECT_TRUE(table.ended({1}));
  EXPECT_FALSE(table.contains({1}));
  EXPECT_FALSE(table.ended({2}));
}

TEST(GuestTableTest, ManyAtOnceNeverHoldMoreThanThereIs) {
  constexpr std::size_t places = 50;
  GuestTable table(places);
  std::atomic<int> gone{0}, held{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 1; i <= 500; ++i) {
        const PersonKey person{t * 1'000 + i};
        const auto out = table.reserve(person, 1);
        if (!out) continue;
        gone += static_cast<int>(out->size());
        ++held;
        table.settle(person);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(held - gone, static_cast<int>(places));
}

}  // namespace
}  // namespace filoscope::accounts
