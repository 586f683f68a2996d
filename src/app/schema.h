#pragma once

/// The tables of every module, in one list: what a backup holds and a migration changes.

#include <span>
#include <vector>

#include "adapters/records/tables.h"
#include "backup/backup.h"
#include "ports/database.h"

namespace filoscope::app {

/// Whose the database is.
std::span<const Migration> installation_migrations();
/// What an import has taken in.
std::span<const Migration> import_migrations();

/// Every module that has tables, in the order in which they are made.
std::vector<backup::Module> all_modules(const records::Dialect& dialect);

}  // namespace filoscope::app
