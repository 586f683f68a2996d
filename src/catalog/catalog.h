#pragma once

/// What exists and who may see it: entries of every kind with the only `may_see`, and of the kind
/// video all that it has: sound, renditions, processing. Publishing, editing and removing write the
/// row and the engine's log record in one transaction.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/accounts.h"
#include "base/id.h"
#include "base/result.h"
#include "catalog/entry.h"
#include "ports/blob_store.h"

namespace filoscope::catalog {

inline const Setting<std::int64_t> kCaptionCharactersMax{"catalog.caption_characters_max", 2200, 1,
                                                         10000, "Longest caption, in characters."};
inline const Setting<std::int64_t> kHashtagsMax{"catalog.hashtags_max", 30, 0, 30,
                                                "Most hashtags counted in one caption."};
inline const Setting<std::int64_t> kPublicCacheS{
    "catalog.public_cache_s", 3600, 0, 31536000,
    "Seconds that public media may stay in caches outside: the bound within which a removal "
    "reaches them."};

inline const Setting<std::int64_t> kRestorableMinutes{
    "catalog.restorable_minutes", 10080, 30, 43200,
    "Minutes in which a person can bring a deleted video back; its files stay on disk until then."};

inline const Setting<std::int64_t> kVideosCachedMax{
    "catalog.videos_cached_max", 20000, 16, 10'000'000,
    "Published videos kept in memory, at most (about 3 KiB each)."};

struct ByteRange {
  std::int64_t first = 0, last = 0;  ///< inclusive
};

struct Rendition {
  std::string name;  ///< "720": short side in pixels
  int width = 0, height = 0;
  double fps = 0;
  std::int64_t bitrate_bps = 0, size_bytes = 0;
  std::string codecs;                    ///< RFC 6381
  ByteRange init;                        ///< ftyp + moov + sidx
  std::vector<ByteRange> segments_head;  ///< the first two
};

struct Video : Entry {
  int progress_percent = 0;
  std::string error;  ///< why it failed: a `stored_text`
  int width = 0, height = 0;
  double gain_db = 0;       ///< for the player to apply: 0 but in videos of earlier releases, whose
                            ///< files do not hold it
  std::string placeholder;  ///< data: URI
  std::string sound_title;  ///< as its owner named it; "" as a rule
  AccountId sound_owner;    ///< whose sound it is; none where she may not be named
  std::vector<Rendition> renditions;  ///< largest first
  int covers_count = 0, cover_index = 0;
  std::string media_key;  ///< unguessable folder of its files, never reused; a change of visibility
                          ///< gives a new one
  bool sample = false;
  std::string credits;  ///< whose work it is and under which licence, plain text; "" as a rule
};

/// What processing found; plain copies of media's facts so that catalog needs no media.
struct Processed {
  std::int64_t duration_ms = 0;
  int width = 0, height = 0;
  std::string placeholder;
  bool has_audio = false;
  std::vector<std::uint32_t> sound_print;
  SoundId sound{};    ///< what it was made to play; none: it is told by its print
  VideoId copy_of{};  ///< the clip that it shows again
  bool copies_part = false;
  bool held = false, sensitive = false, flashes = false;
  std::vector<Rendition> renditions;
  int covers_count = 0;
  std::string facts_json;  ///< for operators: codecs, hdr, notes
};

/// What videos share that play the same. It belongs to whoever published it for everyone first, of
/// those whose video is still there.
struct Sound {
  SoundId id;
  std::string title;              ///< as Video::sound_title
  AccountId owner;                ///< as Video::sound_owner
  std::int64_t videos_count = 0;  ///< of those for everyone
};

/// A rendition that was made after publication.
struct LateRendition {
  Rendition rendition;
  UniqueFd mp4;              ///< by BlobStore::make_temporary
  std::string playlist;      ///< of it alone
  std::string master_entry;  ///< its lines in the master playlist
};

struct NewVideo {
  AccountId owner;
  std::string caption;
  Visibility visibility = Visibility::everyone;
  Labels labels{};
  bool draft = false;
  bool sample = false;
};

struct VideoChange {
  std::optional<std::string> caption{};
  std::optional<Visibility> visibility{};
  std::optional<Labels> labels{};
  std::optional<std::int64_t> available_until_ms{};  ///< 0: no end; a later one prolongs
  std::optional<int> cover_index{};
  std::optional<std::string> credits{};
  bool publish_draft = false;
};

/// Where a video stands: told after each commit that changed it, and with each step of processing.
struct Step {
  VideoId id;
  AccountId owner;
  State state = State::received;
  int progress_percent = 0;
};

struct VideoPage {
  std::vector<Video> items;
  std::string next_cursor;
};

/// The largest rendition that was there at publication, for players that take one file. REQUIRES:
/// it has renditions.
const Rendition& plain_rendition(const Video& video);
/// The file that lists all renditions for HLS.
std::string_view master_file(const Video& video);

/// One file of a video as the delivery path serves it: resolved without touching the database when
/// cached.
struct MediaFile {
  std::string blob_key;
  std::string content_type;
  bool restricted = false;  ///< `private, no-store`
};

/// Threads: any; calls may block on the database. Published entries are cached in memory (bounded);
/// `may_see` never blocks. Parts outlive it, and so do those who gave it hooks. Where nothing else
/// is said errors are those of the database (unavailable, exhausted, corrupt). Cursors are opaque;
/// `limit` is brought into 1..100; a page may be shorter than its limit and still have a cursor.
/// Every `also` and hook may run more than once (Database::write).
class Catalog {
 public:
  struct Parts {
    Database& database;
    Outbox& log;
    BlobStore& blobs;
    accounts::Accounts& accounts;
    const Clock& clock;
    const Config& config;
    crypto::Key key;
  };
  static Result<std::unique_ptr<Catalog>> open(const Parts& parts);
  virtual ~Catalog() = default;

  /// In state received. Errors: not_found (no such account), invalid_argument (the caption).
  virtual Result<Video> create(const NewVideo& form) = 0;
  /// As `create`; `also` runs in the same transaction (an upload's job is queued by it).
  virtual Result<Video> create_with(
      const NewVideo& form, const std::function<Result<void>(Session&, const Video&)>& also) = 0;
  /// received, checked, processing (with 0..99 percent) or failed (with `error`, a stored_text), in
  /// any order before publication. Errors: not_found, invalid_argument, conflict (it is published).
  virtual Result<void> set_state(VideoId id, State state, int progress_percent,
                                 std::string_view error) = 0;
  /// Stores what processing found, whose files lie in the BlobStore already (blob_key), and
  /// publishes (unless a draft): row, sound, hashtags, hooks and log record together. Once: the
  /// second time it gives what is there. Errors: not_found (removed meanwhile).
  virtual Result<Video> publish(VideoId id, const Processed& processed) = 0;
  /// As `publish`; `also` runs in the same transaction, before on_change's hooks.
  virtual Result<Video> publish_with(VideoId id, const Processed& processed,
                                     const std::function<Result<void>(Session&)>& also) = 0;
  /// Adds a rendition to a published video: first its files, then the row and what `also` writes in
  /// one transaction. Leaves no record: the engine knows nothing of renditions. Errors: not_found
  /// (removed meanwhile), conflict (not published, or it has one of this name).
  virtual Result<Video> add_rendition(VideoId id, LateRendition made,
                                      const std::function<Result<void>(Session&)>& also) = 0;
  /// Only by its owner; all fields at once or none. A new visibility moves the files of a finished
  /// one to a new media_key. An end that passed ends it with the next end_due; a later one, or
  /// none, publishes it again. `publish_draft` does nothing for what is no draft. Errors: denied,
  /// not_found, invalid_argument (caption, cover, an end in the past).
  virtual Result<Video> change(AccountId owner, VideoId id, const VideoChange& change) = 0;
  /// Ends that it is held: published, unless a draft; `sensitive`: none leaves that as it is.
  /// Errors: not_held.
  virtual Result<Video> release(VideoId id, std::optional<bool> sensitive) = 0;
  /// Whether it is for everyone, by whoever is responsible for the server. Errors: not_found.
  virtual Result<Video> set_sensitive(VideoId id, bool sensitive) = 0;
  /// Removes for good what is held. Gives what it was. Errors: not_held.
  virtual Result<Video> refuse(VideoId id) = 0;
  /// Gone from every surface when this returns, and its addresses with it. One that was published,
  /// and a finished draft, can be restored for kRestorableMinutes; of anything else
  /// the files go from disk in the same call. Errors: denied, not_found.
  virtual Result<void> remove(AccountId owner, VideoId id) = 0;
  /// Brings back what `remove` took away, with the same id, addresses, counts and comments:
  /// published, or ended where its time is over. Errors: not_found (not hers, not removed, too
  /// late).
  virtual Result<Video> restore(AccountId owner, VideoId id) = 0;
  /// What she can restore, newest first, ≤ 200.
  virtual Result<std::vector<Video>> removed(AccountId owner) = 0;
  virtual std::int64_t restorable_until_ms(const Video& video) const = 0;
  /// Ends the time in which it could be restored. Errors: not_found (as restore).
  virtual Result<void> remove_for_good(AccountId owner, VideoId id) = 0;
  /// Removes for good what can't be restored any more; to be called now and then. Files go even
  /// when the disk is full and their rows can't.
  virtual Result<void> sweep_removed() = 0;
  /// Ends what is available no longer: gone from counts, lists, public addresses and the engine. To
  /// be called every minute or so, by one thread; `may_see` knows the time by itself. One that
  /// cannot be ended keeps no other from it; its error comes out.
  virtual Result<void> end_due() = 0;
  // For good, also of what could be restored.
  virtual Result<void> remove_all_of(AccountId owner) = 0;
  virtual Result<void> remove_samples() = 0;

  /// Of any kind, in the order asked, also twice; unknown and removed ones left out, drafts and
  /// failed ones not: whether somebody may see them is may_see's to say.
  virtual Result<std::vector<Entry>> entries(std::span<const EntryId> ids) = 0;
  /// Errors: not_found.
  virtual Result<Entry> entry(EntryId id) = 0;
  /// The one rule: published and not a draft, in its time, visibility, blocks both ways, or her
  /// own.
  virtual bool may_see(const accounts::Viewer& viewer, const Entry& entry) const = 0;
  /// `entry` and `may_see` in one; not_found also for what may not be seen.
  virtual Result<Entry> visible_entry(const accounts::Viewer& viewer, EntryId id) = 0;
  /// Of any kind, newest first.
  virtual Result<EntryPage> by_owner(const accounts::Viewer& viewer, AccountId owner,
                                     std::string_view cursor, int limit) = 0;
  virtual Result<EntryPage> by_hashtag(const accounts::Viewer& viewer, std::string_view tag,
                                       std::string_view cursor, int limit) = 0;

  // Videos alone: what is of another kind is not found.
  virtual Result<Video> get(VideoId id) = 0;
  /// In the order asked; unknown and removed ones left out.
  virtual Result<std::vector<Video>> get_many(std::span<const VideoId> ids) = 0;
  virtual Result<Video> get_visible(const accounts::Viewer& viewer, VideoId id) = 0;
  /// Her videos in every state but removed, newest first.
  virtual Result<VideoPage> own(AccountId owner, std::string_view cursor, int limit) = 0;
  struct HashtagCount {
    std::string tag;
    std::int64_t videos_count = 0;
  };
  virtual Result<std::vector<HashtagCount>> hashtags(std::string_view prefix, int limit) = 0;

  /// Errors: not_found (no published video that she may see plays it).
  virtual Result<Sound> sound(const accounts::Viewer& viewer, SoundId id) = 0;
  /// In the order asked; unknown ones left out.
  virtual Result<std::vector<Sound>> sounds(std::span<const SoundId> ids) = 0;
  /// Those that belong to these people, the most used first.
  virtual Result<std::vector<Sound>> sounds_of(std::span<const AccountId> owners, int limit) = 0;
  /// Newest first.
  virtual Result<EntryPage> by_sound(const accounts::Viewer& viewer, SoundId id,
                                     std::string_view cursor, int limit) = 0;
  /// The video that others may take the sound from: the first one for everyone that she may see.
  /// Errors: not_found (there is none, so that she may not use the sound).
  virtual Result<Video> sound_source(const accounts::Viewer& viewer, SoundId id) = 0;
  /// A title of its own, "" for none, as long as it is hers. Errors: not_found (as sound), denied,
  /// invalid_argument (the title).
  virtual Result<Sound> name_sound(AccountId owner, SoundId id, std::string_view title) = 0;
  /// Called in the transaction that changes a sound, with what it is then; with no videos_count
  /// nobody but its owners may know of it. Before serving starts.
  using SoundHook = std::function<Result<void>(Session&, const Sound&)>;
  virtual void on_sound(SoundHook hook) = 0;

  /// How many each of these people has published for everyone, in their order.
  virtual Result<std::vector<std::int64_t>> videos_counts(std::span<const AccountId> owners) = 0;
  struct PublicVideo {
    VideoId id;
    AccountId owner;
    std::int64_t published_ms = 0;
  };
  /// What everyone may see and is for everyone, newest first: `limit` of them behind the first
  /// `offset`. O(offset + limit).
  virtual Result<std::vector<PublicVideo>> public_videos(std::int64_t offset,
                                                         std::int64_t limit) = 0;
  virtual Result<std::int64_t> public_videos_count() = 0;

  /// Address of a file ("720.mp4", "cover0.jpg", "master.m3u8"), signed with the current time
  /// bucket; relative to the origin. That of a restricted video (draft, ended, not for everyone) is
  /// for `reader` alone. Good for a day at least, for an hour where restricted; whether the
  /// file exists is not looked at.
  virtual std::string media_url(const Video& video, std::string_view file,
                                AccountId reader) const = 0;
  /// Checks signature, bucket, that the key still belongs to a video that exists, and of a
  /// restricted one that the address was made for a reader who may still see it. An address from
  /// before it was for everyone holds on. Never blocks on the database; O(1). Errors: not_found for
  /// everything that does not hold.
  virtual Result<MediaFile> resolve_media(std::string_view path) const = 0;
  /// Where processing puts its outputs: the blob key of a file of this video.
  virtual std::string blob_key(const Video& video, std::string_view file) const = 0;

  /// Runs inside the transaction of publish, change, remove and restore (its state tells which;
  /// one that is removed and can be restored has its removed_ms): search keeps its postings by
  /// this.
  using ChangeHook = std::function<Result<void>(Session&, const Entry&)>;
  virtual void on_change(ChangeHook hook) = 0;  ///< before serving starts
  /// Told of every step until the handle is gone (base/listeners.h), on the thread that made it and
  /// before its call returns; `call` must not block or change videos. Whoever asks then finds the
  /// video as it was told, or newer.
  [[nodiscard]] virtual std::shared_ptr<void> on_step(std::function<void(const Step&)> call) = 0;
  /// Reads again, newest first, what was stored by an older accounts::kTextVersion: captions are
  /// cleaned and parsed, their hashtags and search postings renewed, each video in a transaction of
  /// its own. Goes on where the last call was stopped. May take minutes; others go on meanwhile.
  virtual Result<void> reread(const std::atomic<bool>& stop) = 0;
  /// Tells the log's record of every video that the engine may know, in the order of their ids,
  /// without position; `tell` ends it by an error.
  virtual Result<void> restate(const std::function<Result<void>(const LogRecord&)>& tell) = 0;
  /// Every published entry, for re-indexing.
  virtual Result<void> each(const std::function<Result<void>(const Entry&)>& visit) = 0;
  /// Checks rows against blobs: missing and orphaned files, hashtag counts. One sentence per
  /// finding.
  virtual Result<std::vector<std::string>> verify() = 0;
};

}  // namespace filoscope::catalog
