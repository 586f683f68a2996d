#pragma once

/// The latest answers that left no record, so that "why" can be asked by their id too. In memory
/// only, under a keyed hash that needs both the person and the id of the answer: who reads the
/// memory finds nobody in it.

#include <string>
#include <vector>

#include "base/lru_cache.h"
#include "base/mutex.h"
#include "feed/feed.h"

namespace filoscope::feed {

/// Threads: any.
class Unrecorded {
 public:
  Unrecorded(const crypto::Key& key, std::size_t answers_max) : key_(key), answers_(answers_max) {}

  /// What the tokens of one answer say, in its order.
  void keep(RequestId request, PersonKey person, std::vector<Impression> impressions) {
    for (auto& impression : impressions) impression.person = {};
    Lock lock(mutex_);
    answers_.put(name_of(request, person), std::move(impressions));
  }
  /// Empty when it is forgotten, or was given to another person.
  std::vector<Impression> find(RequestId request, PersonKey person) {
    Lock lock(mutex_);
    const auto* found = answers_.find(name_of(request, person));
    return found == nullptr ? std::vector<Impression>() : *found;
  }

 private:
  std::string name_of(RequestId request, PersonKey person) const {
    const auto mac = crypto::hmac_sha256(key_, "unrecorded|" + request.text() + person.text());
    return std::string(crypto::as_text(mac).substr(0, 16));
  }

  const crypto::Key key_;
  Mutex mutex_;
  LruCache<std::string, std::vector<Impression>> answers_ FILOSCOPE_GUARDED_BY(mutex_);
};

}  // namespace filoscope::feed
