#include "accounts/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "accounts/accounts.h"

namespace filoscope::accounts {
namespace {

constexpr std::int64_t kNov2023 = 1'700'000'000'000;  // 2023-11-14

TEST(FoldText, MeetsAcrossCaseAndAccents) {
  EXPECT_EQ(fold_text("Straße"), "strasse");
  EXPECT_EQ(fold_text("É"), "e");
  EXPECT_EQ(fold_text("e\xCC\x81"), "e");  // e and a combining acute
  EXPECT_EQ(fold_text("ﬁlm"), "film");
  EXPECT_EQ(fold_text("ＡＢＣ１"), "abc1");
  EXPECT_EQ(fold_text("Ærøskøbing Łódź"), "aeroskobing lodz");
  EXPECT_EQ(fold_text("ΆΣ"), fold_text("ας"));
}

TEST(FoldText, TurkishDottedAndDotlessMeet) {
  EXPECT_EQ(fold_text("İSTANBUL"), "istanbul");
  EXPECT_EQ(fold_text("ISPARTA"), fold_text("ısparta"));
}

TEST(FoldText, KeepsLettersOfOtherScripts) {
  EXPECT_EQ(fold_text("北京"), "北京");
  EXPECT_EQ(fold_text("が"), "が");  // not か: the mark makes another syllable
  EXPECT_EQ(fold_text("영상"), "영상");
  EXPECT_EQ(fold_text("हिन्दी"), "हिन्दी");
  EXPECT_NE(fold_text("й"), fold_text("и"));
}

TEST(FoldText, IsStableAndSurvivesBrokenBytes) {
  for (const std::string text : {"\xFF\xFE", "a\xE4", "\xED\xA0\x80", "É\xCC", "Ω"}) {
    const auto once = fold_text(text);
    EXPECT_EQ(fold_text(once), once);
    const auto searched = search_fold(text);
    EXPECT_EQ(search_fold(searched), searched);
  }
  EXPECT_EQ(fold_text(""), "");
}

TEST(FoldText, IsStableForEveryCharacter) {
  for (std::uint32_t c = 0x80; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    std::string text;  // behind an e and before a mark, where composing happens
    text += 'e';
    if (c < 0x800) {
      text += {static_cast<char>(0xC0 | c >> 6)};
    } else {
      if (c < 0x10000) {
        text += static_cast<char>(0xE0 | c >> 12);
      } else {
        text += static_cast<char>(0xF0 | c >> 18);
        text += static_cast<char>(0x80 | (c >> 12 & 63));
      }
      text += static_cast<char>(0x80 | (c >> 6 & 63));
    }
    text += static_cast<char>(0x80 | (c & 63));
    text += "\u0301";
    const auto once = fold_text(text);
    ASSERT_EQ(fold_text(once), once) << "U+" << std::hex << c;
    if (c == 0x2FFFF) c = 0xDFFFF;  // planes without characters
    if (c == 0xE0FFF) break;        // private use
  }
}

TEST(AgeYears, CountsBirthdaysAndRefusesOddDates) {
  EXPECT_EQ(age_years("2000-11-14", kNov2023), 23);
  EXPECT_EQ(age_years("2000-11-15", kNov2023), 22);
  EXPECT_EQ(age_years("2000-02-29", kNov2023), 23);
  for (const auto* odd : {"", "2001-02-29", "2000-13-01", "2000-00-10", "20000101", "2000-1-01",
                          "+200-01-01", "2000-01-0x", "2024-01-01", "1850-01-01", "2000-01-011"}) {
    EXPECT_EQ(age_years(odd, kNov2023), 0) << odd;
  }
}

TEST(BirthDate, ThirteenIsTheLeast) {
  EXPECT_TRUE(check_birth_date("2010-11-14", kNov2023).has_value());
  const auto young = check_birth_date("2010-11-15", kNov2023);
  ASSERT_FALSE(young.has_value());
  EXPECT_EQ(young.error().message, "birth_date: you have to be at least 13 years old");
  EXPECT_EQ(young.error().reason, "too_young");
  EXPECT_EQ(young.error().field, "birth_date");
  EXPECT_EQ(check_birth_date("2030-01-01", kNov2023).error().reason, "birth_date_in_future");
  EXPECT_EQ(check_birth_date("1850-01-01", kNov2023).error().reason, "birth_date_too_long_ago");
  EXPECT_EQ(check_birth_date("soon", kNov2023).error().reason, "birth_date_malformed");
}

TEST(Handle, RulesAreToldPlainly) {
  for (const auto* good : {"ab", "Mara.Lind", "_x", "a1_b2.c3", "x23456789012345678901234"}) {
    EXPECT_TRUE(check_handle(good).has_value()) << good;
  }
  const std::map<std::string_view, std::vector<std::string_view>> refused{
      {"text_length", {"", "a", "x234567890123456789012345"}},
      {"handle_dots", {".ab", "ab.", "a..b"}},
      {"handle_without_letters", {"__"}},
      {"handle_characters", {"a b", "märz", "a/b", "a\nb"}},
      {"handle_reserved", {"Admin", "filoscope", "ME"}}};
  for (const auto& [word, handles] : refused) {
    for (const auto bad : handles) {
      const auto checked = check_handle(bad);
      ASSERT_FALSE(checked.has_value()) << bad;
      EXPECT_EQ(checked.error().reason, word) << bad;
      EXPECT_EQ(checked.error().field, "handle") << bad;
      EXPECT_TRUE(checked.error().message.starts_with("handle: ")) << bad;
    }
  }
  EXPECT_EQ(check_handle("a").error().message, "handle: use 2 to 24 characters");
}

TEST(CleanText, StripsWhatDeceives) {
  const auto clean = [](std::string_view text) {
    return clean_text("display_name", text, Lines::one, kNameCharactersMax).value();
  };
  EXPECT_EQ(clean("  Mara \t\n Lind "), "Mara Lind");
  EXPECT_EQ(clean("ev\u202Eil\u2066\u200B\x07"), "evil");
  EXPECT_EQ(clean("\u200D\u3164\u2060"), "");
  EXPECT_EQ(clean("e\u0301"), "é");
  EXPECT_EQ(clean("👩\u200D🚀"), "👩\u200D🚀");
  EXPECT_EQ(clean("نمی\u200Cخواهم"), "نمی\u200Cخواهم");
  EXPECT_EQ(clean_text("bio", "a\r\n\r\nb", Lines::many, 10).value(), "a\nb");
}

TEST(CleanText, KeepsJoinersOnlyWhereTheyShow) {
  const auto clean = [](std::string_view text) {
    return clean_text("caption", text, Lines::paragraphs, 500).value();
  };
  for (const std::string kept :
       {"👩🏽‍🚀", "❤️‍🔥", "🏴‍☠️", "🏳️‍🌈", "क्‍ष",
        "র‍্য", "نمی‌خواهم", "葛󠄀城", "1️⃣",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿 go", "ที่นี่", "שָׁלוֹם", "مُدَرِّسَة", "Việt Nam", "한국어", "🇩🇪"})
    EXPECT_EQ(clean(kept), kept);
  std::string run = "a";
  for (int i = 0; i < 100; ++i) run += "\u200D\u200C\u200B\uFEFF\u2060";
  EXPECT_EQ(clean(run + "b" + run), "aba");
  EXPECT_EQ(clean("a\uFE0F\uFE0Fb 😀\uFE0F\uFE0F"), "ab 😀\uFE0F");
  EXPECT_EQ(clean("🏴" + std::string("\U000E0067\U000E0062") + "x"), "🏴x");
  EXPECT_EQ(clean("x \u2067\u202Dy\u202C\u2069 z\u200F"), "x y z");
}

TEST(CleanText, MarksStandOnSomethingAndNeverInHeaps) {
  std::string heap = "Z";
  for (int i = 0; i < 60; ++i) heap += "\u0335\u0315";
  const auto name = clean_name("display_name", heap + "algo", kNameCharactersMax).value();
  EXPECT_LE(characters_count(name).value(), 10U);
  EXPECT_TRUE(name.starts_with("Z") && name.ends_with("algo"));
  EXPECT_EQ(clean_text("text", "\u0301\u0302 a \u0303b", Lines::many, 50).value(), "a b");
}

TEST(CleanText, EmptyLinesStandAlone) {
  const std::string lines(2000, '\n');
  const auto clean = [](const std::string& text, Lines kind) {
    return clean_text("caption", text, kind, 2200).value();
  };
  EXPECT_EQ(clean("a" + lines + "b" + lines, Lines::paragraphs), "a\n\nb");
  EXPECT_EQ(clean("a\r\nb\n\u2800\n \u2028c", Lines::paragraphs), "a\nb\n\nc");
  EXPECT_EQ(clean("a" + lines + "b", Lines::many), "a\nb");
  EXPECT_EQ(clean("a" + lines + "b", Lines::one), "a b");
  EXPECT_EQ(clean("旅　行", Lines::paragraphs), "旅　行");
}

TEST(CleanText, CleaningAgainChangesNothing) {
  for (const std::string text :
       {"e\u200B\u0301", "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "क्‍",
        "🏴\U000E0067", "\u0F71\u0F74", "1\uFE0F\u20E3 \u0600 \u3164 x\u2800y"}) {
    const auto once = clean_text("text", text, Lines::paragraphs, 100).value();
    EXPECT_EQ(clean_text("text", once, Lines::paragraphs, 100).value(), once);
  }
}

TEST(CleanName, RefusesWhatCannotBeSeen) {
  for (const auto* nothing : {" ", "\u3164", "\u2800\u2800", "\u0301", "\u200D\uFE0F",
                              "\u00A0\u202E", " \u0335 \u0336", "\u00AD", "\uE000", "\u115F"}) {
    const auto refused = clean_name("display_name", nothing, kNameCharactersMax);
    ASSERT_FALSE(refused.has_value()) << nothing;
    EXPECT_EQ(refused.error().message,
              "display_name: nothing of this can be seen; use at least one letter, digit or sign");
  }
  EXPECT_EQ(clean_name("display_name", "", kNameCharactersMax).value(), "");
  EXPECT_EQ(clean_name("display_name", " 🌱 ", kNameCharactersMax).value(), "🌱");
}

TEST(ShownText, IsNeverRefused) {
  EXPECT_EQ(shown_text("Stra\xDF"
                       "e \x96 caf\xE9.mp4",
                       255),
            "Straße – café.mp4");
  EXPECT_EQ(shown_text("Straße.mp4\n\x07\u202Egpj", 255), "Straße.mp4 gpj");
  EXPECT_EQ(shown_text("日本", 1), "日");
  std::string endless;
  for (int i = 0; i < 5000; ++i) endless += "あ";
  EXPECT_EQ(characters_count(shown_text(endless, 255)).value(), 255U);
}

TEST(CleanText, CountsCharactersNotBytes) {
  std::string name;
  for (int i = 0; i < 50; ++i) name += "京";
  EXPECT_TRUE(clean_text("n", name, Lines::one, kNameCharactersMax).has_value());
  const auto longer = clean_text("display_name", name + "京", Lines::one, kNameCharactersMax);
  ASSERT_FALSE(longer.has_value());
  EXPECT_EQ(longer.error().message, "display_name: 51 characters; the most is 50");
  EXPECT_EQ(longer.error().reason, "text_too_long");
  EXPECT_EQ(clean_text("n", "a\xFF", Lines::one, 50).error().message,
            "n: this is not text in UTF-8");
  EXPECT_EQ(clean_text("n", std::string(100'000, 'a'), Lines::one, 50).error().message,
            "n: 100000 characters; the most is 50");
}

TEST(Password, BoundsAndOneFormPerText) {
  const auto shorter = prepare_password("short77", "new_password");
  ASSERT_FALSE(shorter.has_value());
  EXPECT_EQ(shorter.error().message, "new_password: use 8 to 128 characters");
  EXPECT_TRUE(prepare_password("eight888").has_value());
  EXPECT_TRUE(prepare_password(std::string(128, 'x')).has_value());
  for (const std::size_t length : {129, 100'000})
    EXPECT_EQ(prepare_password(std::string(length, 'x')).error().reason, "text_length");
  EXPECT_EQ(prepare_password("bytes\xFF\xFFxxx").error().message,
            "password: this is not text in UTF-8");
  EXPECT_EQ(prepare_password("caf\u00E9caf\u00E9").value(),
            prepare_password("cafe\u0301cafe\u0301").value());
}

TEST(SmallFields, AreChecked) {
  for (const auto* good : {"", "en", "pt-BR", "zh-Hant-TW"})
    EXPECT_TRUE(check_language(good).has_value()) << good;
  for (const auto* bad : {"e", "en-", "-en", "en_US", "123", "abcdefghi", "en--us"})
    EXPECT_FALSE(check_language(bad).has_value()) << bad;
  EXPECT_EQ(primary_language("PT-br"), "pt");
  EXPECT_TRUE(check_email("a@b.org").has_value());
  for (const auto* bad : {"a", "@b", "a@", "a@b@c", "a b@c"})
    EXPECT_FALSE(check_email(bad).has_value()) << bad;
  EXPECT_TRUE(check_time_zone("America/Port-au-Prince").has_value());
  EXPECT_FALSE(check_time_zone("<script>").has_value());
}

TEST(SearchFold, MeetsWhereASearcherDoes) {
  const std::pair<const char*, const char*> same[] = {{"مُدَرِّسَة", "مدرسه"},
                                                      {"مـــدرسة", "مدرسة"},
                                                      {"أحمد", "احمد"},
                                                      {"إسلام", "اسلام"},
                                                      {"آسيا", "اسيا"},
                                                      {"ٱلله", "الله"},
                                                      {"مسؤول", "مسوول"},
                                                      {"شاطئ", "شاطي"},
                                                      {"على", "علي"},
                                                      {"کتاب", "كتاب"},
                                                      {"ایران", "ايران"},
                                                      {"١٢٣", "123"},
                                                      {"۱۲۳", "123"},
                                                      {"१२३", "123"},
                                                      {"שָׁלוֹם", "שלום"},
                                                      {"צה״ל", "צה\"ל"},
                                                      {"ёлка", "елка"},
                                                      {"за́мок", "замок"},
                                                      {"ＡＢＣ", "abc"},
                                                      {"ｶﾀｶﾅ", "カタカナ"},
                                                      {"don’t", "don't"},
                                                      {"donʼt", "don＇t"},
                                                      {"e‑mail", "e-mail"},
                                                      {"क़लम", "कलम"},
                                                      {"हँसी", "हंसी"},
                                                      {"Đà Nẵng", "da nang"},
                                                      {"Łódź", "lodz"},
                                                      {"Ærø", "aero"},
                                                      {"Þór", "thor"},
                                                      {"ΟΔΟΣ", "οδός"},
                                                      {"Straße", "STRASSE"},
                                                      {"İzmir", "izmir"},
                                                      {"Iğdır", "igdir"},
                                                      {"👍🏽", "👍"},
                                                      {"❤️", "❤"},
                                                      {"👩🏽‍🚀", "👩‍🚀"},
                                                      {"col·lecció", "col'leccio"},
                                                      {"ﻻ", "لا"},
                                                      {"نمی‌خواهم", "نميخواهم"}};
  for (const auto& [a, b] : same) EXPECT_EQ(search_fold(a), search_fold(b)) << a << " " << b;
}

TEST(SearchFold, KeepsLettersApart) {
  const std::pair<const char*, const char*> apart[] = {{"й", "и"}, {"ї", "і"},  {"が", "か"},
                                                       {"ด้", "ด"}, {"ש", "ס"},  {"ب", "ت"},
                                                       {"🎉", "🎊"}, {"کی", "کو"}};
  for (const auto& [a, b] : apart) EXPECT_NE(search_fold(a), search_fold(b)) << a << " " << b;
}

TEST(FoldText, KeysOfOldLogRecordsStay) {
  EXPECT_EQ(fold_text("مُدَرِّسَة"), "مُدَرِّسَة");
  EXPECT_EQ(fold_text("ёлка"), "ёлка");
  EXPECT_EQ(fold_text("col·lecció"), "col·leccio");
  EXPECT_EQ(fold_text("don’t"), "don’t");
}

TEST(SearchWords, ApostrophesAndHyphensJoinAndPart) {
  EXPECT_EQ(query_words("O’Brien 'quoted' - Jean-Luc"),
            (std::vector<std::string>{"obrien", "quoted", "jeanluc"}));
  EXPECT_EQ(query_parts("Jean-Luc O'Brien"),
            (std::vector<std::string>{"jean", "luc", "o", "brien"}));
  const auto words = search_words("ob", "Jean-Luc O’Brien");
  for (const char* word : {"jeanluc", "luc", "obrien", "brien"})
    EXPECT_NE(std::find(words.begin(), words.end(), word), words.end()) << word;
}

TEST(SearchWords, EnterChineseNamesAnywhere) {
  const auto words = search_words("Mara", "北京 Lind");
  const auto has = [&](std::string_view w) {
    return std::find(words.begin(), words.end(), w) != words.end();
  };
  EXPECT_TRUE(has("mara") && has("北京") && has("京") && has("lind"));
  EXPECT_FALSE(has("ind"));
}

}  // namespace
}  // namespace filoscope::accounts
