#include "backup/manifest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "backup/reasons.h"
#include "base/crypto.h"

namespace filoscope::backup {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::string_view kMagic = "filoscope-backup ";
constexpr const char* kEnding = ".manifest";
constexpr std::size_t kManifestBytesMax = 1 << 28;

std::filesystem::path path_of(const ObjectStore& store, const std::string& name) {
  return store.folder() / (name + kEnding);
}

Error damaged(const std::string& name, const std::string& problem) {
  return Error(reason("backup_damaged"), name, problem);
}

Json to_json(const Parts& parts) {
  Json objects = Json::array();
  for (const auto& object : parts.objects) objects.push_back({object.id, object.size_bytes});
  return {{"rows", parts.rows_count}, {"objects", std::move(objects)}};
}

Parts parts_of(const Json& json) {
  Parts parts;
  parts.rows_count = json.at("rows").get<std::int64_t>();
  for (const auto& object : json.at("objects"))
    parts.objects.push_back({object.at(0).get<std::string>(), object.at(1).get<std::int64_t>()});
  return parts;
}

Json to_json(const TableParts& table) {
  Json columns = Json::array();
  for (const auto& column : table.table.columns)
    columns.push_back({column.name, static_cast<int>(column.type)});
  return {{"name", table.table.name},
          {"columns", std::move(columns)},
          {"key", table.table.key},
          {"parts", to_json(table.parts)}};
}

TableParts table_of(const Json& json) {
  TableParts table;
  table.table.name = json.at("name").get<std::string>();
  for (const auto& column : json.at("columns"))
    table.table.columns.push_back({column.at(0).get<std::string>(),
                                   static_cast<records::ColumnType>(column.at(1).get<int>())});
  table.table.key = json.at("key").get<std::vector<std::string>>();
  table.parts = parts_of(json.at("parts"));
  return table;
}

Json to_json(const Manifest& manifest) {
  Json tables = Json::array();
  for (const auto& table : manifest.tables) tables.push_back(to_json(table));
  return {{"program_version", manifest.program_version},
          {"installation", manifest.installation},
          {"database", manifest.database},
          {"records_only", manifest.records_only},
          {"modules", manifest.modules},
          {"files",
           {{"count", manifest.files_count},
            {"bytes", manifest.files_bytes},
            {"parts", to_json(manifest.files)}}},
          {"tables", std::move(tables)}};
}

/// Throws what nlohmann throws.
Manifest manifest_of(const Json& json) {
  Manifest manifest;
  manifest.program_version = json.at("program_version").get<std::string>();
  manifest.installation = json.at("installation").get<std::string>();
  manifest.database = json.at("database").get<std::string>();
  manifest.records_only = json.at("records_only").get<bool>();
  for (const auto& [module, version] : json.at("modules").items())
    manifest.modules[module] = version.get<std::int64_t>();
  const auto& files = json.at("files");
  manifest.files_count = files.at("count").get<std::int64_t>();
  manifest.files_bytes = files.at("bytes").get<std::int64_t>();
  manifest.files = parts_of(files.at("parts"));
  for (const auto& table : json.at("tables")) manifest.tables.push_back(table_of(table));
  return manifest;
}

/// "filoscope-backup FORMAT SHA256".
Result<void> check_first_line(const std::string& name, std::string_view line,
                              std::string_view body) {
  int format = 0;
  if (!line.starts_with(kMagic)) return damaged(name, "its first line is wrong");
  line.remove_prefix(kMagic.size());
  const auto read = std::from_chars(line.data(), line.data() + line.size(), format);
  if (read.ec != std::errc()) return damaged(name, "its first line is wrong");
  if (format > kFormat) return Error(reason("backup_too_new"), name);
  if (line.substr(line.find(' ') + 1) != crypto::hex(crypto::sha256(body)))
    return damaged(name, "its list of contents was altered");
  return {};
}

}  // namespace

Result<std::vector<std::string>> list_backups(const ObjectStore& store) {
  std::vector<std::string> names;
  std::error_code problem;
  for (std::filesystem::directory_iterator at(store.folder(), problem), end; !problem && at != end;
       at.increment(problem)) {
    if (at->path().extension() == kEnding) names.push_back(at->path().stem().string());
  }
  if (problem) {
    errno = problem.value();
    return errno_error("read " + store.folder().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<Manifest> read_manifest(const ObjectStore& store, const std::string& name) {
  const auto bytes = read_file(path_of(store, name), kManifestBytesMax);
  if (!bytes && bytes.error().code == Code::not_found)
    return Error(reason("backup_not_there"), name, store.folder().string());
  if (!bytes) return bytes.error();
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const auto line_end = std::min(text.find('\n'), text.size());
  const auto body = text.substr(std::min(line_end + 1, text.size()));
  FILOSCOPE_DO(check_first_line(name, text.substr(0, line_end), body));
  try {
    auto manifest = manifest_of(Json::parse(body));
    manifest.name = name;
    return manifest;
  } catch (const Json::exception& problem) {
    return damaged(name, problem.what());
  }
}

Result<void> write_manifest(const ObjectStore& store, const Manifest& manifest) {
  const auto body = to_json(manifest).dump() + "\n";
  const auto whole =
      fmt::format("{}{} {}\n{}", kMagic, kFormat, crypto::hex(crypto::sha256(body)), body);
  return write_file_durably(path_of(store, manifest.name), crypto::as_bytes(whole));
}

Result<void> remove_manifest(const ObjectStore& store, const std::string& name) {
  const auto path = path_of(store, name);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error("remove " + path.string());
  return sync_folder(store.folder());
}

}  // namespace filoscope::backup
