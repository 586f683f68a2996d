#include "subtitles/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "adapters/postgres/postgres_database.h"
#include "adapters/sqlite/sqlite_database.h"
#include "base/crypto.h"
#include "base/test_result.h"
#include "subtitles/schema.h"

namespace filoscope::subtitles {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// On SQLite, and on the server that tools/with_postgres.py has begun.
class SubtitlesStoreTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const auto name = "filoscope-" + crypto::hex(crypto::random_bytes(8));
    folder_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directories(folder_);
    if (GetParam()) {
      const char* server = std::getenv("FILOSCOPE_TEST_POSTGRES");
      if (server == nullptr) GTEST_SKIP() << "no PostgreSQL";
      open_in_schema(server, name);
    } else {
      SqliteOptions options;
      options.path = folder_ / "records.db";
      database = must(open_sqlite(options));
    }
    must(database->migrate("subtitles", migrations()));
  }
  void TearDown() override {
    database.reset();
    std::filesystem::remove_all(folder_);
  }
  void open_in_schema(const std::string& server, const std::string& name) {
    PostgresOptions options;
    options.url = server;
    must(must(open_postgres(options))->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("CREATE SCHEMA \"" + name + "\""));
      return {};
    }));
    options.url = server + "&options=-csearch_path%3D%22" + name + "%22";
    database = must(open_postgres(options));
  }
  void put(VideoId video, const std::string& language, std::int64_t last_from_ms,
           const Bytes& cues = {1, 2, 0, 255}) {
    const StoredTrack stored{{language, "Grüße", 3, 77, "abc"}, cues, last_from_ms};
    must(database->write([&](Session& session) { return Store::put(session, video, stored); }));
  }

  std::unique_ptr<Database> database;

 private:
  std::filesystem::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Databases, SubtitlesStoreTest, ::testing::Values(false, true),
                         [](const auto& test) { return test.param ? "postgres" : "sqlite"; });

TEST_P(SubtitlesStoreTest, GivesWhatItWasGiven) {
  const Store store(*database);
  put({1}, "en", 500);
  put({1}, "de", 900);
  put({2}, "en", 100);
  put({1}, "en", 700, {7});
  const std::vector<VideoId> asked = {{3}, {2}, {1}};
  const auto tracks = must(store.tracks(asked));
  EXPECT_THAT(tracks[0], IsEmpty());
  EXPECT_THAT(tracks[1], SizeIs(1));
  ASSERT_THAT(tracks[2], SizeIs(2));
  EXPECT_EQ(tracks[2][0].language, "de");
  const auto found = must(store.find({1}, "en"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cues, Bytes{7});
  EXPECT_EQ(found->last_from_ms, 700);
  EXPECT_EQ(found->track.label, "Grüße");
  EXPECT_EQ(found->track.cues_count, 3);
  EXPECT_EQ(found->track.changed_ms, 77);
  EXPECT_EQ(found->track.revision, "abc");
  EXPECT_FALSE(must(store.find({1}, "fr")));
}

TEST_P(SubtitlesStoreTest, TakesAwayWhatItIsToldTo) {
  put({1}, "en", 500);
  put({1}, "de", 900);
  put({2}, "en", 100);
  must(database->write([](Session& session) -> Result<void> {
    EXPECT_THAT(must(Store::languages(session, {1})), SizeIs(2));
    EXPECT_THAT(must(Store::all(session, {1}, 501)), SizeIs(1));
    EXPECT_THAT(must(Store::all(session, {1}, 500)), SizeIs(2));
    EXPECT_TRUE(must(Store::remove(session, {1}, "en")));
    EXPECT_FALSE(must(Store::remove(session, {1}, "en")));
    EXPECT_EQ(must(Store::forget(session, {1})), 1);
    EXPECT_THAT(must(Store::languages(session, {2})), ElementsAre("en"));
    return {};
  }));
}

}  // namespace
}  // namespace filoscope::subtitles
