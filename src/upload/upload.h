#pragma once

/// From bytes to a published video: resumable upload (tus 1.0.0), a bounded queue of processing
/// jobs that survives restarts, retries, publication.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "media/media.h"
#include "reading/reading.h"
#include "safety/safety.h"
#include "social/social.h"

namespace filoscope::upload {

inline const Setting<std::int64_t> kSizeBytesMax{"upload.size_bytes_max", 2LL << 30, 1 << 20,
                                                 1LL << 40, "Largest file taken."};
inline const Setting<std::int64_t> kChunkBytesMax{"upload.chunk_bytes_max", 8 << 20, 64 << 10,
                                                  1 << 30, "Largest tus chunk."};
inline const Setting<std::int64_t> kDurationSMax{"upload.duration_s_max", 600, 1, 36000,
                                                 "Longest video."};
inline const Setting<std::int64_t> kPerDayMax{"upload.per_day_max", 100, 1, 1000000,
                                              "Uploads a person may make in 24 hours."};
inline const Setting<std::int64_t> kUnfinishedMax{"upload.unfinished_max", 5, 1, 1000,
                                                  "Unfinished uploads a person may have."};
inline const Setting<std::int64_t> kExpiryHours{"upload.expiry_hours", 24, 1, 720,
                                                "Hours an unfinished upload is kept."};
inline const Setting<std::int64_t> kQueueMax{"upload.queue_max", 500, 1, 100000,
                                             "Videos waiting for processing."};
inline const Setting<std::int64_t> kWorkers{"upload.workers", 1, 1, 64,
                                            "Videos processed at the same time."};
inline const Setting<std::int64_t> kRetriesMax{"upload.retries_max", 2, 0, 10,
                                               "Tries after a crash or time-out of the worker."};
inline const Setting<bool> kLateRung{
    "upload.rung_1080", true,
    "Make a rendition of 1080 lines, where the file has them, after publication and when nothing "
    "else waits; the file is kept until then."};
inline const Setting<bool> kKeepOriginal{"upload.keep_original", false,
                                         "Keep the uploaded file beside the renditions."};

struct NewUpload {
  std::int64_t size_bytes = 0;
  std::string filename;  ///< in whatever bytes it came; kept as accounts::shown_text
  std::string caption, visibility, fingerprint;
  std::string metadata{};                  ///< tus' Upload-Metadata as it came, given back as it is
  std::optional<std::int64_t> cover_ms{};  ///< as in media::MediaOptions
  SoundId sound{};                         ///< that it is to play instead of its own; none: its own
  catalog::Labels labels{};
  bool draft = false;
  /// A number for the network that it comes from, equal for all who share it; 0: none to share.
  std::int64_t network = 0;
};

struct UploadState {
  UploadId id;
  std::string filename, fingerprint, metadata;
  std::int64_t offset = 0, size_bytes = 0, expires_at_ms = 0;
  VideoId video;  ///< once complete
};

/// A part of a file on its way in. Bytes given to `write` are durable after `commit`. Threads: one
/// at a time.
class Chunk {
 public:
  virtual ~Chunk() = default;
  virtual Result<void> write(std::span<const std::uint8_t> bytes) = 0;
  /// Checks the checksum if one was announced (invalid_argument: nothing is kept), syncs, moves the
  /// offset. When the file is complete, the video exists (state received) and is queued.
  virtual Result<UploadState> commit() = 0;
};

/// Space for bytes that are received before their upload begins, with what that will need: it is
/// given back by the destructor. Threads: one at a time.
class Room {
 public:
  virtual ~Room() = default;
  /// Before so many more are written. Errors: unavailable (no space for them, or for more than were
  /// announced).
  virtual Result<void> before_write(std::int64_t bytes) = 0;
};

/// Threads: any; calls may block. Owns the media pool that runs the jobs.
class Uploads {
 public:
  struct Parts {
    Database& database;
    BlobStore& blobs;
    accounts::Accounts& accounts;
    catalog::Catalog& catalog;
    social::Social& social;
    copies::Copies& copies;
    safety::Safety& safety;
    reading::Reading& reading;
    media::MediaWorkers& workers;
    const Clock& clock;
    const Config& config;
    std::string data_folder;  ///< unfinished uploads lie in `uploads/` below it
  };
  static Result<std::unique_ptr<Uploads>> open(const Parts& parts);
  virtual ~Uploads() = default;

  /// Errors: unauthenticated (no account), invalid_argument (too large, empty, cover_ms out of
  /// range; the limit in the text; a sound that she may not use), exhausted (quota, queue).
  virtual Result<UploadState> create(const accounts::Viewer& viewer, const NewUpload& form) = 0;
  /// For callers that take bytes before `create`: that an upload of this size (0: not known yet)
  /// could begin now, by quotas, queue and disk, and its space meanwhile, which it needs twice.
  /// Errors: as create.
  virtual Result<std::unique_ptr<Room>> make_room(const accounts::Viewer& viewer,
                                                  std::int64_t size_bytes,
                                                  std::int64_t network) = 0;
  /// Her own only: not_found otherwise, or when expired.
  virtual Result<UploadState> state(const accounts::Viewer& viewer, UploadId id) = 0;
  /// Errors: conflict (offset is not the stored one; another chunk is being written),
  /// invalid_argument (past the end, chunk too large). `checksum` is tus' "sha1 BASE64" | "sha256
  /// BASE64" or "".
  virtual Result<std::unique_ptr<Chunk>> begin_chunk(const accounts::Viewer& viewer, UploadId id,
                                                     std::int64_t offset, std::int64_t length_bytes,
                                                     std::string_view checksum) = 0;
  virtual Result<void> terminate(const accounts::Viewer& viewer, UploadId id) = 0;
  virtual Result<std::vector<UploadState>> unfinished(AccountId viewer) = 0;

  /// A whole local file (import, samples): copied in, video created and queued. `sample` marks it
  /// as removable.
  virtual Result<VideoId> import_file(AccountId viewer, const std::string& path,
                                      std::string_view caption, bool sample) = 0;
  /// True when nothing waits or runs.
  virtual bool idle() const = 0;
  virtual std::size_t waiting_count() const = 0;
  /// Lets the running job go on to a safe point or kills its worker (it is queued again at the next
  /// start), then joins.
  virtual void stop() = 0;
};

}  // namespace filoscope::upload
