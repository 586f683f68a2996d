#include "backup/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "adapters/files/file_blob_store.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_tables.h"
#include "backup/parts.h"
#include "backup/table_copy.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/test_result.h"

namespace filoscope::backup {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr Migration kPets[] = {{1, R"(
  CREATE TABLE pets (
    name TEXT NOT NULL,
    born BIGINT NOT NULL,
    weight REAL,
    picture BLOB,
    PRIMARY KEY (born, name)
  );
)"}};

class BackupTest : public ::testing::Test {
 protected:
  BackupTest()
      : folder_(fs::temp_directory_path() / ("filoscope-" + crypto::hex(crypto::random_bytes(8)))) {
    fs::create_directories(folder_);
  }
  ~BackupTest() override { fs::remove_all(folder_); }

  std::unique_ptr<Database> open(const std::string& name) {
    SqliteOptions options;
    options.path = folder_ / name;
    options.reserve_bytes = 0;
    return must(open_sqlite(options));
  }
  std::unique_ptr<Database> with_pets(const std::string& name) {
    auto database = open(name);
    must(database->migrate("pets", kPets));
    return database;
  }
  static void insert(Database& database, std::int64_t from, std::int64_t to) {
    must(database.write([&](Session& session) -> Result<void> {
      for (auto born = from; born < to; ++born) {
        FILOSCOPE_DO(session.execute(
            "INSERT INTO pets (name, born, weight, picture) VALUES (?, ?, ?, ?)",
            {"Minka 🐈 " + std::to_string(born), born, 0.1 * static_cast<double>(born),
             born % 7 == 0 ? SqlValue()
                           : SqlValue(Bytes(static_cast<std::size_t>(born % 90), 7))}));
      }
      return {};
    }));
  }
  ObjectStore store(const std::string& name = "backup") {
    return must(ObjectStore::open(folder_ / name, ObjectStore::Missing::make));
  }
  static TableParts dump(Database& database, ObjectStore& store) {
    TableParts made;
    must(database.read([&](Session& session) -> Result<void> {
      FILOSCOPE_TRY(const auto tables, sqlite_dialect().tables(session));
      made.table = tables.at(0);
      FILOSCOPE_TRY(made.parts, dump_table(session, made.table, store));
      return {};
    }));
    return made;
  }

  const fs::path folder_;
};

TEST_F(BackupTest, ATableComesBackAsItWas) {
  const auto from = with_pets("from.db"), to = with_pets("to.db");
  insert(*from, 0, 5'000);
  insert(*to, 9'000, 9'010);  // goes
  auto objects = store();
  const auto parts = dump(*from, objects);
  EXPECT_EQ(parts.parts.rows_count, 5'000);
  EXPECT_THAT(parts.table.key, ElementsAre("born", "name"));
  must(load_table(*to, parts.table, parts, objects, {}));
  EXPECT_EQ(dump(*to, objects).parts, parts.parts);
}

TEST_F(BackupTest, AChangedRowChangesTheObjectThatItIsIn) {
  const auto from = with_pets("from.db");
  insert(*from, 1'000, 20'000);
  auto objects = store();
  const auto before = dump(*from, objects).parts;
  ASSERT_GT(before.objects.size(), 8u);
  insert(*from, 500, 501);
  must(from->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM pets WHERE born = 9000"));
    return {};
  }));
  std::size_t kept = 0;
  for (const auto& object : dump(*from, objects).parts.objects)
    kept += std::count(before.objects.begin(), before.objects.end(), object);
  EXPECT_GE(kept, before.objects.size() - 4);
}

TEST_F(BackupTest, OnlyWhatAWholeBackupNamesIsNotStoredAgain) {
  const Bytes content(1'000, 3);
  Object object;
  {
    auto objects = store();
    object = must(objects.put(content));
    EXPECT_EQ(objects.stored_bytes(), 1'000);
    must(objects.put(content));
    EXPECT_EQ(objects.stored_bytes(), 1'000);
  }
  auto objects = store();
  must(objects.put(content));  // who knows whether the first one came to the disk
  EXPECT_EQ(objects.stored_bytes(), 1'000);
  EXPECT_EQ(must(objects.read(object)), content);
  EXPECT_EQ(objects.check(object), "");
}

TEST_F(BackupTest, WhatAWholeBackupNamesIsStoredOnce) {
  auto objects = store();
  const auto object = must(objects.put(Bytes(1'000, 3)));
  Manifest manifest;
  manifest.name = "2026-01-02T03-04-05Z";
  manifest.tables.push_back({{"pets", {}, {}}, {1, {object}}});
  must(write_manifest(objects, manifest));
  { const auto gone = std::move(objects); }
  auto again = store();
  must(trust_backups(again));
  must(again.put(Bytes(1'000, 3)));
  EXPECT_EQ(again.stored_bytes(), 0);
}

/// An installation whose files change at the worst moments.
class MovingTest : public BackupTest {
 protected:
  MovingTest()
      : database_(with_pets("records.db")), blobs_(must(open_file_blob_store(folder_ / "blobs"))) {
    insert(*database_, 0, 10);
    std::ofstream(folder_ / "master.key") << "key";
  }

  void put(const std::string& key, std::size_t size) {
    auto file = must(blobs_->make_temporary());
    must(write_all(file.get(), Bytes(size, 9), 0));
    known_[key] = must(object_of(file.get()));
    must(blobs_->put(key, std::move(file)));
  }
  void remove(const std::string& key) {
    must(blobs_->remove(key));
    known_.erase(key);
  }

  /// `before` and `behind` run around each look at the records; they get its number, from 1 on.
  Files back_up(
      const std::function<void(int)>& behind, const std::function<void(int)>& before = [](int) {}) {
    auto objects = store();
    looks_ = 0;
    Source source{sqlite_dialect(), {}, folder_, blobs_.get(), "an id", {}};
    source.read_snapshot = [&](const Source::Look& look) {
      before(++looks_);
      auto done =
          database_->read([&](Session& session) { return look(session, SystemClock().now_ms()); });
      behind(looks_);
      return done;
    };
    source.needs = [&](Session&) -> Result<Source::Needs> {
      return Source::Needs{known_, waiting_, 0};
    };
    made_ = must(make(source, objects, [](double, const std::string&) {}));
    return must(read_files(must(read_manifest(objects, made_.name)).files, objects));
  }

  const std::unique_ptr<Database> database_;
  const std::unique_ptr<BlobStore> blobs_;
  Files known_;
  std::vector<std::string> waiting_;
  Made made_;
  int looks_ = 0;  ///< at the records
};

TEST_F(MovingTest, WhatIsRemovedBehindTheRecordsIsInTheBackup) {
  put("media/a", 100);
  fs::create_directories(folder_ / "uploads");
  std::ofstream(folder_ / "uploads/waits") << "bytes";
  waiting_ = {"uploads/waits"};
  const auto files = back_up([&](int look) {
    if (look != 2) return;
    remove("media/a");
    fs::remove(folder_ / "uploads/waits");
  });
  EXPECT_EQ(looks_, 2);
  EXPECT_TRUE(files.contains("blobs/media/a"));
  EXPECT_TRUE(files.contains("uploads/waits"));
  EXPECT_TRUE(files.contains("master.key"));
}

TEST_F(MovingTest, WhatComesBehindTheRecordsIsLeftOut) {
  put("media/a", 100);
  const auto files = back_up([&](int look) {
    if (look != 2) return;
    const auto known = known_;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a file's time is a tick's
    put("media/later", 50);
    known_ = known;
  });
  EXPECT_EQ(looks_, 2);
  EXPECT_TRUE(files.contains("blobs/media/a"));
  EXPECT_FALSE(files.contains("blobs/media/later"));
}

TEST_F(MovingTest, WhatCameAndWentMeanwhileMakesItBeginAgain) {
  put("media/a", 100);
  const auto files = back_up(
      [&](int look) {
        if (look != 2) return;
        remove("media/b");
        put("media/c", 50);
      },
      [&](int look) {
        if (look == 2) put("media/b", 50);
      });
  EXPECT_TRUE(files.contains("blobs/media/c"));
  EXPECT_THAT(made_.findings, SizeIs(0));
}

TEST_F(MovingTest, AnUploadThatIsLostIsSaid) {
  waiting_ = {"uploads/lost"};
  back_up([](int) {});
  EXPECT_THAT(made_.findings, ElementsAre("uploads/lost"));
}

TEST_F(BackupTest, OneAtATimeHasTheFolder) {
  const auto first = store();
  EXPECT_EQ(code_of(ObjectStore::open(folder_ / "backup", ObjectStore::Missing::make)),
            Code::conflict);
  EXPECT_EQ(code_of(ObjectStore::open(folder_ / "none", ObjectStore::Missing::fail)),
            Code::not_found);
}

TEST_F(BackupTest, AnAlteredObjectIsFound) {
  auto objects = store();
  const auto object = must(objects.put(Bytes(100, 1)));
  const auto path = folder_ / "backup/objects" / object.id.substr(0, 2) / object.id;
  std::ofstream(path, std::ios::binary) << std::string(100, '\2');
  EXPECT_THAT(objects.check(object), HasSubstr("not what was stored"));
  EXPECT_EQ(code_of(objects.read(object)), Code::corrupt);
  fs::remove(path);
  EXPECT_THAT(objects.check(object), HasSubstr("missing"));
}

TEST_F(BackupTest, AManifestOfANewerReleaseOrAnAlteredOneIsRefused) {
  const auto objects = store();
  Manifest manifest;
  manifest.name = "2026-01-02T03-04-05Z";
  manifest.modules["pets"] = 1;
  must(write_manifest(objects, manifest));
  EXPECT_THAT(must(list_backups(objects)), ElementsAre(manifest.name));
  EXPECT_EQ(must(read_manifest(objects, manifest.name)).modules.at("pets"), 1);
  const auto path = folder_ / "backup" / (manifest.name + ".manifest");
  const auto bytes = must(read_file(path, 1 << 20));
  const std::string text(bytes.begin(), bytes.end());
  auto newer = text;
  newer.replace(newer.find(" 1 "), 3, " 2 ");
  std::ofstream(path) << newer;
  EXPECT_EQ(read_manifest(objects, manifest.name).error().reason, "backup_too_new");
  for (const auto at : {std::size_t{0}, text.size() / 2, text.size() - 3}) {
    auto altered = text;
    altered[at] = '#';
    std::ofstream(path) << altered;
    EXPECT_EQ(read_manifest(objects, manifest.name).error().reason, "backup_damaged") << at;
    std::ofstream(path) << text.substr(0, at);
    EXPECT_EQ(read_manifest(objects, manifest.name).error().reason, "backup_damaged") << at;
  }
}

TEST_F(BackupTest, AListOfFilesThatLeavesTheFolderIsRefused) {
  auto objects = store();
  for (const std::string path : {"../escape", "/etc/escape", "a/../../escape"}) {
    const auto parts = must(dump_files({{path, Object{"00", 1}}}, objects));
    EXPECT_EQ(code_of(read_files(parts, objects)), Code::corrupt) << path;
  }
  const auto parts = must(dump_files({{"engine/1.snapshot", Object{"00", 1}}}, objects));
  EXPECT_THAT(must(read_files(parts, objects)), SizeIs(1));
}

TEST_F(BackupTest, ABackupOfANewerModuleIsRefused) {
  const auto into = open("into.db");
  const auto objects = store();
  Manifest manifest;
  manifest.database = "sqlite";
  manifest.modules["pets"] = 2;
  const Module modules[] = {{"pets", kPets}};
  const auto restore = [&] {
    return restore_records(manifest, objects, {*into, sqlite_dialect(), modules, {}},
                           [](double, const std::string&) {});
  };
  EXPECT_EQ(restore().error().reason, "backup_too_new");
  manifest.modules = {{"plants", 1}};
  EXPECT_EQ(restore().error().reason, "backup_too_new");
}

}  // namespace
}  // namespace filoscope::backup
