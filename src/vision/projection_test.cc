#include "vision/projection.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "vision/expansion.h"
#include "vision/vectors.h"

namespace filoscope::vision {
namespace {

constexpr std::size_t kDim = 24, kViews = 3;
const DescriptorInfo kInfo{"made-1", {{kDim, kViews, 1}, {6, 1, .5F}}};

/// A picture of one of `kThings`: what it shows stands weakly in the first 8 numbers of each view,
/// and what differs from view to view strongly in the rest.
Description picture_of(std::size_t thing, Random& random) {
  Random own(thing + 100);
  std::vector<float> signal;
  for (int i = 0; i < 8; ++i) signal.push_back(static_cast<float>(own.unit() - .5));
  Description out;
  for (std::size_t view = 0; view < kViews; ++view) {
    std::vector<float> one = signal;
    while (one.size() < kDim) one.push_back(static_cast<float>(3 * (random.unit() - .5)));
    make_unit(one);
    out.insert(out.end(), one.begin(), one.end());
  }
  std::vector<float> colours{1, 1, 1, 1, 1, 1};
  make_unit(colours);
  out.insert(out.end(), colours.begin(), colours.end());
  return out;
}

constexpr std::size_t kThings = 12;
std::vector<Description> pictures(std::size_t count, std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<Description> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(picture_of(i % kThings, random));
  return out;
}

/// How many of new pictures have one of their thing for their nearest.
std::size_t found_count(const std::vector<Embedding>& db, const std::vector<Embedding>& queries) {
  std::size_t found = 0;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < db.size(); ++i)
      if (dot(queries[q], db[i]) > dot(queries[q], db[best])) best = i;
    if (best % kThings == q % kThings) ++found;
  }
  return found;
}

TEST(Projection, LeavesOutWhatDiffersBetweenViews) {
  const auto db = pictures(240), queries = pictures(60, 2);
  const auto projection = Projection::learn(kInfo, db).value();
  std::vector<Embedding> raw_db, raw_queries, learned_db, learned_queries;
  const auto raw = [](const Description& d) { return Embedding(d.begin(), d.begin() + kDim); };
  for (const auto& one : db)
    raw_db.push_back(raw(one)), learned_db.push_back(projection.embed(one));
  for (const auto& one : queries)
    raw_queries.push_back(raw(one)), learned_queries.push_back(projection.embed(one));
  EXPECT_LE(found_count(raw_db, raw_queries), 30U);
  EXPECT_GE(found_count(learned_db, learned_queries), 50U);
}

TEST(Projection, GivesTheSameBitsForTheSamePictures) {
  const auto one = Projection::learn(kInfo, pictures(50)).value();
  const auto again = Projection::learn(kInfo, pictures(50)).value();
  EXPECT_EQ(one, again);
  EXPECT_EQ(one.name(), again.name());
  EXPECT_NE(one.name(), Projection::learn(kInfo, pictures(51)).value().name());
}

TEST(Projection, WorksFromTheFirstPictureOn) {
  for (const std::size_t count : {1, 2, 3, 7}) {
    const auto some = pictures(count);
    const auto projection = Projection::learn(kInfo, some).value();
    for (const auto& one : some) {
      const Embedding embedding = projection.embed(one);
      ASSERT_EQ(embedding.size(), kEmbeddingDim);
      EXPECT_NEAR(dot(embedding, embedding), 1, 1e-4) << count;
    }
  }
}

TEST(Projection, RefusesWhatItCannotLearnFrom) {
  EXPECT_EQ(Projection::learn(kInfo, {}).error().reason, "vision_nothing_to_learn");
  auto some = pictures(4);
  some[2].pop_back();
  EXPECT_EQ(Projection::learn(kInfo, some).error().reason, "vision_nothing_to_learn");
}

TEST(Projection, ComesBackOutOfItsFile) {
  const auto projection = Projection::learn(kInfo, pictures(40)).value();
  const auto read = Projection::decode(projection.encode()).value();
  EXPECT_EQ(read, projection);
  const auto picture = pictures(1, 9).front();
  EXPECT_EQ(read.embed(picture), projection.embed(picture));
}

TEST(Projection, ThatIsDamagedIsRefused) {
  const Bytes file = Projection::learn(kInfo, pictures(20)).value().encode();
  for (std::size_t at = 0; at < file.size(); at += file.size() / 23 + 1) {
    Bytes other = file;
    other[at] ^= 16;
    EXPECT_EQ(Projection::decode(other).error().code, Code::corrupt) << at;
    EXPECT_EQ(Projection::decode(std::span(file).first(at)).error().code, Code::corrupt) << at;
  }
}

TEST(PackedEmbedding, KeepsCosines) {
  const auto db = pictures(60);
  const auto projection = Projection::learn(kInfo, db).value();
  for (std::size_t i = 1; i < db.size(); ++i) {
    const auto a = projection.embed(db[0]), b = projection.embed(db[i]);
    const auto packed_a = pack(a), packed_b = pack(b);
    EXPECT_NEAR(dot(unpack(packed_a), unpack(packed_b)), dot(a, b), .01);
    std::int32_t product = 0;
    for (std::size_t k = 0; k < kEmbeddingDim; ++k) product += packed_a[k] * packed_b[k];
    EXPECT_NEAR(static_cast<float>(product) / kPackScale / kPackScale, dot(a, b), .02)
        << "plain products are cosines";
  }
}

Embedding at_angle(double radians) {
  return {static_cast<float>(std::cos(radians)), static_cast<float>(std::sin(radians))};
}

TEST(Expansion, DrawsAQueryToItsNearestByTheCubeOfTheirCosine) {
  const std::vector<Embedding> db{at_angle(.5), at_angle(1.2), at_angle(3)};
  Embedding wanted = at_angle(0);
  add(wanted, db[0], static_cast<float>(std::pow(std::cos(.5), 3)));
  add(wanted, db[1], static_cast<float>(std::pow(std::cos(1.2), 3)));
  make_unit(wanted);
  const auto got = expanded(at_angle(0), db, 2);
  EXPECT_NEAR(got[0], wanted[0], 1e-5);
  EXPECT_NEAR(got[1], wanted[1], 1e-5);
  EXPECT_EQ(expanded(at_angle(0), db, 0), at_angle(0));
}

TEST(Expansion, ANeighbourOnTheFarSideCountsNothing) {
  const std::vector<Embedding> db{at_angle(2), at_angle(3)};
  EXPECT_THAT(expanded(at_angle(0), db, 2),
              testing::Pointwise(testing::FloatNear(1e-6F), at_angle(0)));
  EXPECT_EQ(expanded(at_angle(0), {}, 2), at_angle(0));
}

TEST(Augmentation, DrawsEachToTheOthersNotToItself) {
  const std::vector<Embedding> db{at_angle(0), at_angle(.4), at_angle(2.5)};
  const auto wider = augmented(db, 1);
  ASSERT_EQ(wider.size(), 3U);
  EXPECT_THAT(wider[0], testing::Pointwise(testing::FloatNear(1e-5F),
                                           expanded(db[0], std::span(db).subspan(1), 1)));
  EXPECT_GT(wider[0][1], .1F);
}

}  // namespace
}  // namespace filoscope::vision
