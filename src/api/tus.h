#pragma once

/// The header fields of tus 1.0.0 (tus.io/protocols/resumable-upload): pure parsing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "upload/upload.h"

namespace filoscope::api {

inline constexpr std::string_view kTusVersion = "1.0.0";

/// A non-negative decimal number, or nothing.
std::optional<std::int64_t> parse_count(std::string_view text);

/// The field `cover_ms` of an upload: a count, or nothing when it is empty. Errors:
/// invalid_argument.
Result<std::optional<std::int64_t>> parse_cover_ms(std::string_view text);

/// The field `sound_id` of an upload; none when it is empty. Errors: invalid_argument.
Result<SoundId> parse_sound_id(std::string_view text);

/// Upload-Metadata: `name base64, name base64, flag`. Unknown names are ignored. Errors:
/// invalid_argument.
Result<upload::NewUpload> parse_upload_metadata(std::string_view field);

/// Milliseconds as an HTTP date (RFC 9110 section 5.6.7), for Upload-Expires.
std::string http_date(std::int64_t at_ms);

}  // namespace filoscope::api
