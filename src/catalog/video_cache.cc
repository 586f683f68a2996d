#include "catalog/video_cache.h"

namespace filoscope::catalog {

std::uint64_t VideoCache::generation(VideoId id) const {
  const auto& shard = shards_[shard_of(id)];
  Lock lock(shard.mutex);
  return shard.generation;
}

VideoCache::Pointer VideoCache::find(VideoId id) {
  auto& shard = shards_[shard_of(id)];
  Lock lock(shard.mutex);
  const auto at = shard.entries.find(id);
  if (at == shard.entries.end()) return nullptr;
  shard.ages.splice(shard.ages.end(), shard.ages, at->second.age);
  return at->second.video;
}

void VideoCache::fill(const Pointer& video, std::uint64_t generation) {
  auto& shard = shards_[shard_of(video->id)];
  Lock lock(shard.mutex);
  if (shard.generation == generation) put(shard, video);
}

void VideoCache::replace(const Video& video) {
  auto& shard = shards_[shard_of(video.id)];
  auto shared = std::make_shared<const Video>(video);
  Lock lock(shard.mutex);
  ++shard.generation;
  put(shard, shared);
}

void VideoCache::erase(VideoId id) {
  auto& shard = shards_[shard_of(id)];
  Lock lock(shard.mutex);
  ++shard.generation;
  drop(shard, id);
}

void VideoCache::erase_sounds(const std::unordered_set<SoundId>& sounds) {
  for (auto& shard : shards_) {
    Lock lock(shard.mutex);
    ++shard.generation;
    for (auto at = shard.entries.begin(); at != shard.entries.end();) {
      const auto next = std::next(at);
      if (sounds.contains(at->second.video->sound)) drop(shard, at->first);
      at = next;
    }
  }
}

std::size_t VideoCache::size() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) {
    Lock lock(shard.mutex);
    count += shard.entries.size();
  }
  return count;
}

void VideoCache::put(Shard& shard, const Pointer& video) {
  drop(shard, video->id);
  if (shard.entries.size() >= shard_max_) drop(shard, shard.ages.front());
  shard.ages.push_back(video->id);
  shard.entries[video->id] = {video, std::prev(shard.ages.end())};
}

void VideoCache::drop(Shard& shard, VideoId id) {
  const auto at = shard.entries.find(id);
  if (at == shard.entries.end()) return;
  shard.ages.erase(at->second.age);
  shard.entries.erase(at);
}

}  // namespace filoscope::catalog
