#pragma once

/// Lets writes run beside each other, and one alone that has met others too often. Internal to this
/// adapter.

#include <cstdint>

#include "base/mutex.h"

namespace filoscope::postgres {

enum class Company { others, none };

/// Threads: any. Who wants to be alone goes before those who come after it.
class Gate {
 public:
  /// A place in it until destroyed.
  class Place {
   public:
    Place(Gate& gate, Company company) : gate_(gate), company_(company) { gate_.enter(company_); }
    ~Place() { gate_.leave(company_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Gate& gate_;
    const Company company_;
  };

 private:
  void enter(Company company);
  void leave(Company company);

  Mutex mutex_;
  Condition changed_;
  std::int64_t inside_count_ FILOSCOPE_GUARDED_BY(mutex_) = 0;
  std::int64_t loners_count_ FILOSCOPE_GUARDED_BY(mutex_) = 0;  ///< waiting, or alone inside
  bool alone_ FILOSCOPE_GUARDED_BY(mutex_) = false;
};

}  // namespace filoscope::postgres
