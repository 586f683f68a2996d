#pragma once

/// Threads for what handlers do: a bounded pool for each kind of work, so that none starves the
/// others.

#include "api/http.h"
#include "base/config.h"
#include "base/pool.h"

namespace filoscope::api {

/// Pictures that wait to be looked at, about two seconds of looking; and how many of them may come
/// from one address.
inline constexpr std::int64_t kPictureQueueMax = 32, kPicturesOfOneMax = 2;

/// Threads: any.
class Pools {
 public:
  explicit Pools(const Config& config);
  Pool& of(Work work);
  void stop();  ///< finishes what is queued; then every post is refused

 private:
  Pool plain_, feed_, search_, picture_, upload_, password_, waiting_;
};

}  // namespace filoscope::api
