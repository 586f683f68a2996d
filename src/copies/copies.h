#pragma once

/// Which clips show the same, and which show what is blocked.

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "catalog/catalog.h"
#include "ports/database.h"
#include "prints/clip_print.h"

namespace filoscope::copies {

inline const Setting<std::int64_t> kBlockedMax{"copies.blocked_max", 10'000, 1, 1'000'000,
                                               "Entries of the block list, at most."};
inline constexpr std::size_t kReasonCharactersMax = 200;

using BlockedId = Id<struct BlockedTag>;

/// The number is stored. A sound is known by what is heard, a picture wherever a clip shows it for
/// half a second.
enum class BlockedKind : std::uint8_t { clip, picture, sound };
std::string_view to_string(BlockedKind kind);
/// Nothing for another word.
std::optional<BlockedKind> parse_blocked_kind(std::string_view name);

struct Blocked {
  BlockedId id;
  BlockedKind kind = BlockedKind::clip;
  std::string reason;
  std::int64_t created_ms = 0;
};

using SoundPrint = std::span<const std::uint32_t>;

struct Verdict {
  VideoId copy_of;    ///< the first of the clips that show the same; none: there is no other
  bool part = false;  ///< it shows that in part, or beside something else
  std::optional<Blocked> blocked;
  std::int64_t known_count = 0;  ///< of clips that it was compared with, for `judge_rest`
};

/// Threads: any; calls may block on the database. Errors, where nothing else is said: those of the
/// database.
class Copies {
 public:
  /// All outlive it.
  struct Parts {
    Database& database;
    catalog::Catalog& catalog;
    const Clock& clock;
    const Config& config;
    bool judges = true;  ///< else nothing is kept in memory, and nothing is found
  };
  static Result<std::unique_ptr<Copies>> open(const Parts& parts);
  virtual ~Copies() = default;

  /// May take seconds.
  virtual Result<Verdict> judge(const prints::ClipPrint& print, SoundPrint sound) = 0;
  /// Held from `judge_rest` to the end of publication: one clip after the other.
  [[nodiscard]] virtual std::unique_lock<std::mutex> turn() = 0;
  /// With what was kept since `verdict` was given.
  virtual Result<Verdict> judge_rest(Verdict verdict, const prints::ClipPrint& print,
                                     SoundPrint sound) = 0;
  /// In the transaction that publishes the clip with `verdict`.
  virtual Result<void> keep(Session& session, VideoId video, const prints::ClipPrint& print,
                            SoundPrint sound, const Verdict& verdict) = 0;

  /// Blocks what a clip shows, or its sound: of what comes from now on. Errors:
  /// blocked_without_reason, no_print_to_block, sound_too_plain_to_block, block_list_full.
  virtual Result<Blocked> block(VideoId video, BlockedKind kind, std::string_view reason) = 0;
  /// Errors: as block; picture_too_plain_to_block.
  virtual Result<Blocked> block_picture(const prints::Grid& picture, std::string_view reason) = 0;
  /// Errors: no_such_blocked.
  virtual Result<void> unblock(BlockedId id) = 0;
  /// Newest first.
  virtual Result<std::vector<Blocked>> blocked(std::int64_t offset, std::int64_t limit) = 0;
  /// CSV (RFC 4180) of kind, reason, created (Unix milliseconds), print (base64).
  virtual Result<std::string> blocked_csv() = 0;
  /// All lines or none; what is there already is left out. Gives how many came. Errors:
  /// block_list_line_wrong, block_list_full.
  virtual Result<std::int64_t> add_csv(std::string_view csv) = 0;
};

}  // namespace filoscope::copies
