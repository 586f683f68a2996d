#include "api/json_input.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/reasons.h"

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

}  // namespace

Result<nlohmann::json> read_object(const Request& request, bool may_be_empty) {
  if (request.body.empty() && may_be_empty) return nlohmann::json::object();
  return parse_object(request.body);
}

Result<nlohmann::json> parse_object(std::string_view text) {
  if (depth_of(text) > kDepthMax) {
    return Error(reason("json_too_deep"), kDepthMax);
  }
  auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) return Error(reason("json_invalid"));
  if (!value.is_object()) return Error(reason("json_no_object"));
  return value;
}

Result<std::optional<std::string>> text_field(const nlohmann::json& object, std::string_view name,
                                              std::size_t characters_max) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::optional<std::string>();
  if (!at->is_string()) return Error(reason("field_no_text")).at(name);
  const auto& text = at->get_ref<const std::string&>();
  if (text.size() > characters_max * 4 || text.find('\0') != std::string::npos) {
    return Error(reason("field_text_too_long"), characters_max).at(name);
  }
  return std::optional(text);
}

Result<std::string> required_text(const nlohmann::json& object, std::string_view name,
                                  std::size_t characters_max) {
  FILOSCOPE_TRY(auto text, text_field(object, name, characters_max));
  if (!text) return Error(reason("field_missing")).at(name);
  return *std::move(text);
}

Result<std::optional<std::vector<std::string>>> texts_field(const nlohmann::json& object,
                                                            std::string_view name,
                                                            std::size_t count_max) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::optional<std::vector<std::string>>();
  const auto is_text = [](const nlohmann::json& one) { return one.is_string(); };
  if (!at->is_array() || at->size() > count_max || !std::all_of(at->begin(), at->end(), is_text))
    return Error(reason("field_no_texts"), count_max).at(name);
  return std::optional(at->get<std::vector<std::string>>());
}

Result<std::optional<bool>> flag_field(const nlohmann::json& object, std::string_view name) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::optional<bool>();
  if (!at->is_boolean()) return Error(reason("field_no_flag")).at(name);
  return std::optional(at->get<bool>());
}

Result<std::optional<std::int64_t>> integer_field(const nlohmann::json& object,
                                                  std::string_view name, std::int64_t minimum,
                                                  std::int64_t maximum) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::optional<std::int64_t>();
  const auto out_of_range = [&] {
    return Error(reason("field_out_of_range"), minimum, maximum).at(name);
  };
  if (!at->is_number()) return out_of_range();
  if (at->is_number_float()) {
    const double number = at->get<double>();
    // INT64_MAX as a double is one more than it.
    const bool fits = number >= static_cast<double>(minimum) &&
                      number <= static_cast<double>(maximum) && number < 0x1p63;
    if (!fits) return out_of_range();
    return std::optional(static_cast<std::int64_t>(number));
  }
  if (at->is_number_unsigned() && at->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return out_of_range();
  const auto value = at->get<std::int64_t>();
  if (value < minimum || value > maximum) return out_of_range();
  return std::optional(value);
}

Result<int> limit_of(const Request& request, int fallback, int maximum) {
  FILOSCOPE_TRY(const auto limit, query_integer(request, "limit", 1, maximum));
  return limit ? static_cast<int>(*limit) : fallback;
}

Result<std::optional<std::int64_t>> query_integer(const Request& request, std::string_view name,
                                                  std::int64_t minimum, std::int64_t maximum) {
  const auto text = query_text(request, name);
  if (text.empty()) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || value < minimum || value > maximum)
    return Error(reason("field_out_of_range"), minimum, maximum).at(name);
  return std::optional(value);
}

std::string query_text(const Request& request, std::string_view name) {
  const auto at = request.query.find(name);
  return at == request.query.end() ? std::string() : at->second;
}

}  // namespace filoscope::api
