/// Jobs: their tries, what ends them, what they leave.

#include <fstream>

#include "media/wire.h"
#include "upload/test_world.h"

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

TEST_F(JobsTest, ABadFileFailsOnceWithItsReason) {
  const auto id = upload("bad file");
  settle();
  EXPECT_EQ(video(id).state, State::failed);
  EXPECT_EQ(video(id).error,
            R"({"reason":"video_too_long","arguments":{"length":700000,"most":600000},"sentence":)"
            R"("the video is 11 min 40 s long; the longest allowed is 10 min 0 s; cut it and )"
            R"(upload a part"})");
  EXPECT_EQ(must(social->notifications(mara, "", 1)).items.at(0).text, video(id).error);
  EXPECT_EQ(processing.tries_count, 1);
  EXPECT_EQ(files_count(), 0U);
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_THAT(notices(mara), ElementsAre("failed"));
}

TEST_F(JobsTest, ACrashOfTheWorkerIsRetriedAndThenToldInPlainWords) {
  const auto crash = upload("crash");
  settle();
  EXPECT_EQ(processing.tries_count, 2) << "the same end twice is the file's own";
  EXPECT_EQ(failure(crash), (StoredReason{"video_not_processed",
                                          {{"tries", std::int64_t{2}}},
                                          "this video could not be processed: reading it broke off "
                                          "2 times; save it again in another format and upload "
                                          "that"}));
  const auto slow = upload("slow");
  settle();
  EXPECT_EQ(failure(slow).reason, "video_took_too_long");
  const auto large = upload("eats memory");
  settle();
  EXPECT_EQ(failure(large).reason, "processing_out_of_memory");
  EXPECT_EQ(processing.tries_count, 6);
  EXPECT_EQ(files_count(), 0U);
}

TEST_F(JobsTest, AnotherEndEachTimeMayBeTheMachines) {
  for (const auto& [content, tries] :
       {std::pair{"dies anew", 3}, {"killed", 3}, {"faults", 3}, {"breaks", 2}}) {
    processing.tries_count = 0;
    const auto id = upload(content);
    settle();
    EXPECT_EQ(processing.tries_count, tries) << content;
    EXPECT_EQ(failure(id).reason, "video_not_processed") << content;
    EXPECT_EQ(failure(id).arguments.at(0).second,
              (std::variant<std::int64_t, std::string>(std::int64_t{tries})))
        << content;
  }
  EXPECT_EQ(files_count(), 0U);
}

TEST_F(JobsTest, EveryRefusalFitsIntoANotice) {
  const auto id = upload("good video");
  settle();
  int count = 0;
  for (const auto& one : media::kReasons) {
    if (one.code != Code::invalid_argument) continue;
    std::vector<std::variant<std::int64_t, std::string>> values;
    for (auto place = next_placeholder(one.english, 0); place.begin != std::string_view::npos;
         place = next_placeholder(one.english, place.end)) {
      if (place.kind.empty() && placeholders_count(one.english) == 1) {
        values.emplace_back(std::string(media::wire::kArgumentBytesMax, '"'));
      } else {
        values.emplace_back(std::int64_t{-1'000'000'000'000'000});
      }
    }
    social::Notification notification;
    notification.kind = "failed";
    notification.video = id;
    notification.text = stored_text(Error(one, std::move(values)));
    EXPECT_TRUE(social->notify(mara.account, notification)) << notification.text;
    ++count;
  }
  EXPECT_GT(count, 30);
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
  EXPECT_EQ(failure(id).reason, "video_not_stored");
  EXPECT_THAT(failure(id).sentence, HasSubstr("could not be stored, 3 times over"));
}

TEST_F(JobsTest, ATryThatThrowsIsOneTry) {
  const auto once = upload("throws once");
  settle();
  EXPECT_EQ(video(once).state, State::published);
  EXPECT_EQ(processing.tries_count, 2);
  const auto always = upload("no memory");
  settle();
  EXPECT_EQ(video(always).state, State::failed);
  EXPECT_EQ(failure(always).reason, "video_cut_off");
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
    return Error(media::reason("processing_cancelled"));
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
  EXPECT_EQ(failure(id).reason, "video_not_stored");
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
  EXPECT_EQ(failure(id).reason, "video_cut_off");
  EXPECT_THAT(failure(id).sentence, HasSubstr("cut off 3 times"));
}

TEST_F(JobsTest, AClipIsPublishedAsItIsJudged) {
  using safety::Verdict;
  const auto judged = [&](Verdict verdict) {
    safety->judgement.verdict = verdict;
    const auto id = upload("a clip");
    settle();
    return video(id);
  };
  const auto fine = judged(Verdict::publish), limited = judged(Verdict::limit),
             held = judged(Verdict::hold);
  EXPECT_FALSE(fine.sensitive || fine.held || limited.held);
  EXPECT_TRUE(limited.sensitive);
  EXPECT_TRUE(catalog->may_see(nobody, limited));
  EXPECT_TRUE(held.held);
  EXPECT_THAT(must(safety->held()), SizeIs(1));
  EXPECT_THAT(notices(mara), ElementsAre("held", "limited", "published", "published"));
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
