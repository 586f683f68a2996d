#include "base/utf8.h"

#include <gtest/gtest.h>

namespace filoscope {
namespace {

TEST(Utf8, IsToldFromWhatIsNot) {
  EXPECT_TRUE(is_valid_utf8("aü漢😀"));
  for (const auto* bad : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF0\x9F\x98", "a\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

}  // namespace
}  // namespace filoscope
