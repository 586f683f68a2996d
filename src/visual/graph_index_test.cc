#include "visual/graph_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "base/random.h"
#include "visual/moment_index.h"

namespace filoscope::visual {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using vision::PackedEmbedding;

constexpr std::size_t kCount = 3'000, kQueries = 100;

PackedEmbedding near(const PackedEmbedding& middle, Random& random, std::int64_t spread) {
  PackedEmbedding code{};
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto off = static_cast<std::int64_t>(random.below(2 * spread + 1)) - spread;
    code[i] = static_cast<std::int8_t>(std::clamp<std::int64_t>(middle[i] + off, -127, 127));
  }
  return code;
}

/// Around some middles, as the scenes of a catalogue lie.
class Clusters {
 public:
  explicit Clusters(std::uint64_t seed) : random_(seed) {
    for (auto& middle : middles_) middle = near({}, random_, 40);
  }
  PackedEmbedding draw() { return near(middles_[random_.below(middles_.size())], random_, 25); }
  std::vector<PackedEmbedding> draw(std::size_t count) {
    std::vector<PackedEmbedding> out(count);
    for (auto& code : out) code = draw();
    return out;
  }

 private:
  Random random_;
  std::array<PackedEmbedding, 40> middles_;
};

class GraphTest : public ::testing::Test {
 protected:
  using Label = GraphIndex::Label;

  void insert(std::uint64_t video) {
    const auto code = clusters.draw();
    slots[video] = graph.insert({{video}, static_cast<std::int32_t>(video % 100)}, code);
    codes[video] = code;
  }
  void erase(std::uint64_t video) {
    graph.erase(slots.at(video));
    slots.erase(video);
    codes.erase(video);
  }
  void fill(std::uint64_t count = kCount) {
    for (std::uint64_t video = 1; video <= count; ++video) insert(video);
  }
  std::vector<std::int32_t> nearest_products(const PackedEmbedding& query, std::size_t count,
                                             const GraphIndex::Accepts& accepts = {}) const {
    std::vector<std::int32_t> out;
    for (const auto& [video, code] : codes)
      if (!accepts || accepts({{video}, static_cast<std::int32_t>(video % 100)}))
        out.push_back(product_plain(query.data(), code.data()));
    std::ranges::sort(out, std::greater());
    out.resize(std::min(out.size(), count));
    return out;
  }
  static std::vector<std::int32_t> products(const std::vector<GraphIndex::Found>& found) {
    std::vector<std::int32_t> out;
    for (const auto& one : found) out.push_back(one.product);
    return out;
  }
  /// Share of the ten nearest that are found; what is found must be there and as near as it says.
  double recall() {
    EXPECT_GE(graph.reachable_count(), graph.size() * 99 / 100);
    double hits = 0;
    for (std::size_t i = 0; i < kQueries; ++i) {
      const auto query = clusters.draw();
      const auto wanted = nearest_products(query, 10);
      for (const auto& one : graph.search(query, 10, 48)) {
        EXPECT_TRUE(codes.contains(one.label.video.value)) << "it was taken out";
        const auto& code = codes[one.label.video.value];
        EXPECT_EQ(one.product, product_plain(query.data(), code.data()));
        if (one.product >= wanted.back()) ++hits;
      }
    }
    return hits / (10 * kQueries);
  }

  Clusters clusters{7};
  GraphIndex graph;
  std::map<std::uint64_t, GraphIndex::Slot> slots;
  std::map<std::uint64_t, PackedEmbedding> codes;
};

TEST_F(GraphTest, FindsWhatBruteForceFinds) {
  fill();
  EXPECT_GE(recall(), .95);
  EXPECT_EQ(graph.size(), kCount);
}

TEST_F(GraphTest, FindsTheRestAfterMostWereTakenOut) {
  fill();
  for (std::uint64_t video = 1; video <= kCount; video += 2) erase(video);
  EXPECT_EQ(graph.size(), kCount / 2);
  EXPECT_GE(recall(), .95);
  for (std::uint64_t video = 2; video <= kCount; video += 2)
    if (video % 20 != 0) erase(video);
  EXPECT_EQ(graph.size(), kCount / 20);
  EXPECT_GE(recall(), .95);
}

TEST_F(GraphTest, FindsWhatIsThereAfterMuchCameAndWent) {
  fill();
  Random random(3);
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const auto video = 1 + random.below(2 * kCount);
    if (codes.contains(video))
      erase(video);
    else if (codes.size() < kCount)
      insert(video);
  }
  EXPECT_GE(recall(), .95);
}

TEST_F(GraphTest, WhatWasTakenOutIsNeverAnswered) {
  Random random(11);
  std::map<std::uint64_t, PackedEmbedding> gone;
  fill(300);
  for (std::uint64_t video = 301; video <= 1'000; ++video) {
    const auto old = 1 + random.below(video - 1);
    if (codes.contains(old)) {
      gone[old] = codes[old];
      erase(old);
    }
    insert(video);
    for (const auto& [its, code] : gone) {
      if (its % 16 != video % 16) continue;
      for (const auto& one : graph.search(code, 5, 16))
        ASSERT_TRUE(codes.contains(one.label.video.value)) << one.label.video.value;
    }
  }
}

TEST_F(GraphTest, CanBeEmptiedAndFilledAgain) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(graph.search(clusters.draw(), 10, 10), IsEmpty());
    fill(200);
    EXPECT_THAT(graph.search(clusters.draw(), 500, 10), SizeIs(200));
    for (std::uint64_t video = 1; video <= 200; ++video) erase(video);
  }
  EXPECT_EQ(graph.size(), 0U);
}

TEST_F(GraphTest, AFilterLosesNothing) {
  fill();
  for (const std::uint64_t one_of : {2, 100, 1'000}) {
    const GraphIndex::Accepts accepts = [&](const Label& label) {
      return label.video.value % one_of == 0;
    };
    for (std::size_t i = 0; i < kQueries; ++i) {
      const auto query = clusters.draw();
      ASSERT_EQ(products(graph.search(query, 10, one_of == 2 ? 256 : 8, accepts)),
                nearest_products(query, 10, accepts))
          << "of " << one_of << ", query " << i;
    }
  }
}

TEST_F(GraphTest, AFilterThatTakesLittleCostsNoMoreThanComparingWithAll) {
  fill();
  std::size_t asked = 0;
  const auto found = graph.search(clusters.draw(), 2, 8, [&](const Label& label) {
    ++asked;
    return label.video.value == 77;
  });
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].label.video.value, 77U);
  EXPECT_LT(asked, kCount + kCount / 2) << "a walk that finds nothing is given up";
}

TEST_F(GraphTest, EqualSeedsGiveEqualGraphs) {
  const auto all = Clusters(5).draw(1'000);
  const auto hash_of = [&](std::uint64_t seed) {
    GraphIndex made({.seed = seed});
    std::vector<GraphIndex::Slot> its;
    for (std::size_t i = 0; i < all.size(); ++i) {
      its.push_back(made.insert({{i + 1}, 0}, all[i]));
      if (i % 3 == 2) made.erase(its[i - 1]);
    }
    return made.state_hash();
  };
  EXPECT_EQ(hash_of(1), hash_of(1));
  EXPECT_NE(hash_of(1), hash_of(2));
}

TEST_F(GraphTest, TellsTheCodeOfWhatIsStillThere) {
  fill(100);
  const auto found = graph.search(codes[40], 1, 16);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(graph.code_of(found[0]), codes[40]);
  erase(40);
  EXPECT_EQ(graph.code_of(found[0]), std::nullopt);
  insert(101);
  EXPECT_EQ(slots[101], found[0].slot) << "the slot is used again";
  EXPECT_EQ(graph.code_of(found[0]), std::nullopt) << "by another one";
}

TEST_F(GraphTest, ReadersAndAWriterAtOnce) {
  fill(1'000);
  std::atomic<std::uint64_t> gone_below{1};  // of videos: these were taken out
  std::atomic<bool> done{false};
  std::atomic<int> searches{0}, wrong{0};
  const auto queries = Clusters(7).draw(50);
  const auto read = [&] {
    while (!done) {
      const auto gone = gone_below.load();
      const auto found = graph.search(queries[searches++ % queries.size()], 10, 32);
      if (found.size() != 10) ++wrong;
      for (const auto& one : found)
        if (one.label.video.value < gone) ++wrong;
    }
  };
  std::thread a(read), b(read);
  for (std::uint64_t video = 1; video <= 1'000; ++video) {
    insert(1'000 + video);
    erase(video);
    gone_below = video + 1;
  }
  while (searches < 100) std::this_thread::yield();
  done = true;
  a.join(), b.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(recall(), .95);
}

class BothWays : public ::testing::Test {
 protected:
  static constexpr std::size_t kFrom = 600;
  static constexpr std::int64_t kDeadlineMs = 60'000;
  void put(std::uint64_t clip) {
    std::vector<Moment> moments;
    for (std::int64_t i = 0; i < 3; ++i) moments.push_back({1'000 * i, clusters.draw()});
    put(clip, moments);
  }
  void put(std::uint64_t clip, const std::vector<Moment>& moments) {
    brute.put({clip}, moments);
    index.put({clip}, moments);
  }
  using Pairs = std::vector<std::pair<std::uint64_t, float>>;
  static Pairs found(const MomentIndex& in, const PackedEmbedding& query, std::size_t count,
                     float least, const std::function<bool(VideoId)>& takes) {
    Pairs out;
    for (const auto& clip : in.search(query, count, least, takes))
      out.emplace_back(clip.video.value, clip.cosine);
    return out;
  }
  /// Of clips that brute force finds, those that the graph finds.
  double agreement(std::size_t count, float least, const std::function<bool(VideoId)>& takes) {
    double hits = 0, all = 0;
    for (int i = 0; i < 50; ++i) {
      const auto query = clusters.draw();
      const auto wanted = found(brute, query, count, least, takes);
      const auto got = found(index, query, count, least, takes);
      EXPECT_TRUE(std::ranges::is_sorted(got, [](const auto& a, const auto& b) {
        return std::pair(-a.second, a.first) < std::pair(-b.second, b.first);
      }));
      EXPECT_LE(got.size(), count);
      std::set<std::uint64_t> once;
      for (const auto& one : got) {
        EXPECT_TRUE(once.insert(one.first).second) << "a clip comes once";
        EXPECT_TRUE(takes({one.first}) && one.second >= least);
        hits += static_cast<double>(std::ranges::count(wanted, one));
      }
      all += static_cast<double>(wanted.size());
    }
    EXPECT_GT(all, 0);
    return hits / all;
  }

  Clusters clusters{3};
  MomentIndex brute;
  MomentIndex index{kFrom};
};

TEST_F(BothWays, GiveTheSameAnswers) {
  for (std::uint64_t clip = 1; clip <= 400; ++clip) put(clip);
  ASSERT_TRUE(index.wait_for_graph(kDeadlineMs));
  for (std::uint64_t clip = 1; clip <= 400; clip += 5) put(clip);
  for (std::uint64_t clip = 3; clip <= 400; clip += 5) put(clip, {});
  EXPECT_EQ(index.clips_count(), brute.clips_count());
  EXPECT_EQ(index.moments_count(), brute.moments_count());
  const auto all = [](VideoId) { return true; };
  EXPECT_GE(agreement(10, -1, all), .99);
  EXPECT_GE(agreement(50, .5F, all), .99);
  EXPECT_GE(agreement(10, -1, [](VideoId video) { return video.value % 50 == 1; }), .99);
  EXPECT_EQ(found(index, clusters.draw(), 1'000, -2, all).size(), brute.clips_count());
}

TEST_F(BothWays, BelowTheNumberNoGraphIsMade) {
  for (std::uint64_t clip = 1; clip <= kFrom / 3 - 1; ++clip) put(clip);
  EXPECT_FALSE(index.wait_for_graph(20));
  put(kFrom);
  EXPECT_TRUE(index.wait_for_graph(kDeadlineMs));
  EXPECT_TRUE(index.has_graph());
}

TEST_F(BothWays, ChangeOverWithoutAGapInAnswers) {
  const std::vector<Moment> known{{5, clusters.draw()}};
  put(9'999, known);
  std::atomic<bool> done{false};
  std::atomic<int> missed{0}, searches{0};
  const auto read = [&] {
    while (!done) {
      const auto got =
          index.search(known[0].code, 1, -1, [](VideoId video) { return video.value == 9'999; });
      ++searches;
      if (got.size() != 1 || got[0].at_ms != 5) ++missed;
    }
  };
  std::thread reader(read);
  for (std::uint64_t clip = 1; clip <= 400; ++clip) {
    put(clip);
    if (clip % 7 == 0) put(clip / 2, {});
    if (clip % 11 == 0) put(clip - 3);
  }
  for (std::uint64_t i = 0; i < 100 && !index.wait_for_graph(1); ++i) put(1 + i % 20);
  ASSERT_TRUE(index.wait_for_graph(kDeadlineMs));
  const int before = searches;
  while (searches < before + 10) std::this_thread::yield();
  done = true;
  reader.join();
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(index.clips_count(), brute.clips_count());
  EXPECT_EQ(index.moments_count(), brute.moments_count());
  EXPECT_GE(agreement(10, -1, [](VideoId) { return true; }), .99);
}

TEST_F(BothWays, AnIndexThatIsGivenUpEndsItsThread) {
  for (int round = 0; round < 5; ++round) {
    MomentIndex given_up(kFrom);
    for (std::uint64_t clip = 1; clip <= 2 * kFrom; ++clip)
      given_up.put({clip}, std::vector<Moment>{{0, clusters.draw()}});
  }
}

}  // namespace
}  // namespace filoscope::visual
