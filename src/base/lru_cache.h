#pragma once

/// A bounded map that forgets what was unused longest. Threads: one at a time, under its owner's
/// lock.

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace filoscope {

template <typename Key, typename Value, typename Hash = std::hash<Key>>
class LruCache {
 public:
  /// REQUIRES: entries_max > 0.
  explicit LruCache(std::size_t entries_max) : entries_max_(entries_max) {
    FILOSCOPE_CHECK(entries_max > 0);
  }
  /// Null when absent; valid until the next call that changes the cache.
  Value* find(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }
  Value& put(const Key& key, Value value) {
    if (auto* present = find(key)) return *present = std::move(value);
    if (entries_.size() >= entries_max_) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, std::move(value));
    places_.emplace(key, entries_.begin());
    return entries_.front().second;
  }
  /// Null when empty; valid until the next call that changes the cache.
  const std::pair<Key, Value>* oldest() const {
    return entries_.empty() ? nullptr : &entries_.back();
  }
  bool erase(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return false;
    entries_.erase(found->second);
    places_.erase(found);
    return true;
  }
  void clear() {
    places_.clear();
    entries_.clear();
  }
  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  const std::size_t entries_max_;
  Entries entries_;  ///< the latest used first
  std::unordered_map<Key, typename Entries::iterator, Hash> places_;
};

}  // namespace filoscope
