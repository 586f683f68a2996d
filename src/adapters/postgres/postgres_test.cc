#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "adapters/postgres/postgres_database.h"
#include "adapters/postgres/postgres_event_log.h"
#include "adapters/postgres/postgres_sql.h"
#include "base/crypto.h"
#include "base/file.h"

namespace filoscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PostgresSql, NumbersPlaceholdersOutsideOfQuotes) {
  const auto made = postgres::translate(
      "SELECT '?', \"a?\", ? -- ?\n, /* ? */ ? FROM t WHERE a = 'it''s ?' AND b=?");
  EXPECT_EQ(made.text,
            "SELECT '?', \"a?\", $1 -- ?\n, /* ? */ $2 FROM t WHERE a = 'it''s ?' AND b=$3");
  EXPECT_EQ(made.placeholders_count, 3);
  EXPECT_EQ(postgres::translate("SELECT 'open ?").placeholders_count, 0);
}

TEST(PostgresSql, NamesTypesAsPostgresDoes) {
  EXPECT_EQ(
      postgres::translate_tables(
          "CREATE TABLE t (a INTEGER, b BLOB, c TEXT NOT NULL, BLOBS BIGINT, d TEXT DEFAULT "
          "'a TEXT'); -- TEXT\n"),
      "CREATE TABLE t (a BIGINT, b BYTEA, c TEXT COLLATE \"C\" NOT NULL, BLOBS BIGINT, d TEXT "
      "COLLATE \"C\" DEFAULT 'a TEXT'); -- TEXT\n");
}

/// Passes bytes between a client and the server, until it is told to cut the line.
class Proxy {
 public:
  explicit Proxy(std::filesystem::path server_socket)
      : folder_(std::filesystem::temp_directory_path() /
                ("filoscope-" + crypto::hex(crypto::random_bytes(6)))),
        server_socket_(std::move(server_socket)) {
    std::filesystem::create_directories(folder_);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = address_of(folder_ / ".s.PGSQL.5432");
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~Proxy() {
    stopping_ = true;
    acceptor_.join();
    for (auto& one : pumps_) one.join();
    std::filesystem::remove_all(folder_);
  }
  const std::filesystem::path& folder() const { return folder_; }
  /// Cuts the line on which the client next says `word`: after the server has answered to it, whose
  /// answer is lost.
  void cut_after(std::string word) {
    word_ = std::move(word);
    armed_ = true;
  }
  int cuts() const { return cuts_; }

 private:
  static sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }
  void accept_all() {
    while (!stopping_) {
      pollfd ready{listener_.get(), POLLIN, 0};
      if (::poll(&ready, 1, 50) <= 0) continue;
      auto client = std::make_shared<UniqueFd>(::accept(listener_.get(), nullptr, nullptr));
      auto server = std::make_shared<UniqueFd>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const auto address = address_of(server_socket_);
      if (::connect(server->get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
          0)
        continue;
      pumps_.emplace_back([this, client, server] { pump(client->get(), server->get()); });
    }
  }
  void pump(int client, int server) {
    bool cut = false;
    char bytes[65536];
    while (!stopping_) {
      pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(ends, 2, 50) < 0) return;
      for (int i = 0; i < 2; ++i) {
        if (ends[i].revents == 0) continue;
        const auto count = ::read(ends[i].fd, bytes, sizeof bytes);
        if (count <= 0) return end(client, server);
        if (i == 1 && cut) return end(client, server);
        const std::string_view said(bytes, static_cast<std::size_t>(count));
        if (i == 0 && armed_ && said.find(word_) != std::string_view::npos &&
            armed_.exchange(false)) {
          cut = true;
          ++cuts_;
        }
        if (::write(ends[1 - i].fd, bytes, static_cast<std::size_t>(count)) != count)
          return end(client, server);
      }
    }
  }
  static void end(int client, int server) {
    ::shutdown(client, SHUT_RDWR);
    ::shutdown(server, SHUT_RDWR);
  }

  const std::filesystem::path folder_, server_socket_;
  UniqueFd listener_;
  std::thread acceptor_;
  std::vector<std::thread> pumps_;
  std::atomic<bool> stopping_ = false, armed_ = false;
  std::atomic<int> cuts_ = 0;
  std::string word_;
};

/// On the server that tools/with_postgres.py has begun; each test has a schema of its own.
class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* server = std::getenv("FILOSCOPE_TEST_POSTGRES");
    if (server == nullptr) GTEST_SKIP() << "there is no server: run me by tools/with_postgres.py";
    server_ = server;
    schema_ = "t" + crypto::hex(crypto::random_bytes(6));
    administer("CREATE SCHEMA " + schema_);
    database = open();
    const Migration tables[] = {{1, "CREATE TABLE t (id BIGINT PRIMARY KEY, note TEXT NOT NULL)"}};
    ASSERT_TRUE(database->migrate("test", tables));
  }
  /// In the folder of another socket, if that is named.
  PostgresOptions options(const std::filesystem::path& socket_folder = {}) const {
    PostgresOptions made;
    made.url = server_ + "&options=-csearch_path%3D" + schema_;
    if (!socket_folder.empty()) {
      const auto begin = made.url.find("host=") + 5;
      made.url.replace(begin, made.url.find('&', begin) - begin, socket_folder.string());
    }
    return made;
  }
  std::unique_ptr<Database> open(const std::filesystem::path& socket_folder = {}) const {
    auto opened = open_postgres(options(socket_folder));
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? *std::move(opened) : nullptr;
  }
  std::string administer(const std::string& sql) const {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(server_.c_str()),
                                                                  PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(
        PQexec(connection.get(), sql.c_str()), PQclear);
    const auto status = PQresultStatus(answer.get());
    EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        << PQerrorMessage(connection.get());
    return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
  }
  std::filesystem::path socket_folder() const {
    const auto begin = server_.find("host=") + 5;
    return server_.substr(begin, server_.find('&', begin) - begin);
  }
  std::vector<std::int64_t> ids() {
    std::vector<std::int64_t> found;
    EXPECT_TRUE(database->read([&](Session& session) {
      found.clear();
      return session.query("SELECT id FROM t ORDER BY id", {},
                           [&](const Row& row) { found.push_back(row.integer(0)); });
    }));
    return found;
  }
  static Result<void> insert(Session& session, std::int64_t id) {
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, note) VALUES (?, ?)", {id, std::string("x")}));
    return {};
  }

  std::string server_, schema_;
  std::unique_ptr<Database> database;
};

TEST_F(PostgresTest, WhatIsRefusedAfterAMeetingIsNotTakenForOne) {
  PostgresOptions one = options();
  one.writers_count = 1;
  auto single = open_postgres(one);
  ASSERT_TRUE(single);
  ASSERT_TRUE(database->write([](Session& session) { return insert(session, 1); }));
  int runs = 0;
  ASSERT_TRUE((*single)->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.query("SELECT count(*) FROM t", {}, [](const Row&) {}));
    if (++runs == 1) {  // another one changes what this has read
      EXPECT_TRUE(database->write([](Session& other) -> Result<void> {
        FILOSCOPE_DO(other.query("SELECT count(*) FROM t", {}, [](const Row&) {}));
        FILOSCOPE_DO(other.execute("UPDATE t SET note = 'y' WHERE id = 1"));
        return {};
      }));
    }
    FILOSCOPE_DO(session.execute("UPDATE t SET note = 'z' WHERE id = 1"));
    return {};
  }));
  EXPECT_EQ(runs, 2);
  runs = 0;
  const auto refused = (*single)->write([&](Session& session) -> Result<void> {
    ++runs;
    FILOSCOPE_DO(session.execute("UPDATE t SET note = ?", {std::string("\xFF")}));
    return {};
  });
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_EQ(runs, 1);
}

std::string own_process(Session& session) {
  std::string process;
  EXPECT_TRUE(
      session.query("SELECT pg_backend_pid()", {}, [&](const Row& row) { process = row.text(0); }));
  return process;
}

TEST_F(PostgresTest, AConnectionLostInAnyStatementCostsNothing) {
  for (std::int64_t at = 0; at < 4; ++at) {
    bool lost = false;
    int runs = 0;
    const auto done = database->write([&](Session& session) -> Result<void> {
      ++runs;
      for (std::int64_t i = 0; i < 4; ++i) {
        if (i == at && !lost) {
          lost = true;
          administer("SELECT pg_terminate_backend(" + own_process(session) + ")");
        }
        FILOSCOPE_DO(insert(session, at * 10 + i));
      }
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(runs, 2);
  }
  EXPECT_EQ(ids().size(), 16U);
}

TEST_F(PostgresTest, AReadWhoseConnectionIsLostIsReadAgain) {
  bool lost = false;
  std::vector<std::int64_t> seen;
  ASSERT_TRUE(database->write([](Session& session) { return insert(session, 7); }));
  const auto done = database->read([&](Session& session) -> Result<void> {
    seen.clear();
    if (!std::exchange(lost, true))
      administer("SELECT pg_terminate_backend(" + own_process(session) + ")");
    return session.query("SELECT id FROM t", {},
                         [&](const Row& row) { seen.push_back(row.integer(0)); });
  });
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_THAT(seen, ElementsAre(7));
}

TEST_F(PostgresTest, ACommitWhoseAnswerIsLostIsNeitherLostNorDoubled) {
  Proxy proxy(socket_folder() / ".s.PGSQL.5432");
  const auto through = open(proxy.folder());
  const Migration tables[] = {{1, "CREATE TABLE counted (id BIGINT PRIMARY KEY, n BIGINT)"},
                              {2, "INSERT INTO counted VALUES (1, 0)"}};
  ASSERT_TRUE(database->migrate("counted", tables));
  int followed = 0;
  for (int i = 1; i <= 5; ++i) {
    proxy.cut_after("COMMIT");
    const auto done = through->write([&](Session& session) -> Result<void> {
      session.on_commit([&] { ++followed; });
      FILOSCOPE_DO(session.execute("UPDATE counted SET n = n + 1 WHERE id = 1"));
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(proxy.cuts(), i);
  }
  std::int64_t n = 0;
  ASSERT_TRUE(database->read([&](Session& session) {
    return session.query("SELECT n FROM counted", {}, [&](const Row& row) { n = row.integer(0); });
  }));
  EXPECT_EQ(n, 5);
  EXPECT_EQ(followed, 5);
}

TEST_F(PostgresTest, ASecondProgramIsRefusedTheLogUntilTheFirstEnds) {
  auto log = open_postgres_event_log(*database, options());
  ASSERT_TRUE(log) << log.error().message;
  const auto other = open();
  const auto second = open_postgres_event_log(*other, options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "postgres_in_use");
  log->reset();
  EXPECT_TRUE(open_postgres_event_log(*other, options()));
}

LogRecord record(std::uint16_t kind) { return {0, 1000, kind, 1, 1, PersonKey{7}, Bytes{1, 2, 3}}; }

TEST_F(PostgresTest, PositionsFollowTheCommitsNotTheOrderOfAppending) {
  auto opened = open_postgres_event_log(*database, options());
  ASSERT_TRUE(opened);
  auto& log = **opened;
  std::vector<std::uint16_t> seen;
  const auto subscription =
      log.subscribe("test", 0, Awaited::yes, [&](std::span<const LogRecord> records) {
        for (const auto& one : records) seen.push_back(one.kind);
      });
  OutboxToken early = 0, late = 0;
  ASSERT_TRUE(database->write([&](Session& session) -> Result<void> {
    const LogRecord first[] = {record(1)};
    FILOSCOPE_TRY(early, log.append(session, first));
    std::thread other([&] {
      EXPECT_TRUE(database->write([&](Session& inner) -> Result<void> {
        const LogRecord second[] = {record(2)};
        FILOSCOPE_TRY(late, log.append(inner, second));
        return {};
      }));
    });
    other.join();
    EXPECT_THAT(seen, ElementsAre(2)) << "it waits for nobody who appended before it";
    return {};
  }));
  EXPECT_LT(early, late);
  EXPECT_THAT(seen, ElementsAre(2, 1));
  const auto stored = log.read(0, 10);
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->size(), 2U);
  EXPECT_EQ((*stored)[0].kind, 2);
  EXPECT_EQ((*stored)[1].position, 2);
}

TEST_F(PostgresTest, ARelayWhoseAnswerIsLostTellsAllTheSame) {
  Proxy proxy(socket_folder() / ".s.PGSQL.5432");
  auto opened = open_postgres_event_log(*database, options(proxy.folder()));
  ASSERT_TRUE(opened) << opened.error().message;
  auto& log = **opened;
  std::atomic<int> seen = 0;
  const auto subscription = log.subscribe(
      "test", 0, Awaited::yes,
      [&](std::span<const LogRecord> records) { seen += static_cast<int>(records.size()); });
  const auto append = [&](std::uint16_t kind) {
    return database->write([&, kind](Session& session) -> Result<void> {
      const LogRecord records[] = {record(kind)};
      FILOSCOPE_DO(log.append(session, records));
      return {};
    });
  };
  ASSERT_TRUE(append(1));
  // An executed statement goes over the line by its name: all that the relay says next is cut.
  proxy.cut_after("s");
  ASSERT_TRUE(append(2));
  for (int i = 0; i < 500 && (seen < 2 || !log.keeps_up()); ++i) ::usleep(10'000);
  EXPECT_EQ(proxy.cuts(), 1);
  EXPECT_EQ(seen, 2) << "without another one that makes up for it";
  ASSERT_TRUE(append(3));
  EXPECT_EQ(seen, 3);
  EXPECT_TRUE(log.keeps_up());
  EXPECT_EQ(log.last_position().value(), 3);
}

TEST_F(PostgresTest, AServerThatIsNotThereIsSaidSo) {
  PostgresOptions asked = options();
  asked.url = "postgresql:///nothing?host=/nowhere";
  const auto missing = open_postgres(asked);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason, "postgres_not_reached");
  EXPECT_EQ(missing.error().code, Code::unavailable);
}

}  // namespace
}  // namespace filoscope
