#include "feed/weights_store.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "feed/reasons.h"
#include "feed/store.h"

namespace filoscope::feed {
namespace {

constexpr const char* kSettingSeen = "value_weights";

bool is_weight(float value) { return value >= -kWeightMost && value <= kWeightMost; }

Result<std::vector<WeightsChange>> read_changes(Session& session) {
  std::vector<WeightsChange> changes;
  Result<void> readable;
  FILOSCOPE_DO(session.query(
      "SELECT revision, at_ms, account, before, weights FROM feed_weights ORDER BY revision DESC",
      {}, [&](const Row& row) {
        const auto before = parse_weights(row.text(3)), weights = parse_weights(row.text(4));
        if (!before || !weights) {
          readable = before ? weights.error() : before.error();
          return;
        }
        changes.push_back({row.integer(0), row.integer(1), AccountId::from_db(row.integer(2)),
                           *before, *weights});
      }));
  FILOSCOPE_DO(readable);
  return changes;
}

/// The record and the row of one change.
Result<void> write_change(const Feed::Parts& parts, Session& session, const WeightsChange& change) {
  LogRecord record = engine::encode(engine::WeightsChanged{change.weights});
  record.at_ms = change.at_ms;
  FILOSCOPE_DO(parts.log.append(session, std::span(&record, 1)));
  FILOSCOPE_DO(
      session.execute("INSERT INTO feed_weights (revision, at_ms, account, before, weights) "
                      "VALUES (?, ?, ?, ?, ?)",
                      {change.revision, change.at_ms, change.by.db(), weights_text(change.before),
                       weights_text(change.weights)}));
  FILOSCOPE_DO(session.execute("DELETE FROM feed_weights WHERE revision <= ?",
                               {change.revision - kWeightsChangesKept}));
  return {};
}

Result<std::int64_t> newest_revision(Session& session) {
  std::int64_t newest = 0;
  FILOSCOPE_DO(session.query("SELECT COALESCE(MAX(revision), 0) FROM feed_weights", {},
                             [&](const Row& row) { newest = row.integer(0); }));
  return newest;
}

}  // namespace

Result<engine::HeadValues> parse_weights(std::string_view text) {
  engine::HeadValues weights = engine::EngineOptions().weights;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string part(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const auto equals = part.find('=');
    const auto head = engine::parse_head(part.substr(0, equals));
    const char* const number = equals == std::string::npos ? "" : part.c_str() + equals + 1;
    char* end = nullptr;
    const float value = std::strtof(number, &end);
    if (!head || end == number || *end != '\0' || !is_weight(value))
      return Error(reason("value_weight_malformed"), part).at(kValueWeights.name);
    weights[static_cast<std::size_t>(*head)] = value;
  }
  return weights;
}

std::string weights_text(const engine::HeadValues& weights) {
  std::string text;
  for (std::size_t head = 0; head < engine::kHeadsCount; ++head)
    text += fmt::format("{}{}={}", text.empty() ? "" : ",",
                        to_string(static_cast<engine::Head>(head)), weights[head]);
  return text;
}

Result<void> take_weights_setting(const Feed::Parts& parts, const EngineHost& host) {
  const std::string& wanted = parts.config[kValueWeights];
  FILOSCOPE_TRY(const auto weights, parse_weights(wanted));
  FILOSCOPE_TRY(const std::string seen, find_text(parts.database, kSettingSeen));
  if (seen == wanted) return {};
  const auto before = host.engine().stats().weights;
  return parts.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto newest, newest_revision(session));
    FILOSCOPE_DO(write_change(parts, session,
                              {newest + 1, parts.clock.now_ms(), AccountId{}, before, weights}));
    return put_text(session, kSettingSeen, wanted);
  });
}

Result<WeightsView> find_weights(Database& database, const EngineHost& host) {
  WeightsView view;
  view.built_in = engine::EngineOptions().weights;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(view.changes, read_changes(session));
    return {};
  }));
  view.now = host.engine().stats().weights;
  if (!view.changes.empty()) view.revision = view.changes.front().revision;
  return view;
}

Result<void> change_weights(const Feed::Parts& parts, const EngineHost& host,
                            const WeightsWish& wish) {
  for (std::size_t head = 0; head < engine::kHeadsCount; ++head) {
    if (is_weight(wish.weights[head])) continue;
    const auto most = static_cast<std::int64_t>(kWeightMost);
    return Error(reason("weight_out_of_range"), -most, most)
        .at(to_string(static_cast<engine::Head>(head)));
  }
  if (!host.learns()) return Error(reason("engine_stands"));
  const auto before = host.engine().stats().weights;
  if (before == wish.weights) return {};
  return parts.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto newest, newest_revision(session));
    if (newest != wish.revision) return Error(reason("weights_changed_meanwhile"));
    return write_change(parts, session,
                        {newest + 1, parts.clock.now_ms(), wish.by, before, wish.weights});
  });
}

Result<void> restate_weights(Database& database, const EngineHost::Tell& tell) {
  FILOSCOPE_TRY(const std::string seen, find_text(database, kSettingSeen));
  FILOSCOPE_TRY(auto weights, parse_weights(seen));
  std::vector<WeightsChange> changes;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(changes, read_changes(session));
    return {};
  }));
  if (!changes.empty()) weights = changes.front().weights;
  return tell(engine::encode(engine::WeightsChanged{weights}));
}

}  // namespace filoscope::feed
