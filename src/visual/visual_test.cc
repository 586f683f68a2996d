#include "visual/visual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "catalog/test_world.h"
#include "lookers/looker.h"
#include "media/rgb.h"
#include "media/test_outputs.h"
#include "vision/test_network.h"
#include "vision/test_pictures.h"

namespace filoscope::visual {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Not;
using ::testing::SizeIs;
using vision::drawn_picture;
using vision::Picture;

constexpr int kWidth = 240, kHeight = 320;
constexpr int kSecondMs = 1'000;

/// A clip of one second for each of these things.
Bytes clip_of(const std::vector<std::uint64_t>& seeds) {
  media::silence_ffmpeg();
  media::ClipOptions options;
  options.width = kWidth, options.height = kHeight;
  options.fps = 10;
  options.frames_count = 10 * static_cast<int>(seeds.size());
  options.sound = false;
  for (const auto seed : seeds)
    options.pictures.push_back(drawn_picture(seed, kWidth, kHeight).rgb);
  return media::make_clip(options);
}

/// What a phone would send of a thing.
Bytes photo(std::uint64_t seed, double left = .05, double top = .1, double share = .85) {
  const auto part = vision::part_of(drawn_picture(seed, kWidth, kHeight), left, top, share, 1.1);
  return media::jpeg_of({part.width, part.height, part.rgb}, 6).value();
}

class VisualTest : public ::testing::Test, public catalog::World {
 protected:
  VisualTest() { must(config.set("models", "none")), start(); }
  ~VisualTest() override { visual.reset(); }
  void start(bool looks = true) {
    visual = must(VisualSearch::open(
        {*database, *catalog, *blobs, clock, config, "/proc/self/exe", looks, lessons}));
  }
  void restart(bool looks = true) {
    visual.reset();
    reopen();
    start(looks);
  }
  /// Of the next start.
  std::filesystem::path use_network() {
    const auto path = folder / "tiny.embed.onnx";
    must(write_file_durably(path, vision::tiny_network(1024)));
    must(config.set("models", path.string()));
    return path;
  }
  void settle() { ASSERT_TRUE(visual->settle(120'000)); }

  catalog::Video publish(const accounts::Account& owner, const Bytes& rendition,
                         catalog::Visibility visibility = catalog::Visibility::everyone) {
    const auto made = must(catalog->create({owner.id, "a clip", visibility, {}, false, false}));
    auto facts = processed();
    facts.renditions.erase(facts.renditions.begin());
    facts.covers_count = 0;
    put_blob(catalog->blob_key(made, "360.mp4"), std::string(rendition.begin(), rendition.end()));
    for (const std::string file : {"master.m3u8", "360.m3u8"})
      put_blob(catalog->blob_key(made, file), "a playlist");
    return must(catalog->publish(made.id, facts));
  }
  catalog::Video publish(const std::vector<std::uint64_t>& seeds,
                         catalog::Visibility visibility = catalog::Visibility::everyone) {
    media::Outputs outputs(0);
    must(media::process(clip_of(seeds), outputs));
    return publish(mara, outputs.rendition("360"), visibility);
  }
  std::vector<VideoId> found(const Bytes& picture, const accounts::Viewer& who = {}) {
    std::vector<VideoId> ids;
    for (const auto& match : must(visual->by_picture(who, picture, {}, 5)).matches)
      ids.push_back(match.entry.id);
    return ids;
  }
  std::int64_t rows(const std::string& table) {
    std::int64_t count = 0;
    must(database->read([&](Session& session) {
      return session.query("SELECT COUNT(*) FROM " + table, {},
                           [&](const Row& row) { count = row.integer(0); });
    }));
    return count;
  }
  /// The processes that look at pictures.
  static std::vector<pid_t> children() {
    std::vector<pid_t> out;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream of_task(task.path() / "children");
      for (pid_t pid = 0; of_task >> pid;) out.push_back(pid);
    }
    return out;
  }
  std::string refusal(const Bytes& picture, const vision::Crop& part = {}) {
    const auto answer = visual->by_picture({}, picture, part, 5);
    return answer ? "taken" : std::string(answer.error().reason);
  }

  std::vector<std::int64_t> lessons{kLearnedFrom.begin(), kLearnedFrom.end()};
  accounts::Account mara = person("mara"), jo = person("jo");
  std::unique_ptr<VisualSearch> visual;
};

TEST_F(VisualTest, AThingIsFoundInItsClipAtItsMoment) {
  std::vector<catalog::Video> clips;
  for (std::uint64_t i = 0; i < 4; ++i) clips.push_back(publish({10 * i, 10 * i + 1, 10 * i + 2}));
  settle();
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto answer = must(visual->by_picture({}, photo(10 * i + 1), {}, 5));
    ASSERT_THAT(answer.matches, Not(IsEmpty()));
    EXPECT_EQ(answer.matches[0].entry.id, clips[i].id);
    EXPECT_THAT(answer.matches[0].at_ms, AllOf(Ge(kSecondMs - 50), Lt(2 * kSecondMs)));
    EXPECT_EQ(answer.waiting_count, 0);
  }
  const auto status = visual->status();
  EXPECT_EQ(status.clips_count, 4);
  EXPECT_EQ(status.moments_count, 12) << "each scene once";
  EXPECT_EQ(status.descriptor, "builtin-1");
}

TEST_F(VisualTest, APartOfAPictureAndOfAClipIsLookedFor) {
  const auto first = publish({1, 2}), second = publish({3, 4});
  settle();
  // Two things beside each other: each is found by its half.
  const Picture left = drawn_picture(2, kWidth, kHeight), right = drawn_picture(3, kWidth, kHeight);
  Picture both{2 * kWidth, kHeight, {}};
  for (int y = 0; y < kHeight; ++y)
    for (const auto* half : {&left, &right})
      both.rgb.insert(both.rgb.end(), half->rgb.begin() + 3 * std::ptrdiff_t{y} * kWidth,
                      half->rgb.begin() + 3 * std::ptrdiff_t{y + 1} * kWidth);
  const auto jpeg = must(media::jpeg_of({both.width, both.height, both.rgb}, 4));
  const auto by_part = [&](double x) {
    return must(visual->by_picture({}, jpeg, {x, 0, .5, 1}, 5)).matches.at(0).entry.id;
  };
  EXPECT_EQ(by_part(0), first.id);
  EXPECT_EQ(by_part(.5), second.id);
  const auto again = publish({9, 2});
  settle();
  const auto like = must(visual->by_moment({}, first.id, 1'500, {}, 5)).matches;
  ASSERT_THAT(like, Not(IsEmpty()));
  EXPECT_EQ(like[0].entry.id, again.id) << "another clip of the same, not the clip itself";
  EXPECT_GE(like[0].at_ms, kSecondMs - 50);
  EXPECT_EQ(visual->by_moment({}, VideoId{12345}, 0, {}, 5).error().code, Code::not_found);
}

TEST_F(VisualTest, NothingSimilarIsSaidSo) {
  for (std::uint64_t i = 0; i < 5; ++i) publish({3 * i, 3 * i + 1, 3 * i + 2});
  settle();
  int wrong = 0;
  for (std::uint64_t seed = 100; seed < 110; ++seed) wrong += found(photo(seed)).empty() ? 0 : 1;
  EXPECT_LE(wrong, 1);
  EXPECT_THAT(found(photo(4)), Not(IsEmpty()));
}

TEST_F(VisualTest, OnlyWhatMayBeSeenIsFound) {
  const auto hidden = publish({1, 2}, catalog::Visibility::only_me);
  settle();
  EXPECT_THAT(found(photo(1)), IsEmpty());
  EXPECT_THAT(found(photo(1), viewer(mara)), ElementsAre(hidden.id));
  EXPECT_EQ(visual->by_moment(viewer(jo), hidden.id, 0, {}, 5).error().code, Code::not_found);
}

TEST_F(VisualTest, WhatWasRemovedIsNotFoundAndWhatIsBroughtBackIs) {
  const auto clip = publish({1, 2});
  settle();
  ASSERT_THAT(found(photo(1)), ElementsAre(clip.id));
  must(catalog->remove(mara.id, clip.id));
  EXPECT_THAT(found(photo(1)), IsEmpty());
  EXPECT_EQ(rows("visual_moments"), 0);
  EXPECT_EQ(visual->status().clips_count, 0);
  must(catalog->restore(mara.id, clip.id));
  settle();
  EXPECT_THAT(found(photo(1)), ElementsAre(clip.id));
}

TEST_F(VisualTest, WhatWasSeenIsThereAfterARestart) {
  const auto clip = publish({1, 2});
  settle();
  restart(false);
  EXPECT_EQ(visual->status().clips_count, 0) << "who does not look needs no memory";
  restart();
  EXPECT_EQ(visual->status().clips_count, 1);
  EXPECT_EQ(visual->status().waiting_count, 0);
  settle();
  EXPECT_THAT(found(photo(1)), ElementsAre(clip.id));
}

TEST_F(VisualTest, ClipsOfBeforeAreLookedAtAtTheStart) {
  visual.reset();
  reopen();  // the catalogue tells nobody
  const auto clip = publish({1, 2});
  EXPECT_EQ(rows("visual_clips"), 0);
  restart();
  settle();
  EXPECT_THAT(found(photo(1)), ElementsAre(clip.id));
}

TEST_F(VisualTest, DamagedMomentsAndProjectionsAreMadeAgain) {
  const auto clip = publish({1, 2});
  settle();
  for (const std::string damage : {"visual_moments SET moments", "visual_makers SET projection"}) {
    must(database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("UPDATE " + damage + " = ?", {Bytes(80, 7)}));
      return {};
    }));
    restart();
    settle();
    EXPECT_THAT(found(photo(1)), ElementsAre(clip.id)) << damage;
  }
}

TEST_F(VisualTest, AClipThatCannotBeReadIsGivenUpAndKeepsNoOtherWaiting) {
  publish(mara, Bytes(5'000, 'x'));
  const auto clip = publish({1, 2});
  settle();
  EXPECT_THAT(found(photo(1)), ElementsAre(clip.id));
  const auto status = visual->status();
  EXPECT_EQ(status.waiting_count, 0);
  EXPECT_EQ(status.clips_count, 1);
  EXPECT_EQ(status.failed_count, 1);
}

TEST_F(VisualTest, AWordForEveryPictureThatIsNone) {
  publish({1, 2});
  settle();
  const auto good = photo(1);
  EXPECT_EQ(refusal(good), "taken");
  EXPECT_EQ(refusal({}), "picture_file_empty");
  const std::string svg = "<svg xmlns='http://www.w3.org/2000/svg'/>";
  EXPECT_EQ(refusal(Bytes(svg.begin(), svg.end())), "picture_file_unknown");
  EXPECT_EQ(refusal(Bytes(good.begin(), good.begin() + std::ssize(good) / 2)),
            "picture_file_damaged");
  EXPECT_EQ(refusal(good, {.5, 0, .6, 1}), "crop_outside");
  EXPECT_EQ(refusal(good, {0, 0, 0, 1}), "crop_too_small");
  EXPECT_EQ(refusal(good, {std::nan(""), 0, 1, 1}), "crop_outside");
  const Picture dot = vision::plain_picture(1, 1, {200, 30, 30});
  EXPECT_EQ(refusal(must(media::jpeg_of({1, 1, dot.rgb}, 6))), "taken");
}

TEST_F(VisualTest, TheProjectionIsLearnedAsTheCatalogueGrows) {
  lessons = {24};
  restart();
  std::vector<catalog::Video> clips;
  for (std::uint64_t i = 0; i < 6; ++i)
    clips.push_back(publish({10 * i, 10 * i + 1, 10 * i + 2, 10 * i + 3}));
  settle();
  const auto status = visual->status();
  EXPECT_EQ(status.learned_count, 24);
  EXPECT_FALSE(status.renewing);
  EXPECT_EQ(status.moments_count, 24);
  EXPECT_EQ(rows("visual_makers"), 1) << "the drawn one is gone";
  EXPECT_EQ(rows("visual_moments"), 6);
  for (std::uint64_t i = 0; i < 6; ++i) EXPECT_EQ(found(photo(10 * i + 3)).at(0), clips[i].id);
}

TEST_F(VisualTest, AnotherModelIsTakenUpAndAWrongOneToldOf) {
  const auto clip = publish({1, 2});
  settle();
  const auto path = use_network();
  restart();
  settle();
  EXPECT_NE(visual->status().descriptor, "builtin-1");
  EXPECT_EQ(visual->status().model_problem, "");
  EXPECT_THAT(found(photo(1)), ElementsAre(clip.id));
  std::filesystem::resize_file(path, 2'000);
  restart();
  settle();
  EXPECT_EQ(visual->status().descriptor, "builtin-1");
  EXPECT_NE(visual->status().model_problem, "");
  EXPECT_THAT(found(photo(1)), ElementsAre(clip.id));
}

TEST_F(VisualTest, AnotherModelIsTakenUpWhileClipsWait) {
  const auto first = publish({1, 2});
  settle();
  use_network();
  restart();
  settle();
  const auto of_network = visual->status().descriptor;
  restart(false);
  const auto second = publish({3, 4});  // waits
  must(config.set("models", "none"));
  restart();
  settle();
  EXPECT_EQ(visual->status().descriptor, "builtin-1");
  EXPECT_NE(of_network, "builtin-1");
  EXPECT_THAT(found(photo(1)), ElementsAre(first.id));
  EXPECT_THAT(found(photo(3)), ElementsAre(second.id));
  EXPECT_EQ(rows("visual_makers"), 1);
}

TEST_F(VisualTest, AHalfMadeGenerationOfAModelThatIsGoneIsGivenUp) {
  const auto clip = publish({1, 2});
  for (std::uint64_t i = 1; i < 5; ++i) publish({10 * i, 10 * i + 1});
  settle();
  use_network();
  restart();
  while (!visual->status().renewing) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  must(config.set("models", "none"));
  restart();
  EXPECT_EQ(rows("visual_makers"), 2) << "it was half made";
  settle();
  EXPECT_EQ(rows("visual_makers"), 1);
  EXPECT_EQ(visual->status().descriptor, "builtin-1");
  EXPECT_THAT(found(photo(1)), ElementsAre(clip.id));
}

TEST_F(VisualTest, AModelThatChangesWhileTheServerRunsMixesNothing) {
  const auto path = use_network();
  restart();
  const auto first = publish({1, 2});
  settle();
  const auto before = visual->status().descriptor;
  const float weight = .25F;
  must(write_file_durably(path, vision::tiny_network(512, &weight)));
  for (const auto pid : children()) ::kill(pid, SIGKILL);
  const auto second = publish({3, 4});
  settle();
  EXPECT_NE(visual->status().descriptor, before);
  EXPECT_EQ(visual->status().clips_count, 2);
  EXPECT_EQ(found(photo(1)).at(0), first.id);
  EXPECT_EQ(found(photo(3)).at(0), second.id);
}

TEST_F(VisualTest, HiddenClipsAreNotCountedAsWaiting) {
  restart(false);
  publish({1}, catalog::Visibility::only_me);
  const auto open = publish({2});
  EXPECT_EQ(must(visual->by_picture({}, photo(1), {}, 5)).waiting_count, 1);
  EXPECT_EQ(visual->status().waiting_count, 2);
  must(catalog->change(mara.id, open.id, {.visibility = catalog::Visibility::followers}));
  EXPECT_EQ(must(visual->by_picture({}, photo(1), {}, 5)).waiting_count, 0);
}

TEST_F(VisualTest, AStopEndsWhatIsUnderWayAndCostsNoTry) {
  for (const auto pid : children()) ::kill(pid, SIGKILL);
  publish({1, 2});
  settle();
  for (const auto pid : children()) ::kill(pid, SIGSTOP);
  const auto held = publish({3, 4});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // until its job is under way
  const auto begun = std::chrono::steady_clock::now();
  visual->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_EQ(visual->by_picture({}, photo(1), {}, 5).error().reason, "looking_busy");
  std::int64_t tries_count = -1;
  must(database->read([&](Session& session) {
    return session.query("SELECT tries_count FROM visual_clips WHERE video = ?", {held.id.db()},
                         [&](const Row& row) { tries_count = row.integer(0); });
  }));
  EXPECT_EQ(tries_count, 0);
  restart();
  settle();
  EXPECT_THAT(found(photo(3)), ElementsAre(held.id));
}

TEST_F(VisualTest, AClipThatIsRemovedWhileItIsLookedAtIsNotKept) {
  publish({1, 2});
  settle();
  for (const auto pid : children()) ::kill(pid, SIGSTOP);
  const auto gone = publish({3, 4});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  must(catalog->remove(mara.id, gone.id));
  for (const auto pid : children()) ::kill(pid, SIGCONT);
  settle();
  EXPECT_EQ(visual->status().clips_count, 1);
  EXPECT_EQ(rows("visual_moments"), 1);
}

TEST_F(VisualTest, AnUnfinishedGenerationAndOrphansAreTidiedAtTheStart) {
  const auto clip = publish({1, 2});
  settle();
  visual.reset();
  must(database->write([&](Session& session) -> Result<void> {
    // As a kill between the two steps of taking over leaves them, and a lone one made ready.
    FILOSCOPE_DO(session.execute(
        "INSERT INTO visual_moments (maker, video, moments) SELECT 99, video, moments FROM "
        "visual_moments"));
    FILOSCOPE_DO(session.execute("UPDATE visual_makers SET active = 0"));
    return {};
  }));
  restart();
  settle();
  EXPECT_EQ(rows("visual_moments"), 1);
  EXPECT_THAT(found(photo(1)), ElementsAre(clip.id));
  EXPECT_FALSE(visual->status().renewing);
}

}  // namespace
}  // namespace filoscope::visual

/// The test binary is its own worker program.
int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "vision-worker") == 0)
    return filoscope::lookers::looker_main();
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
