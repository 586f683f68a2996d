#pragma once

/// A small real world for tests: SQLite, files, accounts, catalog, social and the feed with its
/// engine, in a folder of its own, and a clock that stands still.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "adapters/files/file_blob_store.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "feed/feed.h"

namespace filoscope::feed {

/// The value of a Result that must have one.
template <typename T>
T must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().message << " (line " << result.error().where.line();
  FILOSCOPE_CHECK(result.has_value());
  return *std::move(result);
}
inline void must(const Result<void>& result) {
  if (!result) ADD_FAILURE() << result.error().message;
}
template <typename T>
Code code_of(const Result<T>& result) {
  return result.has_value() ? Code::internal : result.error().code;
}

class World : public ::testing::Test {
 protected:
  World() {
    folder = std::filesystem::temp_directory_path() /
             ("filoscope_feed_" + std::to_string(::getpid()) + "_" + id_text(new_id(1)));
    std::filesystem::create_directories(folder);
    must(config.set("accounts.password_memory_bytes", "8388608"));
    open();
  }
  ~World() override {
    close();
    std::filesystem::remove_all(folder);
  }

  void open() {
    open_below();
    feed = must(open_feed());
  }
  /// All but the feed.
  void open_below() {
    database = must(open_sqlite(SqliteOptions::from(config, folder / "test.db")));
    log = must(open_sqlite_event_log(*database));
    blobs = must(open_file_blob_store(folder / "blobs"));
    accounts = must(accounts::Accounts::open({*database, *log, clock, config, crypto::Key{1}}));
    catalog = must(catalog::Catalog::open(
        {*database, *log, *blobs, *accounts, clock, config, crypto::Key{2}}));
    social = must(social::Social::open({*database, *log, *accounts, *catalog, clock, config}));
  }
  Result<std::unique_ptr<Feed>> open_feed() {
    return Feed::open({*database, *log, *accounts, *catalog, *social, clock, config, crypto::Key{3},
                       folder.string()});
  }
  void close() {
    feed.reset();
    social.reset();
    catalog.reset();
    accounts.reset();
    blobs.reset();
    log.reset();
    database.reset();
  }
  void reopen() { close(), open(); }

  accounts::Viewer person(const std::string& handle, const std::string& language = "en") {
    accounts::SignUp form;
    form.handle = handle;
    form.password = "a long password 1";
    form.birth_date = "1990-01-01";
    form.display_name = handle;
    form.language = language;
    return must(accounts->authenticate(must(accounts->sign_up(form)).token));
  }
  accounts::Viewer guest() {
    return must(accounts->authenticate(must(accounts->make_guest("en")).token));
  }

  catalog::Video publish(const accounts::Viewer& author, const std::string& caption,
                         std::int64_t duration_ms = 10'000) {
    catalog::NewVideo form;
    form.author = author.account;
    form.caption = caption;
    const auto video = must(catalog->create(form));
    catalog::Processed facts;
    facts.duration_ms = duration_ms;
    facts.width = 720;
    facts.height = 1280;
    facts.placeholder = "data:image/jpeg;base64,AAAA";
    facts.covers_count = 1;
    catalog::Rendition rendition;
    rendition.name = "720";
    rendition.codecs = "avc1.64001f";
    facts.renditions = {rendition};
    clock.advance_ms(1);
    return must(catalog->publish(video.id, facts));
  }

  FeedAnswer ask(const accounts::Viewer& viewer, FeedRequest request = {}) {
    clock.advance_ms(1);
    return must(feed->answer(viewer, request));
  }
  ClientEvent event(const std::string& id, const Item& item, const std::string& name,
                    std::int64_t watch_ms = 0) {
    ClientEvent event;
    event.event_id = id;
    event.impression_token = item.impression_token;
    event.event = name;
    event.watch_ms = watch_ms;
    return event;
  }
  EventsAnswer tell(const accounts::Viewer& viewer, std::vector<ClientEvent> events) {
    return must(feed->take_events(viewer, events));
  }
  /// She sees the clip and watches this much of it.
  void watch(const accounts::Viewer& viewer, const Item& item, std::int64_t watch_ms) {
    clock.advance_ms(watch_ms + 500);
    const auto id = std::to_string(++events_count);
    const auto answer = tell(
        viewer, {event("i" + id, item, "impression"), event("w" + id, item, "watch", watch_ms)});
    EXPECT_EQ(answer.accepted, 2);
  }
  std::int64_t count_rows(const std::string& table) {
    std::int64_t count = -1;
    must(database->read([&](Session& session) {
      return session.query("SELECT COUNT(*) FROM " + table, {},
                           [&](const Row& row) { count = row.integer(0); });
    }));
    return count;
  }
  static std::vector<VideoId> ids(const FeedAnswer& answer) {
    std::vector<VideoId> all;
    for (const auto& item : answer.items) all.push_back(item.video.id);
    return all;
  }
  void expect_sound() {
    for (const auto& finding : must(feed->verify())) ADD_FAILURE() << finding;
  }
  std::size_t count_snapshots(const std::string& ending = ".snapshot") {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "engine")) {
      count += entry.path().extension() == ending ? 1 : 0;
    }
    return count;
  }

  std::filesystem::path folder;
  ManualClock clock;
  Config config;
  int events_count = 0;
  std::unique_ptr<Database> database;
  std::unique_ptr<EventLog> log;
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<accounts::Accounts> accounts;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<social::Social> social;
  std::unique_ptr<Feed> feed;
};

}  // namespace filoscope::feed
