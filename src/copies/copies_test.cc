#include "copies/copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "copies/block_list.h"
#include "copies/test_world.h"

namespace filoscope::copies {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

prints::ClipPrint print_of(std::uint64_t seed) {
  return prints::print_of({.seed = seed, .room = seed});
}
prints::ClipPrint mirrored_print(std::uint64_t seed) {
  return prints::print_of(
      prints::changed(prints::frames_of({.seed = seed, .room = seed}), prints::turned));
}
std::vector<std::uint32_t> melody(std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint32_t> values(80);
  for (auto& value : values) value = static_cast<std::uint32_t>(random.next());
  return values;
}

class CopiesTest : public ::testing::Test, public World {
 protected:
  accounts::Account ada = person("ada"), bo = person("bo");
};

TEST_F(CopiesTest, TheFirstOfThemIsNamedAlsoByACopyOfACopy) {
  const auto first = publish_clip(ada, print_of(1));
  const auto other = publish_clip(ada, print_of(2));
  const auto second = publish_clip(bo, mirrored_print(1));
  const auto third = publish_clip(bo, print_of(1));
  EXPECT_FALSE(first.copy_of);
  EXPECT_FALSE(other.copy_of);
  EXPECT_EQ(second.copy_of, first.id);
  EXPECT_EQ(third.copy_of, first.id);
  EXPECT_EQ(must(catalog->get(second.id)).copy_of, first.id) << "as it is stored";
  must(catalog->remove(ada.id, first.id));
  must(catalog->remove_for_good(ada.id, first.id));
  EXPECT_EQ(publish_clip(bo, print_of(1)).copy_of, first.id) << "the circle stays one";
}

TEST_F(CopiesTest, TheEngineIsTold) {
  const auto first = publish_clip(ada, print_of(1));
  publish_clip(bo, print_of(1));
  Lock lock(mutex);
  EXPECT_EQ(must(engine::decode<engine::VideoPublished>(last)).copy_of, first.id);
}

TEST_F(CopiesTest, WhatIsKnownSurvivesARestart) {
  const auto first = publish_clip(ada, print_of(1));
  must(copies->block(publish_clip(ada, print_of(2), melody(2)).id, BlockedKind::clip, "stolen"));
  restart();
  EXPECT_EQ(publish_clip(bo, print_of(1)).copy_of, first.id);
  EXPECT_TRUE(publish_clip(bo, print_of(2)).held);
}

TEST_F(CopiesTest, AClipThatWentForGoodIsForgottenOneThatCanBeRestoredIsNot) {
  const auto first = publish_clip(ada, print_of(1));
  must(catalog->remove(ada.id, first.id));
  EXPECT_EQ(publish_clip(bo, print_of(1)).copy_of, first.id);
  const auto gone = publish_clip(ada, print_of(2));
  must(catalog->remove(ada.id, gone.id));
  must(catalog->remove_for_good(ada.id, gone.id));
  EXPECT_FALSE(publish_clip(bo, print_of(2)).copy_of);
}

/// Two that are ready at the same moment.
TEST_F(CopiesTest, OfTwoAtOnceOneFindsTheOther) {
  catalog::Video other;
  // Both have been judged, and none is kept.
  before_turn = [&] { other = publish_clip(bo, print_of(1)); };
  const auto one = publish_clip(ada, print_of(1));
  EXPECT_FALSE(other.copy_of);
  EXPECT_EQ(one.copy_of, other.id);
}

/// What it shows is not what the whole clip shows.
TEST_F(CopiesTest, AnExcerptIsToldAndNotJoined) {
  const auto frames = prints::frames_of({.seed = 1, .room = 1, .frames_count = 60});
  const auto whole = publish_clip(ada, prints::print_of(frames));
  const auto part = publish_clip(bo, prints::print_of({frames.begin() + 10, frames.begin() + 30}));
  EXPECT_EQ(part.copy_of, whole.id);
  EXPECT_TRUE(part.copies_part);
  {
    Lock lock(mutex);
    EXPECT_FALSE(must(engine::decode<engine::VideoPublished>(last)).copy_of);
  }
  const auto again =
      publish_clip(ada, prints::print_of({frames.begin() + 10, frames.begin() + 30}));
  EXPECT_EQ(again.copy_of, part.id) << "this one shows the same all the way";
  EXPECT_FALSE(again.copies_part);
}

/// A cover under which songs stand.
TEST_F(CopiesTest, AStillUnderAnotherSoundIsNoCopy) {
  const auto still = prints::print_of({.seed = 3, .room = 3, .moving = 0});
  const auto song = publish_clip(ada, still, melody(1));
  EXPECT_FALSE(publish_clip(ada, still, melody(2)).copy_of);
  EXPECT_EQ(publish_clip(bo, still, melody(1)).copy_of, song.id);
  EXPECT_EQ(publish_clip(bo, still).copy_of, song.id);
}

TEST_F(CopiesTest, ABlockedClipIsHeldAndNobodyButItsOwnerSeesIt) {
  const auto bad = publish_clip(ada, print_of(1));
  const auto entry = must(copies->block(bad.id, BlockedKind::clip, "  taken without asking "));
  EXPECT_EQ(entry.reason, "taken without asking");
  const auto again = publish_clip(bo, mirrored_print(1));
  EXPECT_TRUE(again.held);
  EXPECT_FALSE(catalog->may_see({}, again));
  EXPECT_FALSE(catalog->may_see(viewer(ada), again));
  EXPECT_TRUE(catalog->may_see(viewer(bo), again));
  EXPECT_FALSE(publish_clip(bo, print_of(5)).held);
}

TEST_F(CopiesTest, AHeldDraftStaysADraft) {
  must(copies->block(publish_clip(ada, print_of(1)).id, BlockedKind::clip, "stolen"));
  auto held = publish_clip(bo, print_of(1));
  catalog::VideoChange change;
  change.publish_draft = true;
  EXPECT_TRUE(must(catalog->change(bo.id, held.id, change)).held) << "she cannot release it";
  EXPECT_FALSE(catalog->may_see({}, must(catalog->get(held.id))));
}

TEST_F(CopiesTest, ABlockedSoundAndABlockedPictureAreFoundInOtherClips) {
  const auto song = publish_clip(ada, print_of(1), melody(7));
  must(copies->block(song.id, BlockedKind::sound, "not licensed"));
  EXPECT_TRUE(publish_clip(bo, print_of(2), melody(7)).held);
  EXPECT_FALSE(publish_clip(bo, print_of(3), melody(8)).held);
  EXPECT_FALSE(publish_clip(bo, print_of(4)).held) << "silent";
  auto longer = melody(9);
  const auto song7 = melody(7);
  longer.insert(longer.end(), song7.begin(), song7.end());
  EXPECT_TRUE(publish_clip(bo, print_of(5), longer).held) << "among other things";
  must(copies->block_picture(prints::frame_of({.seed = 9, .room = 9, .moving = 0}, 0), "a logo"));
  auto frames = prints::frames_of({.seed = 6, .room = 6});
  for (std::size_t i = 10; i < 14; ++i)
    frames[i] = prints::turned(prints::frame_of({.seed = 9, .room = 9, .moving = 0}, 0));
  EXPECT_TRUE(publish_clip(bo, prints::print_of(frames)).held);
}

TEST_F(CopiesTest, WhatCannotBeBlockedSaysWhy) {
  const auto silent = publish_clip(ada, print_of(1));
  EXPECT_EQ(copies->block(silent.id, BlockedKind::sound, "x").error().reason, "no_print_to_block");
  EXPECT_EQ(copies->block(VideoId{77}, BlockedKind::clip, "x").error().reason, "no_print_to_block");
  EXPECT_EQ(copies->block(silent.id, BlockedKind::clip, " ").error().reason, "text_unseen");
  EXPECT_EQ(copies->block(silent.id, BlockedKind::clip, "").error().reason,
            "blocked_without_reason");
  prints::Grid plain;
  plain.luma.fill(200);
  EXPECT_EQ(copies->block_picture(plain, "x").error().reason, "picture_too_plain_to_block");
  const auto humming = publish_clip(ada, print_of(2), std::vector<std::uint32_t>(90, 7));
  EXPECT_EQ(copies->block(humming.id, BlockedKind::sound, "x").error().reason,
            "sound_too_plain_to_block");
  EXPECT_EQ(copies->unblock(BlockedId{5}).error().reason, "no_such_blocked");
  must(config.set("copies.blocked_max", "1"));
  must(copies->block(silent.id, BlockedKind::clip, "one"));
  EXPECT_EQ(copies->block(silent.id, BlockedKind::clip, "two").error().reason, "block_list_full");
}

TEST_F(CopiesTest, UnblockedItIsHeldNoMore) {
  const auto bad = publish_clip(ada, print_of(1));
  const auto entry = must(copies->block(bad.id, BlockedKind::clip, "stolen"));
  must(copies->unblock(entry.id));
  EXPECT_FALSE(publish_clip(bo, print_of(1)).held);
  EXPECT_THAT(must(copies->blocked(0, 10)), IsEmpty());
}

TEST_F(CopiesTest, TheListGoesToAnotherServerAsCsv) {
  const auto bad = publish_clip(ada, print_of(1), melody(1));
  must(copies->block(bad.id, BlockedKind::clip, "said \"mine\", was not"));
  must(copies->block(bad.id, BlockedKind::sound, "=1+1, Lied für Erna"));
  const auto csv = must(copies->blocked_csv());
  EXPECT_THAT(csv, HasSubstr("\"said \"\"mine\"\", was not\""));
  for (const auto& one : must(copies->blocked(0, 10))) must(copies->unblock(one.id));
  EXPECT_THAT(csv, HasSubstr("\"'=1+1,")) << "no spreadsheet runs it";
  EXPECT_EQ(must(copies->add_csv(csv + csv.substr(csv.find('\n') + 1))), 2) << "each once";
  EXPECT_EQ(must(copies->blocked(0, 10))[0].reason.front(), '=');
  EXPECT_EQ(must(copies->add_csv(csv)), 0) << "they are there";
  EXPECT_TRUE(publish_clip(bo, mirrored_print(1)).held);
  EXPECT_TRUE(publish_clip(bo, print_of(3), melody(1)).held);
  EXPECT_EQ(must(copies->blocked_csv()).size(), csv.size());
}

TEST_F(CopiesTest, ADamagedLineOfTheListIsNamedAndNothingIsTaken) {
  const auto bad = publish_clip(ada, print_of(1), melody(1));
  must(copies->block(bad.id, BlockedKind::sound, "x"));
  const auto csv = must(copies->blocked_csv());
  must(copies->unblock(must(copies->blocked(0, 1))[0].id));
  const auto line = csv.substr(csv.find('\n') + 1);
  for (const std::string& wrong :
       {std::string("sound,x,12"), std::string("song,x,12,AAAA"), std::string("sound,x,soon,AAAA"),
        std::string("sound,,12,AAAA"), std::string("sound,x,12,%%%"),
        std::string("sound,x,12,AAAA"), std::string("sound,\"x,12,AAAA"),
        std::string("sound,\"x\"y,12,AAAA")}) {
    const auto added = copies->add_csv(line + wrong + "\n");
    ASSERT_FALSE(added) << wrong;
    EXPECT_EQ(added.error().reason, "block_list_line_wrong") << wrong;
    EXPECT_THAT(added.error().message, HasSubstr("line 2")) << wrong;
  }
  EXPECT_THAT(must(copies->blocked(0, 10)), IsEmpty());
}

}  // namespace
}  // namespace filoscope::copies
