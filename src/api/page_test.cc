#include <gmock/gmock.h>
#include <sys/resource.h>

#include <fstream>

#include "api/app_page.h"
#include "api/page_head.h"
#include "api/pages.h"

namespace filoscope::api {
namespace {

using testing::HasSubstr;
using testing::Not;

PageHead clip() {
  PageHead head;
  head.title = "A cat & \"a <dog>\"";
  head.description = "</title><script>alert('x')</script>";
  head.path = "/v/abc";
  head.language = "de";
  head.picture = {"/v/abc/cover.jpg", 720, 1280, head.title};
  head.video_path = "/v/abc/video.mp4";
  head.video_width = 720;
  head.oembed = true;
  return head;
}

TEST(PageHead, WhatPeopleWroteIsTextOnly) {
  const auto html = head_html(clip(), "https://clips.example.org");
  EXPECT_THAT(html, HasSubstr("<title>A cat &amp; &quot;a &lt;dog&gt;&quot; · Filoscope</title>"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("alert('")));
  EXPECT_THAT(html, HasSubstr("content=\"&lt;/title&gt;&lt;script&gt;alert(&#39;x&#39;)"));
}

TEST(PageHead, HasWholeAddressesForMachines) {
  const auto html = head_html(clip(), "https://clips.example.org");
  for (
      const char* tag :
      {R"(<link rel="canonical" href="https://clips.example.org/v/abc" />)",
       R"(<meta property="og:url" content="https://clips.example.org/v/abc" />)",
       R"(<meta property="og:image" content="https://clips.example.org/v/abc/cover.jpg" />)",
       R"(<meta property="og:image:width" content="720" />)",
       R"(<meta property="og:image:height" content="1280" />)",
       R"(<meta property="og:video" content="https://clips.example.org/v/abc/video.mp4" />)",
       R"(<meta property="og:locale" content="de_DE" />)",
       R"(<meta name="twitter:card" content="summary_large_image" />)",
       R"(href="https://clips.example.org/api/v1/oembed?url=https%3A%2F%2Fclips.example.org%2Fv%2Fabc&amp;format=json")"}) {
    EXPECT_THAT(html, HasSubstr(tag));
  }
}

TEST(PageHead, SaysNothingOfWhatIsMissingOrWithoutAnAddress) {
  auto head = clip();
  EXPECT_THAT(head_html(head, ""), Not(HasSubstr("og:")));
  head.status = 404;
  const auto html = head_html(head, "https://clips.example.org");
  EXPECT_THAT(html, Not(HasSubstr("og:")));
  EXPECT_THAT(html, HasSubstr("noindex"));
}

TEST(PageHead, ShortensAtAWordAndNeverInsideACharacter) {
  EXPECT_EQ(one_line(" a\n\tb\x01 c ", 10), "a b c");
  EXPECT_EQ(one_line("one two three four", 10), "one two…");
  EXPECT_EQ(one_line("ööööö", 3), "ööö…");
  EXPECT_EQ(one_line("ööö", 3), "ööö");
  EXPECT_EQ(one_line("", 3), "");
}

TEST(PageHead, NamesTheLikelyRegionOfALanguage) {
  EXPECT_EQ(open_graph_locale("en"), "en_US");
  EXPECT_EQ(open_graph_locale("de-AT"), "de_AT");
  EXPECT_EQ(open_graph_locale("ja"), "ja_JP");
  EXPECT_EQ(open_graph_locale(""), "");
  EXPECT_EQ(open_graph_locale("not a language"), "");
}

TEST(AppPage, ItsPolicyAllowsTheInlineScriptsOfThePageAlone) {
  const auto policy =
      page_policy("<script>let a = 1;</script><script type=\"module\" src=\"/a.js\">");
  // printf 'let a = 1;' | openssl dgst -sha256 -binary | base64
  EXPECT_THAT(
      policy,
      HasSubstr("script-src 'self' 'sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck=';"));
  EXPECT_THAT(page_policy("<p>"), HasSubstr("script-src 'self';"));
  EXPECT_THAT(policy, Not(HasSubstr("script-src 'self' 'unsafe")));
}

TEST(AppPage, APageThatCannotBeOpenedNowIsNotMissing) {
  std::string folder = testing::TempDir() + "/filoscope-page-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const auto code = [&] {
    const auto page = app_page({}, folder, clip(), "");
    return page ? std::nullopt : std::optional(page.error().code);
  };
  EXPECT_EQ(code(), Code::not_found);
  std::ofstream(folder + "/index.html") << "<head></head>";
  EXPECT_EQ(code(), std::nullopt);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto in_want = code();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(in_want, Code::unavailable);
  std::filesystem::remove_all(folder);
}

TEST(Pages, TheSizeOfAJpegStandsInItsFrameHeader) {
  const std::vector<std::uint8_t> file{0xFF, 0xD8, 0xFF, 0xE0, 0,    4,    1,    2, 0xFF, 0xC2,
                                       0,    11,   8,    0x05, 0x00, 0x02, 0xD0, 3, 1};
  EXPECT_EQ(jpeg_size(file), std::pair(720, 1280));
  for (std::size_t size = 0; size + 2 < file.size(); ++size)
    EXPECT_FALSE(jpeg_size(std::span(file).first(size))) << size;
  EXPECT_FALSE(jpeg_size(std::vector<std::uint8_t>(64, 0xFF)));
}

}  // namespace
}  // namespace filoscope::api
