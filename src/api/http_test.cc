#include "api/http.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "api/byte_range.h"
#include "api/http_parser.h"
#include "api/reasons.h"
#include "api/static_files.h"
#include "api/throttle.h"
#include "api/url.h"

namespace filoscope::api {
namespace {

Handler nothing() {
  return [](const Request&) -> Result<Response> { return Response(); };
}

Router sample_router() {
  Router router;
  router.add({"GET", "/a", nothing()});
  router.add({"POST", "/a", nothing()});
  router.add({"GET", "/a/{id}", nothing()});
  router.add({"GET", "/a/special", nothing()});
  router.add({"PUT", "/a/{id}/b/{other}", nothing()});
  return router;
}

TEST(RouterTest, FindsPatternsAndDecodesParameters) {
  const auto router = sample_router();
  EXPECT_EQ(router.find("GET", "/a", nullptr).route->pattern, "/a");
  EXPECT_EQ(router.find("GET", "/a/special", nullptr).route->pattern, "/a/special");
  const auto match = router.find("PUT", "/a/x%2Fy/b/%C3%BC", nullptr);
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.parameters.at("id"), "x/y");
  EXPECT_EQ(match.parameters.at("other"), "ü");
}

TEST(RouterTest, KnowsNothingElse) {
  const auto router = sample_router();
  for (const auto* path : {"", "/", "/b", "/a/", "/a/1/b", "/a/1/b/2/c", "/a/%zz", "a"}) {
    EXPECT_EQ(router.find("GET", path, nullptr).route, nullptr) << path;
  }
}

TEST(RouterTest, HeadTakesGetAndOthersAreListed) {
  const auto router = sample_router();
  EXPECT_EQ(router.find("HEAD", "/a/1", nullptr).route->method, "GET");
  std::string allowed;
  EXPECT_EQ(router.find("DELETE", "/a", &allowed).route, nullptr);
  EXPECT_EQ(allowed, "GET, HEAD, OPTIONS, POST");
}

TEST(RouterTest, FallbackTakesUnknownPathsOnly) {
  auto router = sample_router();
  router.set_fallback(nothing());
  EXPECT_EQ(router.find("GET", "/anything", nullptr).route->pattern, "/*");
  EXPECT_EQ(router.find("POST", "/anything", nullptr).route, nullptr);
  EXPECT_EQ(router.find("PUT", "/a", nullptr).route, nullptr);
}

nlohmann::json body_of(const Response& response) {
  return nlohmann::json::parse(std::get<std::string>(response.body));
}

TEST(ProblemTest, NamesReasonFieldAndArguments) {
  const auto response = problem(Error(reason("field_out_of_range"), 1, 20).at("limit"));
  const auto body = body_of(response);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(body["type"], "/problems/field_out_of_range");
  EXPECT_EQ(body["reason"], "field_out_of_range");
  EXPECT_EQ(body["field"], "limit");
  EXPECT_EQ(body["status"], 400);
  EXPECT_EQ(body["arguments"], nlohmann::json({{"least", 1}, {"most", 20}}));
  EXPECT_EQ(body["detail"], "limit: must be a whole number from 1 to 20");
  const auto plain = body_of(problem(Error(reason("id_unknown"))));
  EXPECT_FALSE(plain.contains("field"));
  EXPECT_FALSE(plain.contains("arguments"));
}

TEST(ProblemTest, HasTheStatusOfItsReason) {
  const auto response = problem(Error(reason("body_too_long"), 12, 10));
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(body_of(response)["status"], 413);
  EXPECT_EQ(body_of(response)["title"], "Content Too Large");
}

TEST(ProblemTest, NeverTellsWhatIsInside) {
  const auto response = problem(Error(Code::internal, "SELECT password"));
  EXPECT_THAT(std::get<std::string>(response.body), testing::Not(testing::HasSubstr("password")));
  EXPECT_EQ(body_of(response)["reason"], "internal_error");
}

TEST(UrlTest, DecodesAndRefuses) {
  EXPECT_EQ(percent_decode("a%20b+c"), "a b+c");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (const auto* bad : {"%", "%1", "%g0", "%00"}) EXPECT_FALSE(percent_decode(bad)) << bad;
  EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
}

TEST(UrlTest, SplitsTargets) {
  EXPECT_EQ(split_target("/a/b?c=d")->query, "c=d");
  EXPECT_EQ(split_target("http://host/a?b")->path, "/a");
  EXPECT_EQ(split_target("http://host")->path, "/");
  EXPECT_EQ(split_target("HTTPS://host/a")->path, "/a");
  EXPECT_FALSE(split_target("a"));
  EXPECT_FALSE(split_target(""));
  EXPECT_FALSE(split_target("/" + std::string(9000, 'a')));
}

TEST(UrlTest, ParsesQueries) {
  const auto fields = parse_query("a=1&b=x%26y&a=2&c&=&d=a+b");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->at("a"), "2");
  EXPECT_EQ(fields->at("b"), "x&y");
  EXPECT_EQ(fields->at("c"), "");
  EXPECT_EQ(fields->at("d"), "a b");
  EXPECT_FALSE(parse_query("a=%FF"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "k" + std::to_string(i) + "=1&";
  EXPECT_FALSE(parse_query(many));
}

TEST(RangeTest, SelectsSingleRanges) {
  const auto check = [](std::string_view field, int status, std::int64_t first,
                        std::int64_t length) {
    const auto range = select_range(field, 1000);
    EXPECT_EQ(range.status, status) << field;
    if (status == 416) return;
    EXPECT_EQ(range.first, first) << field;
    EXPECT_EQ(range.length_bytes, length) << field;
  };
  check("bytes=0-0", 206, 0, 1);
  check("bytes=0-99", 206, 0, 100);
  check("Bytes = 5 - 9 ", 206, 5, 5);
  check("bytes=990-", 206, 990, 10);
  check("bytes=990-5000", 206, 990, 10);
  check("bytes=-10", 206, 990, 10);
  check("bytes=-5000", 206, 0, 1000);
  check("bytes=0-99999999999999999999999", 206, 0, 1000);
  check("bytes=1000-", 416, 0, 0);
  check("bytes=99999999999999999999-", 416, 0, 0);
  check("bytes=-0", 416, 0, 0);
  for (const auto* ignored : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4",
                              "bytes=0-1,5-6", "items=0-5", "bytes=+1-5", "bytes=--5"}) {
    check(ignored, 200, 0, 1000);
  }
  EXPECT_EQ(select_range("bytes=-5", 0).status, 416);
  EXPECT_EQ(select_range("bytes=0-", 0).status, 416);
}

TEST(RangeTest, ComparesEntityTags) {
  EXPECT_TRUE(matches_any("*", "\"a\""));
  EXPECT_TRUE(matches_any("\"b\" , W/\"a\"", "\"a\""));
  EXPECT_FALSE(matches_any("\"b\"", "\"a\""));
  EXPECT_TRUE(range_holds("", "\"a\""));
  EXPECT_TRUE(range_holds("\"a\"", "\"a\""));
  EXPECT_FALSE(range_holds("W/\"a\"", "\"a\""));
  EXPECT_FALSE(range_holds("Sat, 21 Nov 2026 10:00:00 GMT", "\"a\""));
}

TEST(HttpParserTest, ParsesByteByByte) {
  const std::string text =
      "POST /x?y HTTP/1.1\r\nHost: a\r\nX-Thing:  b \r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\nNEXT";
  HttpParser parser(16384);
  std::string buffer, body;
  for (const char c : text) {
    buffer.push_back(c);
    if (parser.done()) continue;
    buffer.erase(0, parser.feed(buffer));
    ASSERT_FALSE(parser.failure());
  }
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(parser.head().target, "/x?y");
  EXPECT_EQ(parser.head().field("x-thing"), "b");
  EXPECT_EQ(parser.body(), "abc");
  EXPECT_EQ(buffer, "NEXT");
}

TEST(ThrottleTest, LetsABurstPassThenTheRate) {
  Throttle throttle(60);
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += throttle.allow("203.0.113.1", 1'000'000) ? 1 : 0;
  EXPECT_EQ(passed, 60);
  EXPECT_TRUE(throttle.allow("203.0.113.2", 1'000'000));
  EXPECT_FALSE(throttle.allow("203.0.113.1", 1'500'000));
  EXPECT_TRUE(throttle.allow("203.0.113.1", 2'600'000));
}

TEST(ThrottleTest, CountsIpv6ByItsNetwork) {
  Throttle throttle(10);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(throttle.allow("2001:db8:1:2::" + std::to_string(i), 1));
  }
  EXPECT_FALSE(throttle.allow("2001:db8:1:2::ffff", 1));
  EXPECT_TRUE(throttle.allow("2001:db8:1:3::1", 1));
}

TEST(ThrottleTest, ManyNetworksOfOneIpv6CustomerCountTogether) {
  Throttle throttle(10);
  int passed = 0;
  for (int network = 0; network < 4096; ++network) {
    char address[40];
    std::snprintf(address, sizeof address, "2001:db8:77:%x::1", network);
    passed += throttle.allow(address, 1) ? 1 : 0;
  }
  EXPECT_EQ(passed, 160);  // of a /48
  EXPECT_TRUE(throttle.allow("2001:db8:78::1", 1));
}

TEST(ThrottleTest, OneIpv6CustomerCannotFillTheTable) {
  Throttle throttle(10);
  for (int network = 0; network < 65536; ++network) {
    char address[40];
    std::snprintf(address, sizeof address, "2001:db8:77:%x::1", network);
    throttle.allow(address, 1);
  }
  EXPECT_TRUE(throttle.allow("203.0.113.1", 2)) << "there is room for others";
}

TEST(ThrottleTest, AFullTableIsClosedToNewAddressesUntilOldOnesAreIdle) {
  Throttle throttle(10);
  const auto address = [](std::uint32_t i) {
    return "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." +
           std::to_string(i & 255);
  };
  for (std::uint32_t i = 0; i < kThrottledAddressesMax; ++i)
    ASSERT_TRUE(throttle.allow(address(i), 1'000'000));
  EXPECT_FALSE(throttle.allow("203.0.113.1", 1'500'000));
  EXPECT_TRUE(throttle.allow(address(5), 1'500'000));
  EXPECT_TRUE(throttle.allow("203.0.113.1", 61'500'000));
}

TEST(ProblemTest, RetryAfterIsOfTheReasonOrTheError) {
  const auto seconds = [](const Error& error) {
    for (const auto& [name, value] : problem(error).headers)
      if (name == "Retry-After") return value;
    return std::string();
  };
  EXPECT_EQ(seconds(Error(reason("too_many_sign_ups"))), "3600");
  EXPECT_EQ(seconds(Error(reason("too_many_transfers"), 3)), "5");
  EXPECT_EQ(seconds(Error(reason("too_many_transfers"), 3).after_s(40)), "40");
  EXPECT_EQ(seconds(Error(reason("id_unknown"))), "");
}

TEST(ProxiesTest, BelievesOnlyTrustedOnes) {
  const Proxies proxies("127.0.0.1, 10.0.0.1");
  EXPECT_EQ(proxies.client("203.0.113.5", "1.2.3.4").text, "203.0.113.5");
  EXPECT_EQ(proxies.client("127.0.0.1", "1.2.3.4, 203.0.113.7, 10.0.0.1").text, "203.0.113.7");
  EXPECT_EQ(proxies.client("127.0.0.1", "not an address").text, "127.0.0.1");
  EXPECT_TRUE(proxies.client("127.0.0.1", "").loopback);
  EXPECT_FALSE(proxies.client("127.0.0.1", "203.0.113.7").loopback);
  EXPECT_FALSE(Proxies("").client("127.0.0.1", "127.0.0.1").loopback);
}

TEST(ProxiesTest, ReadAddressesInEveryForm) {
  const Proxies proxies("127.0.0.1, ::ffff:10.0.0.1, 2001:DB8::1");
  const auto client = [&](const char* chain) { return proxies.client("127.0.0.1", chain).text; };
  EXPECT_EQ(client("::ffff:198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(client("198.51.100.7:4711"), "198.51.100.7");
  EXPECT_EQ(client("[2001:db8:0::7]:4711"), "2001:db8::7");
  EXPECT_EQ(client("[2001:db8::7]"), "2001:db8::7");
  EXPECT_EQ(client("203.0.113.7, ::ffff:10.0.0.1, 2001:db8::1"), "203.0.113.7");
  for (const char* none : {"[", "[]", "[2001:db8::7", ":", "1:2", "unknown", "[[::1]]:1"})
    EXPECT_EQ(plain_address(none), std::nullopt) << none;
}

TEST(StaticFilesTest, StaysInItsFolder) {
  for (const auto* good : {"/index.html", "/assets/a-b.js", "/a/b/c"}) {
    EXPECT_TRUE(is_plain_path(good)) << good;
  }
  for (const auto* bad : {"", "/", "a", "/../x", "/a/../b", "/.env", "/a//b", "/a\\..\\b"}) {
    EXPECT_FALSE(is_plain_path(bad)) << bad;
  }
}

TEST(StaticFilesTest, ReadsAcceptEncoding) {
  EXPECT_TRUE(accepts_coding("gzip, br", "br"));
  EXPECT_TRUE(accepts_coding("gzip;q=0.5", "gzip"));
  EXPECT_FALSE(accepts_coding("gzip;q=0", "gzip"));
  EXPECT_FALSE(accepts_coding("brx", "br"));
}

}  // namespace
}  // namespace filoscope::api
