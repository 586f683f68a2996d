#include "app/import_plan.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "accounts/text.h"
#include "app/reasons.h"
#include "base/crypto.h"
#include "base/file.h"

namespace filoscope::app {
namespace {

constexpr std::size_t kFilesMax = 1'000'000;
constexpr std::size_t kCaptionCharactersMax = 255;  // as long as a file's name can be
constexpr std::array<std::string_view, 16> kVideoEndings{
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg",  ".mpeg",
    ".ts",  ".mts", ".3gp", ".flv", ".ogv",  ".wmv", ".m2ts", ".qt"};

bool looks_like_video(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(kVideoEndings.begin(), kVideoEndings.end(), ending) != kVideoEndings.end();
}

Result<void> add_folder(const std::filesystem::path& folder, std::vector<ImportFile>& files) {
  std::error_code problem;
  auto each = std::filesystem::recursive_directory_iterator(folder, problem);
  if (problem) return Error(reason("import_path_missing"), folder.string(), problem.message());
  std::vector<ImportFile> found;
  for (; each != std::filesystem::recursive_directory_iterator(); each.increment(problem)) {
    if (problem) return Error(reason("import_folder_not_read"), folder.string(), problem.message());
    if (!each->is_regular_file(problem) || !looks_like_video(each->path())) continue;
    found.push_back({each->path(), static_cast<std::int64_t>(each->file_size(problem))});
    if (files.size() + found.size() > kFilesMax) {
      return Error(reason("import_too_many_files"));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  files.insert(files.end(), found.begin(), found.end());
  return {};
}

/// A whole file in memory by reference, for as long as this lives.
class Mapped {
 public:
  static Result<Mapped> open(const std::filesystem::path& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return errno_error("open " + path.string());
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return errno_error("stat " + path.string());
    Mapped mapped;
    mapped.size_ = static_cast<std::size_t>(info.st_size);
    if (mapped.size_ == 0) return mapped;
    void* at = ::mmap(nullptr, mapped.size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (at == MAP_FAILED) return errno_error("read " + path.string());
    mapped.at_ = static_cast<const std::uint8_t*>(at);
    return mapped;
  }
  Mapped(Mapped&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapped& operator=(Mapped&&) = delete;
  ~Mapped() {
    if (at_ != nullptr) ::munmap(const_cast<std::uint8_t*>(at_), size_);
  }
  std::span<const std::uint8_t> bytes() const { return {at_, size_}; }

 private:
  Mapped() = default;
  const std::uint8_t* at_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

Result<std::vector<ImportFile>> plan_import(const std::vector<std::string>& paths) {
  std::vector<ImportFile> files;
  for (const auto& path : paths) {
    std::error_code problem;
    if (std::filesystem::is_directory(path, problem)) {
      FILOSCOPE_DO(add_folder(path, files));
      continue;
    }
    const auto size = std::filesystem::file_size(path, problem);
    if (problem) return Error(reason("import_path_missing"), path, problem.message());
    files.push_back({path, static_cast<std::int64_t>(size)});
  }
  if (files.empty()) return Error(reason("import_without_files"));
  return files;
}

Result<std::string> content_mark(const std::filesystem::path& path) {
  FILOSCOPE_TRY(const auto mapped, Mapped::open(path));
  return crypto::hex(crypto::sha256(mapped.bytes()));
}

std::string caption_of(const std::filesystem::path& path) {
  std::string caption = accounts::shown_text(path.stem().string(), kCaptionCharactersMax);
  for (char& c : caption) {
    if (c == '_' || c == '-') c = ' ';
  }
  return caption;
}

}  // namespace filoscope::app
