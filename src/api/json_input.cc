#include "api/json_input.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace filoscope::api {
namespace {

constexpr int kDepthMax = 16;

/// Deepest nesting of brackets outside of strings.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

Error wrong(std::string_view name, std::string_view wanted) {
  return Error(Code::invalid_argument, fmt::format("{}: must be {}", name, wanted));
}

}  // namespace

Result<nlohmann::json> read_object(const Request& request, bool may_be_empty) {
  if (request.body.empty() && may_be_empty) return nlohmann::json::object();
  if (depth_of(request.body) > kDepthMax) {
    return Error(Code::invalid_argument,
                 fmt::format("The body is nested more than {} deep.", kDepthMax));
  }
  auto value = nlohmann::json::parse(request.body, nullptr, false);
  if (value.is_discarded())
    return Error(Code::invalid_argument, "The body is not valid JSON in UTF-8.");
  if (!value.is_object()) return Error(Code::invalid_argument, "The body must be a JSON object.");
  return value;
}

Result<std::optional<std::string>> text_field(const nlohmann::json& object, std::string_view name,
                                              std::size_t characters_max) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::optional<std::string>();
  if (!at->is_string()) return wrong(name, "a text");
  const auto& text = at->get_ref<const std::string&>();
  if (text.size() > characters_max * 4 || text.find('\0') != std::string::npos) {
    return wrong(name, fmt::format("a text of at most {} characters", characters_max));
  }
  return std::optional(text);
}

Result<std::string> required_text(const nlohmann::json& object, std::string_view name,
                                  std::size_t characters_max) {
  FILOSCOPE_TRY(auto text, text_field(object, name, characters_max));
  if (!text) return Error(Code::invalid_argument, fmt::format("{}: is missing", name));
  return *std::move(text);
}

Result<std::optional<bool>> flag_field(const nlohmann::json& object, std::string_view name) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::optional<bool>();
  if (!at->is_boolean()) return wrong(name, "true or false");
  return std::optional(at->get<bool>());
}

Result<std::optional<std::int64_t>> integer_field(const nlohmann::json& object,
                                                  std::string_view name, std::int64_t minimum,
                                                  std::int64_t maximum) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::optional<std::int64_t>();
  const auto range = fmt::format("a whole number from {} to {}", minimum, maximum);
  if (!at->is_number()) return wrong(name, range);
  if (at->is_number_float()) {
    const double number = at->get<double>();
    // INT64_MAX as a double is one more than it.
    const bool fits = number >= static_cast<double>(minimum) &&
                      number <= static_cast<double>(maximum) && number < 0x1p63;
    if (!fits) return wrong(name, range);
    return std::optional(static_cast<std::int64_t>(number));
  }
  if (at->is_number_unsigned() && at->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return wrong(name, range);
  const auto value = at->get<std::int64_t>();
  if (value < minimum || value > maximum) return wrong(name, range);
  return std::optional(value);
}

Result<int> limit_of(const Request& request, int fallback, int maximum) {
  const auto text = query_text(request, "limit");
  if (text.empty()) return fallback;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > maximum) {
    return wrong("limit", fmt::format("a whole number from 1 to {}", maximum));
  }
  return value;
}

std::string query_text(const Request& request, std::string_view name) {
  const auto at = request.query.find(name);
  return at == request.query.end() ? std::string() : at->second;
}

}  // namespace filoscope::api
