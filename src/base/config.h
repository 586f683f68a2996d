#pragma once

/// The typed configuration registry: one table feeds parsing, validation, --help-config and
/// docs/config.md. A module declares its settings as `inline const Setting<int64_t> kX{...}` in its
/// headers and reads them through a Config. Sources, later wins: default, TOML file, environment
/// FILOSCOPE_<NAME> (dots become _).

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace filoscope {

/// One row of the registry. `kind` is "integer", "number", "text" or "switch".
struct SettingInfo {
  std::string name;  ///< dotted, with its unit: "upload.size_max_bytes"
  std::string kind;
  std::string default_text;
  std::string range_text;  ///< "1..100", or empty
  std::string help;        ///< one sentence
  double minimum = 0;
  double maximum = 0;
};

template <typename T>
class Setting;

/// REQUIRES at construction: a name not taken yet (static initialisation; aborts otherwise).
template <>
class Setting<std::int64_t> {
 public:
  Setting(const char* name, std::int64_t value, std::int64_t minimum, std::int64_t maximum,
          const char* help);
  const std::string name;
  const std::int64_t default_value;
};
template <>
class Setting<double> {
 public:
  Setting(const char* name, double value, double minimum, double maximum, const char* help);
  const std::string name;
  const double default_value;
};
template <>
class Setting<std::string> {
 public:
  Setting(const char* name, const char* value, const char* help);
  const std::string name;
  const std::string default_value;
};
template <>
class Setting<bool> {
 public:
  Setting(const char* name, bool value, const char* help);
  const std::string name;
  const bool default_value;
};

/// All settings linked into this program, by name.
std::vector<SettingInfo> registered_settings();
/// The registry as a Markdown document (docs/config.md).
std::string settings_markdown();

/// Immutable after loading. Threads: any.
class Config {
 public:
  Config() = default;
  /// Errors: invalid_argument (unknown name, wrong type, out of range; says which and the limit),
  /// not_found (no such file).
  static Result<Config> load(const std::string& toml_path,
                             const std::map<std::string, std::string>& environment);
  /// For tests and command-line overrides; validated as above.
  Result<void> set(std::string_view name, std::string_view value);

  std::int64_t operator[](const Setting<std::int64_t>& setting) const;
  double operator[](const Setting<double>& setting) const;
  const std::string& operator[](const Setting<std::string>& setting) const;
  bool operator[](const Setting<bool>& setting) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// The environment of this process whose names begin with FILOSCOPE_.
std::map<std::string, std::string> filoscope_environment();

}  // namespace filoscope
