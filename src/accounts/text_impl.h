#pragma once

/// What the parts of text.h share: ASCII, and between UTF-8 and ICU's texts. Internal to this
/// module. Threads: any.

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/result.h"

namespace filoscope::accounts {

inline bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

inline char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) c = ascii_lower(c);
  return lower;
}

inline icu::UnicodeString from_utf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

inline std::string to_utf8(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

inline icu::UnicodeString normalized(const icu::UnicodeString& text,
                                     const icu::Normalizer2* (*get)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = get(status);
  FILOSCOPE_CHECK(U_SUCCESS(status) && normalizer != nullptr);  // the data is built into ICU
  auto result = normalizer->normalize(text, status);
  return U_SUCCESS(status) ? result : icu::UnicodeString();
}

}  // namespace filoscope::accounts
