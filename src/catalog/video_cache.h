#pragma once

/// The hottest published videos in memory, least recently used first out. Internal to catalog.
/// Threads: any; sharded, locks are held for one look-up.

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "base/mutex.h"
#include "catalog/catalog.h"

namespace filoscope::catalog {

class VideoCache {
 public:
  using Pointer = std::shared_ptr<const Video>;
  explicit VideoCache(std::size_t videos_max) : shard_max_(videos_max / kShards + 1) {}

  /// What to give back to `fill`: taken before the row is read.
  std::uint64_t generation(VideoId id) const;
  Pointer find(VideoId id);
  /// Takes a row that was read, unless something of its shard changed since `generation`: a slow
  /// reader must not bring back what a writer has just replaced.
  void fill(const Pointer& video, std::uint64_t generation);
  /// After a commit.
  void replace(const Video& video);
  void erase(VideoId id);
  /// Every video with one of these sounds. O(size()).
  void erase_sounds(const std::unordered_set<SoundId>& sounds);
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Entry {
    Pointer video;
    std::list<VideoId>::iterator age;
  };
  struct Shard {
    mutable Mutex mutex;
    std::unordered_map<VideoId, Entry> entries FILOSCOPE_GUARDED_BY(mutex);
    std::list<VideoId> ages FILOSCOPE_GUARDED_BY(mutex);  ///< oldest first
    std::uint64_t generation FILOSCOPE_GUARDED_BY(mutex) = 0;
  };
  static std::size_t shard_of(VideoId id) { return std::hash<VideoId>()(id) % kShards; }
  void put(Shard& shard, const Pointer& video) FILOSCOPE_REQUIRES(shard.mutex);
  static void drop(Shard& shard, VideoId id) FILOSCOPE_REQUIRES(shard.mutex);

  const std::size_t shard_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace filoscope::catalog
