#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::accounts {

inline constexpr ErrorReason kReasons[] = {
    {"sign_in_first", Code::unauthenticated, "sign in or make an account first"},
    {"sign_in_or_guest_first", Code::unauthenticated, "sign in, or take a guest token first"},
    {"session_ended", Code::unauthenticated, "your session has ended; sign in again"},
    {"no_such_session", Code::not_found, "there is no such session of yours; it may have ended"},
    {"handle_or_password_wrong", Code::unauthenticated,
     "the handle or the password is not right; check both"},
    {"handle_or_code_wrong", Code::unauthenticated,
     "the handle or the code is not right; check both"},
    {"password_wrong", Code::unauthenticated, "the password is not right; nothing was changed"},
    {"too_many_password_tries", Code::exhausted,
     "too many wrong tries for this account; try again in {minutes} minutes, or from a device you "
     "have used"},
    {"too_many_sign_ins", Code::exhausted,
     "many people are signing in right now; try again in a moment"},
    {"too_many_guests", Code::exhausted,
     "too many visitors at the moment; sign in, or try again later"},
    {"too_many_accounts", Code::exhausted,
     "this server takes no more accounts; its operator can raise accounts.accounts_max"},

    {"no_such_account", Code::not_found, "there is no such account"},
    {"account_never_signs_in", Code::not_found, "there is no such account that can sign in"},
    {"account_being_deleted", Code::unauthenticated, "this account is being deleted"},
    {"own_account", Code::invalid_argument, "this is yourself; choose another account"},
    {"follow_denied", Code::denied, "you cannot follow this account"},
    {"too_many_follows", Code::exhausted,
     "you follow {most} people, which is the most; unfollow someone first"},
    {"too_many_mutes", Code::exhausted, "you mute {most} things, which is the most; end one first"},
    {"not_one_hashtag", Code::invalid_argument, "give a single one, such as #ceramics"},
    {"not_one_word", Code::invalid_argument, "give a single word"},

    {"handle_taken", Code::conflict, "this one is taken; choose another"},
    {"handle_reserved", Code::invalid_argument, "this one is reserved; choose another"},
    {"handle_characters", Code::invalid_argument,
     "use only the letters a to z, digits, dots and underscores; a display name may have any "
     "script"},
    {"handle_dots", Code::invalid_argument, "a dot stands alone between other characters"},
    {"handle_without_letters", Code::invalid_argument, "use at least one letter or digit"},
    {"password_is_handle", Code::invalid_argument, "choose one that is not your handle"},
    {"birth_date_malformed", Code::invalid_argument, "give a day that exists, as YYYY-MM-DD"},
    {"birth_date_in_future", Code::invalid_argument, "this day is in the future"},
    {"birth_date_too_long_ago", Code::invalid_argument, "this day is too long ago"},
    {"too_young", Code::invalid_argument, "you have to be at least {least} years old"},
    {"too_young_for_sensitive", Code::invalid_argument,
     "this can be switched on from {least} years on"},
    {"not_a_language", Code::invalid_argument, "give a language tag such as \"en\" or \"pt-BR\""},
    {"not_an_email", Code::invalid_argument,
     "give an address such as name@example.org, or leave it out"},
    {"not_a_time_zone", Code::invalid_argument,
     "give a name such as \"Europe/Vienna\", or leave it out"},
    {"not_a_feed_mode", Code::invalid_argument, "give \"for_you\" or \"not_profiled\""},

    {"text_not_utf8", Code::invalid_argument, "this is not text in UTF-8"},
    {"text_length", Code::invalid_argument, "use {least} to {most} characters"},
    {"text_too_long", Code::invalid_argument, "{count} characters; the most is {most}"},
    {"text_unseen", Code::invalid_argument,
     "nothing of this can be seen; use at least one letter, digit or sign"},
    {"query_too_long", Code::invalid_argument, "must be at most 100 characters"},
    {"not_a_cursor", Code::invalid_argument, "send back the one that the last page gave, or none"},
    {"page_limit", Code::invalid_argument, "ask for 1 to {most} at a time"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::accounts
