#pragma once

/// The packed embeddings of clips' moments, compared with one query by brute force: exact, some
/// 90 million components a millisecond and core. O(moments) a search.

#include <functional>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "visual/code_product.h"

namespace filoscope::visual {

struct Moment {
  std::int64_t at_ms = 0;
  vision::PackedEmbedding code{};
  friend bool operator==(const Moment&, const Moment&) = default;
};

/// The moment of a clip that is nearest to a query.
struct NearClip {
  VideoId video;
  std::int64_t at_ms = 0;
  float cosine = 0;
  vision::PackedEmbedding code{};
};

/// Threads: any; a search holds up writers while it lasts.
class MomentIndex {
 public:
  /// Replaces what was there of the clip; none takes it away.
  void put(VideoId video, std::span<const Moment> moments);
  void erase(VideoId video) { put(video, {}); }

  /// A clip once, the nearest first (equal ones by id), at most `count` of which `takes` says yes,
  /// none under the cosine `least`. `takes` is asked of nearer clips first, outside of all locks,
  /// until there are enough: what is not taken makes room for the next.
  std::vector<NearClip> search(const vision::PackedEmbedding& query, std::size_t count, float least,
                               const std::function<bool(VideoId)>& takes) const;

  std::size_t clips_count() const;
  std::size_t moments_count() const;
  std::size_t memory_bytes() const;

 private:
  /// A clip's moments lie one behind the other.
  struct Place {
    VideoId video;
    std::uint32_t first = 0;
    std::uint32_t count = 0;  ///< 0: taken away
  };
  std::vector<NearClip> all_above(const vision::PackedEmbedding& query, float least) const;
  void append(VideoId video, std::span<const Moment> moments);
  void tidy();

  mutable std::shared_mutex mutex_;
  std::vector<Place> places_;
  std::unordered_map<VideoId, std::uint32_t> place_of_;
  std::vector<vision::PackedEmbedding> codes_;
  std::vector<std::int32_t> at_ms_;
  std::size_t dead_count_ = 0;  ///< moments that belong to no clip
};

}  // namespace filoscope::visual
