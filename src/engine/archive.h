#pragma once

/// One walk over the state, three uses: writing a snapshot, reading one, hashing. Each part of the
/// state has one `template <class A> void visit(A&)` that names its fields in a fixed order; a
/// field that came with version N of its section is visited where `archive.version >= N`. Loader
/// fails softly: ask `ok()`; sizes are checked against what is left before allocating.

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/random.h"

namespace filoscope::engine {

template <typename T>
concept Plain = std::is_trivially_copyable_v<T>;

/// Of every section: what this program writes.
inline constexpr std::uint16_t kNewestVersion = 0xFFFF;

/// Gives the bytes of what it walks over to `sink.put(data, size)`.
template <typename Sink>
class Walker {
 public:
  static constexpr bool kLoading = false;
  static constexpr std::uint16_t version = kNewestVersion;
  explicit Walker(Sink& sink) : sink_(sink) {}
  template <Plain T>
  void operator()(const T& value) {
    sink_.put(&value, sizeof value);
  }
  /// REQUIRES: T without padding (padding has no defined bytes).
  template <Plain T>
  void operator()(const std::vector<T>& values, std::size_t) {
    (*this)(static_cast<std::uint64_t>(values.size()));
    if (!values.empty()) sink_.put(values.data(), values.size() * sizeof(T));
  }
  std::size_t count(std::size_t n, std::size_t) {
    (*this)(static_cast<std::uint64_t>(n));
    return n;
  }
  bool ok() const { return true; }
  void fail() {}

 private:
  Sink& sink_;
};

/// How many bytes they are.
struct CountingSink {
  std::uint64_t size = 0;
  void put(const void*, std::size_t more) { size += more; }
};

class Loader {
 public:
  static constexpr bool kLoading = true;
  Loader(std::span<const std::uint8_t> data, std::uint16_t of) : version(of), data_(data) {}
  const std::uint16_t version;
  template <Plain T>
  void operator()(T& value) {
    if (take(sizeof value)) std::memcpy(&value, data_.data() + at_ - sizeof value, sizeof value);
  }
  template <Plain T>
  void operator()(std::vector<T>& values, std::size_t count_max) {
    const auto n = count(0, count_max);
    if (!ok_ || n > (data_.size() - at_) / sizeof(T)) return fail();
    values.resize(n);
    if (n != 0 && take(n * sizeof(T)))
      std::memcpy(values.data(), data_.data() + at_ - n * sizeof(T), n * sizeof(T));
  }
  std::size_t count(std::size_t, std::size_t count_max) {
    std::uint64_t n = 0;
    (*this)(n);
    if (ok_ && n <= count_max && n <= data_.size() - at_) return static_cast<std::size_t>(n);
    fail();
    return 0;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && at_ == data_.size(); }
  void fail() { ok_ = false; }

 private:
  bool take(std::size_t size) {
    if (!ok_ || size > data_.size() - at_) return ok_ = false;
    at_ += size;
    return true;
  }
  std::span<const std::uint8_t> data_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// The hash of the state, field by field.
class HashingSink {
 public:
  void put(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    size_ += size;
    for (; size >= 8; size -= 8, bytes += 8) word(bytes, 8);
    if (size != 0) word(bytes, size);
  }
  std::uint64_t value() const { return mix64(state_ ^ size_); }

 private:
  void word(const std::uint8_t* bytes, std::size_t size) {
    std::uint64_t x = 0;
    std::memcpy(&x, bytes, size);
    state_ = (state_ ^ x) * 0x9E3779B97F4A7C15ULL;
    state_ ^= state_ >> 29;
  }
  std::uint64_t state_ = 0x243F6A8885A308D3ULL;
  std::uint64_t size_ = 0;
};

}  // namespace filoscope::engine
