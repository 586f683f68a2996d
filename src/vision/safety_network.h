#pragma once

/// What a picture may show that not everybody wants to see, by a classifier from a file.
/// Source: https://github.com/infinitered/nsfwjs 4.3.0, whose networks tools/models makes ONNX of.

#include <filesystem>
#include <memory>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "vision/picture.h"

namespace filoscope::vision {

inline const Setting<std::string> kSafetyModel{
    "safety.model", "",
    "The classifier by which clips are looked at before they are published: a .safety.onnx file, a "
    "folder that holds one, or none; where it is left out, ../shared/models or .tools/models if "
    "that holds one, else none."};

/// Where the classifier comes from, by that setting; empty: nowhere.
std::string safety_model_path(const Config& config);

/// What a picture may show, as shares that add to 1 (the classes of nsfwjs).
struct SafetyScores {
  float drawing = 0;
  float hentai = 0;
  float neutral = 0;
  float porn = 0;
  float sexy = 0;
  friend bool operator==(const SafetyScores&, const SafetyScores&) = default;
};

/// Threads: one at a time for each object.
class SafetyNetwork {
 public:
  virtual ~SafetyNetwork() = default;
  /// "safety-" and a hash of the file; equal names give comparable scores.
  virtual const std::string& name() const = 0;
  /// A function of the picture alone, which is squashed to a square as nsfwjs does it: bilinear
  /// with its corners kept, four pixels to one, whatever its size. Errors: internal (the network's
  /// library gave up, or what came out are no shares).
  virtual Result<SafetyScores> score(const Picture& picture) = 0;
};

/// ONNX: input RGB in 0..1, [1, 3, 224, 224]; output the five shares in the order of SafetyScores.
/// `path` is the file, or a folder in which the largest `*.safety.onnx` is taken.
/// Errors: vision_model_not_found; vision_model_unusable (cut off, no network, another one).
Result<std::unique_ptr<SafetyNetwork>> load_safety_network(const std::filesystem::path& path);

}  // namespace filoscope::vision
