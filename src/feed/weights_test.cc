#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feed/test_world.h"
#include "feed/weights_store.h"

namespace filoscope::feed {
namespace {

using engine::Head;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kLike = static_cast<std::size_t>(Head::like);
constexpr auto kSkip = static_cast<std::size_t>(Head::skip);

class WeightsTest : public World {
 protected:
  WeightsView change(std::size_t head, float weight) {
    const auto view = must(feed->weights());
    auto weights = view.now;
    weights[head] = weight;
    return must(feed->set_weights(mara.account, view.revision, weights));
  }
  void reopen_with(const std::string& setting) {
    close();
    must(config.set("feed.value_weights", setting));
    open();
  }
  float used(std::size_t head) {
    return must(feed->decision(jo, ask(jo).request)).decision.weights[head];
  }
  accounts::Viewer mara = person("mara"), jo = person("jo");
};

TEST_F(WeightsTest, TheNextAnswerUsesThemAndSoDoesTheNextStart) {
  publish(mara, "a clip");
  EXPECT_THAT(must(feed->weights()).changes, IsEmpty());
  const auto view = change(kLike, 7.5F);
  EXPECT_EQ(view.revision, 1);
  EXPECT_EQ(view.now[kLike], 7.5F);
  EXPECT_EQ(used(kLike), 7.5F);
  reopen();
  EXPECT_EQ(used(kLike), 7.5F);
  EXPECT_EQ(must(feed->weights()).revision, 1);
}

TEST_F(WeightsTest, TheSettingIsTheBeginningAndHoldsAgainWhenItChanges) {
  publish(mara, "a clip");
  reopen_with("like=2");
  EXPECT_EQ(used(kLike), 2);
  change(kLike, 7);
  reopen_with("like=2");
  EXPECT_EQ(used(kLike), 7) << "the setting is as it was";
  reopen_with("like=3");
  EXPECT_EQ(used(kLike), 3);
  const auto changes = must(feed->weights()).changes;
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_FALSE(changes[0].by) << "the setting";
  EXPECT_EQ(changes[0].before[kLike], 7);
  EXPECT_EQ(changes[1].by, mara.account);
  EXPECT_EQ(changes[1].before[kLike], 2);
}

TEST_F(WeightsTest, AChangeIsUndoneByWhatWasBefore) {
  change(kLike, 7);
  const auto view = change(kSkip, -5);
  ASSERT_THAT(view.changes, SizeIs(2));
  const auto undone = must(feed->set_weights(mara.account, view.revision, view.changes[0].before));
  EXPECT_EQ(undone.now[kSkip], view.built_in[kSkip]);
  EXPECT_EQ(undone.now[kLike], 7);
  EXPECT_EQ(must(feed->set_weights(mara.account, undone.revision, undone.now)).revision,
            undone.revision)
      << "the same again is no change";
}

TEST_F(WeightsTest, WhoHasNotSeenTheLastChangeChangesNothing) {
  const auto seen = must(feed->weights());
  change(kLike, 7);
  auto wish = seen.now;
  wish[kSkip] = -9;
  const auto refused = feed->set_weights(jo.account, seen.revision, wish);
  ASSERT_EQ(code_of(refused), Code::conflict);
  EXPECT_EQ(refused.error().reason, "weights_changed_meanwhile");
  EXPECT_EQ(must(feed->weights()).now[kSkip], seen.now[kSkip]);
}

TEST_F(WeightsTest, NumbersOutOfRangeAreRefusedByName) {
  const auto view = must(feed->weights());
  for (const float wrong : {1000.5F, -1001.0F, std::numeric_limits<float>::quiet_NaN()}) {
    auto weights = view.now;
    weights[kLike] = wrong;
    const auto refused = feed->set_weights(mara.account, 0, weights);
    ASSERT_EQ(code_of(refused), Code::invalid_argument);
    EXPECT_EQ(refused.error().message, "like: must be a number from -1000 to 1000");
  }
  EXPECT_EQ(must(feed->weights()).revision, 0);
}

TEST_F(WeightsTest, OnlyTheNewestChangesAreKept) {
  for (int i = 1; i <= kWeightsChangesKept + 3; ++i) change(kLike, static_cast<float>(i));
  const auto view = must(feed->weights());
  EXPECT_THAT(view.changes, SizeIs(kWeightsChangesKept));
  EXPECT_EQ(view.revision, kWeightsChangesKept + 3);
  EXPECT_EQ(view.changes.back().revision, 4);
}

TEST_F(WeightsTest, AStateMadeAnewIsToldTheLast) {
  const auto told = [&] {
    engine::HeadValues weights{};
    must(restate_weights(*database, [&](const LogRecord& record) -> Result<void> {
      weights = must(engine::decode<engine::WeightsChanged>(record)).weights;
      return {};
    }));
    return weights;
  };
  EXPECT_EQ(told(), engine::EngineOptions().weights);
  change(kLike, 7), change(kLike, 8);
  EXPECT_EQ(told()[kLike], 8);
}

TEST_F(WeightsTest, TextsAreReadAsTheyWereWritten) {
  const engine::HeadValues odd{-0.1F, 1e-7F, 1000, -1000, 0.3F, 0, 1.0F / 3, 16'777'216e-5F, -20};
  EXPECT_EQ(must(parse_weights(weights_text(odd))), odd);
}

using HowTest = WeightsTest;

TEST_F(HowTest, TellsSettingsAndWeightsAsTheyAre) {
  auto how = feed->how();
  EXPECT_EQ(how.decision_days, 90);
  EXPECT_EQ(how.rules.weights, engine::EngineOptions().weights);
  change(kLike, 7);
  close();
  must(config.set("feed.decision_retention_days", "12"));
  must(config.set("feed.log_retention_days", "34"));
  must(config.set("feed.erasure_hours", "5"));
  must(config.set("accounts.guest_ttl_hours", "6"));
  open();
  how = feed->how();
  EXPECT_EQ(how.decision_days, 12);
  EXPECT_EQ(how.log_days, 34);
  EXPECT_EQ(how.erasure_hours, 5);
  EXPECT_EQ(how.guest_hours, 6);
  EXPECT_EQ(how.rules.weights[kLike], 7);
}

}  // namespace
}  // namespace filoscope::feed
