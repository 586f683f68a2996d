#include "api/updates.h"

#include <utility>

#include "api/reasons.h"

namespace filoscope::api {
namespace {

/// Her own videos of which a step is kept while she does not listen; who has more asks for all.
constexpr std::size_t kStepsMax = 64;

template <typename Map, typename Key>
void erase_pair(Map& map, const Key& key, const Updates::Listener* listener) {
  const auto [first, last] = map.equal_range(key);
  for (auto at = first; at != last; ++at) {
    if (at->second != listener) continue;
    map.erase(at);
    return;
  }
}

}  // namespace

Updates::Updates(const Services& services)
    : of_one_max_(services.config[kWaitingPerPersonMax]),
      notices_(services.social.on_notice([this](const AccountId& whom) { noticed(whom); })),
      steps_(services.catalog.on_step([this](const catalog::Step& step) { stepped(step); })) {}

Result<std::shared_ptr<Updates::Listener>> Updates::listen(const accounts::Viewer& viewer,
                                                           Interest interest,
                                                           std::function<void()> wake) {
  auto listener = std::make_shared<Listener>(*this, viewer, interest, std::move(wake));
  Lock lock(mutex_);  // given back before a listener that is refused leaves
  auto& count = counts_[viewer.person];
  if (count >= of_one_max_) return Error(reason("too_many_sockets"), of_one_max_);
  ++count;
  listener->counted_ = true;
  if (viewer.account) by_account_.emplace(viewer.account, listener.get());
  return listener;
}

void Updates::leave(Listener& listener) {
  Lock lock(mutex_);
  if (!listener.counted_) return;
  if (listener.account_) erase_pair(by_account_, listener.account_, &listener);
  for (const auto video : listener.watched_) erase_pair(by_video_, video, &listener);
  const auto count = counts_.find(listener.person_);
  if (--count->second == 0) counts_.erase(count);
}

void Updates::noticed(AccountId whom) {
  Lock lock(mutex_);
  const auto [first, last] = by_account_.equal_range(whom);
  for (auto at = first; at != last; ++at) {
    at->second->notices_ = true;
    at->second->wake_();
  }
}

void Updates::stepped(const catalog::Step& step) {
  Lock lock(mutex_);
  const auto [first, last] = by_account_.equal_range(step.owner);
  for (auto at = first; at != last; ++at) {
    auto& steps = at->second->steps_;
    if (at->second->interest_ == Interest::notices) continue;
    if (steps.size() >= kStepsMax && !steps.contains(step.id)) continue;
    steps.insert_or_assign(step.id, step);
    at->second->wake_();
  }
  const auto [begin, end] = by_video_.equal_range(step.id);
  for (auto at = begin; at != end; ++at) {
    at->second->changed_.insert(step.id);
    at->second->wake_();
  }
}

void Updates::Listener::watch(const std::vector<VideoId>& videos) {
  Lock lock(updates_.mutex_);
  const std::unordered_set<VideoId> wanted(videos.begin(), videos.end());
  for (const auto video : watched_) {
    if (!wanted.contains(video)) erase_pair(updates_.by_video_, video, this);
  }
  std::erase_if(changed_, [&](VideoId video) { return !wanted.contains(video); });
  for (const auto video : wanted) {
    if (watched_.contains(video)) continue;
    watched_.insert(video);  // first: whoever leaves is looked for by it
    updates_.by_video_.emplace(video, this);
    changed_.insert(video);
  }
  watched_ = wanted;
}

void Updates::Listener::unwatch(VideoId video) {
  Lock lock(updates_.mutex_);
  if (watched_.erase(video) != 0) erase_pair(updates_.by_video_, video, this);
}

Updates::Listener::News Updates::Listener::take() {
  Lock lock(updates_.mutex_);
  News news;
  news.notices = std::exchange(notices_, false);
  for (const auto& [id, step] : std::exchange(steps_, {})) news.steps.push_back(step);
  news.changed.assign(changed_.begin(), changed_.end());
  changed_.clear();
  return news;
}

}  // namespace filoscope::api
