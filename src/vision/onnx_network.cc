#include "vision/onnx_network.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include "base/crypto.h"
#include "base/file.h"
#include "vision/models.h"
#include "vision/reasons.h"

namespace filoscope::vision {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kModelBytesMax = std::size_t{512} << 20;
constexpr std::size_t kHashHexDigits = 12;
constexpr const char* kAnotherKind = "it is cut off, damaged or of another kind";

/// The library says what is wrong on stderr, beside throwing it.
void silence_opencv() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
  cv::setNumThreads(1);  // who wants more looks at several pictures at a time
}

Error unusable_file(const fs::path& file, const std::string& problem) {
  return Error(reason("vision_model_unusable"), file.string(), problem);
}

}  // namespace

struct OnnxNetwork::Parts {
  cv::dnn::Net net;
  fs::path file;
  std::string hash;
};

OnnxNetwork::OnnxNetwork(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
OnnxNetwork::OnnxNetwork(OnnxNetwork&& other) noexcept = default;
OnnxNetwork::~OnnxNetwork() = default;

Result<OnnxNetwork> OnnxNetwork::load(const fs::path& path, std::string_view ending) {
  silence_opencv();
  FILOSCOPE_TRY(const fs::path file, model_file(path, ending));
  const auto bytes = read_file(file, kModelBytesMax);
  if (!bytes)
    return Error(reason("vision_model_not_found"), file.string(), bytes.error().message,
                 std::string(ending));
  try {
    auto parts = std::make_unique<Parts>();
    parts->net =
        cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (parts->net.empty()) return unusable_file(file, "it holds no network");
    parts->net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    parts->file = file;
    parts->hash = crypto::hex(crypto::sha256(*bytes)).substr(0, kHashHexDigits);
    return OnnxNetwork(std::move(parts));
  } catch (const std::exception&) {
    return unusable_file(file, kAnotherKind);
  }
}

const std::string& OnnxNetwork::hash() const { return parts_->hash; }

Result<std::vector<float>> OnnxNetwork::run(std::span<const float> input, int side_px) {
  try {
    const int shape[] = {1, 3, side_px, side_px};
    parts_->net.setInput(cv::Mat(4, shape, CV_32F, const_cast<float*>(input.data())));
    const cv::Mat out = parts_->net.forward();
    if (out.type() != CV_32F || out.dims < 1 || out.size[0] != 1 || !out.isContinuous())
      return Error{Code::internal, "the network gives no list of floats"};
    return std::vector<float>(out.ptr<float>(), out.ptr<float>() + out.total());
  } catch (const std::exception& problem) {
    return Error{Code::internal, std::string("the network: ") + problem.what()};
  }
}

Result<std::vector<float>> OnnxNetwork::try_out(std::span<const float> input, int side_px) {
  auto numbers = run(input, side_px);
  if (!numbers) return unusable(kAnotherKind);
  if (!std::ranges::all_of(*numbers, [](float one) { return std::isfinite(one); }))
    return unusable("what it gives are no numbers");
  return numbers;
}

Error OnnxNetwork::unusable(const std::string& problem) const {
  return unusable_file(parts_->file, problem);
}

}  // namespace filoscope::vision
