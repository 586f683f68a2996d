#pragma once

/// Why what every module stands on refuses or fails (docs/problems.md).

#include <string_view>

#include "base/reason.h"

namespace filoscope {

inline constexpr ErrorReason kBaseReasons[] = {
    {"internal_error", Code::internal, "Something went wrong on our side; please try again."},
    {"stored_data_damaged", Code::corrupt,
     "What is stored of this is damaged and cannot be shown; whoever runs this server has to mend "
     "it."},

    {"no_memory", Code::unavailable,
     "the server has no memory left for this; try again in a moment"},
    {"disk_full", Code::unavailable,
     "the server's disk is full; free some space on it, or try again later"},
    {"disk_read_only", Code::unavailable,
     "the server's disk can only be read; nothing can be stored until that is mended"},
    {"disk_failed", Code::unavailable, "the server's disk failed; look at it, or try again later"},
    {"too_many_open_files", Code::unavailable,
     "the server has too many files open; try again in a moment"},
    {"file_missing", Code::not_found, "No such file or directory"},
    {"file_too_large_to_read", Code::exhausted, "{path} has {size} bytes; the most read is {most}"},
    {"queue_full", Code::exhausted,
     "the server is busy ({queue} queue full); try again in a moment"},
    {"server_stopping", Code::unavailable, "the server is shutting down"},

    {"program_missing", Code::unavailable, "the program {program} is not installed"},
    {"program_not_run", Code::unavailable, "the program {program} cannot be run: {problem}"},
    {"program_still_runs", Code::deadline, "it still runs after {seconds} s"},
    {"log_file_not_written", Code::unavailable, "the log file {path} cannot be written: {problem}"},

    {"setting_unknown", Code::invalid_argument,
     "there is no setting \"{setting}\"; `filoscope serve --help-config` lists them all"},
    {"setting_of_wrong_kind", Code::invalid_argument, "{setting} = \"{value}\": not a {kind}"},
    {"setting_out_of_range", Code::invalid_argument, "{setting} = {value}: allowed is {allowed}"},
    {"setting_is_a_list", Code::invalid_argument, "{setting}: lists are not used here"},
    {"config_file_malformed", Code::invalid_argument, "{path}, line {line}: {problem}"},
};

/// The modules have a `reason` of their own, which would hide one of this name.
consteval ErrorReason base_reason(std::string_view word) { return find_reason(kBaseReasons, word); }

}  // namespace filoscope
