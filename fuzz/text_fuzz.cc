/// Text that people type: folding, cleaning, handles, birth dates, search words, cursors.

#include <cstdint>
#include <string>

#include "accounts/accounts.h"
#include "accounts/page_cursor.h"
#include "accounts/text.h"
#include "base/check.h"

namespace accounts = filoscope::accounts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kInputMax = 4096;
  constexpr std::int64_t kNowMs = 1'700'000'000'000;
  if (size > kInputMax) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);

  const auto folded = accounts::fold_text(text);
  FILOSCOPE_CHECK(accounts::characters_count(folded).has_value());
  FILOSCOPE_CHECK(accounts::fold_text(folded) == folded);

  const auto searched = accounts::search_fold(text);
  FILOSCOPE_CHECK(accounts::search_fold(searched) == searched);
  FILOSCOPE_CHECK(accounts::characters_count(accounts::shown_text(text, 40)).value() <= 40);

  for (const auto lines :
       {accounts::Lines::one, accounts::Lines::many, accounts::Lines::paragraphs}) {
    const auto clean = accounts::clean_text("field", text, lines, accounts::kBioCharactersMax);
    if (!clean) continue;
    FILOSCOPE_CHECK(*accounts::characters_count(*clean) <= accounts::kBioCharactersMax);
    FILOSCOPE_CHECK(*accounts::clean_text("field", *clean, lines, accounts::kBioCharactersMax) ==
                    *clean);
  }
  if (accounts::check_handle(text)) {
    FILOSCOPE_CHECK(size >= accounts::kHandleCharactersMin &&
                    size <= accounts::kHandleCharactersMax);
    FILOSCOPE_CHECK(accounts::check_handle(accounts::fold_handle(text)).has_value());
  }
  if (accounts::check_birth_date(text, kNowMs)) {
    FILOSCOPE_CHECK(accounts::age_years(text, kNowMs) >= accounts::kAgeMin);
  }
  static_cast<void>(accounts::prepare_password(text));
  if (accounts::check_language(text)) static_cast<void>(accounts::primary_language(text));
  static_cast<void>(accounts::check_email(text));
  static_cast<void>(accounts::check_time_zone(text));
  for (const auto& word : accounts::search_words(text.substr(0, 24), text)) {
    FILOSCOPE_CHECK(word.size() <= 8 * kInputMax);
  }
  if (const auto cursor = accounts::PageCursor::parse(text); cursor && !text.empty()) {
    FILOSCOPE_CHECK(accounts::PageCursor::parse(cursor->text())->id == cursor->id);
  }
  return 0;
}
