/// Jobs: their tries, what ends them, what they leave.

#include <fstream>

#include "upload/world_test.h"

namespace filoscope::upload {
namespace {

class JobsTest : public ::testing::Test, public World<> {};

TEST_F(JobsTest, WhatWaitsIsMeasuredAndTheLighterGoesFirst) {
  std::atomic<int> measured_count = 0;
  measure = [&](int input_fd, const std::atomic<bool>*) -> Result<std::int64_t> {
    std::array<char, 8> head{};
    FILOSCOPE_CHECK(::pread(input_fd, head.data(), head.size() - 1, 0) >= 0);
    const std::string_view word(head.data());
    if (!word.starts_with("hold")) ++measured_count;
    return word.starts_with("heavy") ? 600'000 : 1'000;
  };
  restart();
  upload("hold 1");
  processing.wait_until_held();
  const auto heavy = upload("heavy");
  const auto light = upload("light but with more bytes");
  eventually([&] { return measured_count >= 2; });
  upload("third");  // looked at when the costs of the first two are known
  eventually([&] { return measured_count >= 3; });
  std::optional<State> of_heavy, of_light;
  processing.before_return = [&] {
    if (processing.tries_count != 3) return;
    of_heavy = video(heavy).state, of_light = video(light).state;
  };
  processing.release();
  settle();
  EXPECT_EQ(of_heavy, State::received);
  EXPECT_NE(of_light, State::received);
}

TEST_F(JobsTest, ABadFileFailsOnceWithItsSentence) {
  const auto id = upload("bad file");
  settle();
  EXPECT_EQ(video(id).state, State::failed);
  EXPECT_EQ(video(id).error, "this is not a video");
  EXPECT_EQ(processing.tries_count, 1);
  EXPECT_EQ(files_count(), 0U);
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_THAT(notices(mara), ElementsAre("failed"));
}

TEST_F(JobsTest, ACrashOfTheWorkerIsRetriedAndThenToldInPlainWords) {
  const auto crash = upload("crash");
  settle();
  EXPECT_EQ(processing.tries_count, 2) << "the same end twice is the file's own";
  EXPECT_THAT(video(crash).error,
              HasSubstr("could not be processed: reading it broke off 2 times"));
  const auto slow = upload("slow");
  settle();
  EXPECT_THAT(video(slow).error, HasSubstr("took too long"));
  const auto large = upload("eats memory");
  settle();
  EXPECT_THAT(video(large).error, HasSubstr("needs more memory than is allowed"));
  EXPECT_EQ(processing.tries_count, 6);
  const auto other = upload("dies anew");
  settle();
  EXPECT_EQ(processing.tries_count, 9) << "another end each time may be the machine's";
  EXPECT_THAT(video(other).error, HasSubstr("broke off 3 times"));
  EXPECT_EQ(files_count(), 0U);
}

TEST_F(JobsTest, AWorkerThatCannotBeLockedInCostsTheFileNoTry) {
  const auto id = upload("unlocked");
  settle();
  EXPECT_EQ(processing.tries_count, 6);
  EXPECT_EQ(video(id).state, State::published);
  EXPECT_THAT(notices(mara), ElementsAre("published"));
}

TEST_F(JobsTest, AWorkerThatHasBegunAndSendsAwayIsNotAskedForEver) {
  const auto id = upload("sends away");
  settle();
  EXPECT_EQ(processing.tries_count, 3);
  EXPECT_EQ(video(id).state, State::failed);
  EXPECT_THAT(video(id).error, HasSubstr("could not be stored, 3 times over"));
}

TEST_F(JobsTest, ATryThatThrowsIsOneTry) {
  const auto once = upload("throws once");
  settle();
  EXPECT_EQ(video(once).state, State::published);
  EXPECT_EQ(processing.tries_count, 2);
  const auto always = upload("no memory");
  settle();
  EXPECT_EQ(video(always).state, State::failed);
  EXPECT_THAT(video(always).error, HasSubstr("cut off 3 times"));
  EXPECT_EQ(files_count(), 0U);
}

TEST_F(JobsTest, AStopDoesNotWaitForALook) {
  std::atomic<bool> looks = false, cancelled = false;
  measure = [&](int, const std::atomic<bool>* cancel) -> Result<std::int64_t> {
    looks = true;
    const SystemClock real;
    const auto end_us = real.mono_us() + 20'000'000;
    Mutex mutex_of_wait;
    Lock lock(mutex_of_wait);
    while (!cancel->load() && real.mono_us() < end_us) {
      Condition().wait_for_ms(mutex_of_wait, 5, [] { return false; });
    }
    cancelled = cancel->load();
    return Error(Code::unavailable, "cancelled");
  };
  restart();
  upload("hold 1");
  processing.wait_until_held();
  upload("good video");
  eventually([&] { return looks.load(); });
  uploads->stop();
  EXPECT_TRUE(cancelled);
}

TEST_F(JobsTest, ALookThatThrowsKeepsNothingUp) {
  std::atomic<int> looks_count = 0;
  measure = [&](int, const std::atomic<bool>*) -> Result<std::int64_t> {
    ++looks_count;
    throw std::bad_alloc();
  };
  restart();
  upload("hold 1");
  processing.wait_until_held();
  const auto waiting = upload("good video");
  eventually([&] { return looks_count > 0; });
  processing.release();
  settle();
  EXPECT_EQ(video(waiting).state, State::published);
}

TEST_F(JobsTest, WhatCannotBeStoredIsNotSaidToBeUnreadable) {
  std::ofstream(folder / "blind") << "x";
  processing.lost_output = UniqueFd(::open((folder / "blind").c_str(), O_WRONLY | O_CLOEXEC));
  const auto id = upload("good video");
  settle();
  EXPECT_EQ(video(id).state, State::failed);
  EXPECT_THAT(video(id).error, HasSubstr("could not be stored, 3 times over"));
}

TEST_F(JobsTest, StoppedWhileProcessingGoesOnAtTheNextStart) {
  const auto id = upload("hold on");
  processing.wait_until_held();
  EXPECT_EQ(video(id).state, State::processing);
  EXPECT_EQ(video(id).progress_percent, 42);
  uploads->stop();
  processing.release();
  restart();
  settle();
  EXPECT_EQ(video(id).state, State::published);
  EXPECT_EQ(processing.tries_count, 2);
}

TEST_F(JobsTest, TheWantedCoverIsTheSameAfterAnyRestart) {
  NewUpload form;
  form.size_bytes = 7;
  form.cover_ms = 2'500;
  const auto id = must(uploads->create(mara, form)).id;
  must(send(id, 0, "hold"));
  restart();
  must(send(id, 4, " on"));
  processing.wait_until_held();
  uploads->stop();
  processing.release();
  restart();
  settle();
  upload("good video");
  settle();
  EXPECT_THAT(processing.covers_ms, ElementsAre(2'500, 2'500, std::nullopt));
}

TEST_F(JobsTest, AServerThatDiesEachTimeGivesUpInTheEnd) {
  const auto id = upload("hold on");
  processing.wait_until_held();
  uploads->stop();
  // As if killed in the third try.
  must(database->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE upload_jobs SET running = 1, attempts_count = 3"));
    return {};
  }));
  restart();
  settle();
  EXPECT_EQ(processing.tries_count, 1);
  EXPECT_THAT(video(id).error, HasSubstr("cut off 3 times"));
}

TEST_F(JobsTest, RemovedWhileProcessingOrWaitingIsCancelled) {
  const auto running = upload("hold on");
  processing.wait_until_held();
  const auto waiting = upload("hold too");
  must(catalog->remove(mara.account, running));
  must(catalog->remove(mara.account, waiting));
  settle();
  eventually([&] { return files_count() == 0; });
  EXPECT_EQ(code_of(catalog->get(running)), Code::not_found);
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_THAT(notices(mara), IsEmpty());
}

TEST_F(JobsTest, RemovedJustBeforeItsFilesAreStoredLeavesNone) {
  const auto id = upload("hold on");
  processing.before_return = [&] { must(catalog->remove(mara.account, id)); };
  processing.wait_until_held();
  processing.release();
  settle();
  EXPECT_EQ(code_of(catalog->get(id)), Code::not_found);
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_EQ(files_count(), 0U);
  EXPECT_EQ(rows("catalog_dead_media"), 0);
}

}  // namespace
}  // namespace filoscope::upload
