#pragma once

/// Little-endian binary encoding with bounds checks, for the event log and snapshots.
/// A reader that ran past its end stays failed and gives zeros; ask `ok()` once after reading.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace filoscope {

using Bytes = std::vector<std::uint8_t>;

class ByteWriter {
 public:
  template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void put(T value) {
    static_assert(std::endian::native == std::endian::little);
    const auto at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  /// LEB128; small numbers take one byte.
  void put_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::uint8_t>(value | 0x80));
    bytes_.push_back(static_cast<std::uint8_t>(value));
  }
  void put_text(std::string_view text) {
    put_varint(text.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void put_array(std::span<const T> values) {
    put_varint(values.size());
    const auto at = bytes_.size();
    bytes_.resize(at + values.size_bytes());
    if (!values.empty()) std::memcpy(bytes_.data() + at, values.data(), values.size_bytes());
  }
  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> data) : data_(data) {}

  template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> T get() {
    T value{};
    if (!take(sizeof(T))) return value;
    std::memcpy(&value, data_.data() + at_ - sizeof(T), sizeof(T));
    return value;
  }
  std::uint64_t get_varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = get<std::uint8_t>();
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string get_text() {
    const auto size = get_varint();
    if (!take(size)) return {};
    return {reinterpret_cast<const char*>(data_.data() + at_ - size),
            static_cast<std::size_t>(size)};
  }
  template <typename T>
  requires std::is_arithmetic_v<T> std::vector<T> get_array() {
    const auto count = get_varint();
    if (count > remaining() / sizeof(T) || !take(count * sizeof(T)))
      return ok_ = false, std::vector<T>{};
    std::vector<T> values(static_cast<std::size_t>(count));
    if (count != 0)
      std::memcpy(values.data(), data_.data() + at_ - count * sizeof(T), count * sizeof(T));
    return values;
  }
  void skip(std::uint64_t count) { take(count); }
  bool ok() const { return ok_; }
  std::size_t remaining() const { return data_.size() - at_; }
  bool at_end() const { return ok_ && remaining() == 0; }

 private:
  bool take(std::uint64_t count) {
    if (!ok_ || count > remaining()) return ok_ = false;
    at_ += static_cast<std::size_t>(count);
    return true;
  }
  std::span<const std::uint8_t> data_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace filoscope
