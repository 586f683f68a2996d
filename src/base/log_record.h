#pragma once

/// One record of the event log: an envelope around bytes whose meaning the engine knows
/// (engine/records.h).

#include <cstdint>

#include "base/bytes.h"
#include "base/id.h"

namespace filoscope {

using LogPosition = std::int64_t;  ///< 1, 2, 3 …; 0 is before the first

struct LogRecord {
  LogPosition position = 0;  ///< of the stream; given when it is stored
  std::int64_t at_ms = 0;    ///< server's time, never decreasing along the log (append raises it if
                             ///< the clock went back)
  std::uint16_t kind = 0;    ///< engine::RecordKind
  std::uint16_t version = 1;  ///< of the body's format
  /// The lowest version whose decoder can still read the body: fields that came later are at its
  /// end and may be passed over.
  std::uint16_t reader_version = 1;
  PersonKey person;  ///< whom it is about, or none; what an erasure blanks
  Bytes body;
};

}  // namespace filoscope
