#pragma once

/// Impression tokens: what was handed to whom, signed, so that events need no table of what was
/// shown. 45 bytes as base64url: request 8 | video 8 | person 8 | surface 1 | issued s 4 | mac 16
/// (HMAC-SHA-256, cut). The surface is the lowest three bits of its byte; above them stand the
/// route plus one (0: none), "no record" and "without profiling". Threads: any.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/result.h"
#include "feed/feed.h"

namespace filoscope::feed {

inline constexpr std::size_t kTokenBytes = 45;
inline constexpr std::size_t kTokenCharacters = 60;

std::string make_token(const crypto::Key& key, const Impression& impression);
/// Checks form and signature only. Errors: invalid_argument (malformed, not ours).
Result<Impression> read_token(const crypto::Key& key, std::string_view token);
/// One number per token, for "once per token"; secret, as it is part of the signature. REQUIRES: a
/// token that read_token took.
std::int64_t token_number(std::string_view token);

}  // namespace filoscope::feed
