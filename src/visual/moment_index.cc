#include "visual/moment_index.h"

#include <algorithm>
#include <mutex>

namespace filoscope::visual {
namespace {

/// Moments taken away before the others move together.
constexpr std::size_t kDeadLeast = 4096;

bool nearer(const NearClip& a, const NearClip& b) {
  return a.cosine != b.cosine ? a.cosine > b.cosine : a.video < b.video;
}

}  // namespace

void MomentIndex::append(VideoId video, std::span<const Moment> moments) {
  place_of_[video] = static_cast<std::uint32_t>(places_.size());
  places_.push_back({video, static_cast<std::uint32_t>(codes_.size()),
                     static_cast<std::uint32_t>(moments.size())});
  for (const auto& moment : moments) {
    codes_.push_back(moment.code);
    at_ms_.push_back(static_cast<std::int32_t>(moment.at_ms));
  }
}

void MomentIndex::put(VideoId video, std::span<const Moment> moments) {
  const std::unique_lock lock(mutex_);
  if (const auto found = place_of_.find(video); found != place_of_.end()) {
    dead_count_ += places_[found->second].count;
    places_[found->second].count = 0;
    place_of_.erase(found);
  }
  if (!moments.empty()) append(video, moments);
  if (dead_count_ > kDeadLeast && dead_count_ * 4 > codes_.size()) tidy();
}

void MomentIndex::tidy() {
  std::uint32_t next = 0, next_place = 0;
  for (auto place : places_) {
    if (place.count == 0) continue;
    for (std::uint32_t i = 0; i < place.count; ++i) {
      codes_[next + i] = codes_[place.first + i];
      at_ms_[next + i] = at_ms_[place.first + i];
    }
    place.first = next;
    next += place.count;
    place_of_[place.video] = next_place;
    places_[next_place++] = place;
  }
  places_.resize(next_place);
  codes_.resize(next);
  at_ms_.resize(next);
  dead_count_ = 0;
}

std::vector<NearClip> MomentIndex::all_above(const vision::PackedEmbedding& query,
                                             float least) const {
  const std::shared_lock lock(mutex_);
  const auto product = code_product();
  std::vector<NearClip> clips;
  for (const auto& place : places_) {
    NearClip clip{place.video, -1, least, {}};
    std::uint32_t best = 0;
    for (std::uint32_t i = place.first; i < place.first + place.count; ++i) {
      const float cosine = cosine_of(product(query.data(), codes_[i].data()));
      if (clip.at_ms < 0 ? cosine >= clip.cosine : cosine > clip.cosine)
        clip.cosine = cosine, clip.at_ms = at_ms_[i], best = i;
    }
    if (clip.at_ms < 0) continue;
    clip.code = codes_[best];
    clips.push_back(clip);
  }
  return clips;
}

std::vector<NearClip> MomentIndex::search(const vision::PackedEmbedding& query, std::size_t count,
                                          float least,
                                          const std::function<bool(VideoId)>& takes) const {
  auto clips = all_above(query, least);
  const auto later = [](const NearClip& a, const NearClip& b) { return nearer(b, a); };
  std::ranges::make_heap(clips, later);
  std::vector<NearClip> out;
  while (!clips.empty() && out.size() < count) {
    std::ranges::pop_heap(clips, later);
    if (takes(clips.back().video)) out.push_back(clips.back());
    clips.pop_back();
  }
  return out;
}

std::size_t MomentIndex::clips_count() const {
  const std::shared_lock lock(mutex_);
  return place_of_.size();
}

std::size_t MomentIndex::moments_count() const {
  const std::shared_lock lock(mutex_);
  return codes_.size() - dead_count_;
}

std::size_t MomentIndex::memory_bytes() const {
  const std::shared_lock lock(mutex_);
  constexpr std::size_t kNodeBytes = 32;  // of a map's entry
  return codes_.capacity() * sizeof(vision::PackedEmbedding) +
         at_ms_.capacity() * sizeof(std::int32_t) + places_.capacity() * sizeof(Place) +
         place_of_.size() * kNodeBytes;
}

}  // namespace filoscope::visual
