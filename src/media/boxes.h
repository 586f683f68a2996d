#pragma once

/// Big-endian bytes and nested ISO base media boxes (ISO/IEC 14496-12, section 4.2).

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace filoscope::media {

class BoxWriter {
 public:
  void u8(std::uint32_t value) { bytes_.push_back(static_cast<std::uint8_t>(value)); }
  void u16(std::uint32_t value) { u8(value >> 8), u8(value); }
  void u24(std::uint32_t value) { u8(value >> 16), u16(value); }
  void u32(std::uint64_t value) {
    u16(static_cast<std::uint32_t>(value >> 16)), u16(static_cast<std::uint32_t>(value));
  }
  void u64(std::uint64_t value) { u32(value >> 32), u32(value); }
  void zeros(std::size_t count) { bytes_.insert(bytes_.end(), count, 0); }
  void text(std::string_view value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }
  void raw(std::span<const std::uint8_t> value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }

  /// Calls `body`, which writes the content of a box of this type.
  template <typename Body>
  void box(std::string_view type, Body body) {
    const auto at = bytes_.size();
    u32(0);
    text(type);
    body();
    patch_u32(at, static_cast<std::uint32_t>(bytes_.size() - at));
  }
  template <typename Body>
  void full_box(std::string_view type, int version, std::uint32_t flags, Body body) {
    box(type, [&] {
      u8(static_cast<std::uint32_t>(version));
      u24(flags);
      body();
    });
  }
  void patch_u32(std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
      bytes_[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    }
  }
  std::size_t size() const { return bytes_.size(); }
  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace filoscope::media
