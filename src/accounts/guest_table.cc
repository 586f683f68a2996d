#include "accounts/guest_table.h"

#include <algorithm>

namespace filoscope::accounts {

void GuestTable::put(const Guest& guest, bool stored) {
  auto& list = list_of(guest);
  const auto behind = std::find_if(list.rbegin(), list.rend(), [&](const Place& place) {
    return place.guest.acted_ms <= guest.acted_ms;
  });
  places_[guest.person] = list.insert(behind.base(), Place{guest, stored});
}

void GuestTable::drop(PersonKey person) {
  const auto found = places_.find(person);
  if (found == places_.end()) return;
  list_of(found->second->guest).erase(found->second);
  places_.erase(found);
}

void GuestTable::load(PersonKey person, std::int64_t acted_ms) {
  Lock lock(mutex_);
  put({person, acted_ms, true}, true);
}

bool GuestTable::contains(PersonKey person) {
  Lock lock(mutex_);
  const auto found = places_.find(person);
  return found != places_.end() && found->second->stored;
}

bool GuestTable::act(PersonKey person, std::int64_t now_ms) {
  Lock lock(mutex_);
  const auto found = places_.find(person);
  if (found == places_.end() || !found->second->stored) return false;
  const Guest guest{person, std::max(now_ms, found->second->guest.acted_ms), true};
  drop(person);
  put(guest, true);
  return true;
}

const GuestTable::Guest* GuestTable::next_to_go(std::int64_t now_ms, bool only_idle) {
  for (const auto* list : {&once_, &again_}) {
    const auto first =
        std::find_if(list->begin(), list->end(), [](const Place& place) { return place.stored; });
    if (first == list->end()) continue;
    const bool idle = first->guest.acted_ms + kGuestActiveMs <= now_ms;
    if (idle || (list == &once_ && !only_idle)) return &first->guest;
  }
  return nullptr;
}

std::optional<std::vector<GuestTable::Guest>> GuestTable::reserve(PersonKey person,
                                                                  std::int64_t now_ms) {
  Lock lock(mutex_);
  std::vector<Guest> gone;
  if (places_.count(person) != 0) return gone;
  if (places_.size() >= guests_max_) {
    // More than one at a time: an erasure is dear, and the next newcomer is not far.
    const auto many = std::clamp<std::size_t>(guests_max_ / 100, 1, kGoneMax);
    while (gone.size() < many) {
      const auto* next = next_to_go(now_ms, !gone.empty());
      if (next == nullptr) break;
      gone.push_back(*next);
      drop(gone.back().person);
    }
    if (gone.empty()) return std::nullopt;
  }
  put({person, now_ms, false}, false);
  return gone;
}

void GuestTable::settle(PersonKey person) {
  Lock lock(mutex_);
  const auto found = places_.find(person);
  if (found != places_.end()) found->second->stored = true;
}

void GuestTable::give_back(PersonKey person, const std::vector<Guest>& gone) {
  Lock lock(mutex_);
  const auto found = places_.find(person);
  if (found != places_.end() && !found->second->stored) drop(person);
  for (const auto& guest : gone) {
    if (places_.count(guest.person) == 0) put(guest, true);
  }
}

void GuestTable::erase(PersonKey person) {
  Lock lock(mutex_);
  drop(person);
}

void GuestTable::end(PersonKey person) {
  Lock lock(mutex_);
  drop(person);
  ended_.put(person, true);
}

bool GuestTable::ended(PersonKey person) {
  Lock lock(mutex_);
  return ended_.find(person) != nullptr;
}

}  // namespace filoscope::accounts
