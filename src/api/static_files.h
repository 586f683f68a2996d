#pragma once

/// The built web app from a folder: hashed files below /assets/ cached for long, the page itself
/// revalidated, precompressed twins (.br, .gz) when the client takes them.

#include <string>
#include <string_view>

#include "api/http.h"

namespace filoscope::api {

/// Answers GET and HEAD; `page` answers for the app's own addresses. An empty folder: a plain
/// sentence that no web app is served here.
Handler static_files(std::string folder, Handler page);

/// Whether Accept-Encoding takes `coding` (RFC 9110 section 12.5.3; q=0 refuses).
bool accepts_coding(std::string_view accept_encoding, std::string_view coding);
std::string_view content_type_of(std::string_view path);
/// Nothing that leaves the folder or is hidden: segments must not be empty or begin with a dot.
bool is_plain_path(std::string_view path);

}  // namespace filoscope::api
