#include "api/pools.h"

#include "accounts/accounts.h"
#include "api/api.h"

namespace filoscope::api {
namespace {

constexpr std::size_t kPasswordQueueMax = 32;  ///< about two seconds of hashes

std::size_t count(const Config& config, const Setting<std::int64_t>& setting) {
  return static_cast<std::size_t>(config[setting]);
}

}  // namespace

Pools::Pools(const Config& config)
    : plain_("work", count(config, kWorkThreads), count(config, kWorkQueueMax)),
      feed_("feed", count(config, kFeedThreads), count(config, kWorkQueueMax)),
      search_("search", count(config, kSearchThreads), count(config, kWorkQueueMax)),
      picture_("pictures", count(config, visual::kLookers), kPictureQueueMax),
      upload_("uploads", count(config, kUploadThreads), count(config, kWorkQueueMax)),
      password_("passwords", count(config, accounts::kPasswordHashesMax), kPasswordQueueMax),
      waiting_("waiting", count(config, kWaitingThreads), count(config, kWaitingMax)) {}

Pool& Pools::of(Work work) {
  switch (work) {
    case Work::feed:
      return feed_;
    case Work::search:
      return search_;
    case Work::picture:
      return picture_;
    case Work::upload:
      return upload_;
    case Work::password:
    case Work::sign_up:
      return password_;
    case Work::waiting:
      return waiting_;
    case Work::plain:
    case Work::media:
      break;
  }
  return plain_;
}

void Pools::stop() {
  for (auto* pool : {&password_, &waiting_, &upload_, &picture_, &search_, &feed_, &plain_})
    pool->stop();
}

}  // namespace filoscope::api
