#pragma once

/// How a file is refused: what is wrong with it, and what the uploader can do about it.

#include <string_view>

#include "base/result.h"

namespace filoscope::media {

namespace advice {
inline constexpr std::string_view kChooseVideo = "choose a video";
inline constexpr std::string_view kChooseUnprotected = "choose one without copy protection";
inline constexpr std::string_view kCopyAgain =
    "copy it again from where it was made and upload that";
inline constexpr std::string_view kSaveAsMp4 = "save it as MP4 with H.264 and AAC and upload that";
inline constexpr std::string_view kSaveSmaller = "save it smaller and upload that";
inline constexpr std::string_view kSaveSlower = "save it with fewer and upload that";
inline constexpr std::string_view kOneByOne = "upload each by itself";
inline constexpr std::string_view kCut = "cut it and upload a part";
}  // namespace advice

inline Error bad_file(std::string_view cause, std::string_view what_to_do) {
  return {Code::invalid_argument, std::string(cause).append("; ").append(what_to_do)};
}

}  // namespace filoscope::media
