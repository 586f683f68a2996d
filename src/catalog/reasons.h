#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::catalog {

inline constexpr ErrorReason kReasons[] = {
    {"no_such_video", Code::not_found, "there is no such video"},
    {"no_such_entry", Code::not_found, "this is not there, or no longer"},
    {"video_not_restorable", Code::not_found,
     "this video can't be brought back: it was not deleted, or too long ago"},
    {"video_change_denied", Code::denied, "only the person who uploaded this video may change it"},
    {"video_delete_denied", Code::denied, "only the person who uploaded this video may delete it"},
    {"video_already_published", Code::conflict, "the video is published already"},
    {"video_state_of_other_call", Code::invalid_argument,
     "a video is published and removed by calls of their own"},
    {"rendition_not_taken", Code::conflict, "this video can take no other rendition"},
    {"no_such_cover", Code::invalid_argument, "this video has {count} covers, numbered from 0"},
    {"not_a_visibility", Code::invalid_argument,
     "it must be \"everyone\", \"followers\" or \"only_me\""},
    {"entry_too_new", Code::conflict, "a newer release made the entry {id}"},
    {"no_such_label", Code::invalid_argument,
     "a label is \"ai_generated\" or \"paid_partnership\""},
    {"end_in_the_past", Code::invalid_argument, "the end must lie in the future"},
    {"not_held", Code::not_found, "this video is not held; it may have been decided meanwhile"},
    {"no_such_sound", Code::not_found, "there is no such sound, or nobody may hear it any more"},
    {"sound_name_denied", Code::denied, "only the person whose sound it is may name it"},
    {"no_such_media", Code::not_found, "there is no such file; its address may have run out"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::catalog
