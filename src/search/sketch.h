#pragma once

/// How many different people, without saying who: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier
/// 2007) of 256 registers, 6.5 % off as a rule and nearly exact under a hundred. Threads: its
/// owner's.

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace filoscope::search {

class PeopleSketch {
 public:
  /// `hash`: of a person, evenly spread, the same each time.
  void add(std::uint64_t hash);
  void merge(const PeopleSketch& other);
  std::int64_t count() const;
  Bytes encode() const;
  /// Errors: corrupt.
  static Result<PeopleSketch> decode(std::span<const std::uint8_t> bytes);

 private:
  static constexpr std::size_t kRegisters = 256;
  std::array<std::uint8_t, kRegisters> registers_{};
};

}  // namespace filoscope::search
