#include "vision/codebook.h"

#include <gmock/gmock.h>

#include "vision/half.h"
#include "vision/local_features.h"
#include "vision/test_pictures.h"

namespace filoscope::vision {
namespace {

TEST(Half, KeepsElevenBits) {
  for (const float value : {0.F, 1.F, -1.F, .1F, -.333F, 1234.5F, 65504.F, 7e-5F})
    EXPECT_NEAR(float_of_half(half_of(value)), value, std::abs(value) / 2048) << value;
  EXPECT_EQ(float_of_half(half_of(1e9F)), 65504.F);
  EXPECT_EQ(float_of_half(half_of(1e-6F)), 0.F);
  for (std::uint32_t half = 0x0400; half < 0x7C00; ++half)
    ASSERT_EQ(half_of(float_of_half(static_cast<std::uint16_t>(half))), half);
}

TEST(Codebook, ThatShipsFitsTheFeatures) {
  const Codebook& codebook = shipped_codebook();
  EXPECT_EQ(codebook.edges.dim, kSiftDim);
  EXPECT_EQ(codebook.edges.words_count, 64U);
  EXPECT_EQ(codebook.colours.dim, kColourDim);
  EXPECT_LT(encode_codebook(codebook).size(), 100U << 10);
}

TEST(Codebook, IsLearnedTheSameTwice) {
  const std::vector<Picture> pictures{drawn_picture(1, 64, 64)};
  const auto learned = learn_codebook(pictures).value();
  EXPECT_EQ(learned, learn_codebook(pictures).value());
  EXPECT_EQ(learned.edges.words.size(), learned.edges.words_count * learned.edges.short_dim);
  const auto read = decode_codebook(encode_codebook(learned)).value();
  EXPECT_EQ(read.edges.words_count, learned.edges.words_count);
  EXPECT_NEAR(read.edges.words[5], learned.edges.words[5], 1e-3);
}

TEST(Codebook, NeedsPicturesWithSomethingOnThem) {
  const std::vector<Picture> pictures{plain_picture(120, 90, {80, 80, 80})};
  EXPECT_EQ(learn_codebook(pictures).error().reason, "vision_nothing_to_learn");
  EXPECT_EQ(learn_codebook({}).error().reason, "vision_nothing_to_learn");
}

TEST(Codebook, ThatIsDamagedIsRefused) {
  const Bytes file = encode_codebook(shipped_codebook());
  EXPECT_TRUE(decode_codebook(file).has_value());
  for (const std::size_t at : {std::size_t{0}, std::size_t{30}, file.size() / 2, file.size() - 1}) {
    Bytes other = file;
    other[at] ^= 4;
    EXPECT_EQ(decode_codebook(other).error().code, Code::corrupt) << at;
    EXPECT_EQ(decode_codebook(std::span(file).first(at)).error().code, Code::corrupt) << at;
  }
}

}  // namespace
}  // namespace filoscope::vision
