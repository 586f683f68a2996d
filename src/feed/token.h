#pragma once

/// Impression tokens: what was handed to whom, signed, so that events need no table of what was
/// shown. 46 bytes as base64url: request 8 | entry 8 | person 8 | way 1 | issued s 4 | kind 1 | mac
/// 16 (HMAC-SHA-256, cut); without the kind in tokens of earlier releases, which are of videos. The
/// way is the surface in its lowest three bits; above them the route plus one (0: none), "no
/// record" and "without profiling"; "not to be learned" is in the byte of the kind. Threads: any.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/result.h"
#include "feed/feed.h"

namespace filoscope::feed {

std::string make_token(const crypto::Key& key, const Impression& impression);
/// Checks form and signature only. Errors: invalid_argument (malformed, not ours).
Result<Impression> read_token(const crypto::Key& key, std::string_view token);
/// One number per token, for "once per token"; secret, as it is part of the signature. REQUIRES: a
/// token that read_token took.
std::int64_t token_number(std::string_view token);

}  // namespace filoscope::feed
