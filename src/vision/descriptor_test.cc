#include "vision/descriptor.h"

#include <gmock/gmock.h>

#include <limits>

#include "vision/test_network.h"
#include "vision/test_pictures.h"
#include "vision/vectors.h"

namespace filoscope::vision {
namespace {

using testing::HasSubstr;

/// Of all parts, each by its weight; the first view.
double likeness(const DescriptorInfo& info, const Description& a, const Description& b) {
  double sum = 0;
  std::size_t at = 0;
  for (const auto& part : info.parts) {
    sum +=
        part.weight * dot(std::span(a).subspan(at, part.dim), std::span(b).subspan(at, part.dim));
    at += part.views * part.dim;
  }
  return sum;
}

void expect_finds_the_part(Descriptor& descriptor) {
  const Picture thing = drawn_picture(1), other = drawn_picture(2);
  const auto& info = descriptor.info();
  const auto whole = descriptor.describe(thing).value();
  ASSERT_EQ(whole.size(), info.floats_count());
  const auto part = descriptor.describe(mirrored_picture(part_of(thing, .1, .1, .8, .9))).value();
  EXPECT_GT(likeness(info, whole, part),
            likeness(info, whole, descriptor.describe(other).value()) + .1);
  EXPECT_EQ(whole, descriptor.describe(thing).value());
}

void expect_takes_odd_pictures(Descriptor& descriptor) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 900}, {2000, 3}, {5, 5}, {64, 48}}) {
    const auto description =
        descriptor.describe(plain_picture(width, height, {0, 128, 255})).value();
    EXPECT_EQ(description.size(), descriptor.info().floats_count());
    for (const float value : description) ASSERT_TRUE(std::isfinite(value)) << width << height;
  }
}

TEST(BuiltinDescriptor, FindsAPartOfAThing) { expect_finds_the_part(*make_builtin_descriptor()); }

TEST(BuiltinDescriptor, TakesOddPictures) { expect_takes_odd_pictures(*make_builtin_descriptor()); }

TEST(BuiltinDescriptor, GivesVectorsOfLengthOne) {
  const auto descriptor = make_builtin_descriptor();
  const auto description = descriptor->describe(drawn_picture(3)).value();
  std::size_t at = 0;
  for (const auto& part : descriptor->info().parts)
    for (std::size_t view = 0; view < part.views; ++view, at += part.dim) {
      const auto one = std::span(description).subspan(at, part.dim);
      EXPECT_NEAR(dot(one, one), 1, 1e-4) << part.dim << " " << view;
    }
}

class ModelFiles : public ModelFolder {
 protected:
  static Error refusal(const std::filesystem::path& path) {
    auto loaded = load_network(path);
    return loaded ? Error{Code::internal, "it was taken"} : std::move(loaded).error();
  }
};

TEST_F(ModelFiles, ANetworkDescribesTheWholeAndTheMiddle) {
  const auto network = load_network(write("tiny.embed.onnx", tiny_network(128))).value();
  const auto& info = network->info();
  ASSERT_EQ(info.parts.front(), (PartShape{128, 2, 1}));
  Picture picture = plain_picture(80, 80, {255, 40, 0});  // another colour in its middle
  for (int y = 16; y < 64; ++y)
    for (int x = 16; x < 64; ++x) pixel_of(picture, x, y)[0] = 0, pixel_of(picture, x, y)[2] = 255;
  const auto mixed = network->describe(picture).value();
  const auto inner = network->describe(plain_picture(9, 9, {0, 40, 255})).value();
  const auto view = [](const Description& all, std::size_t i) {
    return std::span(all).subspan(128 * i, 128);
  };
  EXPECT_GT(dot(view(mixed, 1), view(inner, 1)), .99);
  EXPECT_LT(dot(view(mixed, 0), view(inner, 0)), .95);
  expect_takes_odd_pictures(*network);
}

TEST_F(ModelFiles, AFolderGivesItsLargestNetwork) {
  write("a.embed.onnx", tiny_network(128));
  write("b.embed.onnx", tiny_network(256));
  write("c.cls.onnx", tiny_network(512));
  EXPECT_EQ(load_network(folder_).value()->info().parts.front().dim, 256U);
}

TEST_F(ModelFiles, NetworksOfOtherBytesHaveOtherNames) {
  const auto one = load_network(write("a.onnx", tiny_network(128))).value();
  const auto copy = load_network(write("b.onnx", tiny_network(128))).value();
  const float weight = .5F;
  const auto other = load_network(write("a.onnx", tiny_network(128, &weight))).value();
  EXPECT_EQ(one->info().name, copy->info().name);
  EXPECT_NE(one->info().name, other->info().name);
}

TEST_F(ModelFiles, WhatIsNotThereIsNamed) {
  EXPECT_EQ(refusal(folder_ / "none.onnx").reason, "vision_model_not_found");
  EXPECT_THAT(refusal(folder_ / "none.onnx").message, HasSubstr("none.onnx"));
  EXPECT_EQ(refusal(folder_).reason, "vision_model_not_found");
}

TEST_F(ModelFiles, AFileThatIsHalfWrittenIsRefused) {
  const Bytes whole = tiny_network(128);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, whole.size() / 4, whole.size() / 2, whole.size() - 1}) {
    const Error error = refusal(write("half.embed.onnx", std::span(whole).first(size)));
    EXPECT_EQ(error.reason, "vision_model_unusable") << size;
    EXPECT_THAT(error.message, HasSubstr("half.embed.onnx"));
  }
}

TEST_F(ModelFiles, AnotherKindOfFileIsRefused) {
  const std::string text(2'000, 'x');
  EXPECT_EQ(refusal(write("text.onnx", {reinterpret_cast<const std::uint8_t*>(text.data()), 2'000}))
                .reason,
            "vision_model_unusable");
  const Error classifier = refusal(write("a.onnx", tiny_network(1001)));
  EXPECT_THAT(classifier.message, HasSubstr("classes of ImageNet"));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(refusal(write("nan.onnx", tiny_network(128, &nan))).reason, "vision_model_unusable");
  EXPECT_EQ(refusal(write("few.onnx", tiny_network(4))).reason, "vision_model_unusable");
}

}  // namespace
}  // namespace filoscope::vision
