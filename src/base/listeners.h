#pragma once

/// Who wants to be told of a thing: the thing does not know them.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/mutex.h"

namespace filoscope {

/// Threads: any. A call is quick, throws nothing and neither adds nor ends listeners of the same
/// thing.
template <typename... What>
class Listeners {
 public:
  using Call = std::function<void(const What&...)>;

  /// Told until the handle is gone, whose end waits for a call that runs. The handle may outlive
  /// this.
  [[nodiscard]] std::shared_ptr<void> add(Call call) {
    Lock lock(state_->mutex);
    const auto number = state_->next++;
    state_->calls.emplace(number, std::move(call));
    return {nullptr, [state = state_, number](std::nullptr_t) {
              Lock removing(state->mutex);
              state->calls.erase(number);
            }};
  }

  void tell(const What&... what) const {
    Lock lock(state_->mutex);
    for (const auto& [number, call] : state_->calls) call(what...);
  }

 private:
  struct State {
    Mutex mutex;
    std::int64_t next FILOSCOPE_GUARDED_BY(mutex) = 0;
    std::map<std::int64_t, Call> calls FILOSCOPE_GUARDED_BY(mutex);
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace filoscope
