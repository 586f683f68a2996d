#pragma once

/// A crowd that swipes through an arm, on a clock of its own: people take turns, leave and come
/// back.

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string_view>
#include <vector>

#include "simulate/arm.h"

namespace filoscope::simulate {

/// How long a world runs, and what happens in it.
struct Course {
  std::size_t swipes_each = 100;  ///< after which a person stops; 0: none does
  std::int64_t until_ms = 0;      ///< when everybody stops; 0: never. REQUIRES: one of the two
  std::size_t flip_after = 0;  ///< swipes after which the taste of every other person (1, 3, 5 …)
                               ///< is flipped; 0: of nobody
};

/// One clip of one person, from its answer to the end of it.
struct Swipe {
  std::uint32_t person = 0, clip = 0;
  std::uint32_t number = 0;  ///< of hers, from 1
  std::int64_t shown_ms = 0;
  float share = 0;        ///< watched
  float expected = 0;     ///< mean share of this clip for her then
  float best = 0;         ///< of the best clip that she had not had then: what was possible
  float usual = 0;        ///< `expected`, were the clip of the usual length
  bool repeated = false;  ///< she had had it
  bool liked = false;
  bool tempted = false;  ///< "not interested" came to her mind
  bool hidden = false;   ///< and she said it
  bool left = false;     ///< the session ended behind it
  std::uint8_t topic = 0;
  std::uint8_t answer_count = 0;
  /// How many clips of each topic the last answer before it was shown had.
  std::array<std::uint8_t, kTopics> answer_topics{};
};

/// Threads: one at a time. The crowd outlives it.
class World {
 public:
  World(const Crowd& crowd, const Rules& rules, std::uint64_t seed, std::string_view arm,
        const Course& course);
  /// To the end; `progress` hears how far it is, 0..1. Call once.
  void run(const std::function<void(double)>& progress);

  const std::vector<Swipe>& swipes() const { return swipes_; }  ///< in the order of their ends
  const Arm& arm() const { return *arm_; }
  std::int64_t now_ms() const { return now_ms_; }

 private:
  struct Watching {
    Swipe swipe;
    Offer offer;
    std::uint32_t watch_ms = 0;
  };
  /// What a device and its person have beside her taste.
  struct Visit {
    bool on_screen = false;
    Watching watching;
    std::optional<Offer> held;
    std::uint32_t swipes = 0, days_drifted = 0;
  };
  struct Turn {
    std::int64_t at_ms = 0;
    std::size_t person = 0;
    bool operator>(const Turn& other) const {
      return at_ms != other.at_ms ? at_ms > other.at_ms : person > other.person;
    }
  };

  void publish_due();
  void drift_until_now(std::size_t person);
  void take_turn(std::size_t person);
  void show_next(std::size_t person);
  Watching watch(std::size_t person, Offer offer);
  /// False when she leaves.
  bool end_clip(std::size_t person);
  void act(std::size_t person, Watching& watching);
  double leaving(std::size_t person, const Swipe& swipe) const;
  bool is_over(std::size_t person) const;
  double progress() const;
  void tell(std::size_t person, const Offer& offer, engine::EventType type,
            std::uint32_t watch_ms = 0);

  const Crowd& crowd_;
  const Rules rules_;
  const std::uint64_t seed_;
  const Course course_;
  std::vector<Person> people_;
  std::vector<Visit> visits_;
  std::unique_ptr<Arm> arm_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
  std::vector<Swipe> swipes_;
  std::uint32_t published_ = 0;
  std::int64_t now_ms_ = kStartMs;
};

}  // namespace filoscope::simulate
