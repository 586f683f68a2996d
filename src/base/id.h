#pragma once

/// Distinct 64-bit ids, never reused. What names rows is time-ordered (42 bits of milliseconds, 21
/// random bits, top bit 0), so that rows made together lie together; what nobody may guess or count
/// (people, requests) is random. As text: 13 characters of Crockford base32, lower
/// case.

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace filoscope {

std::string id_text(std::uint64_t value);
/// Nothing when `text` is not 13 base32 characters of a value below 2^64 (upper case is read too).
std::optional<std::uint64_t> parse_id_text(std::string_view text);

template <typename Tag>
struct Id {
  std::uint64_t value = 0;  ///< 0 is "none"

  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return value != 0; }
  std::int64_t db() const { return static_cast<std::int64_t>(value); }  ///< as stored in a database
  static Id from_db(std::int64_t stored) { return Id{static_cast<std::uint64_t>(stored)}; }
  std::string text() const { return id_text(value); }
  static std::optional<Id> parse(std::string_view text) {
    const auto value = parse_id_text(text);
    return value ? std::optional<Id>(Id{*value}) : std::nullopt;
  }
};

using AccountId = Id<struct AccountTag>;
using EntryId = Id<struct EntryTag>;  ///< of the catalogue; one space for all kinds
using VideoId = EntryId;              ///< of an entry that is a video
using SoundId = Id<struct SoundTag>;
using CommentId = Id<struct CommentTag>;
using UploadId = Id<struct UploadTag>;
using RequestId =
    Id<struct RequestTag>;  ///< one feed answer and its decision record; 64 random bits
using PersonKey =
    Id<struct PersonTag>;  ///< the pseudonym by which log and engine know a person; random
using WithdrawalId = Id<struct WithdrawalTag>;  ///< of what a person takes back; random
using NotificationId = Id<struct NotificationTag>;

/// A new id: time from `now_ms`, the rest counted on from a start that the system's secure random
/// source draws for each millisecond: one process draws none twice while the clock does not go back
/// and it draws less than two million a millisecond. From any thread.
std::uint64_t new_id(std::int64_t now_ms);
template <typename T>
T new_id_of(std::int64_t now_ms) {
  return T{new_id(now_ms)};
}

}  // namespace filoscope

template <typename Tag>
struct std::hash<filoscope::Id<Tag>> {
  std::size_t operator()(filoscope::Id<Tag> id) const noexcept {
    std::uint64_t x = id.value * 0x9E3779B97F4A7C15ULL;
    return x ^ (x >> 32);
  }
};
