#pragma once

/// The other half of power_cut_shim.c: what is left of a folder after the power went.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"

namespace filoscope::crash {

enum class Cut {
  lazy,  ///< nothing reached the disk that was not synced: contents and names as at their last sync
  eager,  ///< all names reached the disk, of the contents only what was synced
  torn,   ///< each folder one or the other; of each file's unsynced sectors any may have arrived
};

/// Below `root` only what is synced survives. `root` and `shadow` are absolute; nobody has `root`
/// open while prepare() and cut() run. Threads: one.
class PowerCut {
 public:
  PowerCut(std::filesystem::path root, std::filesystem::path shadow)
      : root_(std::move(root)), shadow_(std::move(shadow)) {}

  /// Takes all that is below `root` now as durable.
  Result<void> prepare();
  /// For the processes that write below `root`. `shim` is the built power_cut_shim.
  std::map<std::string, std::string> environment(const std::filesystem::path& shim) const;
  /// Replaces `root` by what survived. The same seed tears the same sectors.
  Result<void> cut(Cut kind, std::uint64_t seed);

 private:
  std::filesystem::path root_;
  std::filesystem::path shadow_;
};

}  // namespace filoscope::crash
