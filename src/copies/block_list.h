#pragma once

/// What is blocked, as it is compared with a new clip; and as lines of CSV. Internal to copies.

#include <shared_mutex>
#include <unordered_map>
#include <variant>

#include "copies/copies.h"
#include "prints/hash_index.h"

namespace filoscope::copies {

/// What an entry is told by.
using BlockedPrint = std::variant<prints::ClipPrint, prints::FrameHash, std::vector<std::uint32_t>>;
BlockedKind kind_of(const BlockedPrint& print);
Bytes encode(const BlockedPrint& print);
/// Errors: corrupt.
Result<BlockedPrint> decode_blocked(BlockedKind kind, std::span<const std::uint8_t> bytes);

/// Pictures and sounds with their prints, of clips what they are looked up by. Threads: any.
class BlockList {
 public:
  void put(BlockedId id, const BlockedPrint& print);
  void erase(BlockedId id);

  /// Pictures and sounds that the clip shows or plays, or a part of which it plays.
  std::vector<BlockedId> shown_or_heard(const prints::ClipPrint& print, SoundPrint sound) const;
  /// Clips that are worth comparing.
  std::vector<BlockedId> likely_clips(const prints::ClipPrint& print) const;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<BlockedId, prints::FrameHash> pictures_;
  std::unordered_map<BlockedId, std::vector<std::uint32_t>> sounds_;
  std::unordered_map<std::uint32_t, std::vector<BlockedId>> by_value_;  ///< of sounds
  prints::HashIndex clips_;
};

struct CsvLine {
  BlockedKind kind = BlockedKind::clip;
  std::string reason;
  std::int64_t created_ms = 0;
  Bytes print;
};
std::string to_csv(std::span<const CsvLine> lines);
/// Errors: block_list_line_wrong.
Result<std::vector<CsvLine>> from_csv(std::string_view csv);

}  // namespace filoscope::copies
