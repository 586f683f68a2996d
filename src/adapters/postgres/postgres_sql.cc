#include "adapters/postgres/postgres_sql.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace filoscope::postgres {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kTypes{
    {{"INTEGER", "BIGINT"}, {"BLOB", "BYTEA"}, {"TEXT", "TEXT COLLATE \"C\""}}};

/// The end of what begins at `at`, if that is a literal, a quoted name or a comment; else `at`.
std::size_t skip_quoted(std::string_view sql, std::size_t at) {
  const auto behind = [&](std::string_view mark, std::size_t from) {
    const auto end = sql.find(mark, from);
    return end == std::string_view::npos ? sql.size() : end + mark.size();
  };
  if (sql[at] == '\'' || sql[at] == '"') return behind(sql.substr(at, 1), at + 1);
  if (sql.substr(at, 2) == "--") return behind("\n", at);
  if (sql.substr(at, 2) == "/*") return behind("*/", at);
  return at;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// `replace` gets what is left outside of quotes, says how much of it it took, and appends for it;
/// 0 leaves the next character as it is.
std::string rewrite(std::string_view sql,
                    const std::function<std::size_t(std::string_view, std::string&)>& replace) {
  std::string out;
  for (std::size_t at = 0; at < sql.size();) {
    const auto quoted = skip_quoted(sql, at);
    if (quoted != at) {
      out.append(sql.substr(at, quoted - at));
      at = quoted;
      continue;
    }
    const auto taken = replace(sql.substr(at), out);
    if (taken == 0) out += sql[at];
    at += std::max<std::size_t>(1, taken);
  }
  return out;
}

}  // namespace

PostgresSql translate(std::string_view sql) {
  PostgresSql made;
  made.text = rewrite(sql, [&](std::string_view left, std::string& out) -> std::size_t {
    if (left.front() != '?') return 0;
    out += "$" + std::to_string(++made.placeholders_count);
    return 1;
  });
  return made;
}

std::string translate_tables(std::string_view sql) {
  return rewrite(sql, [](std::string_view left, std::string& out) -> std::size_t {
    if (!is_word(left.front())) return 0;
    const auto end = std::find_if_not(left.begin(), left.end(), is_word);
    const auto word = left.substr(0, static_cast<std::size_t>(end - left.begin()));
    const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const auto& one) { return one.first == word; });
    out.append(type == kTypes.end() ? word : type->second);
    return word.size();
  });
}

}  // namespace filoscope::postgres
