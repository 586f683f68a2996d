#include "catalog/media_map.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <optional>

#include "catalog/reasons.h"

namespace filoscope::catalog {
namespace {

constexpr std::int64_t kRestrictedBucketMs = 3'600'000;
constexpr std::int64_t kPublicBucketMinMs = 60'000;
/// A page left open keeps playing for a day.
constexpr std::int64_t kPublicValidMs = 24LL * 3'600'000;
constexpr std::size_t kSignatureSize = 16;
constexpr std::string_view kRoot = "/media/";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text.size() > 12 || (text.size() > 1 && text.front() == '0')) return {};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < 0) return {};
  return value;
}

bool has_rendition(const MediaEntry& entry, std::string_view name) {
  const auto number = parse_number(name);
  if (!number || *number == 0) return false;
  return std::any_of(entry.renditions.begin(), entry.renditions.end(),
                     [&](std::uint16_t r) { return r == *number; });
}

/// The type of a file this entry has, or "".
std::string_view content_type_of(const MediaEntry& entry, std::string_view file) {
  const auto dot = file.rfind('.');
  if (dot == std::string_view::npos) return {};
  const auto stem = file.substr(0, dot), extension = file.substr(dot + 1);
  if (extension == "mp4") return has_rendition(entry, stem) ? "video/mp4" : "";
  if (extension == "m3u8") {
    const bool known = file == kFirstMaster || has_rendition(entry, stem) ||
                       (file == kLateMaster && has_rendition(entry, kLateRendition));
    return known ? "application/vnd.apple.mpegurl" : "";
  }
  if (extension == "jpg" && stem.starts_with("cover")) {
    const auto number = parse_number(stem.substr(5));
    return number && *number < entry.covers_count ? "image/jpeg" : "";
  }
  return {};
}

/// The next part of a path up to '/', which is taken off.
std::string_view take_part(std::string_view& rest) {
  const auto slash = rest.find('/');
  const auto part = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return part;
}

Error no_such_file() { return Error(reason("no_such_media")); }

}  // namespace

bool MediaKey::parse(std::string_view text, MediaKey& out) {
  if (text.size() != 32) return false;
  std::array<std::uint64_t, 2> words{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return false;
    words[i / 16] = words[i / 16] << 4 | static_cast<std::uint64_t>(digit);
  }
  out = {words[0], words[1]};
  return true;
}

MediaEntry media_entry(const Video& video) {
  MediaEntry entry;
  entry.video = video.id;
  const bool out = video.state == State::published && !is_kept_back(video);
  entry.owner = video.owner;
  entry.restricted = !out || video.visibility != Visibility::everyone;
  entry.followers = out && video.visibility == Visibility::followers;
  std::size_t count = 0;
  for (const auto& rendition : video.renditions) {
    const auto number = parse_number(rendition.name);
    if (number && *number <= 0xFFFF && count < entry.renditions.size())
      entry.renditions[count++] = static_cast<std::uint16_t>(*number);
  }
  entry.covers_count = static_cast<std::uint8_t>(std::clamp(video.covers_count, 0, 255));
  return entry;
}

std::string new_media_key() { return crypto::hex(crypto::random_bytes(16)); }

std::string media_folder(std::string_view media_key) {
  std::string folder(kMediaFolder);
  folder.append(media_key.substr(0, 2)).append("/").append(media_key).append("/");
  return folder;
}

bool parse_media_path(std::string_view path, MediaPath& out) {
  if (!path.starts_with(kRoot)) return false;
  path.remove_prefix(kRoot.size());
  const auto media_class = take_part(path);
  if (media_class != "p" && media_class != "r") return false;
  out.key = take_part(path);
  const auto ticket = take_part(path);
  out.file = path;
  const auto dash = ticket.find('-');
  if (dash == std::string_view::npos || out.file.empty() || out.file.size() > 64 ||
      out.file.find('/') != std::string_view::npos)
    return false;
  auto number = ticket.substr(0, dash);
  if (media_class == "r") {
    const auto dot = number.find('.');
    if (dot == std::string_view::npos) return false;
    const auto reader = AccountId::parse(number.substr(dot + 1));
    if (!reader || !*reader) return false;
    out.reader = *reader;
    number = number.substr(0, dot);
  }
  const auto bucket = parse_number(number);
  out.signature = ticket.substr(dash + 1);
  if (!bucket || out.signature.size() != kSignatureSize) return false;
  out.bucket = *bucket;
  return true;
}

MediaMap::MediaMap(const crypto::Key& key, const Clock& clock, std::int64_t public_cache_s)
    : key_(key),
      clock_(clock),
      public_bucket_ms_(std::max(kPublicBucketMinMs, public_cache_s * 1000)),
      instance_([] {
        static std::atomic<std::uint64_t> next{1};
        return next++;
      }()) {}

void MediaMap::insert(std::string_view media_key, const MediaEntry& entry) {
  MediaKey key;
  if (!MediaKey::parse(media_key, key)) return;
  auto& shard = shards_[key.high % kShards];
  Lock lock(shard.mutex);
  shard.entries[key] = entry;
}

void MediaMap::erase(std::string_view media_key) {
  MediaKey key;
  if (!MediaKey::parse(media_key, key)) return;
  auto& shard = shards_[key.high % kShards];
  Lock lock(shard.mutex);
  shard.entries.erase(key);
}

std::size_t MediaMap::size() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) {
    Lock lock(shard.mutex);
    count += shard.entries.size();
  }
  return count;
}

std::int64_t MediaMap::bucket_ms(bool restricted) const {
  return restricted ? kRestrictedBucketMs : public_bucket_ms_;
}

bool MediaMap::bucket_valid(bool restricted, std::int64_t bucket) const {
  const std::int64_t length_ms = bucket_ms(restricted), now_ms = clock_.now_ms();
  const std::int64_t current = now_ms / length_ms;
  // The next one passes too: the clock may have been set back since the address was made.
  if (bucket > current + 1) return false;
  if (restricted) return bucket >= current - 1;
  return (bucket + 1) * length_ms + kPublicValidMs > now_ms;
}

std::array<char, 16> MediaMap::sign(std::string_view media_key, AccountId reader,
                                    std::int64_t bucket) const {
  // A video has some ten addresses in one answer, all with this signature.
  struct Memo {
    std::uint64_t instance = 0;
    std::int64_t bucket = -1;
    AccountId reader;
    std::string media_key;
    std::array<char, 16> signature{};
  };
  thread_local Memo memo;
  if (memo.instance == instance_ && memo.bucket == bucket && memo.reader == reader &&
      memo.media_key == media_key) {
    return memo.signature;
  }
  std::string text(reader ? "r|" + reader.text() + "|" : "p|");
  text.append(media_key).append("|").append(std::to_string(bucket));
  const auto digest = crypto::hmac_sha256(key_, text);
  const auto encoded = crypto::base64url(std::span(digest).first(12));
  FILOSCOPE_CHECK(encoded.size() == kSignatureSize);
  memo = {instance_, bucket, reader, std::string(media_key), {}};
  std::copy(encoded.begin(), encoded.end(), memo.signature.begin());
  return memo.signature;
}

std::string MediaMap::url(std::string_view media_key, AccountId reader,
                          std::string_view file) const {
  const std::int64_t bucket = clock_.now_ms() / bucket_ms(static_cast<bool>(reader));
  const auto signature = sign(media_key, reader, bucket);
  std::string address(kRoot);
  address.reserve(96);
  address.append(reader ? "r/" : "p/").append(media_key).append("/");
  address.append(std::to_string(bucket));
  if (reader) address.append(".").append(reader.text());
  address.append("-");
  address.append(signature.data(), signature.size()).append("/").append(file);
  return address;
}

Result<MediaFile> MediaMap::resolve(std::string_view path, const MayRead& may_read) const {
  MediaPath parts;
  MediaKey key;
  if (!parse_media_path(path, parts) || !MediaKey::parse(parts.key, key) ||
      !bucket_valid(parts.restricted(), parts.bucket)) {
    return no_such_file();
  }
  const auto expected = sign(parts.key, parts.reader, parts.bucket);
  if (!crypto::equal_constant_time(
          crypto::as_bytes(parts.signature),
          crypto::as_bytes(std::string_view(expected.data(), expected.size())))) {
    return no_such_file();
  }
  MediaEntry entry;
  {
    const auto& shard = shards_[key.high % kShards];
    Lock lock(shard.mutex);
    const auto at = shard.entries.find(key);
    if (at == shard.entries.end()) return no_such_file();
    entry = at->second;
  }
  const auto type = content_type_of(entry, parts.file);
  if (type.empty() || (entry.restricted && !parts.restricted())) return no_such_file();
  if (entry.restricted && !may_read(entry, parts.reader)) return no_such_file();
  return MediaFile{media_folder(parts.key).append(parts.file), std::string(type), entry.restricted};
}

}  // namespace filoscope::catalog
