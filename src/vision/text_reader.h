#pragma once

/// Words that stand in a picture: captions laid over it, signs, slides. Source: Tesseract 5 (LSTM
/// networks of the languages that are installed).

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "vision/picture.h"

namespace filoscope::vision {

/// Threads: one at a time for each object.
class TextReader {
 public:
  virtual ~TextReader() = default;
  /// The lines it is sure of, from the top, of words of at least two letters or digits. Nothing of
  /// most pictures. Errors: internal (the library gave up).
  virtual Result<std::vector<std::string>> read(const Picture& picture) = 0;
};

/// `languages`: ISO 639-2 codes as Tesseract names its data, joined by '+', "eng+deu". Reads that
/// data here and no file later. Errors: text_reader_unusable (one is not installed).
Result<std::unique_ptr<TextReader>> open_text_reader(const std::string& languages);

}  // namespace filoscope::vision
