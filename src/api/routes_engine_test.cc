// How the feed works, and what operators see and change of it, over HTTP.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "api/test_api.h"

namespace filoscope::api {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class EngineRoutesTest : public ApiTest {
 protected:
  std::string with_role(const std::string& handle, accounts::Role role) {
    auto line = bearer(handle);
    must(accounts->set_role(handle, role));
    return line;
  }
  json get(const std::string& path, const std::string& who) {
    const auto answer = ask("GET", path, {who});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }
  ClientAnswer put_weights(const std::string& who, const json& body) {
    return ask("PUT", "/api/v1/operator/weights", {who}, body.dump());
  }
};

TEST_F(EngineRoutesTest, AreForOperatorsAloneAndOnlyWhileTheyAre) {
  const auto ada = with_role("ada", accounts::Role::server_operator);
  const auto bob = bearer("bob"), eve = with_role("eve", accounts::Role::moderator);
  EXPECT_EQ(get("/api/v1/me", ada)["role"], "operator");
  EXPECT_EQ(get("/api/v1/me", eve)["role"], "moderator");
  EXPECT_EQ(get("/api/v1/me", bob)["role"], nullptr);
  for (const std::string path : {"/api/v1/operator/engine", "/api/v1/operator/weights"}) {
    EXPECT_EQ(ask("GET", path, {ada}).status, 200) << path;
    EXPECT_EQ(ask("GET", path).status, 401) << path;
    for (const auto& other : {bob, eve}) {
      const auto refused = ask("GET", path, {other});
      EXPECT_EQ(refused.status, 403) << path;
      EXPECT_EQ(json::parse(refused.body)["reason"], "role_missing");
    }
  }
  const json wish{{"revision", 0}, {"weights", {{"like", 5}}}};
  EXPECT_EQ(put_weights(bob, wish).status, 403);
  EXPECT_EQ(ask("PUT", "/api/v1/operator/weights", {}, wish.dump()).status, 401);
  must(accounts->set_role("ada", accounts::Role::none));
  EXPECT_EQ(put_weights(ada, wish).status, 403) << "in the session that is open";
  EXPECT_EQ(get("/api/v1/me", ada)["role"], nullptr);
  EXPECT_EQ(must(feed->weights()).revision, 0);
}

TEST_F(EngineRoutesTest, AWeightIsChangedNamedAndInTheNextDecision) {
  publish(person("maker"), "a clip");
  const auto ada = with_role("ada", accounts::Role::server_operator);
  const auto before = get("/api/v1/operator/weights", ada);
  EXPECT_EQ(before["revision"], 0);
  EXPECT_EQ(before["weights"][1], (json{{"head", "watch_25"}, {"weight", 0.3}, {"built_in", 0.3}}));
  const auto changed = put_weights(ada, {{"revision", 0}, {"weights", {{"like", 6.25}}}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  const auto after = json::parse(changed.body);
  EXPECT_EQ(after["changes"][0]["by"]["handle"], "ada");
  EXPECT_EQ(after["changes"][0]["by_setting"], false);
  EXPECT_EQ(after["changes"][0]["before"]["like"], 2);
  EXPECT_EQ(after["changes"][0]["weights"]["like"], 6.25);
  EXPECT_EQ(after["changes"][0]["weights"]["skip"], -1) << "what is left out stays";
  const auto jo = bearer("jo");
  const auto answer = get("/api/v1/feed", jo);
  ASSERT_EQ(answer["items"].size(), 1U);
  const auto decision = get("/api/v1/decisions/" + answer["request_id"].get<std::string>(), jo);
  const auto& heads = decision["items"][0]["heads"];
  const auto like = static_cast<std::size_t>(engine::Head::like);
  EXPECT_EQ(heads[like]["head"], "like");
  EXPECT_EQ(heads[like]["weight"], 6.25);
  EXPECT_EQ(get("/api/v1/feed/how", ada)["weights"][like]["weight"], 6.25);
  EXPECT_EQ(put_weights(ada, {{"revision", 0}, {"weights", {{"like", 1}}}}).status, 409);
}

TEST_F(EngineRoutesTest, WrongWeightsAreRefusedByName) {
  const auto ada = with_role("ada", accounts::Role::server_operator);
  const auto refused = [&](const json& body, const std::string& sentence) {
    const auto answer = put_weights(ada, body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr(sentence)) << body;
  };
  refused({{"weights", {{"like", 1}}}}, "revision");
  refused({{"revision", 0}}, "weights: must be an object");
  refused({{"revision", 0}, {"weights", {{"joy", 1}}}}, "joy");
  refused({{"revision", 0}, {"weights", {{"like", "much"}}}}, "like: must be a number");
  refused({{"revision", 0}, {"weights", {{"like", 1e300}}}}, "from -1000 to 1000");
  EXPECT_EQ(must(feed->weights()).revision, 0);
}

TEST_F(EngineRoutesTest, HowItWorksIsForAnybodyAndFollowsTheSettings) {
  const auto how = json::parse(ask("GET", "/api/v1/feed/how").body);
  EXPECT_EQ(how["routes"].size(), engine::kRoutesCount);
  EXPECT_EQ(how["retention"]["decisions_days"], config[feed::kDecisionRetentionDays]);
  EXPECT_EQ(how["guest"]["forgotten_hours"], config[accounts::kGuestTtlHours]);
  EXPECT_EQ(how["spacing"]["apart"], (json{"author", "sound"}));
  EXPECT_EQ(how["first_audience"]["within_ms"], 7LL * 24 * 3'600'000);
  must(config.set("feed.decision_retention_days", "12"));
  EXPECT_EQ(json::parse(ask("GET", "/api/v1/feed/how").body)["retention"]["decisions_days"], 12);
}

TEST_F(EngineRoutesTest, TheEngineTellsWhatItServedAndLearned) {
  const auto ada = with_role("ada", accounts::Role::server_operator);
  const auto empty = get("/api/v1/operator/engine", ada);
  EXPECT_EQ(empty["heads"][0]["loss"], nullptr);
  EXPECT_EQ(empty["lately"]["age_p50_ms"], nullptr);
  EXPECT_EQ(empty["history"]["at_ms"].size(), 1U);
  publish(person("maker"), "a clip");
  const auto jo = person("jo");
  watch(jo, must(feed->answer(jo, {})).items[0], 9'000);
  const auto view = get("/api/v1/operator/engine", ada);
  EXPECT_EQ(view["lately"]["answers"], 1);
  EXPECT_EQ(view["lately"]["coverage"], 1);
  EXPECT_EQ(view["examples"], 1);
  EXPECT_GT(view["heads"][0]["loss"], 0);
  EXPECT_EQ(view["heads"][0]["bins"].size(), engine::Calibration::kBins);
  EXPECT_EQ(view["first_audience"]["promised"], 1);
  EXPECT_EQ(view["guard"], (json{{"rollbacks", 0}, {"last", nullptr}, {"paused_examples", 0}}));
  EXPECT_EQ(view["memory"].size(), engine::kMemoryPartsCount);
  EXPECT_THAT(ask("GET", "/metrics").body, HasSubstr("filoscope_engine_loss{head=\"like\""));
}

TEST_F(EngineRoutesTest, WishesAreHersAndAWrongOneIsRefusedWhole) {
  const auto jo = bearer("jo"), mo = bearer("mo");
  const auto put = [&](const std::string& who, const json& body) {
    return ask("PUT", "/api/v1/me/wishes", {who}, body.dump()).status;
  };
  EXPECT_EQ(put(jo, {{"kind", "hashtag"}, {"value", "Clay"}, {"level", 2}}), 204);
  EXPECT_EQ(put(jo, {{"kind", "length"}, {"level", -1}}), 204);
  EXPECT_EQ(put(jo, {{"kind", "hashtag"}, {"value", "clay"}}), 400) << "no level ends nothing";
  EXPECT_EQ(put(jo, {{"kind", "length"}, {"level", 3}}), 400);
  EXPECT_EQ(put(jo, {{"kind", "joy"}, {"level", 1}}), 400);
  EXPECT_EQ(put(jo, {{"kind", "author"}, {"value", "nobody"}, {"level", 1}}), 404);
  EXPECT_EQ(ask("GET", "/api/v1/me/wishes").status, 401);
  const auto wishes = get("/api/v1/me/wishes", jo)["wishes"];
  EXPECT_THAT(wishes, testing::UnorderedElementsAre(
                          json{{"kind", "length"}, {"value", ""}, {"level", -1}},
                          json{{"kind", "hashtag"}, {"value", "clay"}, {"level", 2}}));
  EXPECT_EQ(get("/api/v1/me/wishes", mo)["wishes"], json::array());
}

}  // namespace
}  // namespace filoscope::api
