#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include "base/crypto.h"
#include "base/file.h"
#include "vision/colours.h"
#include "vision/descriptor.h"
#include "vision/parts.h"
#include "vision/reasons.h"
#include "vision/vectors.h"

namespace filoscope::vision {
namespace {

namespace fs = std::filesystem;

constexpr int kNetworkSidePx = 224;
constexpr double kViewsOfNetwork[] = {1, .55};
constexpr float kLocalColoursWeight = .5F, kHistogramWeight = .7F;
constexpr std::size_t kModelBytesMax = std::size_t{512} << 20;
constexpr std::size_t kFeaturesMin = 128, kFeaturesMax = 4096;
constexpr std::string_view kModelEnding = ".embed.onnx";
constexpr std::size_t kHashHexDigits = 12;

Error unusable(const fs::path& file, const std::string& problem) {
  return Error(reason("vision_model_unusable"), file.string(), problem);
}

/// The library says what is wrong on stderr, beside throwing it.
void silence_opencv() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
  cv::setNumThreads(1);  // who wants more describes several pictures at a time
}

/// In -1..1, [1, 3, side, side].
cv::Mat blob_of(const Picture& picture, double share) {
  const int shape[] = {1, 3, kNetworkSidePx, kNetworkSidePx};
  cv::Mat blob(4, shape, CV_32F);
  auto* to = blob.ptr<float>();
  const Planes planes = resized(picture, middle(share), kNetworkSidePx, kNetworkSidePx);
  for (const auto& plane : planes.values)
    for (const float value : plane) *to++ = (value - 127.5F) / 127.5F;
  return blob;
}

/// The network's features of the middle `share` of the picture, length 1, behind what `out` has.
Result<void> append_features(cv::dnn::Net& net, const Picture& picture, double share,
                             Description& out) {
  try {
    net.setInput(blob_of(picture, share));
    const cv::Mat features = net.forward();
    out.insert(out.end(), features.ptr<float>(), features.ptr<float>() + features.total());
    make_unit(std::span(out).last(features.total()));
    return {};
  } catch (const std::exception& problem) {
    return Error{Code::internal, std::string("the image network: ") + problem.what()};
  }
}

/// A network that has been tried out.
struct Loaded {
  cv::dnn::Net net;
  std::string hash;  ///< of its file
  std::size_t features_count = 0;
};

class NetworkDescriptor final : public Descriptor {
 public:
  explicit NetworkDescriptor(Loaded loaded) : net_(std::move(loaded.net)) {
    info_.name = "network-2-" + loaded.hash;
    info_.parts = {{loaded.features_count, std::size(kViewsOfNetwork), 1},
                   local_colours_shape(kLocalColoursWeight),
                   {kLabBins, 1, kHistogramWeight}};
  }

  const DescriptorInfo& info() const override { return info_; }

  Result<Description> describe(const Picture& picture) override {
    Description out;
    out.reserve(info_.floats_count());
    for (const double share : kViewsOfNetwork)
      FILOSCOPE_DO(append_features(net_, picture, share, out));
    append_local_colours(local_planes(picture), out);
    const auto colours = lab_histogram(histogram_planes(picture));
    out.insert(out.end(), colours.begin(), colours.end());
    return out;
  }

 private:
  cv::dnn::Net net_;
  DescriptorInfo info_;
};

/// The file itself, or the largest model of a folder.
Result<fs::path> model_file(const fs::path& path) {
  std::error_code problem;
  if (!fs::is_directory(path, problem)) {
    if (fs::is_regular_file(path, problem)) return path;
    return Error(reason("vision_model_not_found"), path.string(), "there is no such file");
  }
  fs::path largest;
  std::uintmax_t most = 0;
  for (fs::directory_iterator at(path, problem), end; !problem && at != end;
       at.increment(problem)) {
    const auto size =
        at->path().string().ends_with(kModelEnding) ? fs::file_size(at->path(), problem) : 0;
    if (size > most && !problem) most = size, largest = at->path();
  }
  if (!largest.empty()) return largest;
  return Error(reason("vision_model_not_found"), path.string(),
               "the folder holds no " + std::string(kModelEnding));
}

/// How many features come out for a grey picture; tried before anybody relies on it.
Result<std::size_t> try_out(cv::dnn::Net& net, const fs::path& file) {
  const Picture grey{8, 8, std::vector<std::uint8_t>(3 * 64, 128)};
  net.setInput(blob_of(grey, 1));
  const cv::Mat out = net.forward();
  const auto count = out.total();
  if (out.type() != CV_32F || out.dims < 1 || out.size[0] != 1 || count < kFeaturesMin ||
      count > kFeaturesMax)
    return unusable(file, "it gives " + std::to_string(count) + " numbers, not some hundred");
  if (count == 1000 || count == 1001)
    return unusable(file, "it names the classes of ImageNet; its .embed.onnx is needed");
  if (!cv::checkRange(out)) return unusable(file, "what it gives are no numbers");
  return count;
}

Result<Loaded> load(const fs::path& path) {
  silence_opencv();
  FILOSCOPE_TRY(const fs::path file, model_file(path));
  const auto bytes = read_file(file, kModelBytesMax);
  if (!bytes) return Error(reason("vision_model_not_found"), file.string(), bytes.error().message);
  try {
    Loaded out;
    out.net = cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (out.net.empty()) return unusable(file, "it holds no network");
    out.net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    FILOSCOPE_TRY(out.features_count, try_out(out.net, file));
    out.hash = crypto::hex(crypto::sha256(*bytes)).substr(0, kHashHexDigits);
    return out;
  } catch (const std::exception&) {
    return unusable(file, "it is cut off, damaged or of another kind");
  }
}

class PlainNetwork final : public Descriptor {
 public:
  explicit PlainNetwork(Loaded loaded)
      : net_(std::move(loaded.net)),
        info_{"network_average_pool", {{loaded.features_count, 1, 1}}} {}
  const DescriptorInfo& info() const override { return info_; }
  Result<Description> describe(const Picture& picture) override {
    Description out;
    FILOSCOPE_DO(append_features(net_, picture, 1, out));
    return out;
  }

 private:
  cv::dnn::Net net_;
  const DescriptorInfo info_;
};

}  // namespace

Result<std::unique_ptr<Descriptor>> load_network(const fs::path& path) {
  FILOSCOPE_TRY(Loaded loaded, load(path));
  return std::unique_ptr<Descriptor>(std::make_unique<NetworkDescriptor>(std::move(loaded)));
}

Result<std::unique_ptr<Descriptor>> load_plain_network(const fs::path& path) {
  FILOSCOPE_TRY(Loaded loaded, load(path));
  return std::unique_ptr<Descriptor>(std::make_unique<PlainNetwork>(std::move(loaded)));
}

bool holds_network(const fs::path& path) { return model_file(path).has_value(); }

}  // namespace filoscope::vision
