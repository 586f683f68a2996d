#include "feed/engine_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/blake2b.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/trouble.h"
#include "feed/store.h"
#include "feed/test_world.h"

namespace filoscope::feed {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class EngineHostTest : public World {
 protected:
  EngineHostTest() {
    for (int i = 0; i < 12; ++i) {
      publish(mara, "clip " + std::to_string(i) + " #t" + std::to_string(i % 3));
    }
    swipe(jo, 6);
  }
  void swipe(const accounts::Viewer& viewer, int count) {
    FeedRequest one;
    one.limit = 1;
    for (int i = 0; i < count; ++i) {
      const auto answer = ask(viewer, one);
      if (answer.items.empty()) return;
      watch(viewer, answer.items[0], i % 2 == 0 ? 9'000 : 300);
    }
  }
  /// A copy of the folder as a killed process leaves it, opened beside.
  std::uint64_t hash_after_kill() {
    const auto copy = folder.string() + "_copy";
    std::filesystem::copy(folder, copy, std::filesystem::copy_options::recursive);
    std::uint64_t hash = 0;
    {
      auto other_database = must(open_sqlite(SqliteOptions::from(config, copy + "/test.sqlite")));
      auto other_log = must(open_sqlite_event_log(*other_database));
      auto life = must(EngineHost::open(
          {*other_database, *other_log, clock, config, copy + "/engine", engine::EngineOptions()}));
      hash = life->engine().state_hash();
    }
    std::filesystem::remove_all(copy);
    return hash;
  }
  void damage(const std::filesystem::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file.put('!').put('?').put('!');
  }
  std::vector<std::filesystem::path> snapshot_paths() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "engine")) {
      if (entry.path().extension() == ".snapshot") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  /// A record of a newer release.
  void append_unreadable() {
    must(database->write([&](Session& session) -> Result<void> {
      LogRecord record = engine::encode(PersonKey{77}, engine::Follow{{78}, true});
      record.at_ms = clock.now_ms();
      record.version = record.reader_version = 9;
      FILOSCOPE_DO(log->append(session, {&record, 1}));
      return {};
    }));
  }
  Result<EngineHost::Rebuilt> rebuild(const EngineHost::RebuildOptions& options) {
    return EngineHost::rebuild(
        {*database, *log, clock, config, folder / "engine", engine::EngineOptions()},
        [&](const EngineHost::Tell& tell) -> Result<void> {
          FILOSCOPE_DO(accounts->restate(tell));
          return catalog->restate(tell);
        },
        options);
  }
  static void as_of_a_newer_release(const std::filesystem::path& path) {
    auto bytes = must(read_file(path, std::size_t{1} << 30));
    bytes.resize(bytes.size() - 32);
    bytes[7] = 99;  // the format
    crypto::Blake2b digesting;
    digesting.update(bytes);
    const auto digest = digesting.finish();
    bytes.insert(bytes.end(), digest.begin(), digest.end());
    must(write_file_durably(path, bytes));
  }
  accounts::Viewer mara = person("mara"), jo = person("jo");
};

TEST_F(EngineHostTest, KilledWithoutASnapshotItReplaysToTheSameBits) {
  EXPECT_EQ(count_snapshots(), 0U);
  EXPECT_EQ(hash_after_kill(), feed->state_hash());
  must(feed->snapshot());
  swipe(jo, 3);
  EXPECT_EQ(hash_after_kill(), feed->state_hash());
}

TEST_F(EngineHostTest, WhatOtherRulesMadeIsTheNewBase) {
  const auto request = ask(jo).request;
  must(feed->snapshot());
  swipe(jo, 2);
  const auto hash = feed->state_hash();
  must(database->write([](Session& session) -> Result<void> {  // as a folder of before says nothing
    FILOSCOPE_DO(session.execute("DELETE FROM feed_state WHERE name = 'engine_rules'"));
    return {};
  }));
  reopen();
  EXPECT_EQ(feed->state_hash(), hash);
  EXPECT_EQ(count_snapshots(), 1U);
  expect_sound();
  const auto told = must(feed->explain(request));
  EXPECT_FALSE(told.reexecuted);
  EXPECT_THAT(told.why_not, HasSubstr("before the oldest kept snapshot"));
  EXPECT_FALSE(told.recorded.decision.items.empty());
  swipe(jo, 2);
  const auto later = ask(jo).request;
  EXPECT_TRUE(must(feed->explain(later)).same);
  reopen();
  EXPECT_TRUE(must(feed->explain(later)).same);
  expect_sound();
}

TEST_F(EngineHostTest, ARecordThatCannotBeReadStopsItThereInWords) {
  const auto ours = must(log->last_position());
  const auto hash = feed->state_hash();
  append_unreadable();
  swipe(jo, 1);
  EXPECT_EQ(feed->state_hash(), hash) << "nothing is skipped";
  EXPECT_FALSE(must(feed->take_events(jo, {})).learned);
  EXPECT_FALSE(ask(jo).items.empty()) << "answers go on";
  EXPECT_EQ(ask(jo).log_position, ours) << "from where it stands";
  const auto sentence =
      "the engine has stopped learning before log position " + std::to_string(ours + 1);
  EXPECT_THAT(trouble::sentences(), Contains(HasSubstr(sentence)));
  EXPECT_THAT(must(feed->verify()), Contains(HasSubstr(sentence)));
  reopen();
  EXPECT_EQ(feed->state_hash(), hash);
  EXPECT_THAT(trouble::sentences(), Contains(HasSubstr(sentence)));
  must(database->write([&](Session& session) -> Result<void> {  // a release that can read it
    FILOSCOPE_DO(session.execute("UPDATE event_log SET body = x'' WHERE position = ?", {ours + 1}));
    return {};
  }));
  reopen();
  EXPECT_NE(feed->state_hash(), hash);
  EXPECT_TRUE(must(feed->take_events(jo, {})).learned);
  EXPECT_THAT(trouble::sentences(), Not(Contains(HasSubstr(sentence))));
  expect_sound();
}

TEST_F(EngineHostTest, ASnapshotOfANewerReleaseStaysAndTheOneBeforeIsUsed) {
  must(feed->snapshot());
  const auto hash = feed->state_hash();
  const auto newer = snapshot_paths().back().parent_path() / "9999999999999999.snapshot";
  close();
  std::filesystem::copy_file(snapshot_paths().back(), newer);
  as_of_a_newer_release(newer);
  open();
  EXPECT_EQ(feed->state_hash(), hash);
  EXPECT_TRUE(std::filesystem::exists(newer));
}

TEST_F(EngineHostTest, MadeAnewFromTheWholeLogItIsTheSame) {
  must(feed->snapshot());
  const auto hash = feed->state_hash();
  close();
  for (const auto& path : snapshot_paths()) std::filesystem::remove(path);
  open_below();
  const auto made = must(rebuild({}));
  EXPECT_EQ(made.facts_count, 0);
  EXPECT_EQ(made.position, must(log->last_position()));
  feed = must(open_feed());
  EXPECT_EQ(feed->state_hash(), hash);
  expect_sound();
}

TEST_F(EngineHostTest, MadeAnewFromFactsAndTheLogThatIsLeft) {
  must(accounts->set_follow(jo, mara.account, true));
  must(accounts->set_mute(jo, accounts::MuteKind::hashtag, "t2", true));
  swipe(jo, 2);
  const auto end = must(log->last_position());
  close();
  for (const auto& path : snapshot_paths()) std::filesystem::remove(path);
  open_below();
  must(database->write<OutboxToken>([&](Session& session) { return log->drop(session, end - 4); }));
  const auto made = must(rebuild({}));
  EXPECT_EQ(made.records_count, 4);
  EXPECT_EQ(made.facts_count, 12 + 2 + 1 + 1) << "videos, people, a follow, a mute";
  feed = must(open_feed());
  EXPECT_EQ(feed->stats().videos_count, 12U);
  for (const auto& item : ask(jo).items)
    EXPECT_THAT(item.entry.hashtags, Not(Contains("t2"))) << "she muted it";
  FeedRequest following;
  following.mode = engine::Mode::following;
  EXPECT_FALSE(ask(jo, following).items.empty());
  expect_sound();
}

TEST_F(EngineHostTest, MadeAnewItStopsAtWhatCannotBeReadUnlessToldToLeaveItOut) {
  append_unreadable();
  const auto unreadable = must(log->last_position());
  close();
  for (const auto& path : snapshot_paths()) std::filesystem::remove(path);
  open_below();
  EXPECT_EQ(rebuild({}).error().reason, "log_record_too_new");
  const auto made = must(rebuild({true, {}}));
  EXPECT_THAT(made.left_out, ElementsAre(unreadable));
  feed = must(open_feed());
  EXPECT_EQ(feed->stats().position, unreadable);
  expect_sound();
}

/// A database for whose first write there is no memory.
class ScarceDatabase final : public Database {
 public:
  explicit ScarceDatabase(Database& database) : database_(database) {}
  Result<void> read(const Work& work) override { return database_.read(work); }
  Result<void> write(const Work& work) override {
    Lock lock(mutex_);
    changed_.notify_all();
    if (++writes_count_ == 1) throw std::bad_alloc();
    return database_.write(work);
  }
  Result<void> migrate(std::string_view module, std::span<const Migration> steps) override {
    return database_.migrate(module, steps);
  }
  Result<std::vector<std::string>> check() override { return database_.check(); }
  /// False when they do not come within 20 s.
  bool wait_for_writes(int count) {
    Lock lock(mutex_);
    return changed_.wait_for_ms(
        mutex_, 20'000, [&]() FILOSCOPE_REQUIRES(mutex_) { return writes_count_ >= count; });
  }

 private:
  Database& database_;
  Mutex mutex_;
  Condition changed_;
  int writes_count_ FILOSCOPE_GUARDED_BY(mutex_) = 0;
};

TEST_F(EngineHostTest, ASweepWithoutMemoryEndsNeitherTheProcessNorTheKeeper) {
  feed.reset();
  must(config.set("feed.snapshot_records", "100"));
  const auto before = count_snapshots();
  ScarceDatabase scarce(*database);
  auto own_log = must(open_sqlite_event_log(*database));
  auto life = must(EngineHost::open(
      {scarce, *own_log, clock, config, folder / "engine", engine::EngineOptions()}));
  ASSERT_TRUE(scarce.wait_for_writes(1)) << "of the sweep";
  must(database->write([&](Session& session) -> Result<void> {
    std::vector<LogRecord> records(
        100, engine::encode(engine::VideoRemoved{}));  // as many as ask for a snapshot
    for (auto& record : records) record.at_ms = clock.now_ms();
    FILOSCOPE_DO(own_log->append(session, records));
    return {};
  }));
  for (int tries = 0; tries < 1'000 && count_snapshots() == before; ++tries) ::usleep(10'000);
  EXPECT_GT(count_snapshots(), before);
}

TEST_F(EngineHostTest, StoppedAndOpenedAgainItIsTheSame) {
  for (int round = 0; round < 3; ++round) {
    const auto hash = feed->state_hash();
    reopen();
    EXPECT_EQ(feed->state_hash(), hash);
    expect_sound();
    swipe(jo, 2);
  }
  EXPECT_EQ(count_snapshots(), 2U) << "the newest two are kept";
}

TEST_F(EngineHostTest, ADamagedSnapshotIsSetAsideForTheOneBefore) {
  must(feed->snapshot());
  swipe(jo, 2);
  const auto hash = feed->state_hash();
  close();
  ASSERT_EQ(snapshot_paths().size(), 2U);
  damage(snapshot_paths().back());
  open();
  EXPECT_EQ(feed->state_hash(), hash);
  EXPECT_EQ(count_snapshots(".damaged"), 1U);
}

TEST_F(EngineHostTest, AllSnapshotsDamagedTheWholeLogIsReplayed) {
  must(feed->snapshot());
  const auto hash = feed->state_hash();
  close();
  for (const auto& path : snapshot_paths()) damage(path);
  open();
  EXPECT_EQ(feed->state_hash(), hash);
}

TEST_F(EngineHostTest, VerifyFindsWhatDoesNotFit) {
  must(feed->snapshot());
  swipe(jo, 2);
  must(feed->snapshot());
  expect_sound();
  damage(snapshot_paths().front());
  EXPECT_THAT(must(feed->verify()), Not(IsEmpty()));
}

TEST_F(EngineHostTest, VerifyFindsDecisionsThatAreNotInTheLog) {
  ask(jo);
  must(database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("UPDATE feed_decisions SET token = token - 1 WHERE token "
                        "= (SELECT MAX(token) FROM feed_decisions)"));
    return {};
  }));
  EXPECT_THAT(must(feed->verify()),
              ElementsAre(HasSubstr("is not in the event log where it was put")));
}

TEST_F(EngineHostTest, OldRecordsAreDroppedAndReplayStillHolds) {
  must(feed->snapshot());
  clock.advance_ms(400LL * 24 * 3'600'000);
  swipe(jo, 2);
  must(feed->snapshot());
  swipe(jo, 2);
  close();  // a start sweeps, once the oldest snapshot is young enough
  std::filesystem::remove(snapshot_paths().front());
  open();
  for (int tries = 0; tries < 500 && must(log->read(0, 1)).at(0).position == 1; ++tries) {
    ::usleep(10'000);
  }
  EXPECT_GT(must(log->read(0, 1)).at(0).position, 1);
  expect_sound();
  const auto hash = feed->state_hash();
  reopen();
  EXPECT_EQ(feed->state_hash(), hash);
}

TEST_F(EngineHostTest, FeaturesGoWithTheOldestBaseAndDecisionsWithTheirTime) {
  const auto bodies_of = [&](engine::RecordKind kind) {
    std::int64_t count = 0;
    for (const auto& record : must(log->read(0, 1'000'000)))
      count += record.kind == static_cast<std::uint16_t>(kind) && !record.body.empty() ? 1 : 0;
    return count;
  };
  const auto features = [&] { return bodies_of(engine::RecordKind::decision_features); };
  const auto decisions = [&] { return bodies_of(engine::RecordKind::decision); };
  const auto later = [&](std::int64_t days) {
    clock.advance_ms(days * 24 * 3'600'000);
    swipe(jo, 2);
    reopen();  // a start sweeps
    const auto moved = must(log->last_position());
    for (int tries = 0; tries < 300 && must(find_number(*database, "next_base")) != moved; ++tries)
      ::usleep(10'000);
    ::usleep(50'000);
  };
  const auto at_first = features();
  EXPECT_GT(at_first, 0);
  EXPECT_EQ(decisions(), at_first);
  later(8);
  EXPECT_EQ(must(find_number(*database, "replay_base")), 0);
  EXPECT_EQ(features(), at_first + 2) << "the only base there is is the beginning";
  const auto request = ask(jo).request;
  later(8);
  EXPECT_EQ(must(find_number(*database, "features_dropped")),
            must(find_number(*database, "replay_base")));
  EXPECT_EQ(features(), 3) << "those behind the base";
  EXPECT_EQ(decisions(), at_first + 5);
  EXPECT_TRUE(must(feed->explain(request)).same);
  expect_sound();
  later(100);
  later(8);
  EXPECT_EQ(decisions(), 4) << "the others are older than they can be asked for";
  EXPECT_EQ(code_of(feed->decision(jo, request)), Code::not_found);
  expect_sound();
}

class ErasureTest : public EngineHostTest {
 protected:
  void remove(const accounts::Viewer& viewer) {
    must(accounts->remove(viewer.account, "a long password 1"));
  }
  /// Of her records in the log that hold something, but that she is erased.
  std::int64_t bodies(PersonKey person) {
    constexpr auto kErased = static_cast<std::uint16_t>(engine::RecordKind::erase_person);
    std::int64_t count = 0;
    for (const auto& record : must(log->read(0, 1'000'000)))
      count += record.person == person && record.kind != kErased && !record.body.empty() ? 1 : 0;
    return count;
  }
  void touch_file(const std::string& name) { std::ofstream(folder / "engine" / name) << "hers"; }
  /// The keeper sweeps at the start.
  bool wait_until(const std::function<bool()>& done) {
    for (int tries = 0; tries < 1'000 && !done(); ++tries) ::usleep(10'000);
    return done();
  }
};

TEST_F(ErasureTest, HerRowsAndWhatTheEngineHoldsGoAtOnceTheRestWithOneBaseForAll) {
  const auto lind = person("lind");
  swipe(lind, 3);
  must(feed->snapshot());
  swipe(jo, 3);
  const auto request = ask(jo).request;
  must(feed->snapshot());
  remove(jo), remove(lind);
  EXPECT_EQ(code_of(feed->decision(jo, request)), Code::not_found);
  EXPECT_EQ(rows("feed_event_ids") + rows("feed_plays") + rows("feed_decisions"), 0);
  EXPECT_EQ(feed->stats().people_count, 1U) << "mara";
  EXPECT_EQ(count_snapshots(), 2U) << "no base for each";
  expect_sound();
  EXPECT_GT(bodies(jo.person), 0);
  must(feed->finish_erasures());
  EXPECT_EQ(bodies(jo.person) + bodies(lind.person), 0);
  EXPECT_EQ(rows("feed_erasures"), 0);
  EXPECT_EQ(count_snapshots(), 1U) << "what knew them is gone";
  swipe(person("nora"), 2);
  const auto hash = feed->state_hash();
  expect_sound();
  reopen();
  EXPECT_EQ(feed->state_hash(), hash);
  expect_sound();
}

TEST_F(ErasureTest, NoFileThatHeldHerOutlivesTheBase) {
  must(feed->snapshot());
  const std::string name = "0000000000000042.snapshot";
  for (const auto* ending : {"", ".damaged", ".other", ".tmp0123456789ab"})
    touch_file(name + ending);
  touch_file("notes.txt");
  remove(jo);
  must(feed->finish_erasures());
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "engine"))
    left.push_back(entry.path().filename().string());
  EXPECT_THAT(left, testing::UnorderedElementsAre(snapshot_paths().front().filename().string(),
                                                  "notes.txt"));
}

TEST_F(ErasureTest, IsDueADayLaterAlsoWhenTheServerWasStopped) {
  must(feed->snapshot());
  remove(jo);
  clock.advance_ms(23LL * 3'600'000);
  reopen();
  must(feed->snapshot());
  EXPECT_EQ(rows("feed_erasures"), 1);
  clock.advance_ms(2LL * 3'600'000);
  reopen();
  EXPECT_TRUE(wait_until([&] { return rows("feed_erasures") == 0; }));
  EXPECT_EQ(bodies(jo.person), 0);
  expect_sound();
}

TEST_F(ErasureTest, AKillInTheMiddleOfItIsFinishedLater) {
  must(feed->snapshot());
  const auto older = snapshot_paths().front();
  std::filesystem::copy_file(older, folder / "older");
  swipe(jo, 2);
  remove(jo);
  must(feed->finish_erasures());
  close();
  // As it was when the base had its number, and one body was blanked.
  std::filesystem::copy_file(folder / "older", older);
  open_below();
  must(database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("UPDATE event_log SET body = x'01' WHERE person = ? AND position "
                        "IN (SELECT max(position) FROM event_log WHERE person = ?)",
                        {jo.person.db(), jo.person.db()}));
    return delete_person(session, jo.person, clock.now_ms() + 1'000'000'000);
  }));
  const auto base = must(find_number(*database, "replay_base"));
  feed = must(open_feed());
  EXPECT_EQ(must(find_number(*database, "replay_base")), base);
  must(feed->finish_erasures());
  EXPECT_EQ(count_snapshots(), 1U);
  EXPECT_EQ(bodies(jo.person), 0);
  expect_sound();
}

TEST_F(ErasureTest, MadeAnewTheStateHasLostHerToo) {
  const auto lind = person("lind");
  must(accounts->set_follow(lind, jo.account, true));
  must(accounts->set_block(lind, jo.account, true));
  remove(jo);
  must(feed->finish_erasures());
  const auto people = feed->stats().people_count;
  close();
  open_below();
  must(rebuild({}));
  feed = must(open_feed());
  EXPECT_EQ(feed->stats().people_count, people) << "lind's records still name her";
  expect_sound();
}

TEST_F(ErasureTest, AnEngineThatDoesNotLearnMakesNoBase) {
  must(feed->snapshot());
  swipe(jo, 2);
  append_unreadable();
  remove(jo);
  const auto before = bodies(jo.person);
  const auto refused = feed->finish_erasures();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "engine_stands");
  EXPECT_EQ(count_snapshots(), 1U) << "older ones may help";
  EXPECT_EQ(bodies(jo.person), before);
  EXPECT_EQ(rows("feed_erasures"), 1);
}

TEST_F(ErasureTest, MoreThanFitsIntoOneTransaction) {
  std::vector<accounts::Viewer> many;
  for (int i = 0; i < 70; ++i) many.push_back(person("m" + std::to_string(i)));
  for (int i = 0; i < 40; ++i) watch(many[65], ask(many[65]).items.at(0), 9'000);
  for (const auto& each : many) remove(each);
  must(feed->finish_erasures());
  EXPECT_EQ(rows("feed_erasures"), 0);
  for (const auto& each : many) EXPECT_EQ(bodies(each.person), 0);
  expect_sound();
}

TEST_F(ErasureTest, WhoIsBackKeepsHerRecords) {
  must(database->write(
      [&](Session& session) -> Result<void> { return delete_person(session, jo.person, 0); }));
  const auto before = bodies(jo.person);
  const auto request = ask(jo).request;
  must(feed->finish_erasures());
  EXPECT_EQ(bodies(jo.person), before + 2) << "the decision and its features";
  EXPECT_EQ(must(feed->decision(jo, request)).decision.request, request);
  EXPECT_EQ(rows("feed_erasures"), 0);
}

TEST_F(ErasureTest, AGuestsDayEndsWithoutARecordAndWithoutABase) {
  const auto token = must(accounts->make_guest("en")).token;
  const auto visitor = [&] { return must(accounts->authenticate(token)); };
  const auto guest = visitor();
  for (int i = 0; i < 3; ++i) watch(visitor(), ask(visitor()).items.at(0), 9'000);
  must(feed->snapshot());
  clock.advance_ms(49LL * 3'600'000);
  swipe(jo, 2);
  must(accounts->make_guest("en"));  // sweeps
  EXPECT_EQ(rows("accounts_guests"), 0);
  EXPECT_EQ(feed->stats().people_count, 2U) << "mara and jo";
  for (const auto& record : must(log->read(0, 1'000'000)))
    EXPECT_NE(record.kind, static_cast<std::uint16_t>(engine::RecordKind::erase_person));
  must(feed->snapshot());
  EXPECT_EQ(count_snapshots(), 2U);
  EXPECT_GT(bodies(guest.person), 0);
  expect_sound();
  clock.advance_ms(8LL * 24 * 3'600'000);
  reopen();
  EXPECT_TRUE(wait_until([&] { return rows("feed_erasures") == 0; }));
  EXPECT_EQ(bodies(guest.person), 0);
  expect_sound();
}

TEST_F(ErasureTest, AGuestWhoseRowsAreGoneIsInNoBaseEither) {
  const auto token = must(accounts->make_guest("en")).token;
  const auto guest = must(accounts->authenticate(token));
  clock.advance_ms(23LL * 3'600'000);
  watch(guest, ask(guest).items.at(0), 9'000);
  clock.advance_ms(2LL * 3'600'000);
  must(accounts->make_guest("en"));  // sweeps
  EXPECT_EQ(rows("accounts_guests"), 0);
  const auto people = feed->stats().people_count;
  must(feed->finish_erasures());
  EXPECT_EQ(feed->stats().people_count, people - 1) << "the log's time was not yet over for her";
  EXPECT_EQ(bodies(guest.person), 0);
  EXPECT_EQ(rows("feed_erasures"), 0);
  expect_sound();
}

TEST_F(ErasureTest, WithoutAReadableBaseItSaysWhatToDoAndGoesBackToNoOlderState) {
  must(feed->snapshot());
  const auto older = snapshot_paths().front();
  const auto kept = folder / "older";
  std::filesystem::copy_file(older, kept);
  swipe(jo, 2);
  remove(jo);
  must(feed->finish_erasures());
  close();
  for (const auto& path : snapshot_paths()) damage(path);
  std::filesystem::copy_file(kept, older);
  open_below();
  const auto opened = open_feed();
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Code::corrupt);
  EXPECT_THAT(opened.error().message, HasSubstr("backup"));
}

TEST_F(EngineHostTest, NewWeightsAreAFactOfTheLog) {
  const auto position = must(log->last_position());
  close();
  must(config.set("feed.value_weights", "like=9,skip=-3"));
  open();
  EXPECT_EQ(must(log->last_position()), position + 1);
  const auto view = must(feed->decision(jo, ask(jo).request));
  EXPECT_EQ(view.decision.weights[static_cast<std::size_t>(engine::Head::like)], 9);
  const auto after = must(log->last_position());
  reopen();
  EXPECT_EQ(must(log->last_position()), after);
  must(config.set("feed.value_weights", "happiness=1"));
  close();
  open_below();
  const auto opened = open_feed();
  EXPECT_EQ(opened.error().reason, "value_weight_malformed");
  EXPECT_EQ(opened.error().field, "feed.value_weights");
  EXPECT_EQ(opened.error().message,
            "feed.value_weights: \"happiness=1\" is not name=number with a reaction's name and "
            "-1000..1000");
}

}  // namespace
}  // namespace filoscope::feed
