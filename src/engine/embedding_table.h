#pragma once

/// One learned vector of kDim floats per feature key, with one row-wise Adagrad scalar; grows and
/// forgets while serving. Source: Liu et al., "Monolith", arXiv:2209.07663 (collisionless table,
/// admission, expiry); AdaGrad: Duchi et al., JMLR 12 (2011).
/// A key below the admission threshold has no row: readers use its prior row, never zeros.
/// Threads: readers in the shared phase, one writer in the exclusive one.

#include <array>
#include <cstdint>
#include <vector>

#include "engine/archive.h"
#include "engine/containers.h"

namespace filoscope::engine {

inline constexpr std::size_t kDim = 16;
using Row = std::array<float, kDim>;

/// The prior row of a content key (hashtag, word, sound, author …): a fixed random direction of
/// length 1 made from the key, so that equal content is near and other content about orthogonal.
Row prior_row(std::uint64_t key);

class EmbeddingTable {
 public:
  static constexpr std::uint32_t kAdmitAt = 3;  ///< sightings in training before a row is made
  static constexpr std::int64_t kExpiryMs = 30LL * 24 * 3600 * 1000;  ///< without training
  static constexpr std::size_t kRowsMax = 4U << 20;
  static constexpr float kRate = 0.05F;
  static constexpr float kRateFloor = 0.005F;  ///< keeps adapting however much it has learned

  EmbeddingTable();
  /// The learned row, or null.
  const Row* find(std::uint64_t key) const;
  /// One gradient step on the row of `key`. An unknown key is counted; at the threshold it gets a
  /// row that starts as `prior` with a fresh optimiser.
  void learn(std::uint64_t key, const Row& prior, const Row& gradient, std::int64_t at_ms);
  /// A bounded step of the expiry sweep (2 rows).
  void sweep(std::int64_t at_ms);

  std::size_t size() const { return index_.size(); }
  std::size_t bytes() const;

  template <typename A>
  void visit(A& a) {
    const auto n = a.count(rows_.size(), kRowsMax);
    for (std::size_t i = 0; i < n && a.ok(); ++i) {
      if constexpr (A::kLoading) rows_.push_back({}), metas_.push_back({});
      Meta& meta = metas_.template visited<A>(i);
      a(meta.key), a(meta.squares), a(meta.at_s);
      if (meta.key != 0) a(rows_.template visited<A>(i));
    }
    a(free_, kRowsMax), a(sketch_, kSketchSize), a(sketched_), a(hand_);
    if constexpr (A::kLoading) {
      if (sketch_.size() != kSketchSize) return a.fail();
      index_.reset();
      for (std::uint32_t i = 0; i < metas_.size(); ++i)
        if (metas_[i].key != 0) index_.put(metas_[i].key, i);
    }
  }

 private:
  static constexpr std::size_t kSketchSize = 1U << 17;
  struct Meta {
    std::uint64_t key = 0;  // 0: free
    float squares = 0;
    std::uint32_t at_s = 0;
  };
  std::uint32_t sight(std::uint64_t key);

  Rebuilt<SegmentedMap> index_;
  PagedVector<Row> rows_;
  PagedVector<Meta> metas_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint8_t> sketch_;  // count-min, 2 rows; halved as it fills
  std::uint32_t sketched_ = 0;
  std::uint32_t hand_ = 0;
};

}  // namespace filoscope::engine
