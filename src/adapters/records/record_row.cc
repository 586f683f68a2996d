#include "adapters/records/record_row.h"

#include <algorithm>
#include <string>

namespace filoscope::records {

LogRecord read_record(const Row& row) {
  LogRecord record;
  record.position = row.integer(0);
  record.at_ms = row.integer(1);
  record.kind = static_cast<std::uint16_t>(row.integer(2));
  record.version = static_cast<std::uint16_t>(row.integer(3));
  record.person = PersonKey::from_db(row.integer(4));
  record.body = row.bytes(5);
  record.reader_version = static_cast<std::uint16_t>(row.integer(6));
  return record;
}

Result<std::vector<LogRecord>> read_records(Database& database, LogPosition after,
                                            std::size_t count_max) {
  const std::string sql = "SELECT " + std::string(kRecordColumns) +
                          " FROM event_log WHERE position > ? ORDER BY position LIMIT ?";
  const auto count = static_cast<std::int64_t>(std::min(count_max, std::size_t{1} << 62));
  std::vector<LogRecord> records;
  FILOSCOPE_DO(database.read([&](Session& session) {
    records.clear();
    return session.query(sql, {after, count},
                         [&](const Row& row) { records.push_back(read_record(row)); });
  }));
  return records;
}

}  // namespace filoscope::records
