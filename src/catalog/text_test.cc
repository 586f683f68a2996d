#include "catalog/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>
#include <unicode/utf8.h>

#include <fstream>
#include <limits>

#include "catalog/caption.h"

namespace filoscope::catalog {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// A line of tests/data/captions.txt without its marks, and what stands between them.
struct MarkedCaption {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> marked;
};

MarkedCaption unmark(std::string_view line) {
  constexpr std::string_view kOpen = "⟦", kClose = "⟧", kEscape = "\\u{";
  MarkedCaption made;
  std::size_t begin = 0;
  while (!line.empty()) {
    if (line.starts_with(kOpen)) {
      begin = made.text.size();
      line.remove_prefix(kOpen.size());
    } else if (line.starts_with(kClose)) {
      made.marked.emplace_back(begin, made.text.size());
      line.remove_prefix(kClose.size());
    } else if (line.starts_with("\\n")) {
      made.text += '\n';
      line.remove_prefix(2);
    } else if (line.starts_with(kEscape)) {
      const auto end = line.find('}');
      const auto code = std::stoul(std::string(line.substr(kEscape.size())), nullptr, 16);
      std::uint8_t bytes[U8_MAX_LENGTH];
      std::size_t size = 0;
      U8_APPEND_UNSAFE(bytes, size, static_cast<UChar32>(code));
      made.text.append(reinterpret_cast<const char*>(bytes), size);
      line.remove_prefix(end + 1);
    } else {
      made.text += line.front();
      line.remove_prefix(1);
    }
  }
  return made;
}

TEST(Caption, TheSharedTable) {
  std::ifstream file(FILOSCOPE_CAPTIONS);
  int count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("// ")) continue;
    ++count;
    const auto wanted = unmark(line);
    std::vector<std::pair<std::size_t, std::size_t>> found;
    for (const auto& span : spans_of(wanted.text)) found.emplace_back(span.begin, span.end);
    EXPECT_EQ(found, wanted.marked) << line;
  }
  EXPECT_GE(count, 200);
}

TEST(Caption, EndlessTextsAreReadOnce) {
  for (const std::string part :
       {"a.", "#", "@", "a-", "https://x/", "#a·", "@a.", "ก", "#👩‍"}) {
    std::string text;
    while (text.size() < 100'000) text += part;
    std::size_t end = 0;
    for (const auto& span : spans_of(text)) {
      EXPECT_GE(span.begin, end) << part;
      EXPECT_GT(span.end, span.begin) << part;
      end = span.end;
    }
    EXPECT_LE(end, text.size()) << part;
  }
}

/// Processor time, the least of some tries, µs.
std::int64_t time_of(const std::string& text) {
  const auto now_us = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  };
  std::int64_t least_us = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 5; ++i) {
    const auto begun_us = now_us();
    static_cast<void>(spans_of(text));
    least_us = std::min(least_us, now_us() - begun_us);
  }
  return least_us;
}

TEST(Caption, DottedTextsCostNoMoreThanOthers) {
  const auto text_of = [](std::string_view part) {
    std::string text = "#";
    while (text.size() < 100'000) text += part;
    return text;
  };
  const auto plain_us = time_of(text_of("a "));
  EXPECT_LT(time_of(text_of("a.")), 2 * plain_us);
  std::string almost;  // an address but for the digit at its end
  for (int i = 0; i < 60; ++i) almost += "a.";
  EXPECT_LT(time_of(text_of(almost + std::string(120, 'a') + "1/ ")), 2 * plain_us);
}

TEST(Caption, AnAddressBehindALongDottedRunIsOne) {
  std::string run;
  for (int i = 0; i < 200; ++i) run += "a.";
  EXPECT_THAT(parse_caption(run + "org/#part #tag").hashtags, ElementsAre("tag"));
  EXPECT_THAT(parse_caption(run + "#part").hashtags, ElementsAre("part"));
}

TEST(Caption, HashtagsOfEveryScriptAreFoldedAndUnique) {
  const auto parts =
      parse_caption("Look #Köln #koln ＃北京 #料理! #café_au_lait #ひらがな #हिन्दी #영상, #2026");
  EXPECT_THAT(parts.hashtags, ElementsAre("koln", "北京", "料理", "cafe_au_lait", "ひらがな",
                                          "हिन्दी", "영상", "2026"));
}

TEST(Caption, HashtagsInsideChineseTextAreFound) {
  EXPECT_THAT(parse_caption("今天#北京#美食").hashtags, ElementsAre("北京", "美食"));
}

TEST(Caption, WhatOnlyLooksLikeATagOrMentionIsNone) {
  const auto parts =
      parse_caption("# #! C#sharp https://x.y/#part &#39; me@example.org @ @a @.. ##");
  EXPECT_THAT(parts.hashtags, IsEmpty());
  EXPECT_THAT(parts.mentions, IsEmpty());
}

TEST(Caption, ATooLongHashtagIsNone) {
  EXPECT_THAT(parse_caption("#" + std::string(101, 'a')).hashtags, IsEmpty());
  EXPECT_EQ(parse_caption("#" + std::string(100, 'a')).hashtags.size(), 1U);
}

TEST(Caption, MentionsKeepTheirCaseAndLoseAFinalDot) {
  EXPECT_THAT(parse_caption("with @Mara.Lind. and @jo_9, @Mara.Lind").mentions,
              ElementsAre("Mara.Lind", "jo_9"));
}

TEST(Caption, InvalidUtf8IsNoTextAndBreaksNothing) {
  const std::string bad = "#tag \xC3\x28 \xFF\xFE #\xE5\x8C";
  EXPECT_THAT(parse_caption(bad).hashtags, Contains("tag"));
}

TEST(Words, FoldCaseAccentsAndWidth) {
  EXPECT_THAT(words_of("Crème BRÛLÉE, ＡＢＣ l'été Straße"),
              ElementsAre("creme", "brulee", "abc", "l", "ete", "strasse"));
}

TEST(Words, ScriptsWithoutSpacesGiveOverlappingPairs) {
  EXPECT_THAT(words_of("我在北京吃"), ElementsAre("我在", "在北", "北京", "京吃"));
  EXPECT_THAT(words_of("京"), ElementsAre("京"));
  EXPECT_THAT(words_of("日本料理を作る"), Contains("料理"));
  EXPECT_THAT(words_of("새로운영상입니다"), Contains("영상"));
  EXPECT_THAT(words_of("vlog北京2026"), ElementsAre("vlog", "北京", "2026"));
}

TEST(Words, SearchTermsOfCompoundsAndEmoji) {
  EXPECT_THAT(index_terms_of("Don’t e-mail mother‑in‑law 🎉👍🏽🇩🇪!"),
              UnorderedElementsAre("don", "t", "dont", "e", "mail", "email", "mother", "in", "law",
                                   "motherin", "inlaw", "motherinlaw", "🎉", "👍", "🇩🇪"));
  EXPECT_THAT(words_of("Don’t e-mail 🎉"), ElementsAre("don", "t", "e", "mail"));
  EXPECT_THAT(query_readings_of("don't"),
              ElementsAre(ElementsAre("don", "t"), ElementsAre("dont")));
  EXPECT_THAT(query_readings_of("e mail 北京"),
              ElementsAre(ElementsAre("e", "mail", "北京"), ElementsAre("email", "北京")));
  EXPECT_THAT(query_readings_of("red clay"), ElementsAre(ElementsAre("red", "clay")));
  EXPECT_THAT(query_readings_of("-a- ' --"), ElementsAre(ElementsAre("a")));
  EXPECT_EQ(hashtag_term_of("Col·lecció_d'Art"), "collecciodart");
}

TEST(Words, IndexTermsBeginWithEveryCharacter) {
  EXPECT_THAT(index_terms_of("北京"), ElementsAre("北京", "京"));
  EXPECT_THAT(words_of("北京"), Not(Contains("京")));
  EXPECT_TRUE(single_unspaced_character("京"));
  EXPECT_FALSE(single_unspaced_character("北京"));
  EXPECT_FALSE(single_unspaced_character("a"));
  EXPECT_FALSE(single_unspaced_character(""));
}

TEST(Language, ScriptDecidesAndTheAuthorsSettingHelps) {
  EXPECT_EQ(guess_language("我在北京", "en"), "zh");
  EXPECT_EQ(guess_language("東京で食べる", "en"), "ja");
  EXPECT_EQ(guess_language("서울 여행", "en"), "ko");
  EXPECT_EQ(guess_language("Привет, мир", "en"), "ru");
  EXPECT_EQ(guess_language("Привіт, світ", "uk"), "uk");
  EXPECT_EQ(guess_language("مرحبا", "fa"), "fa");
  EXPECT_EQ(guess_language("Guten Morgen", "de-AT"), "de");
  EXPECT_EQ(guess_language("123 !", ""), "");
  EXPECT_EQ(guess_language("My new vlog from 北京", "en"), "en");
}

}  // namespace
}  // namespace filoscope::catalog
