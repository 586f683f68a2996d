#pragma once

/// The JSON of the interface's things, exactly as docs/api.md says. Pure reading; may ask accounts
/// for mentioned people. Spans (hashtags and mentions in a text) are counted in UTF-16 code units.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <vector>

#include "api/api.h"

namespace filoscope::api {

Response json_response(const nlohmann::json& value, int status = 200);
Response no_content();

nlohmann::json encode_person_lite(const accounts::Account& account);
Result<nlohmann::json> encode_person(const Services& services, const accounts::Viewer& viewer,
                                     const accounts::Account& account);
/// An array of persons; their counts are fetched together.
Result<nlohmann::json> encode_people(const Services& services, const accounts::Viewer& viewer,
                                     std::span<const accounts::Account> people);
/// Person and what only she may know.
Result<nlohmann::json> encode_own_account(const Services& services, const accounts::Viewer& viewer,
                                          const accounts::Account& account);
/// The state as the contract names it: what comes before "published" is "processing".
std::string_view encode_state(catalog::State state);
/// What is being done with it: "received", "checked" or "encoding"; null when nothing is.
nlohmann::json encode_step(catalog::State state);
/// Why processing ended, from what catalogue and notifications keep of it (`stored_text`).
nlohmann::json encode_failure(const StoredReason& why);
/// What people did with an entry, and what she did.
nlohmann::json encode_counts(const feed::Item& item);
nlohmann::json encode_marks(const accounts::Viewer& viewer, const feed::Item& item);
/// The kinds of entries that the interface can show.
engine::KindSet shown_kinds();
/// What each item is of its kind (a Video, …) as `viewer` sees it, fetched for all together; null
/// where it has gone meanwhile or cannot be shown.
Result<std::vector<nlohmann::json>> encode_contents(const Services& services,
                                                    const accounts::Viewer& viewer,
                                                    std::span<const feed::Item> items);
/// Of one. Errors: not_found.
Result<nlohmann::json> encode_content(const Services& services, const accounts::Viewer& viewer,
                                      const feed::Item& item);
/// Feed or list items: kind, content under the kind's name, token, route, repeat. Without those
/// that cannot be shown.
Result<nlohmann::json> encode_items(const Services& services, const accounts::Viewer& viewer,
                                    std::span<const feed::Item> items);
/// `source`: a video of it that may be used; null where there is none.
nlohmann::json encode_sound(const Services& services, const accounts::Viewer& viewer,
                            const catalog::Sound& sound, const catalog::Video* source);
/// Subtitles of a video, with their address.
nlohmann::json encode_track(VideoId video, const subtitles::Track& track);
nlohmann::json encode_comment(const Services& services, const accounts::Viewer& viewer,
                              const social::Comment& comment, const accounts::Account& author);
nlohmann::json encode_upload(const upload::UploadState& state);
/// `{items, next_cursor}` of entries, with tokens for `surface`.
Result<nlohmann::json> encode_entries(const Services& services, const accounts::Viewer& viewer,
                                      catalog::EntryPage page, feed::Surface surface);
Result<Response> encode_page(const Services& services, const accounts::Viewer& viewer,
                             catalog::EntryPage page, feed::Surface surface);
/// "" becomes null.
nlohmann::json text_or_null(const std::string& text);

}  // namespace filoscope::api
