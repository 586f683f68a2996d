#pragma once

/// What one person has put into the numbers that everybody shares about one video: which of her
/// acts stand, what was learned from her, with which weight and as of when. Every act counts once
/// per person and video, and an undone act takes back what it gave. 32 bits, kept in her seen-table
/// for as long as she remembers the video.
/// Threads: as the engine's phases.

#include <algorithm>
#include <cstdint>

#include "engine/numbers.h"
#include "engine/records.h"

namespace filoscope::engine {

/// Things a person does to a video that hold until they are undone.
enum class Act : std::uint32_t {
  like = 1,
  hide = 2,
  comment = 4,
  share = 8,
  save = 16,
  follow = 32,
  report = 64,
};

/// What is learned from a person about a video outside the feed, once each.
enum class Lesson : std::uint32_t {
  watch = 1,
  like = 2,
  share = 4,
  follow = 8,
  not_interested = 16
};

class Contribution {
 public:
  explicit Contribution(std::uint32_t bits = 0) : bits_(bits) {}
  std::uint32_t bits() const { return bits_; }

  bool stands(Act act) const { return (bits_ & static_cast<std::uint32_t>(act)) != 0; }
  bool disliked() const { return stands(Act::hide) || stands(Act::report); }
  void set(Act act, bool on) {
    const auto bit = static_cast<std::uint32_t>(act);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
  }
  bool taught(Lesson lesson) const { return (bits_ >> kLessonsAt & bit(lesson)) != 0; }
  void teach(Lesson lesson) { bits_ |= bit(lesson) << kLessonsAt; }

  /// Fixes weight (0..1) and time of all that she will ever give to this video; once.
  void begin(float weight, std::int64_t at_ms, std::int64_t created_ms) {
    if (field(kAgeAt, kAgeMax) != 0) return;
    const auto age = std::max<std::int64_t>(at_ms - created_ms, 0) / kAgeUnitMs;
    put(kAgeAt, kAgeMax, 1 + static_cast<std::uint32_t>(std::min<std::int64_t>(age, kAgeMax - 1)));
    put(kWeightAt, kWeightMax, nearest(weight, kWeightMax));
  }
  float weight() const { return fraction(kWeightAt, kWeightMax); }
  /// When it counts as given: the time of `begin` to 4 hours, at most 3.7 years after `created_ms`.
  std::int64_t at_ms(std::int64_t created_ms) const {
    return created_ms + (std::int64_t{field(kAgeAt, kAgeMax)} - 1) * kAgeUnitMs;
  }
  /// Keeps the largest watched share, 0..1.
  void watched(float share) {
    put(kShareAt, kShareMax, std::max(field(kShareAt, kShareMax), nearest(share, kShareMax)));
  }
  /// Engagement that stands, as VideoTable::heat counts it: full watches, acts by their worth.
  double heat() const {
    double sum = fraction(kShareAt, kShareMax);
    sum += stands(Act::like) ? 2 : 0;
    sum += stands(Act::comment) ? 1 : 0;
    sum += stands(Act::share) ? 3 : 0;
    sum += stands(Act::save) ? 1 : 0;
    sum += stands(Act::follow) ? 2 : 0;
    return sum * static_cast<double>(weight());
  }
  /// How many acts of approval stand.
  int approvals() const {
    int count = 0;
    for (const Act act : {Act::like, Act::share, Act::save, Act::follow}) count += stands(act);
    return count;
  }

 private:
  // From the low end: 7 bits of acts, 5 of lessons, 4 of share, 3 of weight, 13 of age.
  static constexpr unsigned kLessonsAt = 7, kShareAt = 12, kWeightAt = 16, kAgeAt = 19;
  static constexpr std::uint32_t kShareMax = 15, kWeightMax = 7, kAgeMax = 8191;
  static constexpr std::int64_t kAgeUnitMs = 4LL * 3600 * 1000;

  static std::uint32_t bit(Lesson lesson) { return static_cast<std::uint32_t>(lesson); }
  static std::uint32_t nearest(float x, std::uint32_t max) {
    return static_cast<std::uint32_t>(clamp(x, 0, 1) * static_cast<float>(max) + 0.5F);
  }
  std::uint32_t field(unsigned at, std::uint32_t max) const { return bits_ >> at & max; }
  void put(unsigned at, std::uint32_t max, std::uint32_t value) {
    bits_ = (bits_ & ~(max << at)) | value << at;
  }
  float fraction(unsigned at, std::uint32_t max) const {
    return static_cast<float>(field(at, max)) / static_cast<float>(max);
  }

  std::uint32_t bits_;
};

}  // namespace filoscope::engine
