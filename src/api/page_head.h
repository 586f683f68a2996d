#pragma once

/// What a page says of itself to machines: title, description, canonical address, Open Graph
/// (ogp.me), Twitter Cards, oEmbed discovery (oembed.com section 4). Pure functions; every text is
/// outside data and escaped here.

#include <cstdint>
#include <string>
#include <string_view>

namespace filoscope::api {

struct Picture {
  std::string path;  ///< from the origin; "" for none
  int width = 0, height = 0;
  std::string alt;
};

struct PageHead {
  int status = 200;
  std::string title;  ///< without the product's name, which <title> has behind it
  std::string description;
  std::string path;              ///< canonical, from the origin; "" when nothing may be said of it
  std::string type = "website";  ///< og:type
  std::string language;          ///< of the text, BCP 47, "" unknown
  Picture picture;
  std::string video_path;  ///< MP4, "" for none
  int video_width = 0, video_height = 0;
  std::int64_t duration_s = 0;
  std::string author_name, author_path;  ///< of a video, "" elsewhere
  bool oembed = false;
  bool indexed = true;  ///< false: for the person herself, of no use to a search
};

/// For text and for attributes in quotes.
std::string escape_html(std::string_view text);
/// One line of at most `characters_max` code points, cut at a word where one ends near.
std::string one_line(std::string_view text, std::size_t characters_max);
/// "en_GB" of "en", as Open Graph wants it; "" when it can't be known.
std::string open_graph_locale(std::string_view language);
/// What goes into <head>, the title first. `origin` ("https://example.org") may be "": then what
/// needs whole addresses is left out.
std::string head_html(const PageHead& head, std::string_view origin);

}  // namespace filoscope::api
