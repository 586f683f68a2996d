#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::feed {

inline constexpr ErrorReason kReasons[] = {
    {"impression_token_unknown", Code::invalid_argument,
     "the impression token is not one that this server gave out; take the one that came with the "
     "video"},
    {"impression_token_of_another_person", Code::invalid_argument,
     "the impression token was given to another person"},
    {"impression_token_from_future", Code::invalid_argument,
     "the impression token is from the future; reload the feed"},
    {"impression_token_too_old", Code::invalid_argument,
     "the impression token is older than {hours} hours; reload the feed"},

    {"too_many_feed_answers", Code::exhausted,
     "you have asked for more feed answers in an hour than the {most} that are allowed; try again "
     "in a minute",
     60},
    {"too_many_events", Code::exhausted,
     "you have sent more events in an hour than the {most} that are allowed; try again in a minute",
     60},
    {"too_many_events_in_a_call", Code::invalid_argument,
     "{count} events in one call; the most is {most}"},

    {"event_id_length", Code::invalid_argument, "event_id must have 1 to {most} characters"},
    {"event_not_told_here", Code::invalid_argument,
     "event \"{event}\" is not one that can be told here"},
    {"event_video_gone", Code::invalid_argument, "the video is gone"},
    {"event_end_unknown", Code::invalid_argument,
     "ended must be one of swipe, ended, hidden, closed, error"},
    {"event_too_many_ranges", Code::invalid_argument,
     "watched has {count} ranges; the most is {most}"},
    {"event_range_impossible", Code::invalid_argument,
     "watched has the range {from}..{to} ms; it must begin before it ends, within the {length} ms "
     "of the video"},
    {"event_loops_out_of_range", Code::invalid_argument, "loops must be 0 to {most}"},
    {"event_watch_negative", Code::invalid_argument, "watch_ms must not be negative"},
    {"event_watch_before_handed_out", Code::invalid_argument,
     "watch_ms is {watched}, but the video was handed out only {since} ms ago"},
    {"event_watch_longer_than_played", Code::invalid_argument,
     "watch_ms is {watched}, more than {loops} loops of a video of {length} ms give"},

    {"no_such_decision", Code::not_found, "there is no such decision record of yours"},
    {"decision_not_kept", Code::not_found,
     "there is no decision record {request}; they are kept for {days} days, and none is made "
     "without profiling"},

    {"wish_for_nothing", Code::invalid_argument,
     "there is no hashtag or person by this name that could be wished for"},
    {"too_many_wishes", Code::exhausted,
     "you have changed your wishes more than the {most} times an hour that are allowed; try again "
     "in a few minutes",
     300},
    {"wishes_full", Code::invalid_argument,
     "you have {most} wishes, which is the most; end one of them first"},
    {"withdrawal_of_nothing", Code::invalid_argument,
     "there is nothing of yours by this name that could be taken back"},
    {"no_such_withdrawal", Code::not_found,
     "there is nothing of yours here that could be undone; it can be for a week"},
    {"too_many_withdrawals", Code::exhausted,
     "you have taken back or undone more than the {most} times an hour that are allowed; try again "
     "in a few minutes",
     300},

    {"value_weight_malformed", Code::invalid_argument,
     "\"{part}\" is not name=number with a reaction's name and -1000..1000"},
    {"weight_out_of_range", Code::invalid_argument, "must be a number from {least} to {most}"},
    {"weights_changed_meanwhile", Code::conflict,
     "the weights have been changed since you looked; look at them again"},
    {"snapshots_folder_not_made", Code::unavailable,
     "the folder for engine snapshots cannot be made at {folder}: {problem}"},
    {"snapshots_folder_not_read", Code::unavailable,
     "the folder for engine snapshots cannot be read at {folder}: {problem}"},
    {"snapshots_not_removed", Code::unavailable,
     "a file in the folder for engine snapshots cannot be removed, {folder}: {problem}"},
    {"engine_stands", Code::unavailable,
     "the engine does not learn at the moment, so snapshots, erasures and other weights wait; "
     "/readyz says why"},
    {"engine_without_memory", Code::unavailable,
     "memory ended in the middle of it; make room and restart the server, which begins again from "
     "the newest snapshot"},
    {"event_log_emptied", Code::not_found,
     "the event log holds no record to go on from; restore it from a backup"},
    {"replay_not_promised", Code::not_found,
     "position {position} is before the oldest kept snapshot ({base}), from which replay is "
     "promised"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::feed
