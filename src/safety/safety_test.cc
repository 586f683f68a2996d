#include "safety/safety.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/file.h"
#include "base/sealed_memory.h"
#include "copies/copies.h"
#include "media/pipeline.h"
#include "media/test_clips.h"
#include "social/test_world.h"
#include "vision/test_network.h"

namespace filoscope::safety {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Thresholds kThresholds{.hold = .9, .limit = .6, .limit_suggestive = .8};

lookers::Scored scene(std::int64_t at_ms, float porn, float hentai, float sexy) {
  return {at_ms,
          {.hentai = hentai, .neutral = 1 - porn - hentai - sexy, .porn = porn, .sexy = sexy}};
}

TEST(JudgingTest, TheWorstSceneDecides) {
  const std::vector<lookers::Scored> harmless{scene(0, .1F, .1F, .2F), scene(900, .2F, .3F, .3F)};
  const auto fine = judged(harmless, kThresholds);
  EXPECT_EQ(fine.verdict, Verdict::publish);
  EXPECT_THAT(fine.explicit_share, DoubleNear(.5, 1e-6));
  EXPECT_EQ(fine.at_ms, 900);
  const std::vector<lookers::Scored> mixed{scene(0, .1F, 0, .85F), scene(500, .5F, .45F, 0),
                                           scene(900, .7F, 0, 0)};
  const auto held = judged(mixed, kThresholds);
  EXPECT_EQ(held.verdict, Verdict::hold);
  EXPECT_EQ(held.at_ms, 500);
  EXPECT_THAT(held.suggestive_share, DoubleNear(.85, 1e-6));
}

TEST(JudgingTest, LimitsForEitherOfTwoReasons) {
  EXPECT_EQ(judged(std::vector{scene(0, .7F, 0, 0)}, kThresholds).verdict, Verdict::limit);
  EXPECT_EQ(judged(std::vector{scene(0, 0, .7F, 0)}, kThresholds).verdict, Verdict::limit);
  EXPECT_EQ(judged(std::vector{scene(0, 0, 0, .85F)}, kThresholds).verdict, Verdict::limit);
  EXPECT_EQ(judged(std::vector{scene(0, 0, 0, .7F)}, kThresholds).verdict, Verdict::publish);
  EXPECT_EQ(judged({}, kThresholds).verdict, Verdict::publish);
  EXPECT_EQ(judged(std::vector{scene(0, 1, 0, 0)}, {2, 2, 2}).verdict, Verdict::publish);
}

constexpr int kWidth = 64, kHeight = 96;

std::vector<Bytes> clip_pictures(const std::vector<std::array<std::uint8_t, 3>>& colours) {
  std::vector<Bytes> pictures;
  for (const auto& colour : colours) {
    auto& picture = pictures.emplace_back();
    for (int i = 0; i < kWidth * kHeight; ++i)
      picture.insert(picture.end(), colour.begin(), colour.end());
  }
  return pictures;
}

/// A second of each.
Bytes clip_of_pictures(std::vector<Bytes> pictures) {
  media::ClipOptions options;
  options.width = kWidth, options.height = kHeight, options.fps = 10;
  options.frames_count = 10 * static_cast<int>(pictures.size());
  options.sound = false;
  options.pictures = std::move(pictures);
  media::silence_ffmpeg();
  return media::make_clip(options);
}

Bytes clip_of(const std::vector<std::array<std::uint8_t, 3>>& colours) {
  return clip_of_pictures(clip_pictures(colours));
}

constexpr std::array<std::uint8_t, 3> kRed{255, 0, 0}, kGreen{0, 255, 0}, kBlue{0, 0, 255};

/// Red is explicit, green is suggestive, blue is neither.
const std::vector<float> kByColour{0, 0, 0, 0, 0, 0, 0, 0, 12, 12, 0, 0, 0, 12, 0};

class SafetyTest : public ::testing::Test, public social::World {
 protected:
  SafetyTest() { start(); }
  ~SafetyTest() override { safety.reset(), copies.reset(); }
  void start() {
    copies = must(copies::Copies::open({*database, *catalog, clock, config}));
    safety = must(Safety::open({*database, *catalog, *social, clock, config}));
  }
  void restart() {
    safety.reset(), copies.reset();
    reopen_all();
    start();
  }
  void use_network() {
    const auto path = folder / "tiny.safety.onnx";
    must(write_file_durably(path, vision::tiny_classifier(kByColour)));
    must(config.set("safety.model", path.string()));
    restart();
  }
  Judgement judge(std::vector<std::array<std::uint8_t, 3>> colours) {
    const auto file = sealed_in_memory(clip_of(std::move(colours))).value();
    return must(safety->judge(file.get()));
  }
  /// As upload does.
  catalog::Video publish_clip(const Judgement& judgement,
                              const std::optional<copies::Blocked>& matched = {}) {
    const auto video = must(catalog->create({ada.id, "a clip"})).id;
    auto facts = processed();
    facts.held = matched || judgement.verdict == Verdict::hold;
    facts.sensitive = judgement.verdict != Verdict::publish;
    return must(catalog->publish_with(video, facts, [&](Session& session) {
      return safety->keep(session, video, judgement, matched);
    }));
  }
  catalog::Video publish_held() {
    Judgement judgement;
    judgement.verdict = Verdict::hold, judgement.by = "safety-0", judgement.explicit_share = .97;
    judgement.at_ms = 1'200;
    return publish_clip(judgement);
  }
  std::vector<std::string> told() { return notices(viewer(ada)); }

  accounts::Account ada = person("ada");
  std::unique_ptr<copies::Copies> copies;
  std::unique_ptr<Safety> safety;
};

TEST_F(SafetyTest, WithoutAClassifierNothingIsJudged) {
  EXPECT_EQ(judge({kRed}).verdict, Verdict::publish);
  EXPECT_EQ(judge({kRed}).by, "");
  EXPECT_EQ(must(safety->status()).classifier, "");
}

TEST_F(SafetyTest, AClipIsJudgedByItsScenes) {
  use_network();
  const auto red = judge({kBlue, kRed});
  EXPECT_EQ(red.verdict, Verdict::hold);
  EXPECT_GT(red.explicit_share, .9);
  EXPECT_GE(red.at_ms, 1'000);
  EXPECT_EQ(judge({kBlue, kGreen}).verdict, Verdict::limit);
  const auto blue = judge({kBlue});
  EXPECT_EQ(blue.verdict, Verdict::publish);
  EXPECT_EQ(blue.by, must(safety->status()).classifier);
  EXPECT_NE(blue.by, "");
  must(config.set("safety.hold_from", "2"));
  EXPECT_EQ(judge({kRed}).verdict, Verdict::limit);
}

TEST_F(SafetyTest, WhatCannotBeLookedAtIsTreatedAsSet) {
  must(config.set("safety.unlooked", "hold"));
  use_network();
  const auto file = sealed_in_memory(Bytes(1'000, 7)).value();
  const auto judgement = must(safety->judge(file.get()));
  EXPECT_EQ(judgement.verdict, Verdict::hold);
  EXPECT_EQ(judgement.by, "");
  EXPECT_TRUE(publish_clip(judgement).held);
  EXPECT_THAT(must(safety->held()), SizeIs(1));
  must(config.set("safety.unlooked", "perhaps"));
  EXPECT_EQ(Safety::open({*database, *catalog, *social, clock, config}).error().reason,
            "not_what_to_do_unlooked");
}

TEST_F(SafetyTest, WhatIsStoppedIsNotJudged) {
  use_network();
  const auto file = sealed_in_memory(clip_of({kRed})).value();
  safety->stop();
  EXPECT_EQ(safety->judge(file.get()).error().reason, "looking_busy");
}

TEST_F(SafetyTest, AClassifierThatIsOfNoUseIsSaid) {
  const auto path = folder / "cut.safety.onnx";
  auto bytes = vision::tiny_classifier(kByColour);
  bytes.resize(bytes.size() / 2);
  must(write_file_durably(path, bytes));
  must(config.set("safety.model", path.string()));
  restart();
  EXPECT_EQ(judge({kRed}).verdict, Verdict::publish);
  EXPECT_THAT(must(safety->status()).problem, ::testing::HasSubstr("cut.safety.onnx"));
}

TEST_F(SafetyTest, WhatIsHeldIsListedWithWhy) {
  const auto held = publish_held();
  clock.advance_ms(1);
  const copies::Blocked blocked{copies::BlockedId{7}, copies::BlockedKind::sound, "not licensed",
                                0};
  const auto matched = publish_clip({}, blocked);
  restart();
  EXPECT_TRUE(held.held);
  EXPECT_FALSE(catalog->may_see({}, held));
  const auto all = must(safety->held());
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(must(safety->held_count()), 2);
  EXPECT_EQ(all[0].video.id, held.id);
  ASSERT_TRUE(all[0].judgement.has_value());
  EXPECT_EQ(all[0].judgement->by, "safety-0");
  EXPECT_THAT(all[0].judgement->explicit_share, DoubleNear(.97, .001));
  EXPECT_EQ(all[0].judgement->at_ms, 1'200);
  EXPECT_FALSE(all[0].matched.has_value());
  EXPECT_EQ(all[1].video.id, matched.id);
  EXPECT_EQ(all[1].matched->reason, "not licensed");
  EXPECT_EQ(all[1].matched->kind, copies::BlockedKind::sound);
  EXPECT_FALSE(all[1].judgement.has_value());
}

TEST_F(SafetyTest, ReleasedItIsLiveRefusedItIsGone) {
  const auto one = publish_held(), other = publish_held();
  clock.advance_ms(5'000);
  must(safety->release(one.id, false));
  const auto live = must(catalog->get(one.id));
  EXPECT_TRUE(catalog->may_see({}, live));
  EXPECT_FALSE(live.sensitive) << "somebody has looked";
  EXPECT_EQ(live.published_ms, clock.now_ms());
  must(safety->refuse(other.id));
  EXPECT_EQ(catalog->get(other.id).error().code, Code::not_found);
  EXPECT_EQ(catalog->restore(ada.id, other.id).error().code, Code::not_found);
  EXPECT_THAT(must(safety->held()), IsEmpty());
  EXPECT_EQ(must(safety->held_count()), 0);
  EXPECT_EQ(safety->release(one.id, false).error().reason, "not_held");
  EXPECT_EQ(safety->refuse(one.id).error().reason, "not_held") << "it is live";
  EXPECT_TRUE(catalog->may_see({}, must(catalog->get(one.id))));
  const auto notices = must(social->notifications(viewer(ada), "", 10)).items;
  ASSERT_THAT(notices, SizeIs(2));
  EXPECT_EQ(notices[0].kind, "refused");
  EXPECT_EQ(notices[0].text, "a clip") << "it is gone: its caption names it";
  EXPECT_EQ(notices[1].kind, "published");
  EXPECT_EQ(must(safety->judgement_of(other.id)), std::nullopt) << "gone with it";
}

TEST_F(SafetyTest, ReleasedWithoutAWordItStaysAsItWasJudged) {
  must(safety->release(publish_held().id, {}));
  EXPECT_THAT(told(), ElementsAre("limited", "published"));
  const copies::Blocked blocked{copies::BlockedId{7}, copies::BlockedKind::clip, "stolen", 0};
  const auto matched = publish_clip({}, blocked);
  must(safety->release(matched.id, {}));
  EXPECT_FALSE(must(catalog->get(matched.id)).sensitive);
}

TEST_F(SafetyTest, ADecoyHidesNothing) {
  use_network();
  Random random(3);
  std::vector<std::array<std::uint8_t, 3>> colours(4, kBlue);
  colours.push_back(kRed);
  auto pictures = clip_pictures(colours);
  for (auto& value : pictures[0]) value = static_cast<std::uint8_t>(random.below(256));
  const auto file = sealed_in_memory(clip_of_pictures(std::move(pictures))).value();
  EXPECT_EQ(must(safety->judge(file.get())).verdict, Verdict::hold);
}

TEST_F(SafetyTest, ReleasedForThoseWhoAskItsOwnerIsTold) {
  const auto held = publish_held();
  must(safety->release(held.id, true));
  EXPECT_TRUE(must(catalog->get(held.id)).sensitive);
  EXPECT_THAT(told(), ElementsAre("limited", "published"));
}

TEST_F(SafetyTest, APersonDecidesWhetherItIsForEveryone) {
  const auto clip = publish_clip({});
  must(safety->set_sensitive(clip.id, false));
  EXPECT_THAT(told(), IsEmpty()) << "it is already";
  must(safety->set_sensitive(clip.id, true));
  EXPECT_TRUE(must(catalog->get(clip.id)).sensitive);
  must(safety->set_sensitive(clip.id, false));
  EXPECT_THAT(told(), ElementsAre("unlimited", "limited"));
  EXPECT_EQ(safety->set_sensitive(VideoId{5}, true).error().reason, "no_such_video");
}

TEST_F(SafetyTest, WhatItsOwnerDeletesWaitsNoMoreUntilItIsRestored) {
  const auto held = publish_held();
  for (const char* file :
       {"720.mp4", "720.m3u8", "360.mp4", "360.m3u8", "master.m3u8", "cover0.jpg", "cover1.jpg"})
    put_blob(catalog->blob_key(held, file), "content");
  must(catalog->remove(ada.id, held.id));
  EXPECT_EQ(must(safety->held_count()), 0);
  EXPECT_EQ(safety->release(held.id, false).error().reason, "not_held");
  EXPECT_TRUE(must(catalog->restore(ada.id, held.id)).held);
  EXPECT_EQ(must(safety->held_count()), 1);
  EXPECT_THAT(must(safety->held()), SizeIs(1));
  must(catalog->remove(ada.id, held.id));
  must(catalog->remove_for_good(ada.id, held.id));
  EXPECT_EQ(must(safety->held_count()), 0);
}

/// The list was kept by copies before.
TEST(SafetyMigrationTest, WhatWasHeldBeforeStaysOnTheList) {
  social::World world;
  const auto copies =
      must(copies::Copies::open({*world.database, *world.catalog, world.clock, world.config}));
  auto facts = catalog::World::processed();
  facts.held = true;
  const auto made = must(world.catalog->create({world.person("ada").id, "a clip"}));
  must(world.catalog->publish(made.id, facts));
  must(world.database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute(
        "INSERT INTO copies_held (video, blocked, kind, reason, held_ms, removed) VALUES (?, 7, 2, "
        "'not licensed', 5, 0)",
        {made.id.db()}));
    return {};
  }));
  const auto safety = must(
      Safety::open({*world.database, *world.catalog, *world.social, world.clock, world.config}));
  const auto held = must(safety->held());
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].video.id, made.id);
  EXPECT_EQ(held[0].matched->kind, copies::BlockedKind::sound);
  EXPECT_EQ(held[0].matched->reason, "not licensed");
  EXPECT_EQ(held[0].held_ms, 5);
}

}  // namespace
}  // namespace filoscope::safety

/// The test binary is its own worker program.
int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "vision-worker") == 0)
    return filoscope::lookers::looker_main();
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
