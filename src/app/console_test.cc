#include "app/console.h"

#include <gmock/gmock.h>

namespace filoscope::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Console, SaysWhereItIsFound) {
  const std::vector<std::string> own{"192.168.7.20", "2001:db8::7"};
  const auto here = place_of("http://127.0.0.1:8080", "", own);
  EXPECT_EQ(here.here, "http://localhost:8080");
  EXPECT_EQ(here.network, "");
  const auto anywhere = place_of("http://0.0.0.0:8081", "", own);
  EXPECT_EQ(anywhere.here, "http://localhost:8081");
  EXPECT_EQ(anywhere.network, "http://192.168.7.20:8081");
  EXPECT_EQ(place_of("http://0.0.0.0:8081", "", {"2001:db8::7"}).network,
            "http://[2001:db8::7]:8081");
  EXPECT_EQ(place_of("http://0.0.0.0:8081", "", {}).network, "");
  const auto one = place_of("http://192.168.7.20:8080", "https://clips.example.org", own);
  EXPECT_EQ(one.here, "http://192.168.7.20:8080");
  EXPECT_EQ(one.network, "http://192.168.7.20:8080");
  EXPECT_EQ(one.outside, "https://clips.example.org");
}

TEST(Console, GivesACodeToAPhoneThatCanReachItAndSaysWhatNeedsHttps) {
  EXPECT_THAT(welcome({"http://localhost:8080", "", ""}), Not(HasSubstr("█")));
  const auto network = welcome({"http://localhost:8080", "http://192.168.7.20:8080", ""});
  EXPECT_THAT(network, HasSubstr(qr_code("http://192.168.7.20:8080")));
  EXPECT_THAT(network, HasSubstr("HTTPS"));
  const auto outside = welcome({"http://localhost:8080", "", "https://clips.example.org"});
  EXPECT_THAT(outside, HasSubstr(qr_code("https://clips.example.org")));
  EXPECT_THAT(outside, Not(HasSubstr("need HTTPS")));
}

class ClockWithoutMemory final : public Clock {
 public:
  std::int64_t now_ms() const override { return 0; }
  std::int64_t mono_us() const override { throw std::bad_alloc(); }
};

TEST(Console, ALineThatCannotBeShownEndsNothing) {
  Console console(true);
  const ClockWithoutMemory clock;
  PatienceLine(console, clock, "Opening");  // its thread has thrown when it is joined
}

TEST(Console, DrawsAQrCodeWithItsFindersAndMargin) {
  const auto code = qr_code("http://192.168.7.20:8080");
  // 25 modules (version 2) and two of margin at each side, two modules to a line.
  EXPECT_EQ(std::count(code.begin(), code.end(), '\n'), 15);
  EXPECT_THAT(code, HasSubstr("\033[30;107m  █▀▀▀▀▀█"));  // the finder pattern's upper edge
  EXPECT_EQ(qr_code(std::string(5000, 'x')), "");
}

}  // namespace
}  // namespace filoscope::app
