#include "feed/token.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "feed/reasons.h"

namespace filoscope::feed {
namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kBodyBytes = 30;
constexpr std::size_t kBodyBytesWithoutKind = 29;
constexpr std::uint8_t kSurfaceBits = 0x07;
constexpr int kRouteShift = 3;
constexpr std::uint8_t kRouteBits = 0x38;
constexpr std::uint8_t kUnrecordedBit = 0x40;
constexpr std::uint8_t kUnprofiledBit = 0x80;
static_assert(static_cast<std::uint8_t>(Surface::other) <= kSurfaceBits);
static_assert(engine::kRoutesCount <= kRouteBits >> kRouteShift);

crypto::Digest mac_of(const crypto::Key& key, std::span<const std::uint8_t> body) {
  return crypto::hmac_sha256(key, crypto::as_text(body));
}

/// How the video came there, in one byte.
std::uint8_t way_of(const Impression& impression) {
  const unsigned route = impression.route ? static_cast<unsigned>(*impression.route) + 1 : 0;
  return static_cast<std::uint8_t>(
      static_cast<unsigned>(impression.surface) | (route << kRouteShift) |
      (impression.recorded ? 0U : kUnrecordedBit) | (impression.profiled ? 0U : kUnprofiledBit));
}

/// False for a surface of a newer release.
bool read_way(std::uint8_t way, Impression& impression) {
  if ((way & kSurfaceBits) >= engine::kSurfacesCount) return false;
  impression.surface = static_cast<Surface>(way & kSurfaceBits);
  const unsigned route = (way & kRouteBits) >> kRouteShift;
  if (route != 0) impression.route = static_cast<engine::Route>(route - 1);
  impression.recorded = (way & kUnrecordedBit) == 0;
  impression.profiled = (way & kUnprofiledBit) == 0;
  return true;
}

bool has_a_length(const Bytes& token) {
  return token.size() == kBodyBytes + kMacBytes ||
         token.size() == kBodyBytesWithoutKind + kMacBytes;
}

Error not_ours() { return Error(reason("impression_token_unknown")); }

}  // namespace

std::string make_token(const crypto::Key& key, const Impression& impression) {
  ByteWriter writer;
  writer.put(impression.request.value);
  writer.put(impression.entry.value);
  writer.put(impression.person.value);
  writer.put(way_of(impression));
  writer.put(static_cast<std::uint32_t>(impression.issued_ms / 1000));
  writer.put(impression.kind);
  Bytes bytes = writer.take();
  const auto mac = mac_of(key, bytes);
  bytes.insert(bytes.end(), mac.begin(), mac.begin() + kMacBytes);
  return crypto::base64url(bytes);
}

Result<Impression> read_token(const crypto::Key& key, std::string_view token) {
  const auto bytes = crypto::from_base64url(token);
  if (!bytes || !has_a_length(*bytes)) return not_ours();
  const std::span<const std::uint8_t> all(*bytes);
  const auto body = all.first(all.size() - kMacBytes);
  const auto mac = mac_of(key, body);
  if (!crypto::equal_constant_time(all.last(kMacBytes), std::span(mac).first(kMacBytes)))
    return not_ours();
  ByteReader reader(body);
  Impression impression;
  impression.request = RequestId{reader.get<std::uint64_t>()};
  impression.entry = EntryId{reader.get<std::uint64_t>()};
  impression.person = PersonKey{reader.get<std::uint64_t>()};
  if (!read_way(reader.get<std::uint8_t>(), impression)) return not_ours();
  impression.issued_ms = std::int64_t{reader.get<std::uint32_t>()} * 1000;
  if (body.size() == kBodyBytes) {
    const auto kind = reader.get<std::uint8_t>();
    if (kind >= catalog::kKindsCount) return not_ours();
    impression.kind = static_cast<catalog::Kind>(kind);
  }
  return impression;
}

std::int64_t token_number(std::string_view token) {
  const auto bytes = crypto::from_base64url(token);
  FILOSCOPE_CHECK(bytes && has_a_length(*bytes));
  std::int64_t number = 0;
  std::memcpy(&number, bytes->data() + bytes->size() - kMacBytes, sizeof(number));
  return number;
}

}  // namespace filoscope::feed
