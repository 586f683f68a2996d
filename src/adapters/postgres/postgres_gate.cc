#include "adapters/postgres/postgres_gate.h"

namespace filoscope::postgres {

void Gate::enter(Company company) {
  Lock lock(mutex_);
  if (company == Company::none) {
    ++loners_count_;
    changed_.wait(mutex_,
                  [this]() FILOSCOPE_REQUIRES(mutex_) { return inside_count_ == 0 && !alone_; });
    alone_ = true;
    return;
  }
  changed_.wait(mutex_, [this]() FILOSCOPE_REQUIRES(mutex_) { return loners_count_ == 0; });
  ++inside_count_;
}

void Gate::leave(Company company) {
  Lock lock(mutex_);
  if (company == Company::none) {
    --loners_count_;
    alone_ = false;
  } else {
    --inside_count_;
  }
  changed_.notify_all();
}

}  // namespace filoscope::postgres
