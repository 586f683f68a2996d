#pragma once

/// Why what the ports stand for refuses or fails, whatever adapter it is (docs/problems.md).

#include "base/reason.h"

namespace filoscope::ports {

inline constexpr ErrorReason kReasons[] = {
    {"contradicts_stored", Code::conflict, "this contradicts what is stored ({detail})"},
    {"change_not_stored", Code::unavailable, "the change could not be stored; try again"},
    {"too_many_changes_wait", Code::exhausted,
     "too many changes wait to be stored (the most is {most}); try again in a moment"},
    {"database_busy", Code::unavailable,
     "the database was busy with others for {waited} ms; try again"},
    {"database_away", Code::unavailable,
     "the database does not answer at the moment; try again in a moment", 2},
    {"changes_met", Code::unavailable,
     "too many changes of the same things met, {tries} times over; try again"},
    {"database_too_slow", Code::deadline, "the database took too long"},
    {"database_value_too_long", Code::invalid_argument,
     "a text or block is too long for the database"},
    {"database_text_refused", Code::invalid_argument,
     "a text holds a zero byte or is not UTF-8, and cannot be stored"},
    {"log_record_too_large", Code::invalid_argument,
     "an event has {size} bytes; the most is {most}"},
    {"no_such_cursor", Code::not_found,
     "no place in the event log is kept for {consumer}; let it begin one"},
    {"cursor_outrun", Code::conflict,
     "{consumer} stood behind record {position} of the event log, and the first that is left is "
     "{first}; what it missed is gone, let it begin anew"},
    {"cursor_moved", Code::conflict,
     "the place of {consumer} in the event log is {position}, not {from}: another one moved it"},
    {"database_tables_too_new", Code::conflict,
     "the database was made by a newer version of this program ({module} is at {version}, this one "
     "knows {known})"},
    {"migration_changed", Code::conflict,
     "migration {version} of {module} was changed after it was applied; add a new one instead"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

/// Whether a database will do later what it did not do now.
inline bool is_for_now(const Error& error) {
  return error.reason == reason("database_away").word ||
         error.reason == reason("database_busy").word || error.reason == reason("changes_met").word;
}

}  // namespace filoscope::ports
