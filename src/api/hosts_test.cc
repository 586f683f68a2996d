#include "api/hosts.h"

#include <gtest/gtest.h>

#include "api/api.h"
#include "base/test_result.h"

namespace filoscope::api {
namespace {

struct HostsTest : testing::Test {
  Hosts hosts() {
    return Hosts(config, clock, [this] {
      ++reads;
      return addresses;
    });
  }
  Config config;
  ManualClock clock;
  std::vector<std::string> addresses{"192.168.7.20", "2001:db8::7"};
  int reads = 0;
};

TEST_F(HostsTest, KnowsLoopbackItsOwnAddressesAndItsNames) {
  must(config.set("api.public_url", "https://clips.example.org/"));
  must(config.set("api.hosts", "clips.local, tv.example.org:8443"));
  const auto all = hosts();
  for (const char* host : {"localhost", "localhost:8080", "LOCALHOST.", "127.0.0.1:1", "[::1]:8080",
                           "192.168.7.20:8080", "[2001:db8::7]", "Clips.Example.org",
                           "clips.local:80", "tv.example.org"}) {
    EXPECT_TRUE(all.knows(host)) << host;
  }
  for (const char* host :
       {"", "evil.example", "127.evil.example", "192.168.7.21", "localhost.evil.example",
        "clips.example.org.evil.example", "[", "2001:db8::7"}) {
    EXPECT_FALSE(all.knows(host)) << host;
  }
}

TEST_F(HostsTest, AsksForItsAddressesAgainAtMostOnceASecond) {
  const auto all = hosts();
  EXPECT_FALSE(all.knows("10.0.0.9"));
  addresses.emplace_back("10.0.0.9");
  EXPECT_FALSE(all.knows("10.0.0.9"));
  EXPECT_EQ(reads, 1);
  clock.advance_ms(1000);
  EXPECT_TRUE(all.knows("10.0.0.9:80"));
  EXPECT_EQ(reads, 2);
}

TEST_F(HostsTest, LinksBeginWithThePublicAddressOrAHostThatIsOurs) {
  Request request;
  request.headers["host"] = "localhost:8080";
  EXPECT_EQ(hosts().origin(request), "http://localhost:8080");
  request.headers["host"] = "evil.example";
  EXPECT_EQ(hosts().origin(request), "");
  must(config.set("api.public_url", "https://clips.example.org/"));
  EXPECT_EQ(hosts().origin(request), "https://clips.example.org");
}

}  // namespace
}  // namespace filoscope::api
