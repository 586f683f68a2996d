#pragma once

/// Request bodies as JSON: strict UTF-8, bounded depth, fields read by name with errors that name
/// them. Unknown fields are ignored.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/http.h"

namespace filoscope::api {

/// The body as an object; an empty body is an empty object where `may_be_empty`. Errors:
/// invalid_argument.
Result<nlohmann::json> read_object(const Request& request, bool may_be_empty = false);

// Errors of all: invalid_argument, "name: …".
Result<std::optional<std::string>> text_field(const nlohmann::json& object, std::string_view name,
                                              std::size_t characters_max = 10000);
Result<std::string> required_text(const nlohmann::json& object, std::string_view name,
                                  std::size_t characters_max = 10000);
Result<std::optional<std::vector<std::string>>> texts_field(const nlohmann::json& object,
                                                            std::string_view name,
                                                            std::size_t count_max);
Result<std::optional<bool>> flag_field(const nlohmann::json& object, std::string_view name);
Result<std::optional<std::int64_t>> integer_field(const nlohmann::json& object,
                                                  std::string_view name, std::int64_t minimum,
                                                  std::int64_t maximum);

/// A text as an object, as bodies are read. Errors: invalid_argument.
Result<nlohmann::json> parse_object(std::string_view text);

/// A whole number of the query; nothing when it is not there. Errors: invalid_argument.
Result<std::optional<std::int64_t>> query_integer(const Request& request, std::string_view name,
                                                  std::int64_t minimum, std::int64_t maximum);
/// `limit` of the query, 1..maximum. Errors: invalid_argument.
Result<int> limit_of(const Request& request, int fallback, int maximum);
std::string query_text(const Request& request, std::string_view name);

}  // namespace filoscope::api
