#pragma once

/// What one backup is: `NAME.manifest`, one line that names format and checksum, then JSON.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "adapters/records/tables.h"
#include "backup/object_store.h"
#include "base/result.h"

namespace filoscope::backup {

/// Rows, in objects that each hold some of them.
struct Parts {
  std::int64_t rows_count = 0;
  std::vector<Object> objects;

  friend bool operator==(const Parts&, const Parts&) = default;
};

struct TableParts {
  records::Table table;
  Parts parts;
};

struct Manifest {
  std::string name;  ///< the moment of its records, UTC: YYYY-MM-DDTHH-MM-SSZ
  std::string program_version;
  std::string installation;  ///< whose it is
  std::string database;      ///< records::Dialect::name of where the records were
  bool records_only = false;
  std::map<std::string, std::int64_t, std::less<>> modules;  ///< version of each module's tables
  std::vector<TableParts> tables;
  Parts files;  ///< rows: path below the data folder, size, SHA-256; blobs are `blobs/KEY`
  std::int64_t files_count = 0, files_bytes = 0;
};

/// Of the backups that are whole, the oldest first. Errors: those of files.
Result<std::vector<std::string>> list_backups(const ObjectStore& store);
/// Errors: not_found, conflict (damaged; of a newer release).
Result<Manifest> read_manifest(const ObjectStore& store, const std::string& name);
/// Durable when this returns. REQUIRES: all that it names is on disk. Errors: those of files.
Result<void> write_manifest(const ObjectStore& store, const Manifest& manifest);
/// Errors: those of files.
Result<void> remove_manifest(const ObjectStore& store, const std::string& name);

}  // namespace filoscope::backup
