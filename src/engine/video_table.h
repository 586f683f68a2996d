#pragma once

/// What the engine knows of videos and their authors: features, decayed counters, and the indexes
/// that retrieval reads (postings by content, trending and fresh lists).
/// A video's number (u32) is given at its first publication and never given again.
/// Threads: readers in the shared phase, one writer in the exclusive one.

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/containers.h"
#include "engine/outcomes.h"

namespace filoscope::engine {

enum class FeatureKind : std::uint64_t {
  hashtag = 1,
  word,
  sound,
  author,
  video,
  language,
  bucket
};
/// Key of a feature in every table here; never 0.
std::uint64_t feature_key(FeatureKind kind, std::uint64_t value);
/// The 32 bits of a feature key that interest histograms and postings keep.
inline std::uint32_t short_key(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32); }

/// Counters with a half-life of 7 days of log time, brought forward when they are written. All but
/// total_impressions are sums of people's weights (PeopleTable::weight).
struct Counters {
  static constexpr std::int64_t kHalfLifeMs = 7LL * 24 * 3600 * 1000;
  float exposures = 0;  ///< impressions
  float watches = 0;
  float share_sum = 0;  ///< of watched shares, each 0..1
  float likes = 0;      ///< like, save, share, follow
  float skips = 0;
  float negatives = 0;  ///< not interested, report
  std::uint32_t at_s = 0;
  std::uint32_t total_impressions = 0;  ///< not decayed
  void bring_forward(std::int64_t at_ms);
};

struct Video {
  std::uint64_t id = 0;
  std::uint64_t author = 0;
  std::uint64_t sound_key = 0;  ///< feature key, 0 when silent
  std::uint64_t author_key = 0;
  std::uint64_t video_key = 0;
  std::uint64_t language = 0;
  std::int64_t created_ms = 0;
  std::uint32_t duration_ms = 0;
  std::uint32_t author_index = 0;
  std::uint8_t tags_count = 0;
  std::uint8_t words_count = 0;
  Counters counters;
  OutcomeCounts outcomes;
  std::vector<std::uint64_t> keys;  ///< feature keys: hashtags, then words
  /// Of a clip with copies (kCopied) the next of them, in a circle; those that went stay in it.
  std::uint32_t next_copy = 0;

  /// 0 ≤ 5 s, 1 ≤ 15 s, 2 ≤ 60 s, 3 longer.
  unsigned duration_bucket() const;
};

/// kFreshListed: in the line for a first audience. kCopied: others show the same; kCopy: and one of
/// them was there before.
inline constexpr std::uint8_t kLive = 1, kFollowersOnly = 2, kAdult = 4, kFreshDone = 8,
                              kFreshListed = 16, kCopied = 32, kCopy = 64;
/// What stays of an entry that goes, or is published again.
inline constexpr std::uint8_t kLasting = kFreshDone | kFreshListed | kCopied | kCopy;
inline constexpr unsigned kKindShift = 8;  ///< the entry's kind stands above the flags

/// What a scan over all videos reads, one after the other in memory.
struct ScanRow {
  double hot = 0;  ///< log2 of forward-decayed popularity, comparable at any time
  std::uint64_t author = 0;
  std::uint64_t language = 0;
  std::uint64_t flags = 0;
  std::uint8_t kind() const { return static_cast<std::uint8_t>(flags >> kKindShift); }
};

struct Author {
  std::uint64_t key = 0;
  Counters counters;
  OutcomeCounts outcomes;
  std::vector<std::uint32_t> videos;  ///< live ones, oldest first
};

class VideoTable {
 public:
  static constexpr std::size_t kPostingMax = 128;
  static constexpr std::size_t kTrendingMax = 512;
  static constexpr std::size_t kCopiesMax = 64;  ///< of one clip that are known as such
  static constexpr std::int64_t kHotHalfLifeMs = 24LL * 3600 * 1000;
  static constexpr std::int64_t kFreshMs = 7LL * 24 * 3600 * 1000;
  static constexpr std::size_t kFreshDoneMax = 1024;  ///< of the line; more are taken out

  /// Adds or replaces; above `live_max` the oldest live video is dropped first. Nothing when 2^32
  /// numbers are used up.
  std::optional<std::uint32_t> publish(const VideoPublished& body, std::int64_t at_ms,
                                       std::size_t live_max);
  void remove(VideoId id);
  /// Numbers of the entries that went since the last call.
  std::vector<std::uint32_t> take_gone() { return std::exchange(gone_, {}); }

  /// Not of one that is only known as the original of a copy.
  std::optional<std::uint32_t> find(VideoId id) const {
    const auto number = index_.find(id.value);
    return number && row(*number).video_key != 0 ? number : std::nullopt;
  }
  std::uint32_t numbers_end() const { return static_cast<std::uint32_t>(videos_.size()); }
  std::size_t live_count() const { return live_count_; }
  bool live(std::uint32_t number) const { return (scan_[number].flags & kLive) != 0; }
  const Video& operator[](std::uint32_t number) const { return videos_[number]; }
  Video& at(std::uint32_t number) { return videos_[number]; }
  const ScanRow& scan(std::uint32_t number) const { return scan_[number]; }
  /// Whether `is` holds for another clip that shows what this one shows.
  template <typename Is>
  bool any_copy(std::uint32_t number, const Is& is) const {
    if ((scan_[number].flags & kCopied) == 0) return false;
    for (auto other = row(number).next_copy; other != number; other = row(other).next_copy)
      if (is(other)) return true;
    return false;
  }
  /// Whether `is` holds for one of them that stands before it: the original, then by age.
  template <typename Is>
  bool any_elder(std::uint32_t number, const Is& is) const {
    if ((scan_[number].flags & kCopy) == 0) return false;
    return any_copy(number, [&](std::uint32_t other) {
      const bool elder = (scan_[other].flags & kCopy) == 0 || row(other).id < row(number).id;
      return elder && is(other);
    });
  }
  const Author& author_of(const Video& video) const { return authors_[video.author_index]; }
  Author& author_at(const Video& video) { return authors_[video.author_index]; }
  const Author* find_author(std::uint64_t key) const;

  /// Adds `weight` of engagement as of `at_ms`; a negative one takes back what was given then, down
  /// to what a new video starts with.
  void heat(std::uint32_t number, double weight, std::int64_t at_ms);
  /// An impression counted; ends the fresh guarantee at `target`.
  void count_fresh(std::uint32_t number, std::uint32_t target);

  const std::vector<std::uint32_t>& trending() const { return trending_; }  ///< hottest first
  /// Everyone's that are still owed impressions, oldest first; some may be done or too old since.
  const std::vector<std::uint32_t>& fresh() const { return fresh_; }
  /// Takes those out of the line, now and then.
  void sweep_fresh(std::int64_t at_ms);
  /// Videos with this content, oldest first as a ring of kPostingMax: newest at `next - 1`.
  struct Posting {
    std::uint32_t key = 0;
    std::uint32_t next = 0;  ///< total ever added
    std::vector<std::uint32_t> videos;
  };
  const Posting* posting(std::uint32_t key) const;

  std::size_t bytes() const;
  template <typename A>
  void visit(A& archive);

 private:
  bool fits() const;  ///< after loading: whether its parts fit together
  bool copies_fit() const;
  /// To be read; videos_[number] is for writing.
  const Video& row(std::uint32_t number) const { return videos_[number]; }
  std::uint32_t number_of(std::uint64_t id);
  void join_copies(std::uint32_t number, std::uint32_t original);
  void post(std::uint32_t key, std::uint32_t number);
  void unlist(std::uint32_t number);
  void enter_fresh(std::uint32_t number, std::int64_t at_ms);
  void leave_fresh(std::uint32_t number);
  void drop_oldest();
  void enter_trending(std::uint32_t number);
  void sink_trending(std::uint32_t number);
  void rebuild_trending();
  /// Of the line that earlier versions kept, where all stood.
  void rebuild_fresh();
  bool hotter(std::uint32_t a, std::uint32_t b) const;
  std::uint32_t author_index(std::uint64_t key);
  void rebuild_indexes();

  // Small pages where rows hold lists of their own, which are copied with them.
  PagedVector<Video, 5> videos_;
  PagedVector<ScanRow, 10> scan_;
  PagedVector<Author, 5> authors_;
  PagedVector<Posting, 5> postings_;
  std::vector<std::uint32_t> trending_;
  std::vector<std::uint32_t> fresh_;
  std::uint32_t fresh_done_ = 0;  ///< in the line that are done
  std::int64_t fresh_swept_ms_ = 0;
  std::uint32_t oldest_ = 0;  ///< no live video has a lower number
  std::uint32_t live_count_ = 0;
  std::vector<std::uint32_t> gone_;  // empty between records
  Rebuilt<SegmentedMap> index_, author_index_, posting_index_;
};

template <typename A>
void visit(A& a, Counters& c) {
  a(c.exposures), a(c.watches), a(c.share_sum), a(c.likes), a(c.skips), a(c.negatives);
  a(c.at_s), a(c.total_impressions);
}

/// What version 1 held of each video: (video, weight) of those liked with it.
template <typename A>
void skip_co_watch(A& a) {
  std::vector<std::array<std::uint32_t, 2>> pairs;
  a(pairs, 32);
}

template <typename A>
void visit(A& a, Video& v) {
  a(v.id), a(v.author), a(v.sound_key), a(v.author_key), a(v.video_key), a(v.language);
  a(v.created_ms), a(v.duration_ms), a(v.author_index), a(v.tags_count), a(v.words_count);
  visit(a, v.counters);
  if (a.version >= 3) visit(a, v.outcomes);
  a(v.keys, kHashtagsMax + kWordsMax);
  if (a.version < 2) skip_co_watch(a);
  if (a.version >= 4) a(v.next_copy);
}

template <typename A>
void VideoTable::visit(A& a) {
  constexpr std::size_t kMax = 1U << 31;
  const auto each = [&](auto& table, auto member) {
    const auto n = a.count(table.size(), kMax);
    for (std::size_t i = 0; i < n && a.ok(); ++i) {
      if constexpr (A::kLoading) table.push_back({});
      member(table.template visited<A>(i));
    }
  };
  each(videos_, [&](Video& v) { engine::visit(a, v); });
  each(scan_, [&](ScanRow& r) { a(r.hot), a(r.author), a(r.language), a(r.flags); });
  each(authors_, [&](Author& x) {
    a(x.key), engine::visit(a, x.counters), a(x.videos, kMax);
    if (a.version >= 3) engine::visit(a, x.outcomes);
  });
  each(postings_, [&](Posting& p) { a(p.key), a(p.next), a(p.videos, kPostingMax); });
  a(trending_, kTrendingMax), a(fresh_, kMax);
  a(fresh_done_), a(oldest_), a(live_count_);
  if (a.version >= 3) a(fresh_swept_ms_);
  if constexpr (A::kLoading) {
    if (!fits()) return a.fail();
    if (a.version < 3) rebuild_fresh();
    rebuild_indexes();
  }
}

}  // namespace filoscope::engine
