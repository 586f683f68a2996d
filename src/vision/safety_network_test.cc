#include "vision/safety_network.h"

#include <gmock/gmock.h>

#include <cmath>

#include "vision/models.h"
#include "vision/test_network.h"
#include "vision/test_pictures.h"

namespace filoscope::vision {
namespace {

using testing::HasSubstr;

/// For red the classes rise from the first to the last, for green they fall, for blue all are
/// equal.
const std::vector<float> kRisingWeights = {0, 4, 1, 1, 3, 1, 2, 2, 1, 3, 1, 1, 4, 0, 1};
/// Only the first class, by the mean of red.
const std::vector<float> kRedWeights = {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

class SafetyFiles : public ModelFolder {
 protected:
  Error refusal(std::span<const std::uint8_t> content) {
    auto loaded = load_safety_network(write("model.safety.onnx", content));
    return loaded ? Error{Code::internal, "it was taken"} : std::move(loaded).error();
  }
  std::unique_ptr<SafetyNetwork> network(const std::vector<float>& weights) {
    return load_safety_network(write("tiny.safety.onnx", tiny_classifier(weights))).value();
  }
};

/// The mean of red that a network with kRedWeights saw.
double seen_red(SafetyNetwork& network, const Picture& picture) {
  const double share = network.score(picture).value().drawing;
  return std::log(4 * share / (1 - share)) / 4;
}

TEST_F(SafetyFiles, TheClassesComeInTheirOrder) {
  const auto rising = network(kRisingWeights);
  double all = 0;
  for (int i = 0; i < 5; ++i) all += std::exp(i);
  const auto red = rising->score(plain_picture(30, 20, {255, 0, 0})).value();
  EXPECT_NEAR(red.drawing, 1 / all, 1e-5);
  EXPECT_NEAR(red.hentai, std::exp(1) / all, 1e-5);
  EXPECT_NEAR(red.neutral, std::exp(2) / all, 1e-5);
  EXPECT_NEAR(red.porn, std::exp(3) / all, 1e-5);
  EXPECT_NEAR(red.sexy, std::exp(4) / all, 1e-5);
  const auto green = rising->score(plain_picture(30, 20, {0, 255, 0})).value();
  EXPECT_NEAR(green.drawing, std::exp(4) / all, 1e-5);
  EXPECT_NEAR(green.sexy, 1 / all, 1e-5);
  EXPECT_NEAR(rising->score(plain_picture(30, 20, {0, 0, 255})).value().porn, .2, 1e-5);
}

TEST_F(SafetyFiles, ColoursGoFromZeroToOne) {
  const auto red = network(kRedWeights);
  EXPECT_NEAR(seen_red(*red, plain_picture(224, 224, {255, 9, 9})), 1, 1e-3);
  EXPECT_NEAR(seen_red(*red, plain_picture(50, 70, {51, 9, 9})), .2, 1e-3);
  EXPECT_NEAR(seen_red(*red, plain_picture(1, 1, {0, 9, 9})), 0, 1e-3);
}

/// Between three pixels in a line that are dark, dark and light: the corners are the outer pixels'
/// middles, so that the way from the second to the third is half of it.
TEST_F(SafetyFiles, CornersStayCorners) {
  const auto red = network(kRedWeights);
  double sum = 0;
  for (int i = 0; i < 224; ++i) sum += std::max(0., i * 2 / 223. - 1);
  Picture level = plain_picture(3, 1, {0, 0, 0});
  pixel_of(level, 2, 0)[0] = 255;
  EXPECT_NEAR(seen_red(*red, level), sum / 224, 1e-3);
  Picture upright = plain_picture(1, 3, {0, 0, 0});
  pixel_of(upright, 0, 2)[0] = 255;
  EXPECT_NEAR(seen_red(*red, upright), sum / 224, 1e-3);
}

/// Of a picture that is larger only every so manieth pixel counts.
TEST_F(SafetyFiles, WhatIsShrunkIsNotSmoothed) {
  const auto red = network(kRedWeights);
  Picture lines =
      plain_picture(447, 10, {0, 0, 0});  // twice 223 and 1: every second pixel is taken
  for (int y = 0; y < lines.height; ++y)
    for (int x = 0; x < lines.width; x += 2) pixel_of(lines, x, y)[0] = 255;
  EXPECT_NEAR(seen_red(*red, lines), 1, 1e-3);
}

TEST_F(SafetyFiles, NetworksOfOtherBytesHaveOtherNames) {
  const std::string rising = network(kRisingWeights)->name(), red = network(kRedWeights)->name();
  EXPECT_THAT(rising, testing::StartsWith("safety-"));
  EXPECT_EQ(rising, network(kRisingWeights)->name());
  EXPECT_NE(rising, red);
}

TEST_F(SafetyFiles, AFolderGivesTheLargestClassifier) {
  EXPECT_EQ(load_safety_network(folder_).error().reason, "vision_model_not_found");
  write("a.embed.onnx", tiny_network(4096));
  EXPECT_THAT(load_safety_network(folder_).error().message, HasSubstr(".safety.onnx"));
  const auto name = network(kRedWeights)->name();
  EXPECT_EQ(load_safety_network(folder_).value()->name(), name);
}

TEST_F(SafetyFiles, AFileThatIsHalfWrittenIsRefused) {
  const Bytes whole = tiny_classifier(kRedWeights);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
    const Error error = refusal(std::span(whole).first(size));
    EXPECT_EQ(error.reason, "vision_model_unusable") << size;
    EXPECT_THAT(error.message, HasSubstr("model.safety.onnx"));
  }
}

TEST_F(SafetyFiles, AnotherKindOfNetworkIsRefused) {
  EXPECT_EQ(refusal(tiny_network(128)).reason, "vision_model_unusable");
  EXPECT_THAT(refusal(tiny_classifier(std::vector<float>(12, .5F))).message,
              HasSubstr("4 numbers, not five"));
  EXPECT_THAT(refusal(tiny_classifier(kRisingWeights, false)).message, HasSubstr("no shares"));
  EXPECT_THAT(refusal(tiny_classifier({std::vector<float>(15, std::nanf(""))})).message,
              HasSubstr("no numbers"));
}

/// A folder to be in for as long as this lives.
class Inside {
 public:
  explicit Inside(const std::filesystem::path& folder) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
  }
  ~Inside() { std::filesystem::current_path(before_); }

 private:
  const std::filesystem::path before_;
};

TEST_F(SafetyFiles, TheSettingComesFirstThenWhatIsSharedThenWhatWasMadeAtSetUp) {
  for (const char* made : {"shared/models", "checkout/.tools/models"})
    std::filesystem::create_directories(folder_ / made);
  const Inside inside(folder_ / "checkout");
  Config config;
  EXPECT_EQ(safety_model_path(config), "");
  write("checkout/.tools/models/a.safety.onnx", tiny_classifier(kRedWeights));
  EXPECT_EQ(safety_model_path(config), ".tools/models");
  EXPECT_EQ(find_model("", ".embed.onnx"), "");
  write("shared/models/a.safety.onnx", tiny_classifier(kRedWeights));
  EXPECT_EQ(safety_model_path(config), "../shared/models");
  ASSERT_TRUE(config.set("safety.model", "none"));
  EXPECT_EQ(safety_model_path(config), "");
  ASSERT_TRUE(config.set("safety.model", "elsewhere/b.safety.onnx"));
  EXPECT_EQ(safety_model_path(config), "elsewhere/b.safety.onnx");
}

}  // namespace
}  // namespace filoscope::vision
