#include "prints/hash_index.h"

#include <algorithm>
#include <bit>
#include <mutex>

#include "prints/compare.h"
#include "prints/reasons.h"

namespace filoscope::prints {
namespace {

constexpr int kAlikeBits = static_cast<int>(kLooksAlike) + 4;
/// Of the 64 lowest waves; one pair in a hundred that has nothing in common comes so near.
constexpr int kLowBits = 22;
constexpr std::size_t kAskedFramesMax = 100;
/// Of the score, for each frame that is asked for: what has nothing in common hardly has any.
constexpr double kLeastOfFrame = .5;
constexpr std::uint8_t kFormat = 1;

/// A frame of the question in every view, as it is and turned.
struct AskedFrame {
  std::vector<FrameHash> hashes;
};

std::vector<AskedFrame> asked_frames(const ClipPrint& print) {
  std::vector<AskedFrame> asked;
  const std::size_t count = print.frames_count();
  const std::size_t step = (count + kAskedFramesMax - 1) / kAskedFramesMax;
  for (std::size_t i = 0; i < count; i += step) {
    AskedFrame frame;
    for (const View& view : print.views) {
      if (view.part == Part::middle80 || is_none(view.looks[i])) continue;
      frame.hashes.push_back(view.looks[i]);
      frame.hashes.push_back(mirrored(view.looks[i]));
    }
    asked.push_back(std::move(frame));
  }
  return asked;
}

FILOSCOPE_COUNTS_BITS
int nearest_bits(const FrameHash* asked, std::size_t asked_count, const FrameHash* there,
                 std::size_t there_count) {
  int least = kAlikeBits;
  for (std::size_t a = 0; a < asked_count; ++a)
    for (std::size_t t = 0; t < there_count; ++t) {
      if (std::popcount(asked[a][0] ^ there[t][0]) > kLowBits) continue;
      const int bits = distance(asked[a], there[t]);
      least = bits < least ? bits : least;
    }
  return least;
}

}  // namespace

IndexEntry index_entry(const ClipPrint& print) {
  IndexEntry entry;
  for (std::size_t i = 0; i < print.frames_count(); i += kFramesPerSecond)
    for (const View& view : print.views)
      if (!is_none(view.looks[i])) entry.push_back(view.looks[i]);
  return entry;
}

Bytes encode(const IndexEntry& entry) {
  ByteWriter out;
  out.put(kFormat);
  for (const FrameHash& hash : entry)
    for (const auto word : hash) out.put(word);
  return out.take();
}

Result<IndexEntry> decode_entry(std::span<const std::uint8_t> bytes) {
  ByteReader in(bytes);
  if (in.get<std::uint8_t>() != kFormat || in.remaining() % sizeof(FrameHash) != 0)
    return Error(reason("print_damaged"));
  IndexEntry entry(in.remaining() / sizeof(FrameHash));
  for (auto& hash : entry)
    for (auto& word : hash) word = in.get<std::uint64_t>();
  return entry;
}

void HashIndex::put(std::uint64_t key, IndexEntry entry) {
  const std::unique_lock lock(mutex_);
  auto& place = entries_[key];
  hashes_count_ += entry.size() - place.size();
  place = std::move(entry);
}

void HashIndex::erase(std::uint64_t key) {
  const std::unique_lock lock(mutex_);
  const auto at = entries_.find(key);
  if (at == entries_.end()) return;
  hashes_count_ -= at->second.size();
  entries_.erase(at);
}

std::vector<Near> HashIndex::near(const ClipPrint& print, std::size_t count_max) const {
  const auto asked = asked_frames(print);
  const double least_score = std::max(1.0, kLeastOfFrame * static_cast<double>(asked.size()));
  std::vector<Near> found;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      int score = 0;
      for (const auto& frame : asked)
        score += kAlikeBits -
                 nearest_bits(frame.hashes.data(), frame.hashes.size(), entry.data(), entry.size());
      if (static_cast<double>(score) >= least_score) found.push_back({key, score});
    }
  }
  std::ranges::sort(found, [](const Near& a, const Near& b) {
    return a.score != b.score ? a.score > b.score : a.key < b.key;
  });
  if (found.size() > count_max) found.resize(count_max);
  return found;
}

std::size_t HashIndex::clips_count() const {
  const std::shared_lock lock(mutex_);
  return entries_.size();
}

std::size_t HashIndex::memory_bytes() const {
  constexpr std::size_t kOfClip = sizeof(std::uint64_t) + sizeof(IndexEntry) + 3 * sizeof(void*);
  const std::shared_lock lock(mutex_);
  return hashes_count_ * sizeof(FrameHash) + entries_.size() * kOfClip;
}

}  // namespace filoscope::prints
