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
constexpr std::uint8_t kHighRouteBit = 0x80;  ///< in the byte of the kind; the fourth
constexpr std::uint8_t kUnlearnedBit = 0x40;  ///< there too
constexpr std::uint8_t kUnrecordedBit = 0x40;
constexpr std::uint8_t kUnprofiledBit = 0x80;
static_assert(static_cast<std::uint8_t>(Surface::other) <= kSurfaceBits);
static_assert(engine::kRoutesCount < 16 && engine::kKindsMax <= kUnlearnedBit);

crypto::Digest mac_of(const crypto::Key& key, std::span<const std::uint8_t> body) {
  return crypto::hmac_sha256(key, crypto::as_text(body));
}

unsigned route_of(const Impression& impression) {
  return impression.route ? static_cast<unsigned>(*impression.route) + 1 : 0;
}

/// How the video came there, in one byte; the route's fourth bit is in the next.
std::uint8_t way_of(const Impression& impression) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(impression.surface) |
                                   ((route_of(impression) << kRouteShift) & kRouteBits) |
                                   (impression.recorded ? 0U : kUnrecordedBit) |
                                   (impression.profiled ? 0U : kUnprofiledBit));
}

std::uint8_t kind_of(const Impression& impression) {
  const bool high = route_of(impression) > kRouteBits >> kRouteShift;
  return static_cast<std::uint8_t>(static_cast<unsigned>(impression.kind) |
                                   (high ? kHighRouteBit : 0U) |
                                   (impression.learned ? 0U : kUnlearnedBit));
}

/// False for a surface or a route of a newer release.
bool read_way(std::uint8_t way, bool high, Impression& impression) {
  const unsigned route = ((way & kRouteBits) >> kRouteShift) + (high ? 8U : 0U);
  if ((way & kSurfaceBits) >= engine::kSurfacesCount || route > engine::kRoutesCount) return false;
  impression.surface = static_cast<Surface>(way & kSurfaceBits);
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
  writer.put(kind_of(impression));
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
  const auto way = reader.get<std::uint8_t>();
  impression.issued_ms = std::int64_t{reader.get<std::uint32_t>()} * 1000;
  const auto kind = body.size() == kBodyBytes ? reader.get<std::uint8_t>() : std::uint8_t{0};
  if (!read_way(way, (kind & kHighRouteBit) != 0, impression)) return not_ours();
  impression.learned = (kind & kUnlearnedBit) == 0;
  const unsigned number = kind & ~(kHighRouteBit | kUnlearnedBit);
  if (number >= catalog::kKindsCount) return not_ours();
  impression.kind = static_cast<catalog::Kind>(number);
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
