#include "api/waiting.h"

#include <utility>

namespace filoscope::api {

void Waker::wake() {
  Lock lock(mutex_);
  if (std::exchange(woken_, true)) return;
  if (call_) call_();
}

void Waker::listen(std::function<void()> call) {
  Lock lock(mutex_);
  call_ = std::move(call);
  if (woken_) call_();
}

void Waker::deafen() {
  Lock lock(mutex_);
  call_ = nullptr;
}

void Waker::rest() {
  Lock lock(mutex_);
  woken_ = false;
}

void PendingAnswer::settle(Make make) {
  {
    Lock lock(mutex_);
    if (std::exchange(settled_, true)) return;
    make_ = std::move(make);
  }
  waker_.wake();
}

bool PendingAnswer::settled() const {
  Lock lock(mutex_);
  return settled_;
}

PendingAnswer::Make PendingAnswer::make() const {
  Lock lock(mutex_);
  return make_;
}

}  // namespace filoscope::api
