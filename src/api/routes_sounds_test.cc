#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/pages.h"
#include "api/test_api.h"

namespace filoscope::api {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class SoundRouteTest : public ApiTest {
 protected:
  catalog::Video video_with(const accounts::Viewer& author, const std::string& caption,
                            SoundId sound = {}) {
    auto facts = processed();
    facts.sound = sound;
    facts.sound_print.clear();
    return catalog::World::publish(must(accounts->get(author.account)), caption,
                                   catalog::Visibility::everyone, false, facts);
  }
  static std::string path_of(SoundId sound) { return "/api/v1/sounds/" + sound.text(); }
  json get(const std::string& path, const std::vector<std::string>& fields = {}) {
    const auto answer = ask("GET", path, fields);
    status = answer.status;
    return json::parse(answer.body);
  }
  int status = 0;
};

TEST_F(SoundRouteTest, AVideoTellsWhoseSoundItPlays) {
  const auto mara = person("mara"), jo = person("jo");
  const auto first = video_with(mara, "first");
  const auto second = video_with(jo, "second", first.sound);
  const auto own = get("/api/v1/videos/" + first.id.text())["sound"];
  EXPECT_EQ(own["id"], first.sound.text());
  EXPECT_EQ(own["title"], "");
  EXPECT_EQ(own["owner"]["handle"], "mara");
  EXPECT_EQ(own["original"], true);
  const auto other = get("/api/v1/videos/" + second.id.text())["sound"];
  EXPECT_EQ(other["owner"]["handle"], "mara");
  EXPECT_EQ(other["original"], false);
}

TEST_F(SoundRouteTest, ASoundHasItsOwnerItsCountItsFirstVideoAndAllOfThem) {
  const auto mara = person("mara"), jo = person("jo");
  const auto first = video_with(mara, "first");
  video_with(jo, "second", first.sound);
  const auto sound = get(path_of(first.sound));
  EXPECT_EQ(sound["owner"]["handle"], "mara");
  EXPECT_EQ(sound["videos_count"], 2);
  EXPECT_EQ(sound["origin_video_id"], first.id.text());
  EXPECT_THAT(sound["preview"].get<std::string>(), HasSubstr("360.mp4"));
  EXPECT_THAT(sound["cover"].get<std::string>(), HasSubstr("cover0.jpg"));
  EXPECT_EQ(sound["viewer"]["own"], false);
  auto page = get(path_of(first.sound) + "/videos?limit=1");
  ASSERT_EQ(page["items"].size(), 1U);
  EXPECT_EQ(page["items"][0]["video"]["caption"], "second");
  EXPECT_TRUE(page["items"][0].contains("impression_token"));
  page = get(path_of(first.sound) +
             "/videos?limit=1&cursor=" + page["next_cursor"].get<std::string>());
  EXPECT_EQ(page["items"][0]["video"]["caption"], "first");
  EXPECT_EQ(get(path_of(SoundId{99}))["reason"], "no_such_sound");
  EXPECT_EQ(status, 404);
}

TEST_F(SoundRouteTest, WhomSheHasBlockedIsNotNamed) {
  const auto mara = person("mara"), jo = person("jo");
  const auto li = bearer("li");
  const auto first = video_with(mara, "first");
  const auto second = video_with(jo, "second", first.sound);
  EXPECT_EQ(ask("PUT", "/api/v1/accounts/mara/block", {li}).status, 204);
  const auto sound = get(path_of(first.sound), {li});
  EXPECT_EQ(sound["owner"], nullptr);
  EXPECT_EQ(sound["origin_video_id"], second.id.text());
}

TEST_F(SoundRouteTest, ItsOwnerNamesIt) {
  const auto mara = bearer("mara"), jo = bearer("jo");
  accounts::Viewer author;
  author.account = must(accounts->find("mara")).id;
  const auto first = video_with(author, "first");
  const auto path = path_of(first.sound);
  const auto name = [&](const std::string& who, const std::string& body) {
    const auto answer = ask("PATCH", path, {who}, body);
    status = answer.status;
    return json::parse(answer.body);
  };
  EXPECT_EQ(name(mara, R"({"title": " Rain  on the roof "})")["title"], "Rain on the roof");
  EXPECT_EQ(name(jo, R"({"title": "mine"})")["reason"], "sound_name_denied");
  EXPECT_EQ(status, 403);
  EXPECT_EQ(name(mara, "{}")["field"], "title");
  EXPECT_EQ(get("/api/v1/videos/" + first.id.text())["sound"]["title"], "Rain on the roof");
  EXPECT_EQ(get(path, {mara})["viewer"]["own"], true);
  const auto found = get("/api/v1/search?kind=sounds&q=roof");
  ASSERT_EQ(found["items"].size(), 1U) << found;
  EXPECT_EQ(found["items"][0]["id"], first.sound.text());
  const auto head = must(page_of(*services, "/sound/" + first.sound.text()));
  EXPECT_EQ(head.title, "Rain on the roof · mara");
  EXPECT_EQ(must(page_of(*services, "/sound/" + SoundId{99}.text())).status, 404);
}

TEST_F(SoundRouteTest, AnUploadNamesASoundThatItMayUse) {
  const auto first = video_with(person("mara"), "first");
  const auto jo = bearer("jo");
  const auto form = [](const std::string& sound) {
    return "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nvideo\r\n--b\r\n"
           "Content-Disposition: form-data; name=\"sound_id\"\r\n\r\n" +
           sound + "\r\n--b--\r\n";
  };
  const std::vector<std::string> fields{jo, "Content-Type: multipart/form-data; boundary=b"};
  for (const auto& wrong : {SoundId{99}.text(), std::string("no id!")}) {
    const auto refused = ask("POST", "/api/v1/videos", fields, form(wrong));
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(json::parse(refused.body)["reason"], "sound_not_usable") << refused.body;
    EXPECT_EQ(json::parse(refused.body)["field"], "sound_id");
  }
  EXPECT_EQ(ask("POST", "/api/v1/videos", fields, form(first.sound.text())).status, 202);
  const auto tus = [&](const std::string& sound) {
    return ask("POST", "/api/v1/uploads",
               {jo, "Tus-Resumable: 1.0.0", "Upload-Length: 10",
                "Upload-Metadata: sound_id " + crypto::base64(crypto::as_bytes(sound))})
        .status;
  };
  EXPECT_EQ(tus(first.sound.text()), 201);
  EXPECT_EQ(tus(SoundId{99}.text()), 400);
}

}  // namespace
}  // namespace filoscope::api
