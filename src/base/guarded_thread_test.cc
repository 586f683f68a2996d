#include "base/guarded_thread.h"

#include <gtest/gtest.h>

#include <new>

namespace filoscope {
namespace {

TEST(GuardedThread, GoesOnAfterAnExceptionAsLongAsItsOwnerSaysSo) {
  int calls = 0, asked = 0;
  guarded_thread(
      "test",
      [&] {
        if (++calls < 3) throw std::bad_alloc();
      },
      [&] { return ++asked > 0; })
      .join();
  EXPECT_EQ(calls, 3) << "twice broken off, then done";
  EXPECT_EQ(asked, 2) << "a thread that is done is not asked";
}

TEST(GuardedThread, EndsWhenItsOwnerSaysSo) {
  int calls = 0;
  const auto work = [&] {
    ++calls;
    throw std::runtime_error("no");
  };
  guarded_thread("test", work).join();
  guarded_thread("test", work, [] { return false; }).join();
  guarded_thread("test", work, []() -> bool { throw std::bad_alloc(); }).join();
  EXPECT_EQ(calls, 3);
}

TEST(RunGuarded, SaysWhetherItWasDone) {
  EXPECT_TRUE(run_guarded("test", [] {}));
  EXPECT_FALSE(run_guarded("test", [] { throw std::bad_alloc(); }));
}

}  // namespace
}  // namespace filoscope
