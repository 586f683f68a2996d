/// How a search with a picture is asked for. What is found is tested by visual_tests and the
/// journeys; here nothing looks at pictures.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/test_api.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

class VisualRouteTest : public ApiTest {
 protected:
  json ask_for(const std::string& type, const std::string& body, const std::string& query = "") {
    const auto answer =
        ask("POST", "/api/v1/search/visual" + query, {"Content-Type: " + type}, body);
    status = answer.status;
    return json::parse(answer.body);
  }
  std::string reason_of(const std::string& type, const std::string& body,
                        const std::string& query = "") {
    const auto said = ask_for(type, body, query);
    return said.contains("reason") ? said["reason"].get<std::string>() : "";
  }
  int status = 0;
};

TEST_F(VisualRouteTest, NothingIsFoundBeforeAnythingWasLookedAt) {
  const auto mara = person("mara");
  const auto video = publish(mara, "a clip");
  for (const auto& [type, body] :
       {std::pair{std::string("image/jpeg"), std::string("picture")},
        {"application/json", json{{"video_id", video.id.text()}, {"at_ms", 500}}.dump()}}) {
    const auto said = ask_for(type, body, "?limit=5");
    EXPECT_EQ(status, 200) << type;
    EXPECT_EQ(said["items"], json::array());
    EXPECT_EQ(said["waiting_count"], 1);
    EXPECT_FALSE(said.contains("next_cursor"));
  }
}

TEST_F(VisualRouteTest, AWordForEveryWrongQuestion) {
  const auto video = publish(person("mara"), "a clip").id.text();
  for (const std::string crop : {"0,0,1", "0,0,1,1,1", "0,0,2,1", "a,b,c,d", "0,0,nan,1", "0,0,,1",
                                 "0,0,1,1%20", "-0.1,0,1,1", "0.5,0,0.6,1"})
    EXPECT_EQ(reason_of("image/jpeg", "picture", "?crop=" + crop), "crop_outside") << crop;
  EXPECT_EQ(reason_of("image/jpeg", "picture", "?crop=0.1,0.2,0.5,0.8"), "");
  EXPECT_EQ(reason_of("image/jpeg", "picture", "?limit=51"), "field_out_of_range");
  const auto with = [&](const json& more) {
    json body{{"video_id", video}};
    body.update(more);
    return reason_of("application/json", body.dump());
  };
  EXPECT_EQ(with(json::object()), "");
  EXPECT_EQ(with({{"at_ms", -1}}), "field_out_of_range");
  EXPECT_EQ(with({{"crop", 3}}), "crop_outside");
  EXPECT_EQ(with({{"crop", {{"x", 0}, {"y", 0}, {"width", 1}}}}), "crop_outside");
  EXPECT_EQ(with({{"crop", {{"x", 0}, {"y", 0}, {"width", "1"}, {"height", 1}}}}), "crop_outside");
  EXPECT_EQ(with({{"video_id", "?"}}), "id_unknown");
  EXPECT_EQ(with({{"video_id", nullptr}}), "field_missing");
  EXPECT_EQ(reason_of("application/json", R"({"video_id": "1zzzzzzzzzzzz"})"), "no_such_video");
  EXPECT_EQ(reason_of("application/json", "{"), "json_invalid");
}

}  // namespace
}  // namespace filoscope::api
