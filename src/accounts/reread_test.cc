#include "accounts/reread.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "accounts/test_world.h"

namespace filoscope::accounts {
namespace {

using namespace std::chrono_literals;

TEST(Reread, RestsLongerThanItWorks) {
  TestWorld world;
  constexpr int kSteps = 5;
  int steps_count = 0;
  const RereadStep step = [&](std::int64_t, const SavePosition&) -> Result<bool> {
    std::this_thread::sleep_for(20ms);
    return ++steps_count < kSteps;
  };
  const auto from = std::chrono::steady_clock::now();
  must(read_again(*world.database, "reread_test", 1, std::atomic<bool>{false}, step));
  EXPECT_EQ(steps_count, kSteps);
  EXPECT_GE(std::chrono::steady_clock::now() - from, kSteps * 5 * 20ms);
}

TEST(Reread, BegunAtAVersionThereIsNothingToReadUntilTheNext) {
  TestWorld world;
  int steps_count = 0;
  const RereadStep step = [&](std::int64_t, const SavePosition&) -> Result<bool> {
    ++steps_count;
    return false;
  };
  const std::atomic<bool> stop{false};
  must(begin_at_version(*world.database, "reread_test", 1, "accounts_people"));
  must(read_again(*world.database, "reread_test", 1, stop, step));
  EXPECT_EQ(steps_count, 0);
  must(read_again(*world.database, "reread_test", 2, stop, step));
  EXPECT_EQ(steps_count, 1);
  world.person("mara");
  must(begin_at_version(*world.database, "of_older_rows", 1, "accounts_people"));
  must(read_again(*world.database, "of_older_rows", 1, stop, step));
  EXPECT_EQ(steps_count, 2) << "somebody is there from before";
}

}  // namespace
}  // namespace filoscope::accounts
