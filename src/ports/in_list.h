#pragma once

/// Queries about a list of ids at once.

#include <algorithm>
#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "ports/database.h"

namespace filoscope {

/// "?,?,?"
inline std::string placeholders(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ",?";
  return text;
}

/// What `sql` counts for each of `ids`, in their order; 0 where it has no row. It selects (id,
/// count), with "{}" where the list of ids stands. Errors: those of the database.
template <typename Tag>
Result<std::vector<std::int64_t>> counts_by_id(Database& database, std::span<const Id<Tag>> ids,
                                               std::string_view sql) {
  constexpr std::size_t kBatchMax = 64;
  std::unordered_map<std::int64_t, std::int64_t> found;
  for (auto rest = ids; !rest.empty();) {
    const auto batch = rest.first(std::min(rest.size(), kBatchMax));
    rest = rest.subspan(batch.size());
    // Rounded up, so that few statements are prepared.
    std::vector<SqlValue> arguments(std::bit_ceil(batch.size()), SqlValue(batch.back().db()));
    for (std::size_t i = 0; i < batch.size(); ++i) arguments[i] = batch[i].db();
    std::string text(sql);
    text.replace(text.find("{}"), 2, placeholders(arguments.size()));
    FILOSCOPE_DO(database.read([&](Session& session) {
      return session.query(text, arguments, [&](const Row& row) {
        found.insert_or_assign(row.integer(0), row.integer(1));
      });
    }));
  }
  std::vector<std::int64_t> counts;
  for (const auto id : ids) {
    const auto at = found.find(id.db());
    counts.push_back(at == found.end() ? 0 : at->second);
  }
  return counts;
}

}  // namespace filoscope
