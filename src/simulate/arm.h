#pragma once

/// What gives the crowd its clips: the engine in its modes, and plain methods beside it.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "engine/records.h"
#include "simulate/crowd.h"

namespace filoscope::simulate {

/// An app asks for what comes next. `held`: the clip that is prefetched and will be shown first.
struct Ask {
  std::size_t person = 0;
  std::int64_t at_ms = 0;
  std::optional<std::uint32_t> held;
};
struct Offer {
  std::uint32_t clip = 0;
  RequestId request;  ///< of the answer that gave it; none from a plain method
};
struct Deed {
  std::size_t person = 0;
  Offer offer;
  engine::EventType type = engine::EventType::impression;
  std::uint32_t watch_ms = 0;
  std::int64_t at_ms = 0;
};

/// Everything that an arm may look at beside what it is told: only `perfect` looks into tastes.
struct Stage {
  const Crowd& crowd;
  const std::vector<Person>& people;
  const Rules& rules;
  std::uint64_t seed = 1;
};

/// Threads: one at a time. Times never go back from call to call.
class Arm {
 public:
  virtual ~Arm() = default;
  /// The next clip of the crowd, in their order.
  virtual void publish(std::uint32_t clip, std::int64_t at_ms) = 0;
  /// Best first, never the held one, repeats only when nothing else is left; two or more, or what
  /// there is.
  virtual std::vector<Offer> answer(const Ask& ask) = 0;
  virtual void tell(const Deed& deed) = 0;
  /// Of the engine behind it; 0 where there is none.
  virtual std::uint64_t state_hash() const { return 0; }
  virtual std::uint64_t records_count() const { return 0; }
};

/// In the order in which they are run and reported.
inline constexpr std::string_view kArmNames[] = {
    "served", "learning_off", "not_profiled", "hourly", "popularity", "random", "perfect"};
/// REQUIRES: one of kArmNames. The stage outlives it.
std::unique_ptr<Arm> make_arm(std::string_view name, const Stage& stage);
std::unique_ptr<Arm> make_engine_arm(std::string_view name, const Stage& stage);
std::unique_ptr<Arm> make_plain_arm(std::string_view name, const Stage& stage);

}  // namespace filoscope::simulate
