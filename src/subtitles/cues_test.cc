#include "subtitles/cues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_result.h"
#include "subtitles/cue_text.h"

namespace filoscope::subtitles {
namespace {

using ::testing::ElementsAre;

std::vector<Cue> read(std::string_view file) { return must(read_cues(file)); }

/// The reason for which a file is refused, and its line where it has one: "reason 3".
std::string refusal(std::string_view file) {
  const auto cues = read_cues(file);
  if (cues) return "";
  std::string text(cues.error().reason);
  for (const auto& one : cues.error().arguments)
    if (one.name == "line") text += " " + std::to_string(std::get<std::int64_t>(one.value));
  return text;
}

std::string utf16(std::u16string_view text, bool big_endian) {
  std::string bytes = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char16_t unit : text) {
    const auto low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    bytes += big_endian ? high : low;
    bytes += big_endian ? low : high;
  }
  return bytes;
}

TEST(WebVtt, IsReadAsTheStandardSays) {
  const auto cues = read(
      "\xEF\xBB\xBFWEBVTT - a title\r\n"
      "Kind: captions\r\nLanguage: en\r\n\r\n"
      "STYLE\r\n::cue { color: red }\r\n\r\n"
      "REGION\r\nid:fred\r\nwidth:40%\r\n\r\n"
      "NOTE what is not shown\r\n00:00.000 --> 00:09.000\r\nnever\r\n\r\n"
      "intro\r\n00:01.000 --> 00:02.500 align:start position:10%\r\nHello\r\nyou\r\n\r\n"
      "01:00:03.250-->01:00:04.000\r\nlate\r\n");
  EXPECT_THAT(cues, ElementsAre(Cue{1000, 2500, "Hello\nyou"}, Cue{3'603'250, 3'604'000, "late"}));
}

TEST(WebVtt, CuesNeedNoEmptyLineBetweenThemNorBehindTheHeader) {
  EXPECT_THAT(read("WEBVTT\n00:01.000 --> 00:02.000\none\n00:03.000 --> 00:04.000\ntwo"),
              ElementsAre(Cue{1000, 2000, "one"}, Cue{3000, 4000, "two"}));
}

TEST(WebVtt, ATextOfThatNameIsNoHeader) {
  EXPECT_EQ(refusal("WEBVTTX\n\nno times"), "no_subtitles_in_file");
  EXPECT_EQ(refusal("WEBVTT"), "no_subtitles_in_file");
  EXPECT_EQ(refusal(""), "no_subtitles_in_file");
  EXPECT_EQ(refusal("[Script Info]\nTitle: an ASS file\n"), "no_subtitles_in_file");
}

TEST(Srt, IsReadAsProgramsWriteIt) {
  const auto cues = read(
      "1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Hello</i> {\\an8}there\r\n\r\n"
      "2\r\n00:00:03.5 --> 00:00:04.25  X1:1 X2:2 Y1:3 Y2:4\r\nwith points\r\n\r\n"
      "00:00:05,000 --> 00:00:06,000\r\nno number\r\n\r\n"
      "7\r\n0:0:7 --> 0:0:8\r\n<font color=\"#ffff00\">short</font> times, 2 < 3\r\n");
  EXPECT_THAT(cues,
              ElementsAre(Cue{1000, 2000, "Hello there"}, Cue{3500, 4250, "with points"},
                          Cue{5000, 6000, "no number"}, Cue{7000, 8000, "short times, 2 < 3"}));
}

TEST(Srt, EmptyLinesMayStandInACueAndLackBetweenTwo) {
  const auto cues = read(
      "\n\n1\n00:00:01,000 --> 00:00:02,000\nabove\n\nbelow\n"
      "2\n00:00:03,000 --> 00:00:04,000\nnext\n- look --> there\n\n\n\n"
      "3\n00:00:05,000 --> 00:00:06,000\n42\n\n"
      "00:00:07,000 --> 00:00:08,000\nend");
  EXPECT_THAT(
      cues, ElementsAre(Cue{1000, 2000, "above\nbelow"}, Cue{3000, 4000, "next\n- look --> there"},
                        Cue{5000, 6000, "42"}, Cue{7000, 8000, "end"}));
}

TEST(Srt, LinesMayEndAsOnOldMachines) {
  EXPECT_THAT(
      read("1\r00:00:01,000 --> 00:00:02,000\rone\r\r2\r00:00:03,000 --> 00:00:04,000\rtwo"),
      ElementsAre(Cue{1000, 2000, "one"}, Cue{3000, 4000, "two"}));
}

TEST(Cues, AreSortedAndMayOverlapAndWhatIsNothingIsLeftOut) {
  const auto cues = read(
      "WEBVTT\n\n00:05.000 --> 00:06.000\nlast\n\n00:01.000 --> 00:09.000\nlong\n\n"
      "00:01.000 --> 00:02.000\nshort\n\n00:03.000 --> 00:03.000\nno length\n\n"
      "00:04.000 --> 00:05.000\n<b> </b>\xE2\x80\x8B\n\n00:04.000 --> 00:05.000\n");
  EXPECT_THAT(cues, ElementsAre(Cue{1000, 2000, "short"}, Cue{1000, 9000, "long"},
                                Cue{5000, 6000, "last"}));
}

TEST(Cues, MarkupBecomesPlainText) {
  const auto vtt = [](std::string_view text) { return plain_text(text, Format::webvtt); };
  EXPECT_EQ(vtt("<v.loud Mary>Hi</v> <c.red>all</c> <00:00:01.000>now <lang de>ja</lang>"),
            "Hi all now ja");
  EXPECT_EQ(vtt("1 &lt; 2 &amp;&amp; a&nbsp;b &#x41;&#66; &unknown; & &#0;"),
            "1 < 2 && a\xC2\xA0"
            "b AB &unknown; & &#0;");
  EXPECT_EQ(vtt("I <3 you, a < b, <>, <b"), "I <3 you, a < b, <>, <b");
  EXPECT_EQ(vtt("{\\an8\\b1{\\i1}}{plain} {\\open"), "{plain} {\\open");
  EXPECT_EQ(vtt("&lt;i&gt;"), "<i>") << "what stands for a sign is no markup";
  const auto srt = [](std::string_view text) { return plain_text(text, Format::srt); };
  EXPECT_EQ(srt("<I>a</I><br/>b <Name> x<y and y>z"), "a\nb <Name> x<y and y>z");
}

TEST(Cues, AreReadFromUtf16AndNothingElseThanUtf8) {
  const std::u16string_view text =
      u"1\r\n00:00:01,000 --> 00:00:02,000\r\nGr\u00FC\u00DFe \U0001F600\r\n";
  for (const bool big_endian : {false, true})
    EXPECT_THAT(read(utf16(text, big_endian)), ElementsAre(Cue{1000, 2000,
                                                               "Gr\u00FC\u00DF"
                                                               "e \U0001F600"}));
  const std::u16string half = u"1\n00:01 --> 00:02\nx" + std::u16string(1, char16_t{0xD83D}) + u"y";
  EXPECT_THAT(read(utf16(half, false)), ElementsAre(Cue{1000, 2000, "x\uFFFDy"}));
  EXPECT_EQ(refusal("1\n00:01 --> 00:02\nGr\xFC\xDF"
                    "e\n"),
            "subtitles_not_utf8 3");
}

TEST(Cues, WhatIsWrongIsToldWithItsLine) {
  EXPECT_EQ(refusal("WEBVTT\n\n00:02.000 --> 00:01.000\nback\n"),
            "subtitle_ends_before_it_begins 3");
  EXPECT_EQ(refusal("1\n00:00:01,000 --> 00:00:0x,000\nx\n"), "subtitle_times_unreadable 2");
  EXPECT_EQ(refusal("1\n00:61:01,000 --> 00:62:00,000\nx\n"), "subtitle_times_unreadable 2");
  EXPECT_EQ(refusal("1\n-00:00:01,000 --> 00:00:02,000\nx\n"), "subtitle_times_unreadable 2");
  EXPECT_EQ(refusal("1\n00:00:01,000 --> 00:00:02,000x\nx\n"), "subtitle_times_unreadable 2");
  EXPECT_EQ(refusal("1\n99999999999999999999:00:01 --> 00:00:02\nx\n"),
            "subtitle_times_unreadable 2");
  const auto wordy = [](std::size_t count) {
    return "\n00:01 --> 00:02\n" + std::string(count, 'a') + "\n";
  };
  EXPECT_EQ(refusal(wordy(kCueCharactersMax)), "");
  EXPECT_EQ(refusal(wordy(kCueCharactersMax + 1)), "subtitle_too_long 2");
}

TEST(Cues, AreLimited) {
  EXPECT_EQ(refusal(std::string(kFileBytesMax + 1, 'a')), "subtitles_too_large");
  std::string file;
  for (std::size_t i = 0; i < kCuesMax; ++i) file += "0:01 --> 0:02\na\n\n";
  EXPECT_EQ(read(file).size(), kCuesMax);
  EXPECT_EQ(refusal(file + "0:01 --> 0:02\na\n"),
            "subtitles_too_many_in_file " + std::to_string(3 * kCuesMax + 1));
}

TEST(Cues, AreWrittenSoThatTheyAreReadTheSame) {
  const std::vector<Cue> cues = {{0, 1, "<script>alert(1)</script>"},
                                 {1500, 360'000'000, "a --> b\n{\\an8} &amp; 00:01 --> 00:02"},
                                 {2000, 3000, "NOTE\n7"}};
  const auto webvtt = webvtt_of(cues);
  EXPECT_THAT(webvtt, ::testing::StartsWith("WEBVTT\n\n00:00:00.000 --> 00:00:00.001\n"
                                            "&lt;script&gt;alert(1)&lt;/script&gt;\n\n"
                                            "00:00:01.500 --> 100:00:00.000\na --&gt; b\n"));
  EXPECT_EQ(read(webvtt), cues);
  EXPECT_EQ(must(decode_cues(encode_cues(cues))), cues);
}

TEST(Cues, OfWhichStoredBytesLackAreDamaged) {
  auto bytes = encode_cues(std::vector<Cue>{{1, 2, "one"}, {3, 4, "two"}});
  bytes.pop_back();
  EXPECT_EQ(code_of(decode_cues(bytes)), Code::corrupt);
  EXPECT_EQ(code_of(decode_cues({})), Code::corrupt);
}

}  // namespace
}  // namespace filoscope::subtitles
