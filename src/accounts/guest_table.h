#pragma once

/// The guests who are stored, by their last act: who makes room for whom. A visitor is stored when
/// she acts first, so a place costs an act; and who acted once and never again goes before anybody
/// who came back, so that a crowd of visitors without cookies drives out only its own.

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/lru_cache.h"
#include "base/mutex.h"

namespace filoscope::accounts {

/// Who acted again this recently is not idle.
inline constexpr std::int64_t kGuestActiveMs = 120'000;

/// Threads: any. The tables on disk follow it: what is reserved here is settled or given back.
class GuestTable {
 public:
  explicit GuestTable(std::size_t guests_max) : guests_max_(guests_max) {}

  struct Guest {
    PersonKey person;
    std::int64_t acted_ms = 0;
    bool again = false;  ///< acted in more than one call
  };

  /// A stored guest as found on disk; counts as one who came back.
  void load(PersonKey person, std::int64_t acted_ms);
  bool contains(PersonKey person);
  /// Notes that she acted; false when she is not stored.
  bool act(PersonKey person, std::int64_t now_ms);

  /// Holds a place for her, and takes out those who make room: of the once-acted the longest idle,
  /// then of the others the longest idle if they have been idle for kGuestActiveMs. Nothing when
  /// nobody is: the table is full of people who are there. `gone` is empty when she has a place or
  /// one is being held already.
  std::optional<std::vector<Guest>> reserve(PersonKey person, std::int64_t now_ms);
  /// What was reserved is on disk.
  void settle(PersonKey person);
  /// It is not: her place is free again, and those who made room are back.
  void give_back(PersonKey person, const std::vector<Guest>& gone);
  void erase(PersonKey person);

  /// Her token opens nothing any more, as long as that is remembered; all it could open then is an
  /// empty guest.
  void end(PersonKey person);
  bool ended(PersonKey person);

 private:
  struct Place {
    Guest guest;
    bool stored = false;  ///< false: held
  };
  using Places = std::list<Place>;  ///< the longest idle first

  Places& list_of(const Guest& guest) FILOSCOPE_REQUIRES(mutex_) {
    return guest.again ? again_ : once_;
  }
  void put(const Guest& guest, bool stored) FILOSCOPE_REQUIRES(mutex_);
  void drop(PersonKey person) FILOSCOPE_REQUIRES(mutex_);
  /// The one who goes next; null for nobody.
  const Guest* next_to_go(std::int64_t now_ms, bool only_idle) FILOSCOPE_REQUIRES(mutex_);

  static constexpr std::size_t kGoneMax = 100;      ///< in one transaction
  static constexpr std::size_t kEndedMax = 10'000;  ///< guests whose end is remembered
  const std::size_t guests_max_;
  Mutex mutex_;
  Places once_ FILOSCOPE_GUARDED_BY(mutex_), again_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unordered_map<PersonKey, Places::iterator> places_ FILOSCOPE_GUARDED_BY(mutex_);
  LruCache<PersonKey, bool> ended_ FILOSCOPE_GUARDED_BY(mutex_){kEndedMax};
};

}  // namespace filoscope::accounts
