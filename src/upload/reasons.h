#pragma once

/// Why this module refuses or fails (docs/problems.md). What is wrong with a file is media's to
/// say.

#include "base/reason.h"

namespace filoscope::upload {

inline constexpr ErrorReason kReasons[] = {
    {"no_such_upload", Code::not_found,
     "there is no such upload; it may have run out, begin it again"},
    {"upload_cancelled", Code::not_found, "the upload was cancelled"},
    {"upload_published", Code::conflict, "this upload is a published video now; delete the video"},
    {"upload_fingerprint_too_long", Code::invalid_argument,
     "it is too long; the longest allowed is {most} bytes"},
    {"cover_ms_out_of_range", Code::invalid_argument,
     "must be 0 to {most} milliseconds from the start of the video"},
    {"sound_not_usable", Code::invalid_argument,
     "this sound cannot be used: no video that everyone may see plays it any more"},
    {"too_many_uploads", Code::exhausted,
     "you have uploaded {count} videos in the last 24 hours; the most allowed is {most}, try again "
     "tomorrow",
     24 * 3600},
    {"too_many_unfinished_uploads", Code::exhausted,
     "you have {count} unfinished uploads, which is the most allowed; finish or cancel one of them "
     "first"},
    {"upload_queue_share_taken", Code::exhausted,
     "{count} videos wait for processing already, and you have your share of them; try again in 10 "
     "seconds",
     10},
    {"upload_queue_full", Code::exhausted,
     "{count} videos wait for processing already; try again in a few minutes", 180},
    {"disk_too_full_for_file", Code::unavailable,
     "the server's disk is too full for a file of this size; try again later"},

    // a part of a file
    {"upload_part_too_large", Code::invalid_argument,
     "a part of an upload may have at most {most} bytes"},
    {"upload_part_longer_than_announced", Code::invalid_argument,
     "more bytes came than were announced"},
    {"upload_part_past_end", Code::invalid_argument,
     "the part goes past the end of the file, which has {size} bytes"},
    {"upload_part_misplaced", Code::conflict, "the upload stands at byte {offset}, not at {given}"},
    {"upload_part_beside_another", Code::conflict, "another part of this upload is being written"},
    {"upload_being_written", Code::conflict, "a part of this upload is being written; try again"},
    {"upload_checksum_unknown", Code::invalid_argument, "the algorithm must be sha1 or sha256"},
    {"upload_checksum_malformed", Code::invalid_argument, "the sum is not Base64 of its size"},
    // of tus 1.0.0
    {"upload_checksum_wrong", Code::invalid_argument,
     "it does not match what came; nothing of it is kept", 0, 460},

    // a local file
    {"import_file_shrank", Code::invalid_argument, "the file shrank while it was read"},
    {"import_not_a_file", Code::invalid_argument, "{path} is not a file"},

    // how a video ends that was not refused
    {"video_cut_off", Code::unavailable,
     "processing this video was cut off {tries} times; upload it again"},
    {"video_not_stored", Code::unavailable,
     "this video could not be stored, {tries} times over; upload it again later"},
    {"video_took_too_long", Code::deadline,
     "processing this video took too long, {tries} times over; try a shorter or smaller one"},
    {"video_not_processed", Code::invalid_argument,
     "this video could not be processed: reading it broke off {tries} times; save it again in "
     "another format and upload that"},
    {"sound_gone", Code::invalid_argument,
     "the sound that this video was to play is gone: no video that everyone may see plays it any "
     "more; upload it again with another sound or its own"},
    {"late_rendition_cut_off", Code::conflict, "it was cut off too often"},
    {"late_rendition_wrong", Code::conflict,
     "the worker made another rendition than was asked for"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::upload
