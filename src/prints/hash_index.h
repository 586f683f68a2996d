#pragma once

/// Finds the prints that are worth comparing with one: a frame a second of every clip, by brute
/// force. Memory: about 120 bytes a second of clip.

#include <cstdint>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "prints/clip_print.h"

namespace filoscope::prints {

/// What of a print is looked through: of each second's first frame every view.
using IndexEntry = std::vector<FrameHash>;
IndexEntry index_entry(const ClipPrint& print);
Bytes encode(const IndexEntry& entry);
/// Errors: corrupt.
Result<IndexEntry> decode_entry(std::span<const std::uint8_t> bytes);

struct Near {
  std::uint64_t key = 0;
  int score = 0;  ///< bits by which frames are nearer than what may be a copy, added up
};

/// Threads: any; a search holds up writers while it lasts.
class HashIndex {
 public:
  /// Replaces what was there.
  void put(std::uint64_t key, IndexEntry entry);
  void erase(std::uint64_t key);
  /// The most alike first (equal ones by key). O(frames of `print`, at most 100, · all frames).
  std::vector<Near> near(const ClipPrint& print, std::size_t count_max) const;
  std::size_t clips_count() const;
  std::size_t memory_bytes() const;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uint64_t, IndexEntry> entries_;
  std::size_t hashes_count_ = 0;
};

}  // namespace filoscope::prints
