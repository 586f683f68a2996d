#pragma once

/// What the crash tests write, and the independent check of what must be there afterwards.
/// A writer process announces on its standard output, one line each:
///   r T N   row N of thread T and its log records are acknowledged
///   b T N   blob T/N is acknowledged          y T N   is about to remove blob T/N
///   x T N   blob T/N is acknowledged as gone  s T N   the state file of thread T holds N
///   f       a write failed with a sentence (full disk)      e TEXT   something is wrong

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/result.h"
#include "ports/blob_store.h"
#include "ports/database.h"
#include "ports/event_stream.h"

namespace filoscope::crash {

/// Database, log and blobs below one folder.
struct Stores {
  std::unique_ptr<Database> database;
  std::unique_ptr<EventLog> log;
  std::unique_ptr<BlobStore> blobs;
};
Result<Stores> open_stores(const std::filesystem::path& folder);

struct WorkloadOptions {
  std::filesystem::path folder;
  int threads_count = 4;
  std::int64_t rows_max = 1'000'000;  ///< of each thread; ends then
  bool careless = false;              ///< files without any sync: what the power cut must find
  bool go_on_when_full = false;       ///< a full disk is announced, and the same row tried again
};
/// Goes on where the folder's rows end. Returns when rows_max is reached.
Result<void> run_workload(const WorkloadOptions& options);

/// What was acknowledged, from the lines of the writer.
class Expected {
 public:
  /// False when the line is none (cut off by the crash) or reports an error.
  bool note(const std::string& line);
  /// Nothing acknowledged is lost, nothing half-written is visible; the first contradiction found.
  /// What was stored without an acknowledgement is expected from then on.
  Result<void> audit(const std::filesystem::path& folder);
  std::int64_t acknowledged_count() const { return count_; }
  std::int64_t full_count() const { return full_; }

 private:
  using Key = std::pair<int, std::int64_t>;
  Result<void> audit_rows(Database& database, std::map<int, std::int64_t>& rows) const;
  Result<void> audit_log(EventLog& log, const std::map<int, std::int64_t>& rows) const;
  Result<void> audit_blobs(const BlobStore& blobs) const;
  Result<void> audit_states(const std::filesystem::path& folder);

  std::map<int, std::int64_t> rows_;
  std::map<int, std::int64_t> states_;
  std::set<Key> blobs_;
  std::set<Key> maybe_gone_;
  std::set<Key> gone_;
  std::int64_t count_ = 0;
  std::int64_t full_ = 0;
};

}  // namespace filoscope::crash
