#include "vision/models.h"

#include "vision/reasons.h"

namespace filoscope::vision {
namespace {

namespace fs = std::filesystem;

/// From the folder that the program is begun in: beside a checkout, and in it.
constexpr const char* kModelFolders[] = {"../shared/models", ".tools/models"};

}  // namespace

std::string find_model(const std::string& setting, std::string_view ending) {
  if (setting == "none") return "";
  if (!setting.empty()) return setting;
  for (const char* folder : kModelFolders)
    if (model_file(folder, ending)) return folder;
  return "";
}

Result<fs::path> model_file(const fs::path& path, std::string_view ending) {
  const auto not_found = [&](const std::string& problem) {
    return Error(reason("vision_model_not_found"), path.string(), problem, std::string(ending));
  };
  std::error_code problem;
  if (!fs::is_directory(path, problem)) {
    if (fs::is_regular_file(path, problem)) return path;
    return not_found("there is no such file");
  }
  fs::path largest;
  std::uintmax_t most = 0;
  for (fs::directory_iterator at(path, problem), end; !problem && at != end;
       at.increment(problem)) {
    const auto size =
        at->path().string().ends_with(ending) ? fs::file_size(at->path(), problem) : 0;
    if (size > most && !problem) most = size, largest = at->path();
  }
  if (!largest.empty()) return largest;
  return not_found("the folder holds no " + std::string(ending));
}

}  // namespace filoscope::vision
