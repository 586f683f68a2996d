#include "accounts/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "accounts/accounts.h"
#include "accounts/reasons.h"
#include "accounts/text_impl.h"

namespace filoscope::accounts {
namespace {

constexpr int kAgeMax = 130;

bool ascii_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
bool ascii_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(at, count)) {
      if (!ascii_digit(c)) return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return date.ok() ? std::optional(date) : std::nullopt;
}

/// Negative for a date in the future.
int full_years(const std::chrono::year_month_day& birth, std::int64_t now_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> now{std::chrono::milliseconds(now_ms)};
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int years = static_cast<int>(today.year()) - static_cast<int>(birth.year());
  const bool had_birthday =
      std::pair(today.month(), today.day()) >= std::pair(birth.month(), birth.day());
  return had_birthday ? years : years - 1;
}

constexpr auto kReserved = std::to_array<std::string_view>(
    {"about",    "account",   "accounts",      "admin",    "administrator", "api",     "app",
     "assets",   "auth",      "blog",          "comments", "explore",       "feed",    "filoscope",
     "hashtag",  "help",      "home",          "legal",    "live",          "login",   "me",
     "media",    "moderator", "notifications", "official", "privacy",       "root",    "search",
     "settings", "shop",      "signup",        "staff",    "status",        "support", "system",
     "terms",    "upload",    "videos"});

}  // namespace

std::uint8_t age_years(std::string_view birth_date, std::int64_t now_ms) {
  const auto birth = parse_date(birth_date);
  if (!birth) return 0;
  const int years = full_years(*birth, now_ms);
  return years < 0 || years > kAgeMax ? std::uint8_t{0} : static_cast<std::uint8_t>(years);
}

std::string fold_handle(std::string_view handle) { return ascii_lower(handle); }

Result<void> check_handle(std::string_view handle) {
  if (handle.size() < kHandleCharactersMin || handle.size() > kHandleCharactersMax) {
    return Error(reason("text_length"), kHandleCharactersMin, kHandleCharactersMax).at("handle");
  }
  for (const char c : handle) {
    if (!ascii_letter(c) && !ascii_digit(c) && c != '.' && c != '_') {
      return Error(reason("handle_characters")).at("handle");
    }
  }
  if (handle.front() == '.' || handle.back() == '.' ||
      handle.find("..") != std::string_view::npos) {
    return Error(reason("handle_dots")).at("handle");
  }
  if (std::none_of(handle.begin(), handle.end(),
                   [](char c) { return ascii_letter(c) || ascii_digit(c); })) {
    return Error(reason("handle_without_letters")).at("handle");
  }
  if (std::find(kReserved.begin(), kReserved.end(), fold_handle(handle)) != kReserved.end()) {
    return Error(reason("handle_reserved")).at("handle");
  }
  return {};
}

Result<void> check_birth_date(std::string_view birth_date, std::int64_t now_ms) {
  const auto birth = parse_date(birth_date);
  if (!birth) return Error(reason("birth_date_malformed")).at("birth_date");
  const int years = full_years(*birth, now_ms);
  if (years < 0) return Error(reason("birth_date_in_future")).at("birth_date");
  if (years > kAgeMax) return Error(reason("birth_date_too_long_ago")).at("birth_date");
  if (years < kAgeMin) {
    return Error(reason("too_young"), kAgeMin).at("birth_date");
  }
  return {};
}

Result<std::string> prepare_password(std::string_view password, std::string_view field) {
  const auto count = characters_count(password);
  if (!count) return Error(count.error()).at(field);
  if (*count < kPasswordCharactersMin || *count > kPasswordCharactersMax)
    return Error(reason("text_length"), kPasswordCharactersMin, kPasswordCharactersMax).at(field);
  if (is_ascii(password)) return std::string(password);
  return to_utf8(normalized(from_utf8(password), icu::Normalizer2::getNFKCInstance));
}

Result<void> check_language(std::string_view language) {
  if (language.empty()) return {};
  constexpr std::size_t kTagMax = 35, kPrimaryMin = 2, kPartMax = 8;
  bool good = language.size() <= kTagMax && language.back() != '-';
  std::size_t part = 0;
  bool primary = true;
  for (const char c : language) {
    if (c == '-') {
      good = good && part >= (primary ? kPrimaryMin : 1);
      primary = false;
      part = 0;
      continue;
    }
    good = good && ++part <= kPartMax && (ascii_letter(c) || (!primary && ascii_digit(c)));
  }
  if (primary) good = good && part >= kPrimaryMin;
  if (good) return {};
  return Error(reason("not_a_language")).at("language");
}

std::string primary_language(std::string_view language) {
  return ascii_lower(language.substr(0, language.find('-')));
}

Result<void> check_email(std::string_view email) {
  if (email.empty()) return {};
  constexpr std::size_t kEmailMax = 254;  // RFC 5321, 4.5.3.1.3 without the angle brackets
  const auto at = email.find('@');
  const bool good = email.size() <= kEmailMax && at != std::string_view::npos && at > 0 &&
                    at + 1 < email.size() && email.find('@', at + 1) == std::string_view::npos &&
                    characters_count(email).has_value() &&
                    std::none_of(email.begin(), email.end(),
                                 [](char c) { return (c >= 0 && c <= ' ') || c == 0x7F; });
  if (good) return {};
  return Error(reason("not_an_email")).at("email");
}

Result<void> check_time_zone(std::string_view time_zone) {
  constexpr std::size_t kTimeZoneMax = 64;
  const bool good =
      time_zone.size() <= kTimeZoneMax &&
      std::all_of(time_zone.begin(), time_zone.end(), [](char c) {
        return ascii_letter(c) || ascii_digit(c) || c == '_' || c == '/' || c == '+' || c == '-';
      });
  if (good) return {};
  return Error(reason("not_a_time_zone")).at("time_zone");
}

}  // namespace filoscope::accounts
