#include "adapters/postgres/postgres_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "adapters/postgres/postgres_sql.h"
#include "adapters/postgres/reasons.h"
#include "base/log.h"
#include "base/reasons.h"
#include "base/trouble.h"
#include "base/utf8.h"
#include "ports/reasons.h"

namespace filoscope::postgres {
namespace {

constexpr int kVersionMin = 150'000;
constexpr std::size_t kPreparedMax = 512;
constexpr std::size_t kShownSqlMax = 120;
// Types as the catalogue pg_type numbers them.
constexpr Oid kBytea = 17, kInt8 = 20, kText = 25, kFloat8 = 701;

std::string shown(std::string_view sql) { return std::string(sql.substr(0, kShownSqlMax)); }

/// One line, without what libpq repeats.
std::string detail_of(const char* message) {
  std::string text(message == nullptr ? "" : message);
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

/// Which constraint was broken: its values are nobody's business.
std::string constraint_of(const PGresult* result, const std::string& otherwise) {
  std::string text;
  for (const int field : {PG_DIAG_TABLE_NAME, PG_DIAG_CONSTRAINT_NAME, PG_DIAG_COLUMN_NAME}) {
    const char* value = PQresultErrorField(result, field);
    if (value != nullptr) text.append(text.empty() ? "" : ".").append(value);
  }
  return text.empty() ? otherwise : text;
}

/// What the server says of itself is for the log alone.
Error away(const std::string& detail) {
  log::warn("postgres.failed", {{"reason", detail}});
  return Error(ports::reason("database_away"));
}

/// Whether `sql` begins with a word of the adapter alone.
bool is_control(std::string_view sql) {
  constexpr std::array<std::string_view, 14> words{
      "BEGIN",   "START",   "COMMIT", "END",        "ROLLBACK", "ABORT",  "SAVEPOINT",
      "RELEASE", "PREPARE", "SET",    "DEALLOCATE", "RESET",    "LISTEN", "COPY"};
  const auto begin = sql.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return false;
  sql.remove_prefix(begin);
  const auto word = sql.substr(0, sql.find_first_of(" \t\n;"));
  return std::any_of(words.begin(), words.end(), [&](std::string_view one) {
    return std::equal(one.begin(), one.end(), word.begin(), word.end(), [](char a, char b) {
      return a == std::toupper(static_cast<unsigned char>(b));
    });
  });
}

/// Arguments as libpq takes them; they point into the SqlValues and into `texts`.
struct Bound {
  std::vector<std::string> texts;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
};

Oid type_of(const SqlValue& value) {
  constexpr std::array<Oid, 5> types{0, kInt8, kFloat8, kText, kBytea};
  return types[value.index()];
}

Result<Bound> bind(std::span<const SqlValue> arguments) {
  Bound bound;
  bound.texts.reserve(arguments.size());
  const auto add = [&](const char* value, std::size_t length, int format) {
    bound.values.push_back(value);
    bound.lengths.push_back(static_cast<int>(length));
    bound.formats.push_back(format);
  };
  for (const auto& argument : arguments) {
    if (const auto* text = std::get_if<std::string>(&argument)) {
      if (!is_storable_text(*text)) return Error(ports::reason("database_text_refused"));
      add(text->c_str(), text->size(), 0);
    } else if (const auto* bytes = std::get_if<Bytes>(&argument)) {
      add(bytes->empty() ? "" : reinterpret_cast<const char*>(bytes->data()), bytes->size(), 1);
    } else if (std::holds_alternative<std::monostate>(argument)) {
      add(nullptr, 0, 0);
    } else {
      const auto* whole = std::get_if<std::int64_t>(&argument);
      const auto& number = bound.texts.emplace_back(
          whole ? fmt::format("{}", *whole) : fmt::format("{}", std::get<double>(argument)));
      add(number.c_str(), number.size(), 0);
    }
  }
  return bound;
}

std::string key_of(std::string_view sql, std::span<const SqlValue> arguments) {
  std::string key;
  key.reserve(sql.size() + arguments.size() + 1);
  for (const auto& one : arguments) key += static_cast<char>('0' + one.index());
  return key.append(":").append(sql);
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const PostgresOptions& options) {
  constexpr std::array<const char*, 7> names{"dbname",
                                             "client_encoding",
                                             "application_name",
                                             "connect_timeout",
                                             "keepalives_idle",
                                             "tcp_user_timeout",
                                             nullptr};
  const std::array<const char*, 7> values{
      options.url.c_str(), "UTF8", "filoscope", "10", "20", "30000", nullptr};
  std::unique_ptr<Connection> connection(
      new Connection(PQconnectdbParams(names.data(), values.data(), 1)));
  if (connection->lost())
    return Error(reason("postgres_not_reached"),
                 detail_of(PQerrorMessage(connection->connection_)));
  FILOSCOPE_DO(connection->check_server());
  FILOSCOPE_DO(connection->configure(options));
  trouble::end(kAwayTrouble);
  return connection;
}

Result<void> Connection::check_server() {
  if (PQserverVersion(connection_) < kVersionMin) {
    return Error(reason("postgres_too_old"), PQserverVersion(connection_) / 10'000,
                 kVersionMin / 10'000);
  }
  FILOSCOPE_TRY(const auto encoding, run("SHOW server_encoding"));
  if (first_text(encoding) != "UTF8")
    return Error(reason("postgres_not_utf8"), first_text(encoding));
  for (const char* setting : {"fsync", "full_page_writes"}) {
    FILOSCOPE_TRY(const auto value, run(fmt::format("SHOW {}", setting).c_str()));
    if (first_text(value) != "on") return Error(reason("postgres_not_durable"), setting);
  }
  return {};
}

Result<void> Connection::configure(const PostgresOptions& options) {
  const auto sql = fmt::format(
      "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; "
      // The relay and the question for a lost commit are statements of their own.
      "SET default_transaction_isolation = 'read committed'; "
      "SET client_min_messages = warning; SET bytea_output = hex; SET jit = off; "
      // What is read by an index is locked by its pages; what is scanned, as a whole table.
      "SET enable_seqscan = off; "
      "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; "
      "SET tcp_keepalives_count = 3; SET tcp_user_timeout = 30000",
      options.statement_ms, options.statement_ms);
  FILOSCOPE_TRY(const auto set, run(sql.c_str()));
  FILOSCOPE_TRY(const auto commit, run("SHOW synchronous_commit"));
  const auto waits = first_text(commit);
  if (waits == "off" || waits == "local") {
    FILOSCOPE_TRY(const auto on, run("SET synchronous_commit = on"));
  }
  return {};
}

Result<Answer> Connection::run(const char* sql) { return checked(PQexec(connection_, sql), sql); }

Result<Answer> Connection::run(std::string_view sql, std::span<const SqlValue> arguments) {
  last_failure_ = Failure::statement;
  FILOSCOPE_TRY(const auto bound, bind(arguments));
  FILOSCOPE_TRY(const auto name, prepare(sql, arguments));
  return checked(PQexecPrepared(connection_, name.c_str(), static_cast<int>(arguments.size()),
                                bound.values.data(), bound.lengths.data(), bound.formats.data(), 0),
                 sql);
}

Result<std::string> Connection::prepare(std::string_view sql, std::span<const SqlValue> arguments) {
  if (is_control(sql)) {
    return Error(Code::internal, "transactions and settings are not a module's: " + shown(sql));
  }
  auto key = key_of(sql, arguments);
  if (const auto known = prepared_.find(key); known != prepared_.end()) return known->second;
  const auto translated = translate(sql);
  if (translated.placeholders_count != static_cast<int>(arguments.size())) {
    return Error(Code::internal,
                 fmt::format("{} arguments for {} placeholders in: {}", arguments.size(),
                             translated.placeholders_count, shown(sql)));
  }
  if (prepared_.size() >= kPreparedMax) {
    FILOSCOPE_TRY(const auto dropped, run("DEALLOCATE ALL"));
    prepared_.clear();
  }
  std::vector<Oid> types;
  for (const auto& one : arguments) types.push_back(type_of(one));
  const auto name = fmt::format("s{}", prepared_.size());
  FILOSCOPE_TRY(const auto made,
                checked(PQprepare(connection_, name.c_str(), translated.text.c_str(),
                                  static_cast<int>(types.size()), types.data()),
                        sql));
  prepared_.emplace(std::move(key), name);
  return name;
}

Result<Answer> Connection::checked(PGresult* result, std::string_view sql) {
  Answer answer(result);
  const auto status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return answer;
  return error(result, sql);
}

/// By SQLSTATE: https://www.postgresql.org/docs/15/errcodes-appendix.html.
Error Connection::error(const PGresult* result, std::string_view sql) {
  const char* field = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state(field == nullptr ? "" : field);
  const char* primary =
      result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const auto detail = detail_of(primary != nullptr ? primary : PQerrorMessage(connection_));
  const auto kind = state.substr(0, std::min<std::size_t>(2, state.size()));
  last_failure_ = Failure::statement;
  constexpr std::array<std::string_view, 3> ends{"57P01", "57P02", "25P03"};
  // A new connection prepares anew what another one's change of a table made of no use.
  const bool stale = state == "0A000" && detail.find("cached plan") != std::string::npos;
  // What has no state came from libpq itself: the line is broken.
  if (state.empty() || lost() || kind == "08" || stale ||
      std::find(ends.begin(), ends.end(), state) != ends.end()) {
    last_failure_ = Failure::connection;
    return away(detail);
  }
  if (kind == "40") {
    last_failure_ = Failure::order;
    return Error(ports::reason("changes_met"), 1);
  }
  if (kind == "23")
    return Error(ports::reason("contradicts_stored"), constraint_of(result, detail));
  if (state == "53100") return Error(base_reason("disk_full"));
  if (state == "53200") return Error(base_reason("no_memory"));
  if (kind == "53" || kind == "57" || kind == "58" || kind == "55" || kind == "25") {
    if (state == "57014") return Error(ports::reason("database_too_slow"));
    return away(detail);
  }
  if (state == "22021") return Error(ports::reason("database_text_refused"));
  if (kind == "54") return Error(ports::reason("database_value_too_long"));
  if (kind == "XX") return Error(Code::corrupt, "the database is damaged: " + detail);
  return Error(Code::internal, fmt::format("database: {}, in: {}", detail, shown(sql)));
}

std::string first_text(const Answer& answer) {
  if (PQntuples(answer.get()) == 0 || PQgetisnull(answer.get(), 0, 0) != 0) return {};
  return PQgetvalue(answer.get(), 0, 0);
}

}  // namespace filoscope::postgres
