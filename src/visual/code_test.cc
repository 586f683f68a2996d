#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "visual/lesson.h"
#include "visual/moment_index.h"

namespace filoscope::visual {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using vision::PackedEmbedding;

PackedEmbedding drawn_code(Random& random) {
  PackedEmbedding code{};
  for (auto& value : code) value = static_cast<std::int8_t>(random.below(255));
  for (auto& value : code) value = value == -128 ? std::int8_t{-127} : value;
  return code;
}

TEST(CodeProduct, BothWaysGiveEqualNumbers) {
  if (!has_avx2()) GTEST_SKIP() << "this processor has no AVX2";
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const auto a = drawn_code(random), b = drawn_code(random);
    ASSERT_EQ(product_avx2(a.data(), b.data()), product_plain(a.data(), b.data()));
  }
}

TEST(CodeProduct, TheLargestComponentsDoNotOverflow) {
  PackedEmbedding most{}, least{};
  most.fill(127), least.fill(-127);
  for (const auto product : {product_plain, code_product()}) {
    EXPECT_EQ(product(most.data(), most.data()), 256 * 127 * 127);
    EXPECT_EQ(product(most.data(), least.data()), -256 * 127 * 127);
    EXPECT_EQ(product(least.data(), least.data()), 256 * 127 * 127);
  }
}

/// One component of its own for each clip, so that cosines are known.
PackedEmbedding axis(std::size_t at, int value = 90) {
  PackedEmbedding code{};
  code.at(at) = static_cast<std::int8_t>(value);
  return code;
}

class IndexTest : public ::testing::Test {
 protected:
  std::vector<std::pair<std::uint64_t, std::int64_t>> search(const PackedEmbedding& query,
                                                             std::size_t count, float least = -1) {
    std::vector<std::pair<std::uint64_t, std::int64_t>> out;
    const auto found =
        index.search(query, count, least, [&](VideoId video) { return !hidden.contains(video); });
    for (const auto& clip : found) out.emplace_back(clip.video.value, clip.at_ms);
    return out;
  }
  MomentIndex index;
  std::set<VideoId> hidden;
};

using Pair = std::pair<std::uint64_t, std::int64_t>;

TEST_F(IndexTest, AClipComesOnceAtItsNearestMoment) {
  index.put({1}, std::vector<Moment>{{0, axis(0, 40)}, {2'000, axis(0, 90)}, {4'000, axis(1)}});
  index.put({2}, std::vector<Moment>{{0, axis(0, 60)}});
  EXPECT_THAT(search(axis(0), 10), ElementsAre(Pair(1, 2'000), Pair(2, 0)));
  EXPECT_THAT(search(axis(1), 1), ElementsAre(Pair(1, 4'000)));
  EXPECT_THAT(search(axis(0), 10, cosine_of(70 * 90)), ElementsAre(Pair(1, 2'000)));
}

TEST_F(IndexTest, WhatIsNotTakenMakesRoomForTheNext) {
  for (std::uint64_t i = 1; i <= 50; ++i)
    index.put({i}, std::vector<Moment>{{0, axis(0, 100 - static_cast<int>(i))}});
  for (std::uint64_t i = 1; i <= 47; ++i) hidden.insert({i});
  EXPECT_THAT(search(axis(0), 3), ElementsAre(Pair(48, 0), Pair(49, 0), Pair(50, 0)));
}

TEST_F(IndexTest, WhatWasTakenAwayOrReplacedIsNotFound) {
  Random random(5);
  std::map<std::uint64_t, PackedEmbedding> kept;
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    const std::uint64_t clip = 1 + random.below(300);
    if (random.below(3) == 0) {
      index.erase({clip});
      kept.erase(clip);
    } else {
      kept[clip] = drawn_code(random);
      index.put({clip}, std::vector<Moment>{{7, drawn_code(random)}, {9, kept[clip]}});
    }
  }
  EXPECT_EQ(index.clips_count(), kept.size());
  EXPECT_EQ(index.moments_count(), 2 * kept.size());
  EXPECT_LT(index.memory_bytes(), std::size_t{20'000} * sizeof(PackedEmbedding))
      << "what was taken away gives its place back";
  for (const auto& [clip, code] : kept) EXPECT_THAT(search(code, 1), ElementsAre(Pair(clip, 9)));
  EXPECT_THAT(search(axis(0), 1'000, -2), SizeIs(kept.size()));
}

TEST(Lessons, AreDueAsTheCatalogueGrows) {
  EXPECT_EQ(lesson_due(kLearnedFrom, 0, 191), std::nullopt);
  EXPECT_EQ(lesson_due(kLearnedFrom, 0, 192), 192);
  EXPECT_EQ(lesson_due(kLearnedFrom, 192, 767), std::nullopt);
  EXPECT_EQ(lesson_due(kLearnedFrom, 192, 1'000), 768);
  EXPECT_EQ(lesson_due(kLearnedFrom, 0, 1'000'000), 2'048);
  EXPECT_EQ(lesson_due(kLearnedFrom, 2'048, 1'000'000), std::nullopt);
}

TEST(Lessons, AreOfClipsFromAllOver) {
  std::vector<VideoId> clips;
  for (std::uint64_t i = 1; i <= 100; ++i) clips.push_back({i});
  const auto some = lesson_clips(clips, 192, 800);
  ASSERT_THAT(some, SizeIs(24));
  EXPECT_LT(some.front().value, 5U);
  EXPECT_GT(some.back().value, 95U);
  EXPECT_THAT(lesson_clips(clips, 800, 800), SizeIs(100));
  EXPECT_THAT(lesson_clips(clips, 5'000, 800), SizeIs(100));
}

}  // namespace
}  // namespace filoscope::visual
