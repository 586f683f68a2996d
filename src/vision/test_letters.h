#pragma once

/// Capital letters drawn with a round pen, for tests. Only for *_test.cc files.

#include <string_view>

#include "vision/test_pictures.h"

namespace filoscope::vision {

inline constexpr std::array<int, 3> kPaper{250, 250, 250}, kNight{10, 10, 30};

/// Lines of a letter on a grid of 4 by 6, its corners as pairs of digits, lines divided by spaces.
inline std::string_view strokes_of(char letter) {
  switch (letter) {
    case 'A':
      return "0620 2046 1434";
    case 'B':
      return "0006 0030 3041 4142 4233 0333 3344 4445 4536 3606";
    case 'E':
      return "0006 0040 0333 0646";
    case 'H':
      return "0006 4046 0343";
    case 'L':
      return "0006 0646";
    case 'O':
      return "1030 3041 4145 4536 3616 1605 0501 0110";
    case 'R':
      return "0006 0030 3041 4142 4233 3303 2346";
    case 'T':
      return "0040 2026";
    default:
      return "";
  }
}

inline void draw_line(Picture& picture, std::array<double, 4> line, double pen,
                      std::array<int, 3> colour) {
  const auto [x0, y0, x1, y1] = line;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const double along = std::clamp(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) /
                                          ((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)),
                                      0.0, 1.0);
      const double away = std::hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
      if (away > pen) continue;
      for (std::size_t c = 0; c < 3; ++c)
        pixel_of(picture, x, y)[c] = static_cast<std::uint8_t>(colour[c]);
    }
}

/// Letters of A B E H L O R T and spaces, 30 pixels high, from this upper left corner.
inline void write_letters(Picture& picture, int x, int y, std::string_view words,
                          std::array<int, 3> colour) {
  constexpr double kStep = 5, kPen = 2.3;
  for (const char letter : words) {
    const auto strokes = strokes_of(letter);
    for (std::size_t i = 0; i + 4 <= strokes.size(); i += 5) {
      const auto at = [&](std::size_t k) { return (strokes[i + k] - '0') * kStep; };
      draw_line(picture, {x + at(0), y + at(1), x + at(2), y + at(3)}, kPen, colour);
    }
    x += letter == ' ' ? 16 : 28;
  }
}

}  // namespace filoscope::vision
