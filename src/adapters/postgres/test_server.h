#pragma once

/// Where tests of this adapter run: a schema on the server that tools/with_postgres.py has begun,
/// or a server of their own, which they may stop.

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "adapters/postgres/postgres_database.h"
#include "base/crypto.h"

namespace filoscope::postgres {

/// Threads: one.
class TestSchema {
 public:
  TestSchema() : schema_("t" + crypto::hex(crypto::random_bytes(6))) {
    if (const char* server = std::getenv("FILOSCOPE_TEST_POSTGRES")) server_ = server;
  }
  bool is_there() const { return !server_.empty(); }
  void make() const { administer("CREATE SCHEMA " + schema_); }
  const std::string& schema() const { return schema_; }
  /// In the folder of another socket, if that is named.
  PostgresOptions options(const std::filesystem::path& socket_folder = {}) const {
    PostgresOptions made;
    made.url = server_ + "&options=-csearch_path%3D" + schema_;
    if (!socket_folder.empty())
      made.url.replace(folder_at(), folder_size(), socket_folder.string());
    return made;
  }
  std::unique_ptr<Database> open(const std::filesystem::path& socket_folder = {}) const {
    auto opened = open_postgres(options(socket_folder));
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? *std::move(opened) : nullptr;
  }
  std::filesystem::path socket() const {
    return std::filesystem::path(server_.substr(folder_at(), folder_size())) / ".s.PGSQL.5432";
  }
  /// The first value of the answer.
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

 private:
  std::size_t folder_at() const { return server_.find("host=") + 5; }
  std::size_t folder_size() const { return server_.find('&', folder_at()) - folder_at(); }

  std::string server_;
  const std::string schema_;
};

/// Threads: one. `initdb` refuses root, so it runs as the user `postgres` then.
class TestServer {
 public:
  static bool is_installed() { return std::filesystem::exists(kPrograms + "/initdb"); }

  /// Its data lie in `folder`/`name`; `initdb` gets `initial`, the server `settings`.
  explicit TestServer(std::filesystem::path folder, const std::string& name = "data",
                      const std::string& initial = "", std::string settings = "")
      : folder_(std::move(folder)), data_(folder_ / name), settings_(std::move(settings)) {
    std::filesystem::create_directories(folder_);
    if (::geteuid() == 0) run_shell("chown -R postgres:postgres " + folder_.string());
    run("initdb -N -D " + data_.string() + " -U filoscope -A trust -E UTF8 --locale=C.UTF-8 " +
        initial);
  }
  ~TestServer() { stop("immediate"); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  /// False where it does not come up.
  bool start() {
    return run(
        "pg_ctl start -w -D " + data_.string() + " -l " + folder_.string() +
        "/log -o \"-c listen_addresses= -c max_connections=50 -c shared_buffers=16MB -c "
        "log_min_messages=fatal -c recovery_init_sync_method=syncfs -c unix_socket_directories=" +
        folder_.string() + " " + settings_ + "\"");
  }
  void stop(const std::string& mode) { run("pg_ctl stop -w -D " + data_.string() + " -m " + mode); }
  bool is_up() const { return run("pg_ctl status -D " + data_.string()); }
  bool administer(const std::string& sql) const {
    return run("psql -q -v ON_ERROR_STOP=1 -h " + folder_.string() +
               " -U filoscope postgres -c \"" + sql + "\"");
  }
  PostgresOptions options() const {
    PostgresOptions made;
    made.url = "postgresql:///postgres?host=" + folder_.string() + "&user=filoscope";
    return made;
  }

 private:
  static bool run_shell(const std::string& line) {
    return std::system((line + " >/dev/null 2>&1 </dev/null").c_str()) == 0;
  }
  static bool run(const std::string& line) {
    const std::string as_user =
        ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups -- " : "";
    return run_shell("cd / && " + as_user + kPrograms + "/" + line);
  }

  static inline const std::string kPrograms = "/usr/lib/postgresql/15/bin";
  const std::filesystem::path folder_, data_;
  const std::string settings_;
};

}  // namespace filoscope::postgres
