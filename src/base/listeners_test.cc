#include "base/listeners.h"

#include <gtest/gtest.h>

namespace filoscope {
namespace {

TEST(Listeners, AreToldUntilTheirHandleIsGone) {
  Listeners<int> listeners;
  int first = 0, second = 0;
  auto one = listeners.add([&](int value) { first += value; });
  const auto other = listeners.add([&](int value) { second += value; });
  listeners.tell(1);
  one.reset();
  listeners.tell(10);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 11);
}

TEST(Listeners, AHandleMayOutliveTheThing) {
  const auto kept = std::make_shared<int>(0);
  std::shared_ptr<void> handle;
  {
    Listeners<> listeners;
    handle = listeners.add([kept] {});
  }
  EXPECT_EQ(kept.use_count(), 2);
  handle.reset();
  EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace filoscope
