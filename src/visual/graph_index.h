#pragma once

/// Packed embeddings that know near ones of theirs, so that the nearest of a million are found by
/// some thousand products instead of a million.
/// Source: Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using
/// hierarchical navigable small world graphs", arXiv:1603.09320 (2018). Other than there, links go
/// both ways, which tells who links to a node that is taken out.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "base/id.h"
#include "base/mutex.h"
#include "base/random.h"
#include "visual/code_product.h"

namespace filoscope::visual {

/// Threads: any. Readers share a lock for a walk; one writer at a time reads along with them while
/// it decides which links change, and holds the lock alone only to write these (some
/// microseconds, no allocation but a new block's pointer). A writer that waits goes before readers
/// that come after it.
/// Equal seeds and an equal order of inserts and erasures give equal graphs.
class GraphIndex {
 public:
  using Slot = std::uint32_t;  ///< of a node, until it is erased; then another node may have it

  struct Options {
    std::uint64_t seed = 1;
    std::size_t build_beam = 128;  ///< near ones among which an insert chooses its links, 1..
  };
  /// Whose embedding it is; need not be unique.
  struct Label {
    VideoId video;
    std::int32_t at_ms = 0;
    friend bool operator==(const Label&, const Label&) = default;
  };
  struct Found {
    Slot slot = 0;
    Label label;
    std::int32_t product = 0;
  };
  /// Called with the readers' lock held: must be quick and must not call the index.
  using Accepts = std::function<bool(const Label&)>;

  explicit GraphIndex(const Options& options);
  GraphIndex() : GraphIndex(Options{}) {}
  ~GraphIndex();

  /// About 1 ms among a million. Readers find it once this has returned.
  Slot insert(const Label& label, const vision::PackedEmbedding& code);
  /// Takes the node out and links those around it. It is in no answer begun after this has
  /// returned. REQUIRES: inserted, not erased since.
  void erase(Slot slot);

  /// The `count` nearest that `accepts` says yes to (none: all), the nearest first. The walk goes
  /// on through what is not accepted, and keeps max(beam, count) nearest in sight: a wider beam
  /// finds more of the true nearest and takes longer. Where so little is accepted that a walk would
  /// cost more than comparing with everything, or one ends with fewer than there may be, it
  /// compares with everything.
  std::vector<Found> search(const vision::PackedEmbedding& query, std::size_t count,
                            std::size_t beam, const Accepts& accepts = {}) const;
  /// The same without loss, by comparing with everything. O(nodes).
  std::vector<Found> scan(const vision::PackedEmbedding& query, std::size_t count,
                          const Accepts& accepts = {}) const;
  /// None when the node was erased meanwhile.
  std::optional<vision::PackedEmbedding> code_of(const Found& found) const;

  std::size_t size() const;
  /// Nodes that a walk without bounds reaches; what is missing, only a scan finds. O(nodes).
  std::size_t reachable_count() const;
  std::size_t memory_bytes() const;
  /// Of all nodes, links and levels: equal graphs have equal ones.
  std::uint64_t state_hash() const;

 private:
  static constexpr std::size_t kLinksMax = 32, kUpperLinksMax = 16;
  static constexpr std::size_t kBlockSlots = 1U << 14;
  static constexpr Slot kNone = ~Slot{0};

  /// Lists end with kNone or with their last place.
  using Links = std::array<Slot, kLinksMax>;
  struct Upper {
    std::uint32_t above = kNone;  ///< the same node one level higher
    std::array<Slot, kUpperLinksMax> links;
  };
  struct Node {
    Label label;
    std::uint32_t upper = kNone;  ///< its links on level 1
    bool live = false;
  };
  /// 2 MiB of codes to each MiB of links: whole large pages.
  struct Vectors {
    std::array<vision::PackedEmbedding, kBlockSlots> codes;
    std::array<Links, kBlockSlots> links;
  };
  struct Free {
    void operator()(Vectors* vectors) const;
  };
  struct Block {
    std::unique_ptr<Vectors, Free> vectors;
    std::unique_ptr<std::array<Node, kBlockSlots>> nodes;
  };
  struct Scratch;
  class Draft;
  friend class Draft;
  using Key = std::uint64_t;
  static Key key_of(std::int32_t product, Slot slot);
  static Slot slot_of(Key key);
  static std::int32_t product_of(Key key);

  static Block make_block();
  const std::int8_t* code(Slot slot) const;
  Node& node(Slot slot) const;
  std::span<Slot> links(std::size_t level, Slot slot) const;
  std::int32_t product(Slot a, Slot b) const { return product_(code(a), code(b)); }
  std::size_t level_of(Slot slot) const;

  std::unique_ptr<Scratch> borrow() const;
  void give_back(std::unique_ptr<Scratch> scratch) const;
  void descend(Scratch& scratch, const std::int8_t* query, std::size_t until) const;
  bool walk(Scratch& scratch, const std::int8_t* query, std::size_t level,
            std::span<const Key> from, std::size_t beam, const Accepts* accepts,
            std::size_t products_max) const;
  void spread(Scratch& scratch, const std::int8_t* query, std::size_t level, Slot slot,
              std::size_t beam, const Accepts* accepts) const;
  std::vector<Key> scan_keys(const std::int8_t* query, std::size_t count,
                             const Accepts* accepts) const;
  std::vector<Found> found_of(std::span<const Key> keys) const;

  std::size_t draw_level() FILOSCOPE_REQUIRES(writer_);
  Slot take_slot() FILOSCOPE_REQUIRES(writer_);
  std::vector<Slot> diverse(std::span<const Key> candidates, std::size_t count) const;
  void join(Draft& draft, Slot slot, std::size_t level);
  void connect(Draft& draft, std::size_t level, Slot slot, Slot other) const;
  Slot weakest(const Draft& draft, std::size_t level, Slot of, Slot added) const;
  void mend(Draft& draft, std::size_t level, std::span<const Slot> around) const;
  void commit(const Draft& draft);
  std::uint32_t add_uppers(std::size_t count);
  void free_uppers(std::uint32_t first);
  Slot highest_but(Slot slot) const;

  const Options options_;
  const CodeProduct product_;

  /// Writers hold writer_ throughout and lock_ alone to write; what they alone use is theirs.
  mutable Mutex writer_;
  mutable std::mutex gate_;  ///< passed before lock_; kept by a writer that waits for it
  mutable std::shared_mutex lock_;
  std::vector<Block> blocks_;
  std::deque<Upper> uppers_;
  std::vector<std::uint32_t> unused_uppers_;
  Slot entry_ = kNone;
  std::size_t top_ = 0;  ///< the level of entry_
  std::size_t live_count_ = 0;
  std::size_t slots_count_ = 0;  ///< that were ever used
  std::vector<Slot> unused_ FILOSCOPE_GUARDED_BY(writer_);
  Random random_ FILOSCOPE_GUARDED_BY(writer_);

  mutable Mutex scratch_mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> scratches_ FILOSCOPE_GUARDED_BY(scratch_mutex_);
};

}  // namespace filoscope::visual
