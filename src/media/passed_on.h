#pragma once

/// A clip as somebody else passes it on: filtered, encoded again, decoded again; and its print. For
/// measuring (`filoscope eval copies`): files are the operator's own and decoded in this process.

#include <filesystem>
#include <string>

#include "base/result.h"
#include "prints/clip_print.h"

namespace filoscope::media {

struct PassingOn {
  /// An FFmpeg filter graph with the input pads [clip] and, where it has one, [ground].
  std::string filters = "[clip]null";
  std::filesystem::path ground{};  ///< a clip that plays behind it; or none
  int crf = -1;                    ///< of H.264; below 0: it is not encoded again
};

/// Of the picture alone. Errors: internal (the file or the filters).
Result<prints::ClipPrint> print_passed_on(const std::filesystem::path& clip, const PassingOn& how);

}  // namespace filoscope::media
