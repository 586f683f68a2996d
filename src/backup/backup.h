#pragma once

/// One backup of an installation, made while it serves, and its way back.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/records/tables.h"
#include "backup/file_copy.h"
#include "backup/log_rows.h"
#include "backup/manifest.h"
#include "backup/object_store.h"
#include "base/result.h"
#include "ports/blob_store.h"
#include "ports/database.h"

namespace filoscope::backup {

/// What an installation is made of, as `make` sees it.
struct Source {
  const records::Dialect& dialect;
  /// Looks at one snapshot of the records. `moment_ms` is when it was taken, by the system's clock.
  using Look = std::function<Result<void>(Session&, std::int64_t moment_ms)>;
  /// Runs the look on a snapshot of now; perhaps more than once. Errors: those of the database and
  /// of the look; conflict (the installation is not to be backed up now).
  std::function<Result<void>(const Look&)> read_snapshot;
  std::filesystem::path folder;
  const BlobStore* blobs = nullptr;  ///< none: a backup of the records alone
  std::string installation;

  /// What the records of a snapshot say of the files that must come with them.
  struct Needs {
    Files blobs;                     ///< by key; as they were when they were stored
    std::vector<std::string> files;  ///< paths below the folder
    /// The engine's state comes from a snapshot that is not before this; 0: from the log alone.
    LogPosition engine_from = 0;
  };
  std::function<Result<Needs>(Session&)> needs;
};

struct Made {
  std::string name;
  std::int64_t rows_count = 0, files_count = 0;
  std::int64_t stored_bytes = 0;      ///< that were new to the folder
  std::vector<std::string> findings;  ///< what was damaged or lost in the source already
};

/// What it put into the folder goes when it fails. Errors: those of the database, of files and of
/// ObjectStore; conflict (the folder has backups of another installation).
Result<Made> make(const Source& source, ObjectStore& store, const Progress& progress);

/// Names the objects of all backups that are there: what they hold is not stored again. Errors:
/// those of files; damaged backups are passed over.
Result<void> trust_backups(ObjectStore& store);
/// Takes away all backups but the newest `count`, and what only they held. Gives their number.
/// Errors: those of files and of read_manifest.
Result<std::int64_t> keep_newest(ObjectStore& store, std::int64_t count);

/// Reads every object that the backup names. Errors: conflict (one is damaged or missing).
Result<void> check(const ObjectStore& store, const Manifest& manifest, const Progress& progress);

struct Module {
  std::string_view name;
  std::span<const Migration> steps;
};

/// What the records go into.
struct Target {
  Database& database;  ///< without tables
  const records::Dialect& dialect;
  std::span<const Module> modules;  ///< with the steps of this dialect
  std::span<const TokenColumn> token_columns;
};

/// Whether the backup can go there. Errors: conflict (it is of a newer release; its log is of an
/// older one).
Result<void> check_fits(const Manifest& manifest, const ObjectStore& store,
                        const records::Dialect& dialect, std::span<const Module> modules);
/// Makes the tables as the backup has them, by the modules' migrations, and fills them. Errors:
/// those of the database, of read_parts and of check_fits.
Result<void> restore_records(const Manifest& manifest, const ObjectStore& store,
                             const Target& target, const Progress& progress);

}  // namespace filoscope::backup
