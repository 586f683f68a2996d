#include "crash/workload.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "adapters/files/file_blob_store.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/random.h"
#include "ports/blob_read.h"

namespace filoscope::crash {
namespace {

namespace fs = std::filesystem;

constexpr Migration kMigrations[] = {
    {1,
     "CREATE TABLE crash_rows (thread BIGINT NOT NULL, n BIGINT NOT NULL, payload BLOB NOT NULL, "
     "PRIMARY KEY (thread, n));"}};
constexpr std::size_t kPayloadMax = 3'000;
constexpr std::size_t kBlobFactor = 20;

/// Every content is a function of who wrote it, so the check needs no copy.
Bytes payload(int thread, std::int64_t n, std::size_t factor) {
  Random random(mix64(static_cast<std::uint64_t>(n) * 64 + static_cast<std::uint64_t>(thread)));
  Bytes bytes((1 + random.below(kPayloadMax)) * factor);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

int records_count(std::int64_t n) { return static_cast<int>(1 + n % 3); }

std::string blob_key(int thread, std::int64_t n) {
  return fmt::format("media/{}/{:02}/{}", thread, n % 16, n);
}

fs::path state_path(const fs::path& folder, int thread) {
  return folder / fmt::format("state-{}", thread);
}

std::string state_text(int thread, std::int64_t n) {
  const std::string text = fmt::format("{} {}", thread, n);
  return text + " " + crypto::hex(crypto::sha256(text)) + "\n";
}

/// One write(2), so that lines of several threads do not mix and a crash cuts none in the middle.
void announce(const std::string& line) {
  const std::string whole = line + "\n";
  if (::write(STDOUT_FILENO, whole.data(), whole.size()) < 0) std::_Exit(3);
}

constexpr ErrorReason kUndone{"undone", Code::denied, "on purpose"};

Error wrong(std::string text) { return Error(Code::corrupt, std::move(text)); }

class ThreadOfWork {
 public:
  ThreadOfWork(Stores& stores, const WorkloadOptions& options, int thread, std::int64_t last_n)
      : stores_(stores), options_(options), thread_(thread), n_(last_n) {}

  void run() {
    while (n_ < options_.rows_max) {
      ++n_;
      again('r', n_, [&] { return row(n_); });
      if (n_ % 7 == 3) undone_row();
      if (n_ % 5 == 0) again('b', n_, [&] { return blob(n_); });
      if (n_ % 15 == 0) remove_blob(n_ - 5);
      if (n_ % 4 == 0) again('s', n_, [&] { return state(n_); });
    }
  }

 private:
  template <typename Step>
  void again(char word, std::int64_t n, Step step) {
    while (true) {
      const auto done = step();
      if (done) return announce(fmt::format("{} {} {}", word, thread_, n));
      if (options_.go_on_when_full && done.error().reason == "disk_full") {
        announce("f");
        continue;
      }
      return announce(fmt::format("e {} {} {}: {}", word, thread_, n, done.error().message));
    }
  }

  Result<void> row(std::int64_t n) {
    return stores_.database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("INSERT INTO crash_rows (thread, n, payload) VALUES (?, ?, ?)",
                                   {std::int64_t{thread_}, n, payload(thread_, n, 1)}));
      std::vector<LogRecord> records(static_cast<std::size_t>(records_count(n)));
      for (std::size_t i = 0; i < records.size(); ++i) {
        ByteWriter body;
        body.put(n);
        body.put(static_cast<std::uint8_t>(i));
        records[i] = {0,          n, static_cast<std::uint16_t>(thread_ + 1), 1, 1, PersonKey{7},
                      body.take()};
      }
      FILOSCOPE_DO(stores_.log->append(session, records));
      return {};
    });
  }

  void undone_row() {
    const auto done = stores_.database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("INSERT INTO crash_rows (thread, n, payload) VALUES (?, ?, ?)",
                                   {std::int64_t{thread_}, -n_, Bytes{}}));
      LogRecord record{0, 0, 999, 1, 1, PersonKey{}, {}};
      FILOSCOPE_DO(stores_.log->append(session, {&record, 1}));
      return Error(kUndone);
    });
    if (done) announce("e an undone row was stored");
  }

  Result<void> blob(std::int64_t n) {
    if (stores_.blobs->open(blob_key(thread_, n))) return {};  // of the life before the crash
    FILOSCOPE_TRY(auto file, stores_.blobs->make_temporary());
    FILOSCOPE_DO(write_all(file.get(), payload(thread_, n, kBlobFactor), 0));
    return stores_.blobs->put(blob_key(thread_, n), std::move(file));
  }

  void remove_blob(std::int64_t n) {
    announce(fmt::format("y {} {}", thread_, n));
    again('x', n, [&] { return stores_.blobs->remove(blob_key(thread_, n)); });
  }

  Result<void> state(std::int64_t n) {
    const auto path = state_path(options_.folder, thread_);
    const auto text = state_text(thread_, n);
    if (!options_.careless) return write_file_durably(path, crypto::as_bytes(text));
    std::ofstream(path.string() + ".new", std::ios::binary) << text;  // no fsync: the old mistake
    fs::rename(path.string() + ".new", path);
    return {};
  }

  Stores& stores_;
  const WorkloadOptions& options_;
  const int thread_;
  std::int64_t n_;
};

}  // namespace

Result<Stores> open_stores(const fs::path& folder) {
  Stores stores;
  SqliteOptions options;
  options.path = folder / "records.db";
  options.readers_count = 2;
  options.mmap_bytes = 0;  // what a full disk or a cut leaves behind must not be a SIGBUS
  options.checkpoint_pages = 200;
  FILOSCOPE_TRY(stores.database, open_sqlite(options));
  FILOSCOPE_DO(stores.database->migrate("crash", kMigrations));
  FILOSCOPE_TRY(stores.log, open_sqlite_event_log(*stores.database));
  FILOSCOPE_TRY(stores.blobs, open_file_blob_store(folder / "blobs"));
  return stores;
}

Result<void> run_workload(const WorkloadOptions& options) {
  FILOSCOPE_TRY(auto stores, open_stores(options.folder));
  std::map<int, std::int64_t> last;
  FILOSCOPE_DO(stores.database->read([&](Session& session) {
    return session.query(
        "SELECT thread, max(n) FROM crash_rows GROUP BY thread", {},
        [&](const Row& row) { last[static_cast<int>(row.integer(0))] = row.integer(1); });
  }));
  std::atomic<LogPosition> seen = 0;
  FILOSCOPE_TRY(seen, stores.log->last_position());
  const auto subscription = stores.log->subscribe(
      "workload", seen, Awaited::yes, [&](std::span<const LogRecord> records) {
        for (const auto& record : records) {
          if (record.position != ++seen) announce("e the subscriber missed a record");
          if (record.kind == 999) announce("e the subscriber saw an undone record");
        }
      });
  std::vector<ThreadOfWork> work;
  for (int t = 0; t < options.threads_count; ++t) work.emplace_back(stores, options, t, last[t]);
  std::vector<std::thread> threads;
  for (auto& one : work) threads.emplace_back([&one] { one.run(); });
  for (auto& thread : threads) thread.join();
  return {};
}

bool Expected::note(const std::string& line) {
  std::istringstream words(line);
  char word = 0;
  Key key{0, 0};
  words >> word;
  if (word == 'f') return ++full_, true;
  words >> key.first >> key.second;
  if (!words) return false;
  ++count_;
  switch (word) {
    case 'r':
      rows_[key.first] = key.second;
      return true;
    case 's':
      states_[key.first] = key.second;
      return true;
    case 'b':
      blobs_.insert(key);
      return true;
    case 'y':
      maybe_gone_.insert(key);
      return true;
    case 'x':
      gone_.insert(key);
      return true;
    default:
      return false;
  }
}

Result<void> Expected::audit(const fs::path& folder) {
  FILOSCOPE_TRY(const auto stores, open_stores(folder));
  std::map<int, std::int64_t> rows;
  FILOSCOPE_DO(audit_rows(*stores.database, rows));
  FILOSCOPE_DO(audit_log(*stores.log, rows));
  FILOSCOPE_DO(audit_blobs(*stores.blobs));
  rows_ = rows;
  return audit_states(folder);
}

Result<void> Expected::audit_rows(Database& database, std::map<int, std::int64_t>& rows) const {
  std::string problem;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.query(
        "SELECT thread, n, payload FROM crash_rows ORDER BY thread, n", {}, [&](const Row& row) {
          const int thread = static_cast<int>(row.integer(0));
          const auto n = row.integer(1);
          if (n != ++rows[thread]) {
            problem = fmt::format("row {} {} stands where {} belongs", thread, n, rows[thread]);
          } else if (row.bytes(2) != payload(thread, n, 1)) {
            problem = fmt::format("row {} {} is damaged", thread, n);
          }
        }));
    return session.query("SELECT count(*) FROM sqlite_schema", {}, [](const Row&) {});
  }));
  if (!problem.empty()) return wrong(problem);
  for (const auto& [thread, n] : rows_) {
    if (rows[thread] < n) {
      return wrong(
          fmt::format("row {} {} was acknowledged, but the last is {}", thread, n, rows[thread]));
    }
    if (rows[thread] > n + 1) {
      return wrong(
          fmt::format("thread {} had {} acknowledged and has {}", thread, n, rows[thread]));
    }
  }
  return {};
}

Result<void> Expected::audit_log(EventLog& log, const std::map<int, std::int64_t>& rows) const {
  std::map<int, std::int64_t> rows_of_log;
  std::map<int, int> next;  ///< which record of a row comes next
  LogPosition position = 0;
  std::int64_t at_ms = 0;
  while (true) {
    FILOSCOPE_TRY(const auto records, log.read(position, 1'000));
    if (records.empty()) break;
    for (const auto& record : records) {
      if (record.position != position + 1) {
        return wrong(fmt::format("position {} follows {}", record.position, position));
      }
      position = record.position;
      if (record.at_ms < at_ms) return wrong(fmt::format("time goes back at {}", position));
      at_ms = record.at_ms;
      ByteReader body(record.body);
      const auto n = body.get<std::int64_t>();
      const int index = body.get<std::uint8_t>();
      const int thread = record.kind - 1;
      if (!body.at_end() || rows.count(thread) == 0) {
        return wrong(fmt::format("the record at {} is damaged", position));
      }
      if (n != rows_of_log[thread] + 1 || index != next[thread]) {
        return wrong(fmt::format("record {} of row {} {} is out of order", index, thread, n));
      }
      next[thread] = (index + 1) % records_count(n);
      if (next[thread] == 0) rows_of_log[thread] = n;
    }
  }
  FILOSCOPE_TRY(const auto last, log.last_position());
  if (last != position) return wrong(fmt::format("the log ends at {}, not {}", position, last));
  for (const auto& [thread, n] : rows) {
    if (next[thread] != 0 || rows_of_log[thread] != n) {
      return wrong(fmt::format("row {} {} is there without all its records", thread, n));
    }
  }
  return {};
}

Result<void> Expected::audit_blobs(const BlobStore& blobs) const {
  std::set<std::string> found;
  Result<void> outcome;
  FILOSCOPE_DO(blobs.list("", [&](std::string_view key) {
    found.emplace(key);
    std::istringstream parts{std::string(key)};
    std::string media, thread, folder, n;
    std::getline(parts, media, '/');
    std::getline(parts, thread, '/');
    std::getline(parts, folder, '/');
    std::getline(parts, n);
    const auto wanted = payload(std::stoi(thread), std::stoll(n), kBlobFactor);
    const auto blob = blobs.open(key);
    const auto bytes = blob ? read_whole(**blob) : blob.error();
    if (!bytes || *bytes != wanted) {
      outcome = wrong("the blob " + std::string(key) + " is not whole");
    }
  }));
  FILOSCOPE_DO(std::move(outcome));
  for (const auto& [thread, n] : blobs_) {
    if (maybe_gone_.count({thread, n}) == 0 && found.count(blob_key(thread, n)) == 0) {
      return wrong("the blob " + blob_key(thread, n) + " was acknowledged and is lost");
    }
  }
  for (const auto& [thread, n] : gone_) {
    if (found.count(blob_key(thread, n)) != 0) {
      return wrong("the blob " + blob_key(thread, n) + " was removed and is back");
    }
  }
  return {};
}

Result<void> Expected::audit_states(const fs::path& folder) {
  for (auto& [thread, n] : states_) {
    const auto data = read_file(state_path(folder, thread), 1'000);
    if (!data) return wrong(fmt::format("the state file of thread {} is lost", thread));
    const std::string text(crypto::as_text(*data));
    // A crash between a row and its state file skips the file, so any later row's may be there.
    std::int64_t m = n;
    while (m <= rows_[thread] && text != state_text(thread, m)) m += 4;
    if (m > rows_[thread]) {
      return wrong(fmt::format("the state file of thread {} is not {} or later", thread, n));
    }
    n = m;
  }
  return {};
}

}  // namespace filoscope::crash
