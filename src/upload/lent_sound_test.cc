#include "upload/test_world.h"

namespace filoscope::upload {
namespace {

class UsedSoundTest : public ::testing::Test, public World<> {
 protected:
  ~UsedSoundTest() override { uploads.reset(); }

  NewUpload form_with(SoundId sound) {
    NewUpload form;
    form.size_bytes = 7;
    form.sound = sound;
    return form;
  }
  VideoId made_with(const accounts::Viewer& viewer, SoundId sound,
                    const std::string& content = "a video") {
    const auto id = must(uploads->create(viewer, form_with(sound))).id;
    return must(send_by(viewer, id, 0, content)).video;
  }
  catalog::Video first() {
    const auto id = upload("a sound");
    settle();
    return video(id);
  }
};

TEST_F(UsedSoundTest, AVideoPlaysTheSmallestRenditionOfTheSoundsFirstVideo) {
  const auto origin = first();
  ASSERT_TRUE(origin.sound);
  const auto id = made_with(jo, origin.sound);
  settle();
  EXPECT_EQ(video(id).state, State::published);
  EXPECT_EQ(video(id).sound, origin.sound);
  EXPECT_EQ(video(id).sound_owner, mara.account);
  EXPECT_THAT(processing.sounds, ElementsAre("", "540"));
  EXPECT_EQ(must(catalog->sound({}, origin.sound)).videos_count, 2);
}

TEST_F(UsedSoundTest, TheChosenSoundIsTheSameAfterAnyRestart) {
  const auto origin = first();
  const auto id = must(uploads->create(jo, form_with(origin.sound))).id;
  must(send_by(jo, id, 0, "hold"));
  restart();
  const auto made = must(send_by(jo, id, 4, " on")).video;
  processing.wait_until_held();
  uploads->stop();
  processing.release();
  restart();
  settle();
  EXPECT_EQ(video(made).sound, origin.sound);
  EXPECT_THAT(processing.sounds, ElementsAre("", "540", "540"));
}

TEST_F(UsedSoundTest, ASoundThatSheMayNotUseIsRefusedBeforeAnyByte) {
  const auto origin = first();
  const auto refusal = [&](const accounts::Viewer& viewer, SoundId sound) -> std::string {
    const auto made = uploads->create(viewer, form_with(sound));
    if (made) return std::string("it was taken");
    EXPECT_EQ(made.error().field, "sound_id");
    return std::string(made.error().reason);
  };
  EXPECT_EQ(refusal(jo, SoundId{12345}), "sound_not_usable");
  must(accounts->set_block(jo, mara.account, true));
  EXPECT_EQ(refusal(jo, origin.sound), "sound_not_usable");
  must(accounts->set_block(jo, mara.account, false));
  must(catalog->change(mara.account, origin.id, {.visibility = catalog::Visibility::followers}));
  EXPECT_EQ(refusal(jo, origin.sound), "sound_not_usable");
  EXPECT_EQ(refusal(mara, origin.sound), "sound_not_usable");
}

TEST_F(UsedSoundTest, AnotherVideoOfTheSoundLendsItWhenTheFirstIsGone) {
  const auto origin = first();
  const auto second = made_with(jo, origin.sound);
  settle();
  const auto id = must(uploads->create(jo, form_with(origin.sound))).id;
  must(catalog->remove(mara.account, origin.id));
  const auto third = must(send_by(jo, id, 0, "a video")).video;
  settle();
  EXPECT_EQ(video(third).state, State::published);
  EXPECT_EQ(video(third).sound, video(second).sound);
  EXPECT_EQ(video(third).sound_owner, jo.account);
}

TEST_F(UsedSoundTest, WhenNoneIsLeftTheVideoFailsAndSaysWhy) {
  const auto origin = first();
  const auto id = must(uploads->create(jo, form_with(origin.sound))).id;
  must(catalog->remove(mara.account, origin.id));
  const auto lost = must(send_by(jo, id, 0, "a video")).video;
  settle();
  EXPECT_EQ(video(lost).state, State::failed);
  EXPECT_EQ(failure(lost).reason, "sound_gone");
  EXPECT_THAT(processing.sounds, SizeIs(1)) << "it is not begun";
}

}  // namespace
}  // namespace filoscope::upload
