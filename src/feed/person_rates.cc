#include "feed/person_rates.h"

#include <algorithm>

namespace filoscope::feed {

Result<void> PersonRates::take(PersonKey person, std::int64_t count, std::int64_t now_us) {
  if (!person) return {};
  const auto full = static_cast<double>(per_hour_max_);
  const auto wanted = static_cast<double>(count);
  Lock lock(mutex_);
  auto* bucket = buckets_.find(person);
  if (bucket == nullptr) bucket = &buckets_.put(person, {full, now_us});
  const auto passed_us = static_cast<double>(std::max<std::int64_t>(0, now_us - bucket->at_us));
  bucket->left = std::min(full, bucket->left + passed_us * full / 3.6e9);
  bucket->at_us = now_us;
  if (bucket->left < wanted) return Error(refusal_, {per_hour_max_});
  bucket->left -= wanted;
  return {};
}

}  // namespace filoscope::feed
