#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/test_api.h"

namespace filoscope::api {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kSrt = "1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Hello</i> & you\r\n";

class SubtitleRouteTest : public ApiTest {
 protected:
  SubtitleRouteTest() {
    clip = catalog::World::publish(must(accounts->find("mara")), "a clip");
    path = "/api/v1/videos/" + clip.id.text() + "/subtitles/";
  }
  ClientAnswer put(const std::string& language, const std::string& file, const std::string& who) {
    return ask("PUT", path + language, {who, "Content-Type: application/x-subrip"}, file);
  }
  json video() { return json::parse(ask("GET", "/api/v1/videos/" + clip.id.text()).body); }

  const std::string mara = bearer("mara"), jo = bearer("jo");
  catalog::Video clip;
  std::string path;
};

TEST_F(SubtitleRouteTest, WhatAnOwnerGivesEverybodyReads) {
  EXPECT_THAT(video()["subtitles"], IsEmpty());
  const auto made = put("EN", kSrt + "\r\n00:01:00 --> 00:02:00\r\nlate\r\n", mara);
  ASSERT_EQ(made.status, 200) << made.body;
  const auto taken = json::parse(made.body);
  EXPECT_EQ(taken["language"], "en");
  EXPECT_EQ(taken["cues_count"], 1);
  EXPECT_EQ(taken["dropped_count"], 1);
  const auto shown = video()["subtitles"];
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0], (json{{"language", "en"}, {"label", ""}, {"url", taken["url"]}}));
  const auto file = ask("GET", taken["url"]);
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.body, "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello &amp; you\n");
  EXPECT_EQ(file.headers.at("content-type"), "text/vtt; charset=utf-8");
  EXPECT_EQ(file.headers.at("cache-control"), "private, no-cache");
  const auto etag = file.headers.at("etag");
  EXPECT_EQ(ask("GET", taken["url"], {"If-None-Match: " + etag}).status, 304);
  EXPECT_EQ(put("en", "0:01 --> 0:02\nother", mara).status, 200);
  EXPECT_EQ(ask("GET", taken["url"], {"If-None-Match: " + etag}).status, 200);
  EXPECT_NE(video()["subtitles"][0]["url"], taken["url"]);
}

TEST_F(SubtitleRouteTest, ALabelIsShownAndAListHasThemToo) {
  const auto made = ask("PUT", path + "de-AT?label=%20Mit%20Dialekt", {mara}, kSrt);
  ASSERT_EQ(made.status, 200) << made.body;
  const auto list = json::parse(ask("GET", "/api/v1/accounts/mara/videos").body);
  const auto& shown = list["items"][0]["video"]["subtitles"];
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0]["label"], "Mit Dialekt");
  EXPECT_EQ(shown[0]["language"], "de-AT");
}

TEST_F(SubtitleRouteTest, OnlyItsOwnerChangesThem) {
  EXPECT_EQ(put("en", kSrt, jo).status, 403);
  EXPECT_EQ(ask("PUT", path + "en", {}, kSrt).status, 401);
  ASSERT_EQ(put("en", kSrt, mara).status, 200);
  EXPECT_EQ(ask("DELETE", path + "en", {jo}).status, 403);
  EXPECT_EQ(ask("DELETE", path + "en", {mara}).status, 204);
  EXPECT_EQ(ask("DELETE", path + "en", {mara}).status, 404);
  EXPECT_EQ(ask("GET", path + "en").status, 404);
  EXPECT_THAT(video()["subtitles"], IsEmpty());
}

TEST_F(SubtitleRouteTest, WhoMayNotSeeTheVideoFindsNone) {
  ASSERT_EQ(put("en", kSrt, mara).status, 200);
  EXPECT_EQ(ask("GET", path + "en", {jo}).status, 200);
  EXPECT_EQ(ask("PUT", "/api/v1/accounts/jo/block", {mara}).status, 204);
  EXPECT_EQ(ask("GET", path + "en", {jo}).status, 404);
  EXPECT_EQ(ask("GET", path + "en").status, 200);
  EXPECT_EQ(ask("DELETE", "/api/v1/videos/" + clip.id.text(), {mara}).status, 204);
  EXPECT_EQ(ask("GET", path + "en").status, 404);
  EXPECT_EQ(ask("GET", path + "en", {mara}).status, 404);
}

TEST_F(SubtitleRouteTest, WhatIsWrongIsToldWithItsLine) {
  const auto refused = json::parse(put("en", "1\n0:02 --> 0:01\nx\n", mara).body);
  EXPECT_EQ(refused["reason"], "subtitle_ends_before_it_begins");
  EXPECT_EQ(refused["arguments"]["line"], 2);
  EXPECT_THAT(refused["detail"].get<std::string>(), HasSubstr("line 2"));
  EXPECT_EQ(json::parse(put("e", kSrt, mara).body)["reason"], "not_a_language");
  const auto large = put("en", std::string(subtitles::kFileBytesMax + 1, 'a'), mara);
  EXPECT_EQ(json::parse(large.body)["reason"], "subtitles_too_large");
}

TEST_F(SubtitleRouteTest, AFileCanBeCheckedBeforeThereIsAVideo) {
  const std::string check = "/api/v1/subtitles/check";
  EXPECT_EQ(json::parse(ask("POST", check, {jo}, kSrt).body), (json{{"cues_count", 1}}));
  const auto refused = json::parse(ask("POST", check, {jo}, "1\n0:02 --> 0:01\nx\n").body);
  EXPECT_EQ(refused["arguments"]["line"], 2);
  EXPECT_EQ(ask("POST", check, {}, kSrt).status, 401);
}

}  // namespace
}  // namespace filoscope::api
