#include "base/reason.h"

#include <gtest/gtest.h>

#include <limits>

namespace filoscope {
namespace {

constexpr ErrorReason kReasons[] = {
    {"clay_missing", Code::not_found, "there is no clay"},
    {"clay_too_heavy", Code::invalid_argument, "{what} has {size:bytes}; the most is {most:bytes}"},
};
consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

TEST(StoredReason, IsOneLineOfJson) {
  EXPECT_EQ(
      stored_text(Error(reason("clay_too_heavy"), "a \"pot\"\n", 3'000, 2'000)),
      R"({"reason":"clay_too_heavy","arguments":{"what":"a \"pot\"\n","size":3000,"most":2000},)"
      R"("sentence":"a \"pot\"\n has 3 kB; the most is 2 kB"})");
  EXPECT_EQ(stored_text(Error(reason("clay_missing")).at("clay")),
            R"({"reason":"clay_missing","arguments":{},"sentence":"clay: there is no clay"})");
}

TEST(StoredReason, IsReadBack) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  const auto least = std::numeric_limits<std::int64_t>::min();
  const Error error(reason("clay_too_heavy"), "über {size}", most, least);
  const auto back = parse_stored(stored_text(error));
  EXPECT_EQ(back.reason, "clay_too_heavy");
  const StoredReason wanted{
      "clay_too_heavy", {{"what", "über {size}"}, {"size", most}, {"most", least}}, error.message};
  EXPECT_EQ(back, wanted);
  EXPECT_EQ(parse_stored(stored_text(Error(reason("clay_missing")))),
            (StoredReason{"clay_missing", {}, "there is no clay"}));
}

TEST(StoredReason, AWrongByteSpoilsNothing) {
  const auto back = parse_stored(stored_text(Error(reason("clay_too_heavy"), "p\xFFt", 2, 1)));
  EXPECT_EQ(back.reason, "clay_too_heavy");
  EXPECT_EQ(back.sentence, "p\uFFFDt has 2 bytes; the most is 1 byte");
}

TEST(StoredReason, AnyOtherTextIsASentence) {
  for (const std::string_view text :
       {"", "the file is cut off after 3.0 s of 5.0 s", "{a} brace", "{", "[]", "7", "\"said\"",
        "{}", "p\xFFt", R"({"reason":"clay_missing","arguments":{}})",
        R"({"reason":1,"arguments":{},"sentence":"x"})",
        R"({"reason":"clay_missing","arguments":[],"sentence":"x"})",
        R"({"reason":"clay_missing","arguments":{"a":1.5},"sentence":"x"})",
        R"({"reason":"clay_missing","arguments":{"a":{}},"sentence":"x"})",
        R"({"reason":"clay_missing","arguments":{},"sentence":"x"} and more)"}) {
    EXPECT_EQ(parse_stored(text), (StoredReason{"", {}, std::string(text)})) << text;
  }
}

}  // namespace
}  // namespace filoscope
