#pragma once

/// The pictures, clips and labels that `eval visual` reads. They are the operator's own files, and
/// are decoded in this process.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "vision/picture.h"

namespace filoscope::eval {

/// The pictures (jpg, jpeg, png, webp) or the clips of a folder and the folders in it, by name.
/// Errors: eval_file_not_read (no such folder), eval_nothing_to_measure (none in it).
Result<std::vector<std::filesystem::path>> picture_files(const std::filesystem::path& folder);
Result<std::vector<std::filesystem::path>> clip_files(const std::filesystem::path& folder);

/// Errors: eval_file_not_read; eval_file_malformed (no picture, or a damaged one).
Result<vision::Picture> load_picture(const std::filesystem::path& file);

/// Frames of a clip, evenly spread. Errors: as load_picture.
Result<std::vector<vision::Picture>> load_frames(const std::filesystem::path& file, int count);

/// What is on a picture.
struct PictureLabel {
  std::string fine, coarse;
};
/// By the pictures' absolute paths.
using PictureLabels = std::map<std::filesystem::path, PictureLabel>;
/// TSV of file (relative to `path`'s folder), fine, coarse class; a first line that begins with
/// "file" names the columns. Errors: eval_file_not_read, eval_line_malformed (other columns, a file
/// twice).
Result<PictureLabels> read_labels(const std::filesystem::path& path);

/// Of each of the files. Errors: eval_file_malformed (a picture without a line).
Result<std::vector<PictureLabel>> labels_of(const std::vector<std::filesystem::path>& files,
                                            const PictureLabels& labels,
                                            const std::filesystem::path& path);

}  // namespace filoscope::eval
