#include "api/page_head.h"

#include <fmt/format.h>
#include <unicode/uloc.h>

#include <array>

#include "api/url.h"
#include "base/product.h"

namespace filoscope::api {
namespace {

constexpr std::size_t kCutBackMax = 24;  ///< characters given up to end at a word

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

/// Whitespace and control characters as single spaces.
std::string folded(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 127;
    if (!blank) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

class Tags {
 public:
  void meta(std::string_view kind, std::string_view name, std::string_view content) {
    if (content.empty()) return;
    fmt::format_to(std::back_inserter(text_), "    <meta {}=\"{}\" content=\"{}\" />\n", kind, name,
                   escape_html(content));
  }
  void property(std::string_view name, std::string_view content) {
    meta("property", name, content);
  }
  void number(std::string_view name, std::int64_t value) {
    if (value > 0) property(name, std::to_string(value));
  }
  void add(std::string_view line) { text_.append("    ").append(line).append("\n"); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_picture(Tags& tags, const Picture& picture, std::string_view origin) {
  if (picture.path.empty()) return;
  const auto address = std::string(origin) + picture.path;
  tags.property("og:image", address);
  tags.property("og:image:type", picture.path.ends_with(".png") ? "image/png" : "image/jpeg");
  tags.number("og:image:width", picture.width);
  tags.number("og:image:height", picture.height);
  tags.property("og:image:alt", picture.alt);
  tags.meta("name", "twitter:image", address);
  tags.meta("name", "twitter:image:alt", picture.alt);
}

void add_video(Tags& tags, const PageHead& head, std::string_view origin) {
  if (head.video_path.empty()) return;
  const auto address = std::string(origin) + head.video_path;
  tags.property("og:video", address);
  if (origin.starts_with("https:")) tags.property("og:video:secure_url", address);
  tags.property("og:video:type", "video/mp4");
  tags.number("og:video:width", head.video_width);
  tags.number("og:video:height", head.video_height);
  tags.number("video:duration", head.duration_s);
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t characters_max) {
  auto line = folded(text);
  std::size_t at = 0, characters = 0, last_space = 0;
  for (; at < line.size(); ++at) {
    if (continues(line[at])) continue;
    if (characters == characters_max) break;
    if (line[at] == ' ' && characters + kCutBackMax >= characters_max) last_space = at;
    ++characters;
  }
  if (at == line.size()) return line;
  line.resize(last_space > 0 ? last_space : at);
  return line + "…";
}

std::string open_graph_locale(std::string_view language) {
  const std::string tag(language);
  std::array<char, ULOC_FULLNAME_CAPACITY> locale{}, likely{};
  std::array<char, ULOC_LANG_CAPACITY> primary{};
  std::array<char, ULOC_COUNTRY_CAPACITY> country{};
  UErrorCode problem = U_ZERO_ERROR;
  int32_t parsed = 0;
  uloc_forLanguageTag(tag.c_str(), locale.data(), locale.size(), &parsed, &problem);
  uloc_addLikelySubtags(locale.data(), likely.data(), likely.size(), &problem);
  uloc_getLanguage(likely.data(), primary.data(), primary.size(), &problem);
  uloc_getCountry(likely.data(), country.data(), country.size(), &problem);
  const bool whole = !tag.empty() && parsed == static_cast<int32_t>(tag.size());
  if (U_FAILURE(problem) || !whole || primary[0] == '\0' || country[0] == '\0') return "";
  return std::string(primary.data()) + "_" + country.data();
}

std::string head_html(const PageHead& head, std::string_view origin) {
  Tags tags;
  const bool named = head.title == kProductName;
  tags.add(fmt::format("<title>{}{}</title>", escape_html(head.title),
                       named ? std::string() : fmt::format(" · {}", kProductName)));
  tags.meta("name", "description", head.description);
  if (!head.indexed || head.status != 200) tags.meta("name", "robots", "noindex");
  if (origin.empty() || head.path.empty() || head.status != 200) return tags.take();
  const auto address = std::string(origin) + head.path;
  tags.add(fmt::format("<link rel=\"canonical\" href=\"{}\" />", escape_html(address)));
  if (head.oembed) {
    tags.add(fmt::format(
        "<link rel=\"alternate\" type=\"application/json+oembed\" href=\"{}\" title=\"{}\" />",
        escape_html(
            fmt::format("{}/api/v1/oembed?url={}&format=json", origin, percent_encode(address))),
        escape_html(head.title)));
  }
  tags.property("og:site_name", kProductName);
  tags.property("og:type", head.type);
  tags.property("og:title", head.title);
  tags.property("og:description", head.description);
  tags.property("og:url", address);
  tags.property("og:locale", open_graph_locale(head.language));
  tags.meta("name", "twitter:card", head.video_path.empty() ? "summary" : "summary_large_image");
  tags.meta("name", "twitter:title", head.title);
  tags.meta("name", "twitter:description", head.description);
  add_picture(tags, head.picture, origin);
  add_video(tags, head, origin);
  return tags.take();
}

}  // namespace filoscope::api
