#pragma once

/// The tables. Internal to copies. Threads: any; errors are those of the database.

#include "copies/block_list.h"
#include "ports/database.h"

namespace filoscope::copies {

/// Of a published clip.
struct StoredPrint {
  VideoId root;  ///< the first of those that show the same, or itself
  prints::ClipPrint print;
  std::vector<std::uint32_t> sound;
};

class Store {
 public:
  explicit Store(Database& database) : database_(database) {}

  static Result<void> keep(Session& session, VideoId video, const StoredPrint& stored);
  static Result<void> forget(Session& session, VideoId video);

  /// Nothing where there is none, or it is damaged (said in the log).
  Result<std::optional<StoredPrint>> print(VideoId video) const;
  Result<void> each_entry(const std::function<void(VideoId, prints::IndexEntry)>& tell) const;

  /// False where `blocked_max` are there.
  Result<bool> add_blocked(std::span<const std::pair<Blocked, Bytes>> all,
                           std::int64_t blocked_max) const;
  /// False where there is none.
  Result<bool> remove_blocked(BlockedId id) const;
  Result<std::optional<std::pair<Blocked, Bytes>>> blocked(BlockedId id) const;
  Result<std::vector<Blocked>> blocked(std::int64_t offset, std::int64_t limit) const;
  Result<void> each_blocked(const std::function<void(const Blocked&, const Bytes&)>& tell) const;

 private:
  Database& database_;
};

}  // namespace filoscope::copies
