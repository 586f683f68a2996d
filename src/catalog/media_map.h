#pragma once

/// Which media keys are alive, and the signed addresses of their files. A key that is not in the
/// map does not exist, whatever its address says: a takedown holds with the next range. Internal to
/// catalog. Threads: any; sharded, never blocks on the database.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/mutex.h"
#include "catalog/catalog.h"

namespace filoscope::catalog {

/// 128 random bits, 32 hexadecimal characters as text.
struct MediaKey {
  std::uint64_t high = 0, low = 0;
  bool operator==(const MediaKey&) const = default;
  /// False unless `text` is 32 lower-case hexadecimal characters.
  static bool parse(std::string_view text, MediaKey& out);
};

struct MediaEntry {
  VideoId video;
  AccountId owner;
  bool restricted = false;
  bool followers = false;  ///< of a restricted one: its owner's followers may read it too
  std::array<std::uint16_t, 4> renditions{};  ///< names as numbers, 0 is none
  std::uint8_t covers_count = 0;
};
MediaEntry media_entry(const Video& video);
/// The name of the rendition that follows later, and the master playlists without and with it.
inline constexpr std::string_view kLateRendition = "1080";
inline constexpr std::string_view kFirstMaster = "master.m3u8", kLateMaster = "master-1080.m3u8";
std::string new_media_key();
/// Where the files of a key lie: a prefix of blob keys that ends in '/'.
std::string media_folder(std::string_view media_key);
inline constexpr std::string_view kMediaFolder = "video/";

/// The parts of "/media/p/KEY/BUCKET-SIGNATURE/FILE", or of a restricted file's address, which is
/// made for one reader: "/media/r/KEY/BUCKET.READER-SIGNATURE/FILE". Views into the parsed text.
struct MediaPath {
  AccountId reader;  ///< none: public
  bool restricted() const { return static_cast<bool>(reader); }
  std::string_view key;
  std::int64_t bucket = 0;
  std::string_view signature;
  std::string_view file;
};
/// False when `path` does not have exactly this form.
bool parse_media_path(std::string_view path, MediaPath& out);

class MediaMap {
 public:
  MediaMap(const crypto::Key& key, const Clock& clock, std::int64_t public_cache_s);

  void insert(std::string_view media_key, const MediaEntry& entry);
  void erase(std::string_view media_key);
  std::size_t size() const;

  /// `reader` none: public.
  std::string url(std::string_view media_key, AccountId reader, std::string_view file) const;
  /// `may_read` is asked about restricted files, with the reader that the address was made for.
  using MayRead = std::function<bool(const MediaEntry&, AccountId reader)>;
  Result<MediaFile> resolve(std::string_view path, const MayRead& may_read) const;

 private:
  static constexpr std::size_t kShards = 64;
  struct Hash {
    std::size_t operator()(const MediaKey& key) const noexcept { return key.low; }
  };
  struct Shard {
    mutable Mutex mutex;
    std::unordered_map<MediaKey, MediaEntry, Hash> entries FILOSCOPE_GUARDED_BY(mutex);
  };
  std::int64_t bucket_ms(bool restricted) const;
  bool bucket_valid(bool restricted, std::int64_t bucket) const;
  /// 16 characters: 96 bits of the HMAC.
  std::array<char, 16> sign(std::string_view media_key, AccountId reader,
                            std::int64_t bucket) const;

  const crypto::Key key_;
  const Clock& clock_;
  const std::int64_t public_bucket_ms_;
  const std::uint64_t instance_;  ///< tells the maps of one process apart in the per-thread memo
  std::array<Shard, kShards> shards_;
};

}  // namespace filoscope::catalog
