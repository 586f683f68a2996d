#include "base/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/reasons.h"

extern char** environ;

namespace filoscope {
namespace {

std::map<std::string, SettingInfo, std::less<>>& settings() {
  static std::map<std::string, SettingInfo, std::less<>> table;
  return table;
}

void add(SettingInfo info) {
  const auto name = info.name;
  FILOSCOPE_CHECK(settings().emplace(name, std::move(info)).second);
}

template <typename T>
bool parse_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_switch(std::string_view text, bool& out) {
  out = text == "true" || text == "1" || text == "on" || text == "yes";
  return out || text == "false" || text == "0" || text == "off" || text == "no";
}

Result<void> validate(const SettingInfo& info, std::string_view value) {
  bool ok = true;
  double number = info.minimum;
  if (info.kind == "integer") {
    std::int64_t parsed = 0;
    ok = parse_number(value, parsed);
    number = static_cast<double>(parsed);
  } else if (info.kind == "number") {
    ok = parse_number(value, number);
  } else if (info.kind == "switch") {
    bool parsed = false;
    ok = parse_switch(value, parsed);
  }
  if (!ok) return Error(base_reason("setting_of_wrong_kind"), info.name, value, info.kind);
  if (!info.range_text.empty() && (number < info.minimum || number > info.maximum))
    return Error(base_reason("setting_out_of_range"), info.name, value, info.range_text);
  return {};
}

std::string environment_name(const std::string& setting) {
  std::string name = "FILOSCOPE_";
  for (const char c : setting)
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Result<void> read_table(const toml::table& table, const std::string& prefix, Config& config) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      FILOSCOPE_DO(read_table(*inner, name + ".", config));
      continue;
    }
    std::ostringstream text;
    if (const auto* s = node.as_string())
      text << s->get();
    else if (const auto* i = node.as_integer())
      text << i->get();
    else if (const auto* f = node.as_floating_point())
      text << f->get();
    else if (const auto* b = node.as_boolean())
      text << (b->get() ? "true" : "false");
    else
      return Error(base_reason("setting_is_a_list"), name);
    FILOSCOPE_DO(config.set(name, text.str()));
  }
  return {};
}

const std::string* find(const std::map<std::string, std::string, std::less<>>& values,
                        const std::string& name) {
  const auto at = values.find(name);
  return at == values.end() ? nullptr : &at->second;
}

}  // namespace

Setting<std::int64_t>::Setting(const char* n, std::int64_t value, std::int64_t minimum,
                               std::int64_t maximum, const char* help)
    : name(n), default_value(value) {
  add({n, "integer", std::to_string(value), fmt::format("{}..{}", minimum, maximum), help,
       static_cast<double>(minimum), static_cast<double>(maximum)});
}

Setting<double>::Setting(const char* n, double value, double minimum, double maximum,
                         const char* help)
    : name(n), default_value(value) {
  add({n, "number", fmt::format("{}", value), fmt::format("{}..{}", minimum, maximum), help,
       minimum, maximum});
}

Setting<std::string>::Setting(const char* n, const char* value, const char* help)
    : name(n), default_value(value) {
  add({n, "text", value, "", help});
}

Setting<bool>::Setting(const char* n, bool value, const char* help)
    : name(n), default_value(value) {
  add({n, "switch", value ? "true" : "false", "", help});
}

std::vector<SettingInfo> registered_settings() {
  std::vector<SettingInfo> all;
  for (const auto& [name, info] : settings()) all.push_back(info);
  return all;
}

std::string settings_markdown() {
  std::string out =
      "# Configuration\n\nMade by `filoscope serve --help-config`. Set a value in the TOML file "
      "given with `--config` "
      "(`[section]` and name), or in the environment variable.\n\n| setting | default | allowed | "
      "what | environment |\n"
      "|---|---|---|---|---|\n";
  for (const auto& info : registered_settings()) {
    out += fmt::format("| `{}` | `{}` | {} | {} | `{}` |\n", info.name, info.default_text,
                       info.range_text.empty() ? info.kind : info.range_text, info.help,
                       environment_name(info.name));
  }
  return out;
}

Result<Config> Config::load(const std::string& toml_path,
                            const std::map<std::string, std::string>& environment) {
  Config config;
  if (!toml_path.empty()) {
    try {
      const auto table = toml::parse_file(toml_path);
      FILOSCOPE_DO(read_table(table, "", config));
    } catch (const toml::parse_error& problem) {
      return Error(base_reason("config_file_malformed"), toml_path, problem.source().begin.line,
                   problem.description());
    }
  }
  for (const auto& info : registered_settings()) {
    const auto at = environment.find(environment_name(info.name));
    if (at != environment.end()) FILOSCOPE_DO(config.set(info.name, at->second));
  }
  return config;
}

Result<void> Config::set(std::string_view name, std::string_view value) {
  const auto at = settings().find(name);
  if (at == settings().end()) return Error(base_reason("setting_unknown"), name);
  FILOSCOPE_DO(validate(at->second, value));
  values_.insert_or_assign(std::string(name), std::string(value));
  return {};
}

std::int64_t Config::operator[](const Setting<std::int64_t>& setting) const {
  std::int64_t value = setting.default_value;
  if (const auto* text = find(values_, setting.name)) FILOSCOPE_CHECK(parse_number(*text, value));
  return value;
}

double Config::operator[](const Setting<double>& setting) const {
  double value = setting.default_value;
  if (const auto* text = find(values_, setting.name)) FILOSCOPE_CHECK(parse_number(*text, value));
  return value;
}

const std::string& Config::operator[](const Setting<std::string>& setting) const {
  const auto* text = find(values_, setting.name);
  return text != nullptr ? *text : setting.default_value;
}

bool Config::operator[](const Setting<bool>& setting) const {
  bool value = setting.default_value;
  if (const auto* text = find(values_, setting.name)) FILOSCOPE_CHECK(parse_switch(*text, value));
  return value;
}

std::map<std::string, std::string> filoscope_environment() {
  std::map<std::string, std::string> found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (text.starts_with("FILOSCOPE_") && equals != std::string_view::npos) {
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return found;
}

}  // namespace filoscope
