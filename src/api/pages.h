#pragma once

/// Which page of the app an address is (as web/src/lib/routes.ts has it), and what it may say to
/// those who are not signed in: only what everyone may see. Everything else is as what does not
/// exist.

#include "api/hosts.h"
#include "api/page_head.h"
#include "api/routes.h"

namespace filoscope::api {

/// The head of the page at `path` (percent-encoded, as sent) as anyone may see it: 404 where
/// nothing is. May block on the database. Errors: those of reading, when it cannot be told.
Result<PageHead> page_of(const Services& services, std::string_view path);

/// Answers GET and HEAD of the app's own addresses with its page; a person who may see a video
/// that others may not gets status 200, and the same head as a stranger.
Handler app_pages(const ApiPtr& api, std::shared_ptr<const Hosts> hosts);

/// Addresses that stay, for what fetches a preview later: signed media addresses run out.
std::string cover_path(VideoId id);
std::string clip_path(VideoId id);
/// Width and height of a JPEG by its frame header (ITU-T T.81 B.2.2); nothing when there is none.
std::optional<std::pair<int, int>> jpeg_size(std::span<const std::uint8_t> bytes);
/// Size of the chosen cover's file; nothing without one.
std::optional<std::pair<int, int>> cover_size(const Services& services,
                                              const catalog::Video& video);
/// The file of the chosen cover ("cover0.jpg"); "" without one.
std::string cover_file(const catalog::Video& video);

}  // namespace filoscope::api
