#pragma once

/// The JSON of the interface's things, exactly as docs/api.md says. Pure reading; may ask accounts
/// for mentioned people. Spans (hashtags and mentions in a text) are counted in UTF-16 code units.

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "api/api.h"

namespace filoscope::api {

Response json_response(const nlohmann::json& value, int status = 200);
Response no_content();

nlohmann::json encode_person_lite(const accounts::Account& account);
Result<nlohmann::json> encode_person(const Services& services, const accounts::Viewer& viewer,
                                     const accounts::Account& account);
/// Person and what only she may know.
Result<nlohmann::json> encode_own_account(const Services& services, const accounts::Viewer& viewer,
                                          const accounts::Account& account);
/// The state as the contract names it: what comes before "published" is "processing".
std::string_view encode_state(catalog::State state);
/// What is being done with it: "received", "checked" or "encoding"; null when nothing is.
nlohmann::json encode_step(catalog::State state);
/// Why processing ended, from what catalogue and notifications keep of it (`stored_text`).
nlohmann::json encode_failure(const StoredReason& why);
/// A Video as `viewer` sees it.
nlohmann::json encode_video(const Services& services, const accounts::Viewer& viewer,
                            const feed::Item& item);
/// A feed or list item: kind, video, token, route, repeat.
nlohmann::json encode_item(const Services& services, const accounts::Viewer& viewer,
                           const feed::Item& item);
nlohmann::json encode_comment(const Services& services, const accounts::Viewer& viewer,
                              const social::Comment& comment, const accounts::Account& author);
nlohmann::json encode_upload(const upload::UploadState& state);
/// `{items, next_cursor}` of videos, with tokens for `surface`.
Result<nlohmann::json> encode_videos(const Services& services, const accounts::Viewer& viewer,
                                     catalog::VideoPage page, feed::Surface surface);
Result<Response> encode_page(const Services& services, const accounts::Viewer& viewer,
                             catalog::VideoPage page, feed::Surface surface);
/// "" becomes null.
nlohmann::json cursor_or_null(const std::string& cursor);

}  // namespace filoscope::api
