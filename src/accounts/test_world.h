#pragma once

/// A real database, log and Accounts in a folder of their own, for tests of this module and those
/// above it.

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "base/test_result.h"
#include "engine/records.h"

namespace filoscope::accounts {

class TestWorld {
 public:
  using Settings = std::map<std::string, std::string>;

  explicit TestWorld(const Settings& settings = {}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "filoscope-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    EXPECT_TRUE(config.set("accounts.password_memory_bytes", std::to_string(8 << 20)).has_value());
    for (const auto& [name, value] : settings) EXPECT_TRUE(config.set(name, value).has_value());
    open();
  }
  ~TestWorld() {
    close();
    std::filesystem::remove_all(folder);
  }
  TestWorld(const TestWorld&) = delete;
  TestWorld& operator=(const TestWorld&) = delete;

  void open() {
    SqliteOptions options;
    options.path = folder / "filoscope.db";
    database = open_sqlite(options).value();
    log = open_sqlite_event_log(*database).value();
    accounts = Accounts::open({*database, *log, clock, config, key}).value();
  }
  void close() {
    accounts.reset();
    log.reset();
    database.reset();
  }
  /// As after a restart of the program.
  void reopen() {
    close();
    open();
  }

  static SignUp form(const std::string& handle) {
    SignUp form;
    form.handle = handle;
    form.password = "correct horse";
    form.birth_date = "1990-05-04";
    form.language = "en";
    return form;
  }
  /// A signed-up account as a viewer.
  Viewer person(const std::string& handle) {
    const auto made = accounts->sign_up(form(handle));
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message);
    return accounts->authenticate(made->token).value();
  }
  Viewer guest() {
    return accounts->authenticate(accounts->make_guest("en").value().token).value();
  }
  std::vector<LogRecord> records() { return log->read(0, 1'000'000).value(); }
  std::int64_t count_records(engine::RecordKind kind, PersonKey person = {}) {
    std::int64_t count = 0;
    for (const auto& record : records()) {
      const bool of_person = !person || record.person == person;
      if (record.kind == static_cast<std::uint16_t>(kind) && of_person) ++count;
    }
    return count;
  }
  std::int64_t count_rows(const std::string& table) {
    std::int64_t count = -1;
    EXPECT_TRUE(database
                    ->read([&](Session& session) {
                      return session.query("SELECT COUNT(*) FROM " + table, {},
                                           [&](const Row& row) { count = row.integer(0); });
                    })
                    .has_value());
    return count;
  }

  std::filesystem::path folder;
  ManualClock clock;
  Config config;
  crypto::Key key{};
  std::unique_ptr<Database> database;
  std::unique_ptr<EventLog> log;
  std::unique_ptr<Accounts> accounts;
};

}  // namespace filoscope::accounts
