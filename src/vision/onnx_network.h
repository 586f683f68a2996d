#pragma once

/// A network from an ONNX file that takes one square picture, run by OpenCV on one thread.
/// Source: https://onnx.ai; OpenCV's dnn module.

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace filoscope::vision {

/// Threads: one at a time for each object.
class OnnxNetwork {
 public:
  /// `path` is the file, or a folder of which the largest file with this ending is taken.
  /// Errors: vision_model_not_found; vision_model_unusable (cut off, damaged, no network).
  static Result<OnnxNetwork> load(const std::filesystem::path& path, std::string_view ending);
  OnnxNetwork(OnnxNetwork&& other) noexcept;
  ~OnnxNetwork();

  const std::string& hash() const;  ///< of the file's bytes, some hexadecimal digits

  /// Gives the network's numbers. `input` is [1, 3, side_px, side_px].
  /// Errors: internal (the library gave up, or gave no list of floats).
  Result<std::vector<float>> run(std::span<const float> input, int side_px);
  /// The same before anybody relies on it. Errors: vision_model_unusable, also where it gives what
  /// are no numbers.
  Result<std::vector<float>> try_out(std::span<const float> input, int side_px);

  /// vision_model_unusable, with the file's name.
  Error unusable(const std::string& problem) const;

 private:
  struct Parts;
  explicit OnnxNetwork(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace filoscope::vision
