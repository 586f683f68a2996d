#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::vision {

inline constexpr ErrorReason kReasons[] = {
    {"vision_model_not_found", Code::not_found,
     "{file}: {problem}; name a model file ({ending}), a folder that holds one, or none"},
    {"vision_model_unusable", Code::invalid_argument,
     "{file} is no network that can be used: {problem}; fetch it again, name another file, or say "
     "none to go on without it"},
    {"text_reader_unusable", Code::not_found,
     "the languages \"{languages}\" cannot be read: install the package of each, such as "
     "tesseract-ocr-eng, or name others"},
    {"vision_nothing_to_learn", Code::invalid_argument,
     "a projection cannot be learned: {problem}"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::vision
