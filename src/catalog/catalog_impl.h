#pragma once

/// The one Catalog. Internal to catalog; its parts: catalog_read.cc (asking), catalog_change.cc
/// (transactions), catalog_removed.cc (deleted for a while), catalog_sounds.cc (sounds found
/// again), catalog_files.cc (media keys on disk, verification).

#include <array>
#include <unordered_map>
#include <unordered_set>

#include "base/listeners.h"
#include "base/mutex.h"
#include "base/pool.h"
#include "catalog/catalog.h"
#include "catalog/media_map.h"
#include "catalog/reasons.h"
#include "catalog/sound_match.h"
#include "catalog/video_cache.h"

namespace filoscope::catalog {

/// What the engine may know of an entry.
enum class Reach { nobody, followers, everyone };
Reach reach_of(const Entry& entry);
/// The sound whose title such a change may change, none for most changes.
SoundId resettled_sound(const Video& before, const Video& after);

inline Error no_such_video() { return Error(reason("no_such_video")); }
inline Error no_such_entry() { return Error(reason("no_such_entry")); }

/// Threads: any. Changes of one video are serialised by a stripe lock that is held until memory
/// shows what the transaction stored. The hook of account deletion runs inside its transaction and
/// takes no stripe until that is committed; transactions check the row's state and the owner.
class CatalogImpl final : public Catalog {
 public:
  explicit CatalogImpl(const Parts& parts);
  ~CatalogImpl() override;
  /// Migrates, sweeps what a crash left, loads the media keys.
  Result<void> start();

  Result<Video> create(const NewVideo& form) override { return create_with(form, {}); }
  Result<Video> create_with(
      const NewVideo& form,
      const std::function<Result<void>(Session&, const Video&)>& also) override;
  Result<void> set_state(VideoId id, State state, int progress_percent,
                         std::string_view error) override;
  Result<Video> publish(VideoId id, const Processed& processed) override {
    return publish_with(id, processed, {});
  }
  Result<Video> publish_with(VideoId id, const Processed& processed,
                             const std::function<Result<void>(Session&)>& also) override;
  Result<Video> add_rendition(VideoId id, LateRendition made,
                              const std::function<Result<void>(Session&)>& also) override;
  Result<Video> change(AccountId owner, VideoId id, const VideoChange& change) override;
  Result<Video> release(VideoId id, std::optional<bool> sensitive) override;
  Result<Video> set_sensitive(VideoId id, bool sensitive) override;
  Result<Video> refuse(VideoId id) override;
  Result<void> remove(AccountId owner, VideoId id) override;
  Result<Video> restore(AccountId owner, VideoId id) override;
  Result<std::vector<Video>> removed(AccountId owner) override;
  std::int64_t restorable_until_ms(const Video& video) const override;
  Result<void> remove_for_good(AccountId owner, VideoId id) override;
  Result<void> sweep_removed() override;
  Result<void> end_due() override;
  Result<void> remove_all_of(AccountId owner) override;
  Result<void> remove_samples() override;

  Result<Video> get(VideoId id) override;
  Result<std::vector<Video>> get_many(std::span<const VideoId> ids) override;
  Result<std::vector<Entry>> entries(std::span<const EntryId> ids) override;
  Result<Entry> entry(EntryId id) override;
  bool may_see(const accounts::Viewer& viewer, const Entry& entry) const override;
  Result<Entry> visible_entry(const accounts::Viewer& viewer, EntryId id) override;
  Result<Video> get_visible(const accounts::Viewer& viewer, VideoId id) override;
  Result<EntryPage> by_owner(const accounts::Viewer& viewer, AccountId owner,
                             std::string_view cursor, int limit) override;
  Result<EntryPage> by_hashtag(const accounts::Viewer& viewer, std::string_view tag,
                               std::string_view cursor, int limit) override;
  Result<VideoPage> own(AccountId owner, std::string_view cursor, int limit) override;
  Result<std::vector<HashtagCount>> hashtags(std::string_view prefix, int limit) override;
  Result<Sound> sound(const accounts::Viewer& viewer, SoundId id) override;
  Result<std::vector<Sound>> sounds(std::span<const SoundId> ids) override;
  Result<std::vector<Sound>> sounds_of(std::span<const AccountId> owners, int limit) override;
  Result<EntryPage> by_sound(const accounts::Viewer& viewer, SoundId id, std::string_view cursor,
                             int limit) override;
  Result<Video> sound_source(const accounts::Viewer& viewer, SoundId id) override;
  Result<Sound> name_sound(AccountId owner, SoundId id, std::string_view title) override;
  void on_sound(SoundHook hook) override { sound_hooks_.push_back(std::move(hook)); }
  Result<std::vector<std::int64_t>> videos_counts(std::span<const AccountId> owners) override;
  Result<std::vector<PublicVideo>> public_videos(std::int64_t offset, std::int64_t limit) override;
  Result<std::int64_t> public_videos_count() override;

  std::string media_url(const Video& video, std::string_view file, AccountId reader) const override;
  Result<MediaFile> resolve_media(std::string_view path) const override;
  std::string blob_key(const Video& video, std::string_view file) const override;
  void on_change(ChangeHook hook) override { hooks_.push_back(std::move(hook)); }
  std::shared_ptr<void> on_step(std::function<void(const Step&)> call) override {
    return steps_.add(std::move(call));
  }
  Result<void> restate(const std::function<Result<void>(const LogRecord&)>& tell) override;
  Result<void> each(const std::function<Result<void>(const Entry&)>& visit) override;
  Result<void> reread(const std::atomic<bool>& stop) override;
  Result<std::vector<std::string>> verify() override;

 private:
  using Bodies = std::vector<VideoId>;
  static constexpr std::size_t kStripes = 256;
  Mutex& stripe_of(VideoId id) { return stripes_[std::hash<VideoId>()(id) % kStripes]; }

  // catalog_read.cc
  /// The row as stored, whatever its state and kind. Errors: not_found.
  Result<Video> load(EntryId id);
  /// As load; of another kind it is not found.
  Result<Video> load_video(VideoId id);
  Result<void> load_many(std::span<const VideoId> ids, std::unordered_map<VideoId, Video>& found);
  /// Those found in memory or the database, in the order asked, of any kind.
  Result<std::vector<VideoCache::Pointer>> find(std::span<const EntryId> ids);
  /// Every video that has its files to be served.
  Result<void> each_video(const std::function<Result<void>(const Video&)>& visit);
  /// Pages of ids from `sql` (placeholders: `key`, then id below which, then how many) until
  /// `limit` entries that may be seen are found.
  Result<EntryPage> page(const accounts::Viewer& viewer, std::string_view sql, const SqlValue& key,
                         std::string_view cursor, int limit);

  // catalog_change.cc
  /// Cleans a caption and sets what follows from it: hashtags, mentions, language.
  Result<void> set_caption(Entry& entry, std::string_view caption);
  /// Errors: invalid_argument (a new end that lies in the past).
  Result<void> set_end(Video& video, std::int64_t until_ms) const;
  /// What is finished is published while its time lasts, and ended then. Shown for the first time
  /// it gets its time of publication.
  void settle_state(Video& video) const;

  // catalog_reread.cc
  /// `save` keeps how far rereading has come.
  Result<void> reread_video(VideoId id, const std::function<Result<void>(Session&)>& save);

  // catalog_change.cc
  /// All that a change of a video means, inside its transaction: row, hashtags, media key, hooks,
  /// log record. Errors: not_found (removed meanwhile).
  Result<void> store(Session& session, const Video& before, Video& after);
  Result<void> store_row(Session& session, const Video& before, const Video& after);
  Result<void> store_hashtags(Session& session, const Entry& after);
  Result<void> store_media(Session& session, const Video& before, const Video& after);
  Result<LogRecord> record_of(const Entry& entry) const;
  Result<void> store_record(Session& session, const Video& before, const Video& after);
  /// A removed video as it stays: its id, so that nothing else ever gets it.
  static Video tombstone(const Video& video);
  /// True when the video is being processed, and now so far.
  bool note_progress(VideoId id, int percent);
  Result<void> remove_loaded(const Video& video);
  Result<void> remove_where(std::string_view sql, std::span<const SqlValue> arguments);
  /// A transaction that makes `after` of `before`. Its addresses hold from before the commit on, so
  /// that whoever reads the new row finds the files; memory follows when it is committed.
  Result<void> commit(const Video& before, Video& after,
                      const std::function<Result<void>(Session&)>& work);
  void remember(const Video& before, const Video& after);
  /// Runs inside the transaction that deletes an account.
  Result<void> forget_owner(Session& session, AccountId owner);
  /// After its commit: cache, media map and files.
  void finish_forgetting(AccountId owner, const std::vector<Video>& videos);

  // catalog_removed.cc
  bool is_restorable(const Video& video) const;
  /// Removes a video so that it can be restored.
  Result<void> set_aside(const Video& video);
  /// Videos that were removed, whatever their state; `condition` ends before its LIMIT. Rows that
  /// cannot be read are left out, and `damaged` becomes the last one's error.
  Result<std::vector<Video>> removed_where(std::string_view condition,
                                           const std::vector<SqlValue>& arguments,
                                           Result<void>& damaged);

  // catalog_sounds.cc
  /// The sound that it was made to play, while there is one; else the known one that its print is
  /// part of, or a new one, kept with its print.
  Result<SoundId> take_sound(Session& session, VideoId video, const Processed& processed);
  Result<SoundId> find_sound(Session& session, SoundPrint print);
  /// After a video began or ceased to carry a sound for everyone: whose sound it is now, with which
  /// title (both also in `after`), and how many carry it. A sound that none carries any more goes.
  Result<void> settle_sound(Session& session, const Video& before, Video& after);
  Result<Sound> tell_sound(Session& session, SoundId id) const;

  // catalog_files.cc
  Result<void> load_media_keys();
  Result<void> sweep_pending(AccountId owner);  ///< none: of everyone
  Result<void> delete_files(std::string_view media_key);
  /// For processing that ends after its video was removed: deletes what it still wrote.
  Result<void> discard_files(VideoId id);
  /// Deletes the files of a key, then forgets that they had to be.
  Result<void> delete_pending(std::string_view media_key);
  Result<void> mark_pending(const Video& video, std::string_view media_key);
  /// The files of a late rendition, and a second master playlist that names it too.
  Result<void> put_late(const Video& after, LateRendition& made);
  Result<void> remove_late(const Video& video);
  Result<void> put_text(const std::string& key, std::string_view text);
  Result<void> copy_files(const Video& video, std::string_view new_key);
  Result<void> verify_media(std::vector<std::string>& findings);
  /// Takes the files of videos that may come back out of `stored`.
  Result<void> verify_removed(std::unordered_set<std::string>& stored,
                              std::vector<std::string>& findings);
  Result<void> verify_hashtags(std::vector<std::string>& findings);
  Result<void> verify_sounds(std::vector<std::string>& findings);

  const Parts parts_;
  MediaMap media_;
  VideoCache cache_;
  std::vector<ChangeHook> hooks_;
  std::vector<SoundHook> sound_hooks_;
  std::array<Mutex, kStripes> stripes_;
  mutable Mutex progress_mutex_;
  struct Progress {
    int percent = 0;
    AccountId owner;
  };
  std::unordered_map<VideoId, Progress> progress_ FILOSCOPE_GUARDED_BY(progress_mutex_);
  Listeners<Step> steps_;
  Pool reaper_;  ///< deletes files of deleted accounts; last, so that it stops first
};

/// The names of all files that a published video has.
std::vector<std::string> files_of(const Video& video);

}  // namespace filoscope::catalog
