#include "vision/colours.h"
#include "vision/descriptor.h"
#include "vision/onnx_network.h"
#include "vision/parts.h"
#include "vision/vectors.h"

namespace filoscope::vision {
namespace {

namespace fs = std::filesystem;

constexpr int kNetworkSidePx = 224;
constexpr double kViewsOfNetwork[] = {1, .55};
constexpr float kLocalColoursWeight = .5F, kHistogramWeight = .7F;
constexpr std::size_t kNetworkFeaturesMin = 128, kNetworkFeaturesMax = 4096;

/// The middle `share` of the picture in -1..1, [1, 3, side, side].
std::vector<float> input_of(const Picture& picture, double share) {
  std::vector<float> out;
  out.reserve(3 * kNetworkSidePx * kNetworkSidePx);
  const Planes planes = resized(picture, middle(share), kNetworkSidePx, kNetworkSidePx);
  for (const auto& plane : planes.values)
    for (const float value : plane) out.push_back((value - 127.5F) / 127.5F);
  return out;
}

/// The network's features of the middle `share` of the picture, length 1, behind what `out` has.
Result<void> append_features(OnnxNetwork& network, const Picture& picture, double share,
                             Description& out) {
  FILOSCOPE_TRY(const auto features, network.run(input_of(picture, share), kNetworkSidePx));
  out.insert(out.end(), features.begin(), features.end());
  make_unit(std::span(out).last(features.size()));
  return {};
}

/// A network that has been tried out.
struct Loaded {
  OnnxNetwork network;
  std::size_t features_count = 0;
};

class NetworkDescriptor final : public Descriptor {
 public:
  explicit NetworkDescriptor(Loaded loaded) : network_(std::move(loaded.network)) {
    info_.name = "network-2-" + network_.hash();
    info_.parts = {{loaded.features_count, std::size(kViewsOfNetwork), 1},
                   local_colours_shape(kLocalColoursWeight),
                   {kLabBins, 1, kHistogramWeight}};
  }

  const DescriptorInfo& info() const override { return info_; }

  Result<Description> describe(const Picture& picture) override {
    Description out;
    out.reserve(info_.floats_count());
    for (const double share : kViewsOfNetwork)
      FILOSCOPE_DO(append_features(network_, picture, share, out));
    append_local_colours(local_planes(picture), out);
    const auto colours = lab_histogram(histogram_planes(picture));
    out.insert(out.end(), colours.begin(), colours.end());
    return out;
  }

 private:
  OnnxNetwork network_;
  DescriptorInfo info_;
};

Result<Loaded> load(const fs::path& path) {
  FILOSCOPE_TRY(OnnxNetwork network, OnnxNetwork::load(path, kNetworkEnding));
  const Picture grey{8, 8, std::vector<std::uint8_t>(3 * 64, 128)};
  FILOSCOPE_TRY(const auto features, network.try_out(input_of(grey, 1), kNetworkSidePx));
  const auto count = features.size();
  if (count < kNetworkFeaturesMin || count > kNetworkFeaturesMax)
    return network.unusable("it gives " + std::to_string(count) + " numbers, not some hundred");
  if (count == 1000 || count == 1001)
    return network.unusable("it names the classes of ImageNet; its .embed.onnx is needed");
  return Loaded{std::move(network), count};
}

class PlainNetwork final : public Descriptor {
 public:
  explicit PlainNetwork(Loaded loaded)
      : network_(std::move(loaded.network)),
        info_{"network_average_pool", {{loaded.features_count, 1, 1}}} {}
  const DescriptorInfo& info() const override { return info_; }
  Result<Description> describe(const Picture& picture) override {
    Description out;
    FILOSCOPE_DO(append_features(network_, picture, 1, out));
    return out;
  }

 private:
  OnnxNetwork network_;
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

}  // namespace filoscope::vision
