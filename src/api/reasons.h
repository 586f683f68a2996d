#pragma once

/// Why a request is refused before or beside the modules (docs/problems.md).

#include "base/reason.h"

namespace filoscope::api {

inline constexpr ErrorReason kReasons[] = {
    {"server_starting", Code::unavailable, "the server is starting; try again in a moment", 2},
    // HTTP
    {"not_http", Code::invalid_argument, "The request is not valid HTTP ({detail})."},
    {"header_too_large", Code::invalid_argument,
     "The header of the request is too large; send fewer or shorter header fields.", 0, 431},
    {"http_version_unknown", Code::invalid_argument, "Only HTTP/1.0 and HTTP/1.1 are spoken here.",
     0, 505},
    {"target_invalid", Code::invalid_argument,
     "The address asked for is not valid; it must begin with a slash."},
    {"target_escape_invalid", Code::invalid_argument,
     "The address asked for has a broken escape (%XX), invalid UTF-8 or too many fields."},
    {"host_missing", Code::invalid_argument, "The Host header field is missing."},
    {"host_invalid", Code::invalid_argument, "The Host header field is no host."},
    {"header_field_doubled", Code::invalid_argument,
     "A header field that may come once came twice."},
    {"host_unknown", Code::invalid_argument,
     "This server does not go by the name in the Host field; its operator sets the names in "
     "api.public_url or api.hosts.",
     0, 421},
    {"transfer_coding_unknown", Code::invalid_argument,
     "The only Transfer-Encoding taken is chunked, with HTTP/1.1.", 0, 501},
    {"expectation_unknown", Code::invalid_argument,
     "The only expectation that can be met is 100-continue.", 0, 417},
    {"body_too_long", Code::invalid_argument,
     "The body is {length} bytes; the longest taken here is {most} bytes.", 0, 413},
    {"body_longer_than_taken", Code::invalid_argument,
     "The body is longer than the {most} bytes that are taken here.", 0, 413},
    {"request_too_slow", Code::invalid_argument, "The request did not arrive in time.", 0, 408},
    {"nothing_at_address", Code::not_found, "There is nothing at this address."},
    {"method_not_taken", Code::invalid_argument, "This address takes {methods} only.", 0, 405},
    {"range_behind_end", Code::invalid_argument,
     "The file has {size} bytes; the range begins behind them.", 0, 416},
    {"too_many_requests", Code::exhausted,
     "Too many requests came from your address; try again in a few seconds.", 5},
    {"too_many_passwords", Code::exhausted,
     "Too many passwords came from your address; try again in 1 minute.", 60},
    {"too_many_sign_ups", Code::exhausted,
     "Too many accounts were made from your address; try again in 1 hour.", 3600},
    {"too_many_pictures", Code::exhausted,
     "Too many pictures came from your address; try again in 1 minute.", 60},
    {"pictures_under_way", Code::exhausted,
     "Other pictures from your address are being looked at; try again in a few seconds.", 3},
    {"places_taken", Code::unavailable,
     "Too many people are connected; try again in a few seconds.", 5},
    {"share_taken", Code::exhausted,
     "Your address has {most} connections open, which is the most; close some, or try again in a "
     "few seconds.",
     5},

    // WebSockets
    {"socket_wanted", Code::invalid_argument,
     "This address speaks WebSocket; ask with GET, Upgrade: websocket and Connection: Upgrade.", 0,
     426},
    {"socket_version_unknown", Code::invalid_argument, "The only Sec-WebSocket-Version is 13.", 0,
     426},
    {"socket_key_invalid", Code::invalid_argument,
     "The Sec-WebSocket-Key must be 16 bytes in Base64."},
    {"socket_origin_unknown", Code::denied,
     "A socket is for pages of this server alone; its operator sets its address in "
     "api.public_url."},
    {"socket_message_invalid", Code::invalid_argument,
     "A message must be a JSON object with \"watch\", a list of at most {most} video ids."},
    {"too_many_sockets", Code::exhausted,
     "You have {count} pages or programs open that wait for news, which is the most; close one.",
     60},

    // JSON and fields
    {"json_too_deep", Code::invalid_argument, "The body is nested more than {most} deep."},
    {"json_invalid", Code::invalid_argument, "The body is not valid JSON in UTF-8."},
    {"json_no_object", Code::invalid_argument, "The body must be a JSON object."},
    {"field_missing", Code::invalid_argument, "is missing"},
    {"field_no_texts", Code::invalid_argument, "it must be a list of at most {most} texts"},
    {"field_no_text", Code::invalid_argument, "must be a text"},
    {"field_text_too_long", Code::invalid_argument, "must be a text of at most {most} characters"},
    {"field_no_flag", Code::invalid_argument, "must be true or false"},
    {"field_out_of_range", Code::invalid_argument, "must be a whole number from {least} to {most}"},
    {"field_not_one_of", Code::invalid_argument, "must be {choices}"},
    {"field_no_ids", Code::invalid_argument,
     "must be video ids with commas between, at most {most}"},
    {"id_unknown", Code::not_found, "There is nothing with this id."},
    {"form_invalid", Code::invalid_argument,
     "The body is not valid multipart/form-data: {detail}."},
    {"form_type_missing", Code::invalid_argument,
     "The Content-Type must be multipart/form-data with a boundary.", 0, 415},
    {"form_field_too_long", Code::invalid_argument, "has more than {most} bytes"},

    // who asks
    {"bearer_invalid", Code::unauthenticated,
     "The Authorization field must be \"Bearer TOKEN\" with a token of this server."},
    {"signed_out", Code::unauthenticated, "You are signed out; sign in again."},
    {"csrf_missing", Code::denied,
     "The X-Filoscope-CSRF field is missing or does not belong to this session; reload the page."},
    {"guest_token_missing", Code::unauthenticated,
     "Sign in, or ask for a guest token first (POST /api/v1/tokens/guest)."},
    {"account_needed", Code::unauthenticated, "Sign in or sign up to do this."},
    {"role_missing", Code::denied,
     "This is for accounts with the role {role}; who runs the server gives it with: filoscope "
     "account role"},
    {"metrics_are_local", Code::denied,
     "Metrics are told to this machine only; api.metrics_token opens them to others."},
    {"metrics_token_missing", Code::unauthenticated,
     "Metrics need api.metrics_token as a bearer token."},

    // uploads
    {"too_many_transfers", Code::exhausted,
     "you are sending {count} videos already, which is the most at one time; wait until one is "
     "done"},
    {"file_field_missing", Code::invalid_argument,
     "is missing; send the video as the form field \"file\""},
    {"file_field_doubled", Code::invalid_argument, "one video at a time"},
    {"tus_version_unknown", Code::invalid_argument, "Tus-Resumable must be {version}.", 0, 412},
    {"chunk_type_wrong", Code::invalid_argument, "The Content-Type of a chunk must be {type}.", 0,
     415},
    {"chunk_length_missing", Code::invalid_argument, "a chunk must say how long it is"},
    {"upload_length_missing", Code::invalid_argument,
     "must be the file's size in bytes; its length must be known from the start"},
    {"upload_offset_missing", Code::invalid_argument, "must be the number of bytes sent so far"},
    {"method_override_unknown", Code::invalid_argument,
     "must be PATCH, DELETE or HEAD; a new upload begins at /api/v1/uploads"},
    {"upload_metadata_invalid", Code::invalid_argument,
     "must be names with Base64 values, separated by commas, in UTF-8"},
    {"cover_ms_invalid", Code::invalid_argument, "must be a whole number of milliseconds"},

    // feed, search and pages
    {"weights_no_object", Code::invalid_argument, "must be an object of names and numbers"},
    {"weight_unknown", Code::invalid_argument, "\"{name}\" is none of the predicted reactions"},
    {"weight_no_number", Code::invalid_argument, "must be a number"},
    {"event_no_object", Code::invalid_argument, "an event must be an object"},
    {"events_no_list", Code::invalid_argument, "must be a list"},
    {"events_too_many", Code::invalid_argument, "at most {most} in one call"},
    {"watched_no_list", Code::invalid_argument, "must be a list of at most 200 ranges"},
    {"watched_no_range", Code::invalid_argument, "a range must be two numbers, [from_ms, to_ms]"},
    {"published_no_draft", Code::invalid_argument,
     "a published video cannot become a draft again; make it \"only_me\""},
    {"impression_of_another_video", Code::invalid_argument, "it belongs to another video"},
    {"oembed_format_unknown", Code::invalid_argument,
     "oEmbed is answered here as JSON only: format=json.", 0, 501},
    {"oembed_url_missing", Code::invalid_argument, "the address to embed is missing"},
    {"oembed_side_invalid", Code::invalid_argument, "it must be a number of pixels, at least 1"},
    {"app_not_served", Code::not_found,
     "The web app is not served here; the interface is at /api/v1."},
    {"page_unreadable", Code::unavailable,
     "This page cannot be read just now; try again in a moment."},

    // listening
    {"listen_invalid", Code::invalid_argument, "\"{listen}\" is not HOST:PORT, as 127.0.0.1:8080"},
    {"listen_host_unknown", Code::invalid_argument,
     "the host \"{host}\" is not known; take an address of this computer, or 0.0.0.0 for all"},
    {"listen_address_taken", Code::conflict,
     "the address {listen} is in use by another program; take another port"},
    {"listen_address_foreign", Code::invalid_argument,
     "{listen} is no address of this computer; take one of its own, or 0.0.0.0 for all"},
    {"listen_denied", Code::denied, "this user may not listen on {listen}; take a port above 1023"},
};

/// The reason of that word.
consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::api
