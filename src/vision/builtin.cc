#include "vision/codebook.h"
#include "vision/colours.h"
#include "vision/descriptor.h"
#include "vision/local_features.h"
#include "vision/parts.h"
#include "vision/vlad.h"

namespace filoscope::vision {
namespace {

PartShape shape_of(const Vocabulary& vocabulary, float weight) {
  return {vocabulary.words_count * vocabulary.short_dim, kViewsCount, weight};
}

void append_vlad(const LocalFeatures& features, const Vocabulary& vocabulary, Mirror mirror,
                 Description& out) {
  const auto before = out.size();
  out.resize(before + kViewsCount * shape_of(vocabulary, 1).dim);
  pool_vlad(features, vocabulary, mirror, std::span(out).subspan(before));
}

class BuiltinDescriptor final : public Descriptor {
 public:
  const DescriptorInfo& info() const override { return info_; }

  Result<Description> describe(const Picture& picture) override {
    const Planes rgb = local_planes(picture);
    Description out;
    out.reserve(info_.floats_count());
    append_edges(rgb, out);
    append_local_colours(rgb, out);
    const auto zoned = zoned_histogram(histogram_planes(picture));
    out.insert(out.end(), zoned.begin(), zoned.end());
    return out;
  }

 private:
  const DescriptorInfo info_{"builtin-1",
                             {edges_shape(.7F), local_colours_shape(.7F), {kZonedBins, 1, 1}}};
};

using Histogram = std::vector<float> (*)(const Planes& rgb);

class HistogramDescriptor final : public Descriptor {
 public:
  HistogramDescriptor(std::string name, std::size_t bins, Histogram histogram)
      : info_{std::move(name), {{bins, 1, 1}}}, histogram_(histogram) {}
  const DescriptorInfo& info() const override { return info_; }
  Result<Description> describe(const Picture& picture) override {
    return histogram_(resized(picture, {}, kHistogramSidePx, kHistogramSidePx));
  }

 private:
  const DescriptorInfo info_;
  const Histogram histogram_;
};

}  // namespace

Planes local_planes(const Picture& picture) {
  const auto [width, height] = size_with_long_side(picture, kLocalSidePx);
  return resized(picture, {}, width, height);
}

PartShape edges_shape(float weight) { return shape_of(shipped_codebook().edges, weight); }

void append_edges(const Planes& rgb, Description& out) {
  append_vlad(dense_sift(grey_of(rgb), rgb.width, rgb.height), shipped_codebook().edges,
              mirror_sift, out);
}

PartShape local_colours_shape(float weight) { return shape_of(shipped_codebook().colours, weight); }

void append_local_colours(const Planes& rgb, Description& out) {
  append_vlad(dense_colours(lab_of(rgb)), shipped_codebook().colours, mirror_colours, out);
}

Planes histogram_planes(const Picture& picture) {
  return lab_of(resized(picture, {}, kHistogramSidePx, kHistogramSidePx));
}

std::unique_ptr<Descriptor> make_lab_descriptor() {
  return std::make_unique<HistogramDescriptor>(
      "lab_histogram", kLabBins, [](const Planes& rgb) { return lab_histogram(lab_of(rgb)); });
}

std::unique_ptr<Descriptor> make_hsv_descriptor() {
  return std::make_unique<HistogramDescriptor>("hsv_histogram", kHsvBins, hsv_histogram);
}

std::size_t DescriptorInfo::floats_count() const {
  std::size_t count = 0;
  for (const auto& part : parts) count += part.views * part.dim;
  return count;
}

std::unique_ptr<Descriptor> make_builtin_descriptor() {
  return std::make_unique<BuiltinDescriptor>();
}

}  // namespace filoscope::vision
