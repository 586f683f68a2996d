#pragma once

/// Why this adapter refuses or fails, beside ports/reasons.h (docs/problems.md).

#include "base/reason.h"

namespace filoscope::postgres {

inline constexpr ErrorReason kReasons[] = {
    {"postgres_not_reached", Code::unavailable,
     "the PostgreSQL server cannot be reached ({detail}); start it, or correct the address"},
    {"postgres_too_old", Code::conflict,
     "the PostgreSQL server is of version {version}; this program needs {least} or newer"},
    {"postgres_not_utf8", Code::conflict,
     "the database is encoded in {encoding}; make one with ENCODING 'UTF8'"},
    {"postgres_not_durable", Code::conflict,
     "the PostgreSQL server has {setting} = off: what is acknowledged could be lost; set it to on"},
    {"postgres_in_use", Code::conflict, "another program has this database open; stop it first"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::postgres
