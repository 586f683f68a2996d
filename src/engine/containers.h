#pragma once

/// Storage that grows without ever moving what it holds in one go: rows in pages, and an index of
/// 64-bit keys in segments (extendible hashing: Fagin et al., TODS 4 (1979), with linear probing
/// inside a segment). The largest single step is one segment split: 1,024 slots.
/// Threads: none of their own; the engine's phases guard them.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"

namespace filoscope::engine {

/// A vector in pages of 2^Shift items, which stand in branches of 512; references stay valid while
/// it grows. Copying costs O(branches): both hold the same pages, and who writes to a page that the
/// other holds takes a copy of it first; references to it from before are then the other's, so a
/// const reference is not held across a write to the same vector.
/// Threads: while a copy is made nobody writes to the source; then each may have its own thread.
template <typename T, unsigned Shift = 8>
class PagedVector {
 public:
  static constexpr std::size_t kPage = std::size_t{1} << Shift;
  static constexpr std::size_t kBranch = 512;  ///< pages

  PagedVector() = default;
  PagedVector(const PagedVector& other) : size_(other.size_) {
    roots_.reserve(other.roots_.size());
    for (const Root& root : other.roots_) {
      root.branch->holders.fetch_add(1, std::memory_order_relaxed);
      roots_.push_back({root.branch, 0});
    }
    copies_made_ = ++other.copies_made_;  // nothing is known to be its own any more, in both
  }
  PagedVector& operator=(const PagedVector&) = delete;
  ~PagedVector() {
    for (const Root& root : roots_) let_go(root.branch);
  }

  T& operator[](std::size_t i) {
    Root& root = roots_[i / (kPage * kBranch)];
    if (root.own_since != copies_made_) make_own(root);
    Place& place = root.branch->places[i / kPage % kBranch];
    if (place.own_since != copies_made_) make_own(place);
    return place.page->items[i % kPage];
  }
  const T& operator[](std::size_t i) const {
    return roots_[i / (kPage * kBranch)].branch->places[i / kPage % kBranch].page->items[i % kPage];
  }
  /// For a walk that changes items only where it loads them (archive.h); a state that was made
  /// const is only saved.
  template <typename A>
  T& visited(std::size_t i) {
    if constexpr (A::kLoading) return (*this)[i];
    return const_cast<T&>(std::as_const(*this)[i]);
  }
  std::size_t size() const { return size_; }
  T& push_back(T value) {
    if (size_ % (kPage * kBranch) == 0) roots_.push_back({new Branch(), copies_made_});
    if (size_ % kPage == 0) {
      Root& root = roots_.back();
      if (root.own_since != copies_made_) make_own(root);
      root.branch->places[size_ / kPage % kBranch] = {new Page(), copies_made_};
    }
    T& place = (*this)[size_++];
    place = std::move(value);
    return place;
  }
  std::size_t bytes() const {
    return roots_.size() * (sizeof(Branch) + sizeof(Root)) +
           (size_ + kPage - 1) / kPage * sizeof(Page);
  }

 private:
  struct Page {
    Page() = default;
    explicit Page(const std::array<T, kPage>& other) : items(other) {}
    std::atomic<std::uint32_t> holders{1};
    alignas(64) std::array<T, kPage> items{};
  };
  /// `own_since` spares writers a look at the holders.
  struct Place {
    Page* page = nullptr;
    std::uint64_t own_since = 0;
  };
  struct Branch {
    std::atomic<std::uint32_t> holders{1};
    std::array<Place, kBranch> places{};
  };
  struct Root {
    Branch* branch = nullptr;
    std::uint64_t own_since = 0;
  };

  static void let_go(Page* page) {
    if (page != nullptr && page->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete page;
  }
  static void let_go(Branch* branch) {
    if (branch->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    for (const Place& place : branch->places) let_go(place.page);
    delete branch;
  }
  // Acquire: what the last other holder read, it has read.
  void make_own(Root& root) {
    if (root.branch->holders.load(std::memory_order_acquire) != 1) {
      auto* const copy = new Branch();
      for (std::size_t i = 0; i < kBranch; ++i) {
        copy->places[i].page = root.branch->places[i].page;  // and nobody's own
        if (auto* page = copy->places[i].page)
          page->holders.fetch_add(1, std::memory_order_relaxed);
      }
      let_go(std::exchange(root.branch, copy));
    }
    root.own_since = copies_made_;
  }
  void make_own(Place& place) {
    if (place.page->holders.load(std::memory_order_acquire) != 1) {
      auto* const copy = new Page(place.page->items);
      let_go(std::exchange(place.page, copy));
    }
    place.own_since = copies_made_;
  }

  std::vector<Root> roots_;
  std::size_t size_ = 0;
  mutable std::uint64_t copies_made_ = 1;  // 0 is none
};

/// An index that is made again from what it indexes: a copy of its owner has an empty one.
template <typename Index>
struct Rebuilt : Index {
  Rebuilt() = default;
  Rebuilt(const Rebuilt&) : Index() {}
  Rebuilt& operator=(const Rebuilt&) = delete;
};

/// What `bytes_of` gives over all rows, judged by at most 256 of them, evenly spread.
template <typename Rows, typename BytesOf>
std::size_t sampled_bytes(const Rows& rows, BytesOf bytes_of) {
  const std::size_t step = rows.size() / 256 + 1;
  std::size_t sum = 0, count = 0;
  for (std::size_t i = 0; i < rows.size(); i += step) sum += bytes_of(rows[i]), ++count;
  return count == 0 ? 0 : sum / count * rows.size();
}

/// 64-bit key (not 0) → 32-bit number. Its layout never reaches the engine's state: the numbers
/// index dense storage, and the map is built again from that after loading.
class SegmentedMap {
 public:
  SegmentedMap() { reset(); }

  void reset() {
    segments_.clear();
    segments_.push_back(std::make_unique<Segment>());
    directory_.assign(1, 0);
    depth_ = 0, size_ = 0;
  }

  std::optional<std::uint32_t> find(std::uint64_t key) const {
    const auto hash = mix64(key);
    const Segment& segment = *segments_[directory_[top(hash)]];
    for (std::size_t at = hash % kSlots, step = 0; step < kSlots; at = (at + 1) % kSlots, ++step) {
      if (segment.keys[at] == key) return segment.values[at];
      if (segment.keys[at] == 0) return std::nullopt;
    }
    return std::nullopt;
  }

  /// Inserts or replaces. False when the key's segment is full and may not be split further (2^22
  /// segments; only keys made to collide get there): the key is then not held.
  bool put(std::uint64_t key, std::uint32_t value) {
    FILOSCOPE_CHECK(key != 0);
    const auto hash = mix64(key);
    while (true) {
      Segment& segment = *segments_[directory_[top(hash)]];
      for (std::size_t at = hash % kSlots, step = 0; step < kSlots;
           at = (at + 1) % kSlots, ++step) {
        if (segment.keys[at] == key) {
          segment.values[at] = value;
          return true;
        }
        if (segment.keys[at] != 0) continue;
        if (segment.used < kUsedMax || segment.depth >= kDepthMax) {
          if (segment.used + 1 >= kSlots) return false;
          segment.keys[at] = key, segment.values[at] = value;
          ++segment.used, ++size_;
          return true;
        }
        break;
      }
      if (segment.depth >= kDepthMax) return false;
      split(directory_[top(hash)]);
    }
  }

  bool erase(std::uint64_t key) {
    const auto hash = mix64(key);
    Segment& segment = *segments_[directory_[top(hash)]];
    std::size_t at = hash % kSlots;
    for (std::size_t step = 0; segment.keys[at] != key; at = (at + 1) % kSlots, ++step)
      if (segment.keys[at] == 0 || step == kSlots) return false;
    // Backward shift: pull later entries of the run into the hole, so that no tombstones remain.
    for (std::size_t next = (at + 1) % kSlots; segment.keys[next] != 0;
         next = (next + 1) % kSlots) {
      const std::size_t home = mix64(segment.keys[next]) % kSlots;
      if ((next - home) % kSlots < (next - at) % kSlots) continue;
      segment.keys[at] = segment.keys[next], segment.values[at] = segment.values[next];
      at = next;
    }
    segment.keys[at] = 0;
    --segment.used, --size_;
    return true;
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return segments_.size() * sizeof(Segment) + directory_.size() * 4; }

 private:
  static constexpr std::size_t kSlots = 1024;   // a power of two: % is a mask
  static constexpr std::size_t kUsedMax = 716;  // load 0.7
  static constexpr unsigned kDepthMax = 22;
  struct Segment {
    unsigned depth = 0;
    std::size_t used = 0;
    std::array<std::uint64_t, kSlots> keys{};
    std::array<std::uint32_t, kSlots> values{};
  };

  std::size_t top(std::uint64_t hash) const {
    return depth_ == 0 ? 0 : static_cast<std::size_t>(hash >> (64 - depth_));
  }

  void split(std::uint32_t index) {
    Segment& low = *segments_[index];
    if (low.depth == depth_) {
      std::vector<std::uint32_t> twice(directory_.size() * 2);
      for (std::size_t i = 0; i < twice.size(); ++i) twice[i] = directory_[i / 2];
      directory_ = std::move(twice);
      ++depth_;
    }
    const auto old = std::make_unique<Segment>(low);
    const auto other = static_cast<std::uint32_t>(segments_.size());
    segments_.push_back(std::make_unique<Segment>());
    Segment& high = *segments_.back();
    low.keys.fill(0), low.used = 0;
    low.depth = high.depth = old->depth + 1;
    for (std::size_t at = 0; at < kSlots; ++at) {
      if (old->keys[at] == 0) continue;
      const auto hash = mix64(old->keys[at]);
      place(((hash >> (64 - low.depth)) & 1) != 0 ? high : low, hash, old->keys[at],
            old->values[at]);
    }
    const unsigned below = depth_ - low.depth;
    for (std::size_t i = 0; i < directory_.size(); ++i)
      if (directory_[i] == index && ((i >> below) & 1) != 0) directory_[i] = other;
  }
  static void place(Segment& segment, std::uint64_t hash, std::uint64_t key, std::uint32_t value) {
    std::size_t at = hash % kSlots;
    while (segment.keys[at] != 0) at = (at + 1) % kSlots;
    segment.keys[at] = key, segment.values[at] = value;
    ++segment.used;
  }

  std::vector<std::unique_ptr<Segment>> segments_;
  std::vector<std::uint32_t> directory_;
  unsigned depth_ = 0;
  std::size_t size_ = 0;
};

}  // namespace filoscope::engine
