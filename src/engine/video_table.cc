#include "engine/video_table.h"

#include <algorithm>
#include <utility>

#include "engine/numbers.h"

namespace filoscope::engine {
namespace {

constexpr double kNewVideoHeat = 4;  ///< a new video starts as warm as four full watches just now

double time_exponent(std::int64_t at_ms) {
  return static_cast<double>(at_ms) / static_cast<double>(VideoTable::kHotHalfLifeMs);
}

double starting_heat(const Video& video) {
  return time_exponent(video.created_ms) + log2_fixed(kNewVideoHeat);
}

}  // namespace

std::uint64_t feature_key(FeatureKind kind, std::uint64_t value) {
  const auto key = mix64(value ^ (static_cast<std::uint64_t>(kind) * 0xD6E8FEB86659FD93ULL));
  return key == 0 ? 1 : key;
}

void Counters::bring_forward(std::int64_t at_ms) {
  const auto now_s = static_cast<std::uint32_t>(at_ms / 1000);
  if (now_s <= at_s) return;
  if (at_s != 0) {
    const float left = decay((static_cast<std::int64_t>(now_s) - at_s) * 1000, kHalfLifeMs);
    exposures *= left, watches *= left, share_sum *= left;
    likes *= left, skips *= left, negatives *= left;
  }
  at_s = now_s;
}

unsigned Video::duration_bucket() const {
  return duration_ms <= 5000 ? 0 : (duration_ms <= 15000 ? 1 : (duration_ms <= 60000 ? 2 : 3));
}

const Author* VideoTable::find_author(std::uint64_t key) const {
  const auto found = key == 0 ? std::nullopt : author_index_.find(key);
  return found ? &authors_[*found] : nullptr;
}

const VideoTable::Posting* VideoTable::posting(std::uint32_t key) const {
  const auto found = posting_index_.find(std::uint64_t{key} + 1);
  return found ? &postings_[*found] : nullptr;
}

std::uint32_t VideoTable::author_index(std::uint64_t key) {
  const auto place = std::max<std::uint64_t>(key, 1);
  if (const auto found = author_index_.find(place)) return *found;
  const auto index = static_cast<std::uint32_t>(authors_.size());
  authors_.push_back({}).key = place;
  author_index_.put(place, index);
  return index;
}

void VideoTable::post(std::uint32_t key, std::uint32_t number) {
  const std::uint64_t place = std::uint64_t{key} + 1;
  auto found = posting_index_.find(place);
  if (!found) {
    found = static_cast<std::uint32_t>(postings_.size());
    if (!posting_index_.put(place, *found)) return;
    postings_.push_back({}).key = key;
  }
  Posting& posting = postings_[*found];
  if (posting.videos.size() < kPostingMax)
    posting.videos.push_back(number);
  else
    posting.videos[posting.next % kPostingMax] = number;
  ++posting.next;
}

/// Gives one to an entry that is not known yet.
std::uint32_t VideoTable::number_of(std::uint64_t id) {
  if (const auto known = index_.find(id)) return *known;
  const auto number = static_cast<std::uint32_t>(videos_.size());
  videos_.push_back({});
  scan_.push_back({});
  videos_[number].id = id;
  index_.put(id, number);
  return number;
}

void VideoTable::join_copies(std::uint32_t number, std::uint32_t original) {
  if ((scan_[number].flags & kCopied) != 0) return;
  if ((scan_[original].flags & kCopied) == 0) videos_[original].next_copy = original;
  std::size_t count = 1;
  for (auto other = row(original).next_copy; other != original; other = row(other).next_copy)
    ++count;
  if (count >= kCopiesMax) return;
  videos_[number].next_copy = row(original).next_copy;
  videos_[original].next_copy = number;
  scan_[number].flags |= kCopied | kCopy;
  scan_[original].flags |= kCopied;
}

std::optional<std::uint32_t> VideoTable::publish(const VideoPublished& body, std::int64_t at_ms,
                                                 std::size_t live_max) {
  if (!body.video) return std::nullopt;
  const auto known = index_.find(body.video.value);
  if (!known || !live(*known))
    while (live_count_ >= live_max) drop_oldest();
  if (videos_.size() >= 0xFFFFFFF0ULL) return std::nullopt;
  const auto number = number_of(body.video.value);
  const bool is_new = row(number).video_key == 0;
  if (live(number)) unlist(number);
  if (body.copy_of && body.copy_of != body.video)
    join_copies(number, number_of(body.copy_of.value));
  Video& video = videos_[number];
  const auto old_keys = std::move(video.keys);
  const auto old_sound = video.sound_key;
  video.id = body.video.value, video.author = body.author.value;
  video.sound_key = body.sound ? feature_key(FeatureKind::sound, body.sound.value) : 0;
  video.author_key = feature_key(FeatureKind::author, body.author.value);
  video.video_key = feature_key(FeatureKind::video, body.video.value);
  video.language = body.language, video.created_ms = std::min(body.created_ms, at_ms);
  video.duration_ms = std::max<std::uint32_t>(body.duration_ms, 1);
  video.tags_count = static_cast<std::uint8_t>(body.hashtags.size());
  video.words_count = static_cast<std::uint8_t>(body.words.size());
  video.keys.clear();
  for (const auto tag : body.hashtags) video.keys.push_back(feature_key(FeatureKind::hashtag, tag));
  for (const auto word : body.words) video.keys.push_back(feature_key(FeatureKind::word, word));
  video.keys.shrink_to_fit();
  video.author_index = author_index(body.author.value);

  auto& by_author = authors_[video.author_index].videos;
  const auto older = [this](std::uint32_t a, std::uint32_t b) {
    const Video &x = row(a), &y = row(b);
    return x.created_ms != y.created_ms ? x.created_ms < y.created_ms : x.id < y.id;
  };
  by_author.insert(std::upper_bound(by_author.begin(), by_author.end(), number, older), number);
  for (const auto key : video.keys)
    if (std::find(old_keys.begin(), old_keys.end(), key) == old_keys.end())
      post(short_key(key), number);
  if (video.sound_key != 0 && video.sound_key != old_sound)
    post(short_key(video.sound_key), number);

  ScanRow& scanned = scan_[number];
  if (is_new) scanned.hot = starting_heat(video);
  scanned.author = video.author, scanned.language = video.language;
  scanned.flags = (scanned.flags & kLasting) | kLive | (body.followers_only ? kFollowersOnly : 0U) |
                  (body.age_min >= 18 ? kAdult : 0U) | std::uint64_t{body.kind} << kKindShift;
  ++live_count_;
  oldest_ = std::min(oldest_, number);
  if (body.followers_only) leave_fresh(number);
  if (!body.followers_only) enter_fresh(number, at_ms), enter_trending(number);
  return number;
}

/// Takes a live video out of every list; its number, counters and features stay known.
void VideoTable::unlist(std::uint32_t number) {
  scan_[number].flags &= kLasting;
  --live_count_;
  auto& by_author = authors_[row(number).author_index].videos;
  by_author.erase(std::remove(by_author.begin(), by_author.end(), number), by_author.end());
  trending_.erase(std::remove(trending_.begin(), trending_.end(), number), trending_.end());
  if (trending_.size() < kTrendingMax / 2 && live_count_ > trending_.size()) rebuild_trending();
}

void VideoTable::remove(VideoId id) {
  const auto number = index_.find(id.value);
  if (!number || !live(*number)) return;
  unlist(*number), leave_fresh(*number);
  gone_.push_back(*number);
}

void VideoTable::drop_oldest() {
  while (oldest_ < videos_.size() && !live(oldest_)) ++oldest_;
  if (oldest_ < videos_.size()) remove({row(oldest_).id});
}

bool VideoTable::hotter(std::uint32_t a, std::uint32_t b) const {
  return scan_[a].hot != scan_[b].hot ? scan_[a].hot > scan_[b].hot : a < b;
}

void VideoTable::enter_trending(std::uint32_t number) {
  auto at = std::find(trending_.begin(), trending_.end(), number);
  if (at == trending_.end()) {
    if (trending_.size() >= kTrendingMax) {
      if (!hotter(number, trending_.back())) return;
      trending_.pop_back();
    }
    trending_.push_back(number);
    at = trending_.end() - 1;
  }
  const auto place =
      std::lower_bound(trending_.begin(), at, number,
                       [this](std::uint32_t a, std::uint32_t b) { return hotter(a, b); });
  std::rotate(place, at, at + 1);
}

/// Moves a cooled video down where it belongs; what now ends a full list may be cooler than some
/// outside of it, and leaves.
void VideoTable::sink_trending(std::uint32_t number) {
  const auto at = std::find(trending_.begin(), trending_.end(), number);
  if (at == trending_.end()) return;
  const auto place =
      std::lower_bound(at + 1, trending_.end(), number,
                       [this](std::uint32_t a, std::uint32_t b) { return hotter(a, b); });
  std::rotate(at, at + 1, place);
  if (trending_.size() < kTrendingMax || trending_.back() != number) return;
  trending_.pop_back();
}

void VideoTable::rebuild_trending() {
  trending_.clear();
  for (std::uint32_t number = oldest_; number < numbers_end(); ++number)
    if ((scan(number).flags & (kLive | kFollowersOnly)) == kLive) enter_trending(number);
}

void VideoTable::heat(std::uint32_t number, double weight, std::int64_t at_ms) {
  if (weight == 0) return;
  ScanRow& heated = scan_[number];
  const bool listed = (heated.flags & (kLive | kFollowersOnly)) == kLive;
  const double amount = time_exponent(at_ms) + log2_fixed(weight < 0 ? -weight : weight);
  if (weight > 0) {
    heated.hot = log2_add(heated.hot, amount);
    if (listed) enter_trending(number);
    return;
  }
  heated.hot = std::max(log2_subtract(heated.hot, amount), starting_heat(row(number)));
  if (listed) sink_trending(number);
}

void VideoTable::enter_fresh(std::uint32_t number, std::int64_t at_ms) {
  ScanRow& scanned = scan_[number];
  if ((scanned.flags & (kFreshDone | kFreshListed)) != 0) return;
  if (row(number).created_ms < at_ms - kFreshMs) return;
  scanned.flags |= kFreshListed;
  fresh_.push_back(number);
}

void VideoTable::leave_fresh(std::uint32_t number) {
  auto& flags = scan_[number].flags;
  if ((flags & kFreshListed) == 0) return;
  if ((flags & kFreshDone) != 0) --fresh_done_;
  flags &= ~std::uint64_t{kFreshListed};
  std::erase(fresh_, number);
}

void VideoTable::count_fresh(std::uint32_t number, std::uint32_t target) {
  if (row(number).counters.total_impressions < target) return;
  auto& flags = scan_[number].flags;
  if ((flags & kFreshListed) != 0 && (flags & kFreshDone) == 0) ++fresh_done_;
  flags |= kFreshDone;
}

void VideoTable::sweep_fresh(std::int64_t at_ms) {
  constexpr std::int64_t kEveryMs = 3600LL * 1000;
  if (fresh_done_ < kFreshDoneMax && at_ms - fresh_swept_ms_ < kEveryMs) return;
  fresh_swept_ms_ = at_ms, fresh_done_ = 0;
  std::erase_if(fresh_, [&](std::uint32_t number) {
    const bool owed =
        (scan(number).flags & kFreshDone) == 0 && row(number).created_ms >= at_ms - kFreshMs;
    if (!owed) scan_[number].flags &= ~std::uint64_t{kFreshListed};
    return !owed;
  });
}

void VideoTable::rebuild_fresh() {
  fresh_done_ = 0;
  for (const auto number : std::exchange(fresh_, {})) {
    auto& flags = scan_[number].flags;
    if ((flags & (kLive | kFollowersOnly | kFreshDone | kFreshListed)) != kLive) continue;
    flags |= kFreshListed;
    fresh_.push_back(number);
  }
}

void VideoTable::rebuild_indexes() {
  index_.reset(), author_index_.reset(), posting_index_.reset();
  for (std::uint32_t i = 0; i < videos_.size(); ++i)
    if (videos_[i].id != 0) index_.put(videos_[i].id, i);
  for (std::uint32_t i = 0; i < authors_.size(); ++i)
    if (authors_[i].key != 0) author_index_.put(authors_[i].key, i);
  for (std::uint32_t i = 0; i < postings_.size(); ++i)
    posting_index_.put(std::uint64_t{postings_[i].key} + 1, i);
}

bool VideoTable::fits() const {
  const auto known = [this](std::uint32_t number) { return number < videos_.size(); };
  const auto all_known = [&](const auto& list) {
    return std::all_of(list.begin(), list.end(), known);
  };
  if (scan_.size() != videos_.size() || !all_known(trending_) || !all_known(fresh_)) return false;
  for (std::size_t i = 0; i < videos_.size(); ++i)
    if (videos_[i].author_index >= authors_.size() || !videos_[i].outcomes.fits()) return false;
  if (!copies_fit()) return false;
  for (std::size_t i = 0; i < authors_.size(); ++i)
    if (!all_known(authors_[i].videos) || !authors_[i].outcomes.fits()) return false;
  for (std::size_t i = 0; i < postings_.size(); ++i)
    if (!all_known(postings_[i].videos)) return false;
  return true;
}

/// Each copy is the next of one other: then all circles are closed.
bool VideoTable::copies_fit() const {
  std::vector<bool> is_next(videos_.size());
  for (std::size_t i = 0; i < videos_.size(); ++i) {
    if ((scan_[i].flags & kCopied) == 0) continue;
    const auto next = videos_[i].next_copy;
    if (next >= videos_.size() || (scan_[next].flags & kCopied) == 0 || is_next[next]) return false;
    is_next[next] = true;
  }
  return true;
}

std::size_t VideoTable::bytes() const {
  std::size_t total = videos_.bytes() + scan_.bytes() + authors_.bytes() + postings_.bytes() +
                      index_.bytes() + author_index_.bytes() + posting_index_.bytes();
  total += sampled_bytes(videos_, [](const Video& video) { return video.keys.capacity() * 8; });
  const auto numbers = [](const auto& row) { return row.videos.capacity() * 4; };
  total += sampled_bytes(authors_, numbers) + sampled_bytes(postings_, numbers);
  return total + (trending_.capacity() + fresh_.capacity()) * 4;
}

}  // namespace filoscope::engine
