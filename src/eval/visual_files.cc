#include "eval/visual_files.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "eval/line_reader.h"
#include "eval/reasons.h"
#include "media/rgb.h"

namespace filoscope::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPictureEndings[] = {".jpg", ".jpeg", ".png", ".webp"};
constexpr std::string_view kClipEndings[] = {".mp4", ".m4v",  ".mov", ".webm", ".mkv",
                                             ".avi", ".mpeg", ".mpg", ".ogv",  ".gif"};

std::string ending_of(const fs::path& file) {
  std::string ending = file.extension().string();
  for (auto& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending;
}

Result<std::vector<fs::path>> files_in(const fs::path& folder,
                                       std::span<const std::string_view> endings,
                                       const std::string& what) {
  std::vector<fs::path> files;
  std::error_code problem;
  for (fs::recursive_directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem))
    if (std::error_code odd;
        at->is_regular_file(odd) && std::ranges::count(endings, ending_of(at->path())) > 0)
      files.push_back(at->path());
  if (problem) return Error(reason("eval_file_not_read"), folder.string(), problem.message());
  if (files.empty())
    return Error(reason("eval_nothing_to_measure"), folder.string() + " holds no " + what);
  std::sort(files.begin(), files.end());
  return files;
}

/// `read` of the file's bytes.
template <typename Read>
auto read_media(const fs::path& file, const Read& read)
    -> decltype(read(std::declval<const media::ByteSource&>())) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error(reason("eval_file_not_read"), file.string(), std::strerror(errno));
  FILOSCOPE_TRY(const auto bytes, media::FileBytes::open(fd.get()));
  auto result = read(bytes);
  if (result) return result;
  return Error(reason("eval_file_malformed"), file.string(), result.error().message);
}

vision::Picture picture_of(media::RgbPicture picture) {
  return {picture.width, picture.height, std::move(picture.rgb)};
}

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (std::size_t at = 0; at <= line.size();) {
    const auto tab = std::min(line.find('\t', at), line.size());
    columns.push_back(line.substr(at, tab - at));
    at = tab + 1;
  }
  return columns;
}

}  // namespace

Result<std::vector<fs::path>> picture_files(const fs::path& folder) {
  return files_in(folder, kPictureEndings, "pictures (jpg, png, webp)");
}

Result<std::vector<fs::path>> clip_files(const fs::path& folder) {
  return files_in(folder, kClipEndings, "clips");
}

Result<vision::Picture> load_picture(const fs::path& file) {
  FILOSCOPE_TRY(auto picture, read_media(file, [](const media::ByteSource& bytes) {
                  return media::read_picture(bytes);
                }));
  return picture_of(std::move(picture));
}

Result<std::vector<vision::Picture>> load_frames(const fs::path& file, int count) {
  FILOSCOPE_TRY(auto frames, read_media(file, [&](const media::ByteSource& bytes) {
                  return media::read_frames(bytes, count);
                }));
  std::vector<vision::Picture> pictures;
  for (auto& frame : frames) pictures.push_back(picture_of(std::move(frame.picture)));
  return pictures;
}

Result<PictureLabels> read_labels(const fs::path& path) {
  FILOSCOPE_TRY(LineReader reader, LineReader::open(path));
  PictureLabels labels;
  for (std::string_view line;;) {
    FILOSCOPE_TRY(const bool more, reader.next(line));
    if (!more) return labels;
    if (line.empty() || line.front() == '#' || (reader.number() == 1 && line.starts_with("file\t")))
      continue;
    const auto columns = columns_of(line);
    if (columns.size() < 2 || columns.size() > 3 || columns[0].empty() || columns[1].empty())
      return reader.malformed("it must be file, fine class, coarse class, between tabs");
    std::error_code problem;
    const auto file = fs::weakly_canonical(path.parent_path() / columns[0], problem);
    if (problem) return reader.malformed("a file's name: " + problem.message());
    PictureLabel label{std::string(columns[1]), std::string(columns.size() > 2 ? columns[2] : "")};
    if (!labels.emplace(file, std::move(label)).second)
      return reader.malformed("a second line of " + std::string(columns[0]));
  }
}

Result<std::vector<PictureLabel>> labels_of(const std::vector<fs::path>& files,
                                            const PictureLabels& labels, const fs::path& path) {
  std::vector<PictureLabel> all;
  for (const auto& file : files) {
    std::error_code problem;
    const auto found = labels.find(fs::weakly_canonical(file, problem));
    if (found == labels.end())
      return Error(reason("eval_file_malformed"), path.string(),
                   "it has no line of " + file.string());
    all.push_back(found->second);
  }
  return all;
}

}  // namespace filoscope::eval
