#pragma once

/// The packed embeddings of clips' moments, compared with one query by brute force: exact, some
/// 90 million components a millisecond and core, O(moments) a search. From a number of moments on
/// by a graph (graph_index.h), which finds some 99 of 100 of them and hardly slows down as they
/// become more.

#include <atomic>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/mutex.h"
#include "visual/code_product.h"
#include "visual/graph_index.h"

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

/// Threads: any. A search by brute force holds up writers while it lasts, one by the graph as
/// graph_index.h says. The graph is made on a thread of its own, at a lower priority, while brute
/// force answers, and is kept when moments become fewer again; where no memory is left for it,
/// brute force stays.
class MomentIndex {
 public:
  static constexpr std::size_t kNoGraph = ~std::size_t{0};

  /// With a graph from `graph_from` moments on, > 0.
  explicit MomentIndex(std::size_t graph_from = kNoGraph) : graph_from_(graph_from) {}
  ~MomentIndex();

  /// Replaces what was there of the clip; none takes it away. While one is replaced in the graph,
  /// what was there and what comes are both found.
  void put(VideoId video, std::span<const Moment> moments);
  void erase(VideoId video) { put(video, {}); }

  /// A clip once, the nearest first (equal ones by id), at most `count` of which `takes` says yes,
  /// none under the cosine `least`. `takes` is asked of nearer clips first, outside of all locks,
  /// until there are enough: what is not taken makes room for the next.
  std::vector<NearClip> search(const vision::PackedEmbedding& query, std::size_t count, float least,
                               const std::function<bool(VideoId)>& takes) const;

  bool has_graph() const { return graph() != nullptr; }
  /// Waits until the graph answers or the time is over; for tests and tools.
  bool wait_for_graph(std::int64_t deadline_ms) const;

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
  /// For brute force; empty once the graph answers.
  struct Rows {
    std::vector<Place> places;
    std::unordered_map<VideoId, std::uint32_t> place_of;
    std::vector<vision::PackedEmbedding> codes;
    std::vector<std::int32_t> at_ms;
    std::size_t dead_count = 0;  ///< moments that belong to no clip
    std::size_t live_count() const { return codes.size() - dead_count; }
    void append(VideoId video, std::span<const Moment> moments);
    void take_away(VideoId video);
    void tidy();
  };
  std::vector<NearClip> all_above(const vision::PackedEmbedding& query, float least) const;
  void put_in_rows(VideoId video, std::span<const Moment> moments) FILOSCOPE_REQUIRES(writer_);

  std::shared_ptr<GraphIndex> graph() const;
  void put_in_graph(VideoId video, std::span<const Moment> moments) FILOSCOPE_REQUIRES(writer_);
  void erase_nodes(GraphIndex::Slot first) FILOSCOPE_REQUIRES(writer_);
  void build();
  bool add_next();
  void change_over() FILOSCOPE_REQUIRES(writer_);

  const std::size_t graph_from_;
  /// Writers hold writer_ throughout, which lets them read all, and mutex_ alone to change what
  /// readers see.
  mutable Mutex writer_;
  mutable std::shared_mutex mutex_;
  Rows rows_;
  std::shared_ptr<GraphIndex> graph_;  ///< what answers, once it is whole

  std::shared_ptr<GraphIndex> growing_
      FILOSCOPE_GUARDED_BY(writer_);                    ///< until it answers, then too
  std::size_t next_ FILOSCOPE_GUARDED_BY(writer_) = 0;  ///< of rows_.places, to be added to it
  /// Of each clip in the graph a node; next_of_clip_ leads from each to another one of the clip.
  std::unordered_map<VideoId, GraphIndex::Slot> nodes_of_ FILOSCOPE_GUARDED_BY(writer_);
  std::vector<GraphIndex::Slot> next_of_clip_ FILOSCOPE_GUARDED_BY(writer_);
  mutable Condition changed_over_;
  std::atomic<int> puts_waiting_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_ FILOSCOPE_GUARDED_BY(writer_);
};

}  // namespace filoscope::visual
