#pragma once

/// A small real world for tests: SQLite, files and accounts in a folder of its own, and a clock
/// that stands still.

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "adapters/files/file_blob_store.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "base/mutex.h"
#include "base/test_result.h"
#include "catalog/catalog.h"
#include "catalog/video_row.h"
#include "engine/records.h"

namespace filoscope::catalog {

class World {
 public:
  World() {
    const auto base = std::filesystem::temp_directory_path();
    folder = base / ("filoscope_test_" + std::to_string(::getpid()) + "_" + id_text(new_id(1)));
    std::filesystem::create_directories(folder);
    must(config.set("accounts.password_memory_bytes", "8388608"));
    open();
  }
  virtual ~World() {
    World::close();
    std::filesystem::remove_all(folder);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void open() {
    database = must(open_sqlite(SqliteOptions::from(config, folder / "test.sqlite")));
    log = must(open_sqlite_event_log(*database));
    listen();
    blobs = must(open_file_blob_store(folder / "blobs"));
    accounts = must(accounts::Accounts::open({*database, *log, clock, config, crypto::Key{1}}));
    catalog =
        must(Catalog::open({*database, *log, *blobs, *accounts, clock, config, crypto::Key{2}}));
  }
  void listen() {
    listener = log->subscribe("world", must(log->last_position()), Awaited::yes,
                              [this](std::span<const LogRecord> records) {
                                Lock lock(mutex);
                                for (const auto& record : records) kinds.push_back(record.kind);
                                last = records.back();
                              });
  }
  void close() {
    catalog.reset();
    accounts.reset();
    blobs.reset();
    listener.reset();
    log.reset();
    database.reset();
  }
  void reopen() { close(), open(); }
  /// What is stored was read from text by older rules.
  void as_of_older_rules() {
    must(database->write([](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("DELETE FROM accounts_reread"));
      return {};
    }));
  }

  accounts::Account person(const std::string& handle, const std::string& language = "en") {
    accounts::SignUp form;
    form.handle = handle;
    form.password = "a long password 1";
    form.birth_date = "1990-01-01";
    form.display_name = handle;
    form.language = language;
    form.sample = false;
    return must(accounts->sign_up(form)).account;
  }
  static accounts::Viewer viewer(const accounts::Account& account) {
    accounts::Viewer who;
    who.account = account.id;
    who.person = account.person;
    who.handle = account.handle;
    return who;
  }

  void put_blob(const std::string& key, const std::string& content) {
    auto file = must(blobs->make_temporary());
    must(write_all(file.get(), crypto::as_bytes(content), 0));
    must(blobs->put(key, std::move(file)));
  }
  std::vector<std::string> blob_keys() const {
    std::vector<std::string> keys;
    must(blobs->list("", [&](std::string_view key) { keys.emplace_back(key); }));
    return keys;
  }
  static Processed processed() {
    Processed facts;
    facts.duration_ms = 5000;
    facts.width = 720;
    facts.height = 1280;
    facts.placeholder = "data:image/jpeg;base64,AAAA";
    facts.has_audio = true;
    facts.sound_print = {1, 2, 3};
    facts.covers_count = 2;
    for (const char* name : {"720", "360"}) {
      Rendition rendition;
      rendition.name = name;
      rendition.codecs = "avc1.64001f,mp4a.40.2";
      rendition.size_bytes = 1000;
      rendition.init = {0, 99};
      rendition.segments_head = {{100, 199}, {200, 299}};
      facts.renditions.push_back(rendition);
    }
    return facts;
  }
  /// Created, with its files on disk, and published.
  Video publish(const accounts::Account& author, const std::string& caption,
                Visibility visibility = Visibility::everyone, bool draft = false,
                const Processed& facts = processed()) {
    NewVideo form{author.id, caption, visibility, {}, draft, false};
    const auto video = must(catalog->create(form));
    must(catalog->set_state(video.id, State::processing, 10, ""));
    for (const char* file :
         {"720.mp4", "720.m3u8", "360.mp4", "360.m3u8", "master.m3u8", "cover0.jpg", "cover1.jpg"})
      put_blob(catalog->blob_key(video, file), std::string("content of ") + file);
    clock.advance_ms(1);
    return must(catalog->publish(video.id, facts));
  }
  /// One of another kind, as its module stores it.
  Entry put_entry(const accounts::Account& owner, Kind kind, const std::string& caption,
                  Visibility visibility = Visibility::everyone) {
    clock.advance_ms(1);
    Video row;
    row.id = new_id_of<EntryId>(clock.now_ms());
    row.kind = kind;
    row.owner = owner.id;
    row.caption = caption;
    must(database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute(
          "INSERT INTO catalog_entries (id, kind, owner, state, draft, visibility, sample, "
          "caption, language, created_ms, published_ms, error, media_key, sound, facts) "
          "VALUES (?, ?, ?, 3, 0, ?, 0, ?, '', ?, ?, '', '', 0, ?)",
          {row.id.db(), static_cast<std::int64_t>(kind), owner.id.db(),
           static_cast<std::int64_t>(visibility), caption, clock.now_ms(), clock.now_ms(),
           encode_facts(row)}));
      engine::VideoPublished body;
      body.video = row.id, body.kind = static_cast<std::uint8_t>(kind), body.author = owner.person;
      body.created_ms = clock.now_ms();
      auto record = engine::encode(body);
      record.at_ms = clock.now_ms();
      FILOSCOPE_DO(log->append(session, std::span(&record, 1)));
      return {};
    }));
    return must(catalog->entry(row.id));
  }
  std::vector<std::uint16_t> take_kinds() {
    Lock lock(mutex);
    return std::exchange(kinds, {});
  }

  std::filesystem::path folder;
  ManualClock clock;
  Config config;
  std::unique_ptr<Database> database;
  std::unique_ptr<EventLog> log;
  std::unique_ptr<Subscription> listener;
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<accounts::Accounts> accounts;
  std::unique_ptr<Catalog> catalog;
  Mutex mutex;
  std::vector<std::uint16_t> kinds;  ///< of the records that the log announced
  LogRecord last;
};

}  // namespace filoscope::catalog
