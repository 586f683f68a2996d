#include <algorithm>
#include <string>
#include <unordered_set>

#include "backup/backup.h"
#include "backup/reasons.h"
#include "backup/table_copy.h"

namespace filoscope::backup {
namespace {

constexpr std::string_view kLogModule = "event_log";

/// The objects that a backup names.
Result<std::vector<Object>> objects_of(const Manifest& manifest, const ObjectStore& store) {
  auto objects = manifest.files.objects;
  for (const auto& table : manifest.tables) {
    const auto& parts = table.parts.objects;
    objects.insert(objects.end(), parts.begin(), parts.end());
  }
  FILOSCOPE_TRY(const auto files, read_files(manifest.files, store));
  for (const auto& [path, object] : files) objects.push_back(object);
  return objects;
}

bool is_same_database(const Manifest& manifest, const records::Dialect& dialect) {
  return manifest.database == dialect.name;
}

/// The steps that make a module's tables as they are in the backup.
std::span<const Migration> steps_of(const Manifest& manifest, const records::Dialect& dialect,
                                    const Module& module) {
  const auto at = manifest.modules.find(module.name);
  if (at == manifest.modules.end()) return module.steps.first(0);
  if (module.name == kLogModule && !is_same_database(manifest, dialect)) return module.steps;
  return module.steps.first(static_cast<std::size_t>(at->second));
}

/// Where the tokens of records stand in a table of a module.
Turn turn_of(const records::Table& table, const Target& target, const LogRows& log) {
  std::vector<std::size_t> places;
  for (const auto& [name, column] : target.token_columns) {
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      if (table.name == name && table.columns[i].name == column) places.push_back(i);
  }
  if (places.empty()) return {};
  return [places, &log](std::vector<SqlValue>& row) {
    for (const auto place : places)
      if (auto* const token = std::get_if<std::int64_t>(&row[place])) *token = log.turned(*token);
  };
}

Result<void> go_on_with_tokens(const Manifest& manifest, const Target& target) {
  if (!target.dialect.tokens || !is_same_database(manifest, target.dialect)) return {};
  return target.database.write([&](Session& session) -> Result<void> {
    OutboxToken last = 0;
    FILOSCOPE_DO(session.query(
        "SELECT max(token) FROM (SELECT token FROM event_log UNION ALL SELECT token FROM "
        "event_outbox) AS known",
        {}, [&](const Row& row) { last = row.integer(0); }));
    return target.dialect.tokens_go_on(session, last);
  });
}

}  // namespace

Result<void> trust_backups(ObjectStore& store) {
  FILOSCOPE_TRY(const auto names, list_backups(store));
  for (const auto& name : names) {
    const auto manifest = read_manifest(store, name);
    if (!manifest) continue;
    const auto objects = objects_of(*manifest, store);
    if (!objects) continue;
    for (const auto& object : *objects) store.trust(object);
  }
  return {};
}

Result<std::int64_t> keep_newest(ObjectStore& store, std::int64_t count) {
  FILOSCOPE_TRY(const auto names, list_backups(store));
  const auto removed = std::max<std::int64_t>(0, std::ssize(names) - count);
  std::unordered_set<std::string> needed;
  for (auto i = removed; i < std::ssize(names); ++i) {
    FILOSCOPE_TRY(const auto manifest, read_manifest(store, names[static_cast<std::size_t>(i)]));
    FILOSCOPE_TRY(const auto objects, objects_of(manifest, store));
    for (const auto& object : objects) needed.insert(object.id);
  }
  for (std::int64_t i = 0; i < removed; ++i)
    FILOSCOPE_DO(remove_manifest(store, names[static_cast<std::size_t>(i)]));
  FILOSCOPE_DO(store.keep_only(needed));
  return removed;
}

Result<void> check(const ObjectStore& store, const Manifest& manifest, const Progress& progress) {
  for (const auto& object : manifest.files.objects) {
    if (auto problem = store.check(object); !problem.empty())
      return Error(reason("backup_damaged"), manifest.name, problem);
  }
  FILOSCOPE_TRY(const auto objects, objects_of(manifest, store));
  std::size_t done = 0;
  std::unordered_set<std::string> seen;
  for (const auto& object : objects) {
    progress(static_cast<double>(done++) / static_cast<double>(objects.size()), "checking");
    if (!seen.insert(object.id).second) continue;
    if (auto problem = store.check(object); !problem.empty())
      return Error(reason("backup_damaged"), manifest.name, problem);
  }
  return {};
}

Result<void> check_fits(const Manifest& manifest, const ObjectStore& store,
                        const records::Dialect& dialect, std::span<const Module> modules) {
  const bool same = is_same_database(manifest, dialect);
  for (const auto& [name, version] : manifest.modules) {
    const auto module =
        std::find_if(modules.begin(), modules.end(),
                     [&name = name](const auto& each) { return each.name == name; });
    if (module == modules.end()) return Error(reason("backup_too_new"), manifest.name);
    const bool turned = name == kLogModule && !same;
    if (!turned && version > static_cast<std::int64_t>(module->steps.size()))
      return Error(reason("backup_too_new"), manifest.name);
  }
  return same ? Result<void>() : LogRows(store, manifest.tables, dialect).check();
}

Result<void> restore_records(const Manifest& manifest, const ObjectStore& store,
                             const Target& target, const Progress& progress) {
  FILOSCOPE_DO(check_fits(manifest, store, target.dialect, target.modules));
  for (const auto& module : target.modules) {
    const auto steps = steps_of(manifest, target.dialect, module);
    if (!steps.empty()) FILOSCOPE_DO(target.database.migrate(module.name, steps));
  }
  const bool same = is_same_database(manifest, target.dialect);
  LogRows log(store, manifest.tables, target.dialect);
  if (!same) FILOSCOPE_DO(log.load(target.database));
  double done = 0;
  for (const auto& table : manifest.tables) {
    progress(done++ / static_cast<double>(manifest.tables.size()), "records");
    if (!same && LogRows::is_of_log(table.table.name)) continue;
    FILOSCOPE_DO(load_table(target.database, table.table, table, store,
                            same ? Turn() : turn_of(table.table, target, log)));
  }
  return go_on_with_tokens(manifest, target);
}

}  // namespace filoscope::backup
