#include "base/network.h"

#include <gtest/gtest.h>

namespace filoscope {
namespace {

TEST(Network, OwnAddressesAreOfUseToOthers) {
  for (const auto& address : own_addresses()) {
    EXPECT_FALSE(address.empty());
    for (const char* useless : {"127.", "169.254.", "fe80:", "::1"})
      EXPECT_NE(address.rfind(useless, 0), 0U) << address;
  }
}

}  // namespace
}  // namespace filoscope
