#pragma once

/// Which files an import means, and how each is known again.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace filoscope::app {

struct ImportFile {
  std::filesystem::path path;
  std::int64_t size_bytes = 0;
};

/// Files as given, and of folders every video file below them, by name. Errors: not_found,
/// invalid_argument (nothing to import, or more than 1,000,000 files).
Result<std::vector<ImportFile>> plan_import(const std::vector<std::string>& paths);

/// SHA-256 of the content, as hex. Errors: those of files.
Result<std::string> content_mark(const std::filesystem::path& path);

/// The caption of a file that has none: its name, with spaces for separators.
std::string caption_of(const std::filesystem::path& path);

}  // namespace filoscope::app
