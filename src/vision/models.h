#pragma once

/// Where networks lie: files that are known by the ending of their names.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace filoscope::vision {

/// The path that a setting names, "" for "none"; where it is left out, the first of
/// ../shared/models and .tools/models (where ./run makes them) that holds a file with this ending,
/// or "".
std::string find_model(const std::string& setting, std::string_view ending);

/// The file itself, or the largest of a folder with this ending.
/// Errors: vision_model_not_found.
Result<std::filesystem::path> model_file(const std::filesystem::path& path,
                                         std::string_view ending);

}  // namespace filoscope::vision
