#include "vision/text_reader.h"

#include <tesseract/capi.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "vision/reasons.h"

namespace filoscope::vision {
namespace {

constexpr float kSure = 80;            // of 100
constexpr int kTextLongSidePx = 1280;  // letters of a phone's captions are 30 pixels high then
constexpr int kMeantDpi = 150;
/// What is laid over a picture is lighter than the picture, as a rule.
constexpr int kLight = 217;
constexpr std::size_t kWordLettersMin = 2, kLinesMax = 30;

/// Grey, 0 black, enlarged or shrunk to the side that the reader likes.
struct GreyPicture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> values;
};

GreyPicture grey_of(const Picture& picture) {
  const double scale =
      static_cast<double>(kTextLongSidePx) / std::max(picture.width, picture.height);
  GreyPicture out;
  out.width = std::max(1, static_cast<int>(picture.width * scale));
  out.height = std::max(1, static_cast<int>(picture.height * scale));
  const Planes planes = resized(picture, middle(1), out.width, out.height);
  out.values.resize(planes.values[0].size());
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const float luma = .299F * planes.values[0][i] + .587F * planes.values[1][i] +
                       .114F * planes.values[2][i];  // BT.601
    out.values[i] = static_cast<std::uint8_t>(std::clamp(luma, 0.F, 255.F));
  }
  return out;
}

/// What is light as black on white.
GreyPicture light_alone(GreyPicture picture) {
  for (auto& value : picture.values) value = value >= kLight ? 0 : 255;
  return picture;
}

std::size_t letters_of(std::string_view word) {
  return static_cast<std::size_t>(std::ranges::count_if(word, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) != 0 || byte >= 0xC0;  // the first byte of any other character
  }));
}

/// Init goes on without a language whose data is not there.
bool has_all(TessBaseAPI& tesseract, const std::string& languages) {
  char** const loaded = TessBaseAPIGetLoadedLanguagesAsVector(&tesseract);
  std::string found = "+";
  for (char** one = loaded; one != nullptr && *one != nullptr; ++one)
    found += std::string(*one) + "+";
  TessDeleteTextArray(loaded);
  for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
    end = languages.find('+', at);
    if (found.find("+" + languages.substr(at, end - at) + "+") == std::string::npos) return false;
  }
  return true;
}

struct DeleteTesseract {
  void operator()(TessBaseAPI* one) const { TessBaseAPIDelete(one); }
};

class TesseractReader final : public TextReader {
 public:
  explicit TesseractReader(std::unique_ptr<TessBaseAPI, DeleteTesseract> tesseract)
      : tesseract_(std::move(tesseract)) {}

  Result<std::vector<std::string>> read(const Picture& picture) override {
    const auto grey = grey_of(picture);
    FILOSCOPE_TRY(auto lines, read_lines(light_alone(grey)));
    FILOSCOPE_TRY(const auto others, read_lines(grey));
    const auto first_count = lines.size();
    for (const auto& other : others)
      if (std::none_of(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(first_count),
                       [&](const Line& line) { return overlap(line, other); }))
        lines.push_back(other);
    std::ranges::sort(lines, {}, &Line::top);
    std::vector<std::string> out;
    for (auto& line : lines)
      if (out.size() < kLinesMax) out.push_back(std::move(line.text));
    return out;
  }

 private:
  struct Line {
    int top = 0, bottom = 0;
    std::string text;
  };
  static bool overlap(const Line& one, const Line& other) {
    return one.top < other.bottom && other.top < one.bottom;
  }

  Result<std::vector<Line>> read_lines(const GreyPicture& picture) {
    TessBaseAPISetImage(tesseract_.get(), picture.values.data(), picture.width, picture.height, 1,
                        picture.width);
    TessBaseAPISetSourceResolution(tesseract_.get(), kMeantDpi);
    if (TessBaseAPIRecognize(tesseract_.get(), nullptr) != 0)
      return Error{Code::internal, "the text reader gave up"};
    const std::unique_ptr<TessResultIterator, decltype(&TessResultIteratorDelete)> at(
        TessBaseAPIGetIterator(tesseract_.get()), &TessResultIteratorDelete);
    std::vector<Line> lines;
    if (!at) return lines;
    do {
      take_word(*at, lines);
    } while (TessResultIteratorNext(at.get(), tesseract::RIL_WORD) != 0);
    return lines;
  }

  /// Adds the word that the iterator stands at to its line.
  static void take_word(TessResultIterator& at, std::vector<Line>& lines) {
    if (TessResultIteratorConfidence(&at, tesseract::RIL_WORD) < kSure) return;
    const std::unique_ptr<char, void (*)(const char*)> word(
        TessResultIteratorGetUTF8Text(&at, tesseract::RIL_WORD), &TessDeleteText);
    if (!word || letters_of(word.get()) < kWordLettersMin) return;
    Line line;
    int left = 0, right = 0;
    const auto* place = TessResultIteratorGetPageIteratorConst(&at);
    if (TessPageIteratorBoundingBox(place, tesseract::RIL_TEXTLINE, &left, &line.top, &right,
                                    &line.bottom) == 0)
      return;
    const bool goes_on = !lines.empty() && lines.back().top == line.top;
    if (!goes_on) lines.push_back(line);
    auto& text = lines.back().text;
    if (!text.empty()) text += ' ';
    text += word.get();
  }

  std::unique_ptr<TessBaseAPI, DeleteTesseract> tesseract_;
};

}  // namespace

Result<std::unique_ptr<TextReader>> open_text_reader(const std::string& languages) {
  ::setenv("OMP_THREAD_LIMIT", "1", 1);  // who wants more reads several pictures at a time
  std::unique_ptr<TessBaseAPI, DeleteTesseract> tesseract(TessBaseAPICreate());
  if (TessBaseAPIInit2(tesseract.get(), nullptr, languages.c_str(), tesseract::OEM_LSTM_ONLY) !=
          0 ||
      !has_all(*tesseract, languages))
    return Error(reason("text_reader_unusable"), languages);
  TessBaseAPISetVariable(tesseract.get(), "debug_file", "/dev/null");
  TessBaseAPISetPageSegMode(tesseract.get(), tesseract::PSM_SPARSE_TEXT);
  return std::unique_ptr<TextReader>(std::make_unique<TesseractReader>(std::move(tesseract)));
}

}  // namespace filoscope::vision
