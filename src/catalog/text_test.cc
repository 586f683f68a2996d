#include "catalog/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"

namespace filoscope::catalog {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

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
  EXPECT_FALSE(characters_count(bad));
  EXPECT_THAT(parse_caption(bad).hashtags, Contains("tag"));
  EXPECT_FALSE(characters_count(std::string("a\0b", 3)));
  EXPECT_EQ(characters_count("a\nü北"), 4U);
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
