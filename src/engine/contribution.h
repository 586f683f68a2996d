#pragma once

/// What one person has put into the numbers that everybody shares about one video: which of her
/// acts stand, her best watch, what was learned from her, with which weight and as of when. Each
/// counts once per person and video, and an undone act takes back what it gave. 32 bits, kept in
/// her seen-table for as long as she remembers the video. Threads: as the engine's phases.

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
    auto age = std::max<std::int64_t>(at_ms - created_ms, 0) / kAgeUnitMs;
    if (age > kAgeFine) age = kAgeFine + (age - kAgeFine) / kAgeCoarse;
    put(kAgeAt, kAgeMax, 1 + static_cast<std::uint32_t>(std::min<std::int64_t>(age, kAgeMax - 1)));
    put(kWeightAt, kWeightMax, nearest(weight, kWeightMax));
  }
  float weight() const { return fraction(kWeightAt, kWeightMax); }
  /// When it counts as given: the time of `begin` to 4 hours, from 341 days after `created_ms` on
  /// to 12; at most 3.7 years after it.
  std::int64_t at_ms(std::int64_t created_ms) const {
    std::int64_t age = std::int64_t{field(kAgeAt, kAgeMax)} - 1;
    if (age > kAgeFine) age = kAgeFine + (age - kAgeFine) * kAgeCoarse;
    return created_ms + age * kAgeUnitMs;
  }
  /// Keeps the best watch: one that is no skip before one that is, then the largest share, 0..1.
  void watched(float share, bool skipped) {
    const auto now = skipped ? kSkipped : kWatched + nearest(share, kShareMax - kWatched);
    put(kShareAt, kShareMax, std::max(field(kShareAt, kShareMax), now));
  }
  bool watched() const { return field(kShareAt, kShareMax) != 0; }
  bool skipped() const { return field(kShareAt, kShareMax) == kSkipped; }
  /// The watched share of what is no skip; else 0.
  float share() const {
    const auto best = field(kShareAt, kShareMax);
    if (best <= kWatched) return 0;
    return static_cast<float>(best - kWatched) / static_cast<float>(kShareMax - kWatched);
  }
  /// Nothing of it stands; what must not happen twice for one person still shows.
  void clear_standing() { bits_ &= ~(kActsMax | kShareMax << kShareAt); }
  bool stands_at_all() const { return (bits_ & (kActsMax | kShareMax << kShareAt)) != 0; }
  bool joined() const { return (bits_ >> kJoinedAt) != 0; }  ///< to others by Collaborative
  void join() { bits_ |= 1U << kJoinedAt; }
  std::uint32_t unjoined() const { return bits_ & ~(1U << kJoinedAt); }
  /// Engagement that stands, as VideoTable::heat counts it: full watches, acts by their worth.
  double heat() const {
    double sum = static_cast<double>(share());
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
  // From the low end: 7 bits of acts, 5 of lessons, 4 of share, 3 of weight, 12 of age, 1 of
  // joined.
  static constexpr unsigned kLessonsAt = 7, kShareAt = 12, kWeightAt = 16, kAgeAt = 19,
                            kJoinedAt = 31;
  static constexpr std::uint32_t kActsMax = 127, kShareMax = 15, kWeightMax = 7, kAgeMax = 4095;
  static constexpr std::uint32_t kSkipped = 1, kWatched = 2;  ///< of share; 0: never watched
  static constexpr std::int64_t kAgeUnitMs = 4LL * 3600 * 1000, kAgeFine = 2048, kAgeCoarse = 3;

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
