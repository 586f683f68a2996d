#pragma once

/// Why this adapter refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::files {

inline constexpr ErrorReason kReasons[] = {
    {"no_such_blob", Code::not_found, "there is no blob \"{key}\""},
    {"blob_exists", Code::conflict, "there is already a blob \"{key}\""},
    {"blob_source_no_file", Code::invalid_argument, "a blob's source is a file"},
    {"blob_key_empty", Code::invalid_argument, "a blob's key is not empty"},
    {"blob_key_too_long", Code::invalid_argument,
     "a blob's key has at most {most} characters, this one has {count}"},
    {"blob_key_characters", Code::invalid_argument,
     "a blob's key holds only a-z, 0-9 and the characters / . _ -"},
    {"blob_key_double_dot", Code::invalid_argument, "a blob's key holds no \"..\""},
    {"blob_key_dot_part", Code::invalid_argument, "a blob's key has no part \".\""},
    {"blob_key_empty_part", Code::invalid_argument, "a blob's key has no empty part"},
    {"blob_key_begins_with_slash", Code::invalid_argument, "a blob's key does not begin with /"},
    {"blob_key_ends_with_slash", Code::invalid_argument, "a blob's key does not end with /"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::files
