#include <gmock/gmock.h>

#include <numeric>

#include "vision/colours.h"
#include "vision/local_features.h"
#include "vision/test_pictures.h"
#include "vision/vectors.h"
#include "vision/vlad.h"

namespace filoscope::vision {
namespace {

using testing::Each;
using testing::FloatNear;
using testing::Pointwise;

Planes planes_of(const Picture& picture) {
  return resized(picture, {}, picture.width, picture.height);
}

TEST(Resized, KeepsThePictureAtItsOwnSize) {
  const Picture picture = drawn_picture(1, 24, 18);
  const Planes planes = planes_of(picture);
  for (std::size_t i = 0; i < 24 * 18; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      ASSERT_NEAR(planes.values[c][i], picture.rgb[3 * i + c], .01) << i;
}

TEST(Resized, ShrinksWithoutAliasing) {
  Picture picture = plain_picture(64, 64, {0, 0, 0});
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      if ((x + y) % 2 == 0) std::fill_n(pixel_of(picture, x, y), 3, 200);
  EXPECT_THAT(resized(picture, {}, 9, 9).values[1], Each(FloatNear(100, 12)));
}

TEST(Resized, TakesThePartThatIsAskedFor) {
  Picture picture = plain_picture(100, 50, {0, 0, 0});
  for (int y = 20; y < 30; ++y)
    for (int x = 40; x < 60; ++x) pixel_of(picture, x, y)[0] = 255;
  const Planes inner = resized(picture, middle(.15), 8, 8);
  EXPECT_THAT(inner.values[0], Each(FloatNear(255, .01F)));
  EXPECT_THAT(inner.values[2], Each(FloatNear(0, .01F)));
  const Planes corner = resized(picture, {0, 0, .2, .2}, 8, 8);
  EXPECT_THAT(corner.values[0], Each(FloatNear(0, .01F)));
}

TEST(Resized, TakesTheSmallestPictures) {
  EXPECT_THAT(resized(plain_picture(1, 1, {7, 8, 9}), middle(.5), 5, 3).values[2],
              Each(FloatNear(9, .01F)));
  EXPECT_EQ(size_with_long_side(plain_picture(1000, 1, {0, 0, 0}), 224), (std::array{224, 1}));
}

TEST(Lab, KnowsTheColoursOfTheStandard) {
  const auto lab = [](std::array<int, 3> rgb) {
    const Planes planes = lab_of(planes_of(plain_picture(1, 1, rgb)));
    return std::vector{planes.values[0][0], planes.values[1][0], planes.values[2][0]};
  };
  EXPECT_THAT(lab({255, 255, 255}), Pointwise(FloatNear(.1F), std::vector<float>{100, 0, 0}));
  EXPECT_THAT(lab({255, 0, 0}), Pointwise(FloatNear(.1F), std::vector{53.24F, 80.09F, 67.20F}));
  EXPECT_THAT(lab({0, 0, 255}), Pointwise(FloatNear(.1F), std::vector{32.30F, 79.19F, -107.86F}));
  EXPECT_THAT(lab({30, 30, 30}), Pointwise(FloatNear(.1F), std::vector{11.26F, 0.F, 0.F}));
}

std::vector<float> colours_of(const Picture& picture) {
  return lab_histogram(lab_of(planes_of(picture)));
}

TEST(LabHistogram, FadesFromOneColourToTheNext) {
  const auto of = [](int r) { return colours_of(plain_picture(8, 8, {r, 90, 60})); };
  EXPECT_NEAR(dot(of(90), of(90)), 1, 1e-5);
  for (int r = 120; r < 240; r += 4) EXPECT_GT(dot(of(r), of(r + 4)), .6) << r;
  EXPECT_LT(dot(of(120), of(180)), .5);
  EXPECT_LT(dot(of(60), of(240)), .1);
}

TEST(LabHistogram, CountsTheMiddleMore) {
  Picture rim = plain_picture(40, 40, {200, 30, 30}), core = plain_picture(40, 40, {30, 30, 200});
  for (int y = 6; y < 34; ++y)  // half of the pixels
    for (int x = 6; x < 34; ++x)
      std::swap_ranges(pixel_of(rim, x, y), pixel_of(rim, x, y) + 3, pixel_of(core, x, y));
  const auto red = colours_of(plain_picture(40, 40, {200, 30, 30}));
  EXPECT_GT(dot(colours_of(core), red), dot(colours_of(rim), red) + .2);
}

TEST(ZonedHistogram, TellsTopFromBottom) {
  Picture one = plain_picture(40, 40, {200, 30, 30}), other = plain_picture(40, 40, {30, 30, 200});
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 40; ++x)
      std::swap_ranges(pixel_of(one, x, y), pixel_of(one, x, y) + 3, pixel_of(other, x, y));
  const auto zoned = [](const Picture& p) { return zoned_histogram(lab_of(planes_of(p))); };
  EXPECT_NEAR(dot(colours_of(one), colours_of(other)), 1, 1e-3);
  EXPECT_LT(dot(zoned(one), zoned(other)), .85);
  EXPECT_NEAR(dot(zoned(one), zoned(one)), 1, 1e-5);
}

LocalFeatures edges_of(const Picture& picture) {
  return dense_sift(grey_of(planes_of(picture)), picture.width, picture.height);
}

TEST(DenseSift, LeavesFlatPlacesOut) {
  EXPECT_EQ(edges_of(plain_picture(64, 64, {90, 90, 90})).count(), 0U);
  EXPECT_EQ(edges_of(plain_picture(3, 200, {90, 90, 90})).count(), 0U);
  EXPECT_GT(edges_of(drawn_picture(2)).count(), 100U);
}

TEST(DenseSift, PutsAnEdgeIntoItsDirectionAndCells) {
  Picture picture =
      plain_picture(32, 32, {20, 20, 20});  // an edge from dark to light, to the right
  for (int y = 0; y < 32; ++y)
    for (int x = 16; x < 32; ++x) std::fill_n(pixel_of(picture, x, y), 3, 220);
  const auto edges = edges_of(picture);
  ASSERT_GT(edges.count(), 0U);
  for (std::size_t i = 0; i < edges.count(); ++i) {
    float along = 0, all = 0;
    for (std::size_t d = 0; d < kSiftDim; ++d) {
      const float share = edges.row(i)[d] * edges.row(i)[d];
      all += share;
      if (d % 8 == 0) along += share;
    }
    EXPECT_NEAR(all, 1, 1e-4);
    EXPECT_NEAR(along, 1, 1e-4);
  }
}

/// Every row of `of(picture)` is, mirrored, a row of `of(mirrored picture)` at the mirrored place.
template <typename Of>
void expect_mirrored(const Of& of, Mirror mirror, std::size_t dim) {
  const Picture picture = drawn_picture(3, 96, 80);  // sides that the grids leave no odd rest of
  const auto plain = of(picture), other = of(mirrored_picture(picture));
  ASSERT_EQ(plain.count(), other.count());
  std::vector<float> wanted(dim);
  std::size_t found = 0;
  for (std::size_t i = 0; i < plain.count(); ++i) {
    mirror(plain.row(i), wanted.data());
    for (std::size_t j = 0; j < other.count(); ++j) {
      if (std::abs(other.places[j][0] + plain.places[i][0]) > 1e-5 ||
          other.places[j][1] != plain.places[i][1])
        continue;
      float far = 0;
      for (std::size_t d = 0; d < dim; ++d)
        far = std::max(far, std::abs(other.row(j)[d] - wanted[d]));
      if (far < .01F) ++found;
    }
  }
  EXPECT_GE(found, plain.count() * 99 / 100);
}

TEST(DenseSift, MirrorsAsThePictureDoes) { expect_mirrored(edges_of, mirror_sift, kSiftDim); }

LocalFeatures local_colours_of(const Picture& picture) {
  return dense_colours(lab_of(planes_of(picture)));
}

TEST(DenseColours, MirrorAsThePictureDoes) {
  expect_mirrored(local_colours_of, mirror_colours, kColourDim);
}

TEST(DenseColours, TellAPlainFieldFromAMixedOne) {
  const auto plain = local_colours_of(plain_picture(32, 32, {120, 60, 40}));
  const auto mixed = local_colours_of(drawn_picture(4));
  const auto spread = [](const LocalFeatures& features) {
    float sum = 0;
    for (std::size_t i = 0; i < features.count(); ++i) sum += features.row(i)[12];
    return sum / static_cast<float>(features.count());
  };
  EXPECT_NEAR(spread(plain), 0, 1e-2);
  EXPECT_GT(spread(mixed), .05F);
}

/// Two words of one dimension along the first number of a feature.
Vocabulary two_words() {
  Vocabulary out;
  out.dim = 2, out.short_dim = 2, out.words_count = 2;
  out.mean = {0, 0}, out.axes = {1, 0, 0, 1}, out.words = {-10, 0, 10, 0};
  return out;
}
void mirror_pair(const float* from, float* to) { to[0] = from[0], to[1] = -from[1]; }

TEST(Vlad, PutsAFeatureAtItsWordAndInTheViewsThatHoldItsPlace) {
  LocalFeatures features{2, {11, 0, -10, 3}, {{.1F, .6F}, {-.9F, 0}}};  // middle 75 %, rim
  std::vector<float> out(kViewsCount * 4);
  pool_vlad(features, two_words(), mirror_pair, out);
  // Second feature and its mirrored copy cancel each other along the second axis.
  EXPECT_THAT(out,
              Pointwise(FloatNear(1e-5F), std::vector<float>{0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0}));
}

TEST(Vlad, OfAMirroredPictureIsTheSame) {
  const Picture picture = drawn_picture(5, 96, 80);
  const auto vlad = [](const Picture& p) {
    const auto& vocabulary = shipped_codebook().edges;
    std::vector<float> out(kViewsCount * vocabulary.words_count * vocabulary.short_dim);
    pool_vlad(edges_of(p), vocabulary, mirror_sift, out);
    return out;
  };
  const auto plain = vlad(picture), other = vlad(mirrored_picture(picture));
  EXPECT_GT(dot(plain, other) / dot(plain, plain), .97);
  EXPECT_LT(dot(plain, vlad(drawn_picture(6, 96, 80))) / dot(plain, plain), .7);
}

}  // namespace
}  // namespace filoscope::vision
