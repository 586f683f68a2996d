#include "adapters/records/record_row.h"

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

}  // namespace filoscope::records
