#pragma once

/// Space on the database's disk that is kept back for the writes that make space: a file beside the
/// database, given up when such a write finds the disk full and taken again when there is room.
/// Internal to this adapter.

#include <cstdint>
#include <filesystem>

namespace filoscope::sqlite {

/// Threads: one at a time.
class DiskReserve {
 public:
  /// Of `bytes`, but at most a sixteenth of the file system. 0 keeps nothing.
  DiskReserve(const std::filesystem::path& database, std::int64_t bytes);

  /// Takes it if there is room for it twice.
  void take();
  /// False: there was none.
  bool give_up();
  bool held() const { return held_; }
  /// What others may use now; when the reserve is given up, all but as much as it had.
  std::int64_t free_bytes() const;

 private:
  const std::filesystem::path path_;
  std::int64_t bytes_ = 0;
  bool held_ = false;
};

}  // namespace filoscope::sqlite
