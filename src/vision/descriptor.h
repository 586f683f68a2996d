#pragma once

/// A picture in, numbers out that are near each other for pictures of one thing. What makes them is
/// either always there (`make_builtin_descriptor`) or a network from a file (`load_network`). They
/// are many and not yet comparable: a `Projection`, learned on an installation's own pictures,
/// makes a short vector of them.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "vision/picture.h"

namespace filoscope::vision {

inline const Setting<std::string> kModels{
    "models", "",
    "The image network of visual search: an .embed.onnx file, a folder that holds one, or none; "
    "where it is left out, ../shared/models or .tools/models if that holds one, else none."};

/// Of the files of image networks.
inline constexpr std::string_view kNetworkEnding = ".embed.onnx";

/// One kind of numbers in a description: `views` vectors of `dim` floats, each of length 1 or zero.
/// Several views are the whole picture and its middle; with one the vector is taken as it is.
struct PartShape {
  std::size_t dim = 0;
  std::size_t views = 1;
  float weight = 1;  ///< beside the other parts, > 0
  friend bool operator==(const PartShape&, const PartShape&) = default;
};

struct DescriptorInfo {
  std::string name;  ///< with its version; equal names give comparable numbers: "builtin-1"
  std::vector<PartShape> parts;
  std::size_t floats_count() const;
  friend bool operator==(const DescriptorInfo&, const DescriptorInfo&) = default;
};

/// The parts one behind the other, each [views, dim] by rows; info().floats_count() floats.
using Description = std::vector<float>;

/// Threads: one at a time for each object.
class Descriptor {
 public:
  virtual ~Descriptor() = default;
  virtual const DescriptorInfo& info() const = 0;
  /// A function of the picture alone. Errors: internal (the network's library gave up).
  virtual Result<Description> describe(const Picture& picture) = 0;
};

/// Dense SIFT and colours, pooled by words that ship with the program, and colour histograms; needs
/// no file. About 20 ms a picture.
std::unique_ptr<Descriptor> make_builtin_descriptor();

/// MobileNetV1 as ONNX (input RGB in -1..1, [1, 3, 224, 224], output its pooled features) seen
/// twice (the whole picture and the middle 55 % of each side), with the built-in
/// descriptor's local colours and the Lab histogram.
/// `path` is the file, or a folder in which the largest `*.embed.onnx` is taken.
/// Errors: vision_model_not_found; vision_model_unusable (cut off, no network, another one).
Result<std::unique_ptr<Descriptor>> load_network(const std::filesystem::path& path);

/// Plain ones to measure against: each gives one part with one view, compared by cosine as it is.
std::unique_ptr<Descriptor> make_lab_descriptor();
std::unique_ptr<Descriptor> make_hsv_descriptor();
/// The network's features of the whole picture alone. Errors: as load_network.
Result<std::unique_ptr<Descriptor>> load_plain_network(const std::filesystem::path& path);

}  // namespace filoscope::vision
