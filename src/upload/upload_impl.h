#pragma once

/// The one Uploads. Internal to upload; its parts: uploads.cc (rows), chunk.cc (bytes), import.cc,
/// processing.cc (jobs).

#include <filesystem>
#include <functional>
#include <thread>
#include <unordered_set>

#include "base/mutex.h"
#include "upload/job_queue.h"
#include "upload/space.h"
#include "upload/upload.h"
#include "upload/upload_probe.h"

namespace filoscope::upload {

/// What a job reads; the descriptors are the caller's.
struct Input {
  int file_fd = -1;
  int sound_fd = -1;                       ///< as in media::MediaOptions
  std::optional<std::int64_t> cover_ms{};  ///< as there
};
/// What turns a file into outputs: media::MediaWorkers::process, or a test's own.
using Processor = std::function<Result<media::MediaFacts>(
    const Input& input, const media::MediaOutputs& outputs, const media::Progress& progress,
    const std::atomic<bool>* cancel)>;
/// About how long a file takes, in milliseconds of processing: media::MediaWorkers::look, or a
/// test's own. Errors: invalid_argument (it will be refused), others (it could not be looked at).
using Measurer = std::function<Result<std::int64_t>(int input_fd, const std::atomic<bool>* cancel)>;
Result<std::unique_ptr<Uploads>> open_uploads(const Uploads::Parts& parts, Processor process,
                                              Measurer measure = {}, FreeBytes free_bytes = {});

/// A row of upload_files.
struct UploadRow {
  UploadState state;
  AccountId owner;
  std::string caption, visibility;
  catalog::Labels labels;
  bool draft = false;
  std::optional<std::int64_t> cover_ms;
  std::int64_t network = 0;
  SoundId sound;
};

/// Order of durability: bytes, fdatasync, row. After a crash the row's offset is the truth and what
/// the file has beyond it is cut off. A complete file belongs to the job of its video, which is
/// queued in the transaction that makes the video and deleted in the one that publishes or removes
/// it.
class UploadsImpl final : public Uploads {
 public:
  UploadsImpl(const Parts& parts, Processor process, Measurer measure, FreeBytes free_bytes);
  ~UploadsImpl() override;
  /// Migrates, sweeps, takes up the jobs a crash or stop left, starts the threads.
  Result<void> start();

  Result<UploadState> create(const accounts::Viewer& viewer, const NewUpload& form) override;
  Result<std::unique_ptr<Room>> make_room(const accounts::Viewer& viewer, std::int64_t size_bytes,
                                          std::int64_t network) override;
  Result<UploadState> state(const accounts::Viewer& viewer, UploadId id) override;
  Result<std::unique_ptr<Chunk>> begin_chunk(const accounts::Viewer& viewer, UploadId id,
                                             std::int64_t offset, std::int64_t length_bytes,
                                             std::string_view checksum) override;
  Result<void> terminate(const accounts::Viewer& viewer, UploadId id) override;
  Result<std::vector<UploadState>> unfinished(AccountId viewer) override;
  Result<VideoId> import_file(AccountId viewer, const std::string& path, std::string_view caption,
                              bool sample) override;
  bool idle() const override;
  std::size_t waiting_count() const override;
  void stop() override;

  // For Chunk (chunk.cc).
  std::filesystem::path path_of(std::string_view file) const { return folder_ / file; }
  /// Moves the stored offset; a complete file becomes a video with a job.
  Result<UploadState> advance(const UploadRow& row, std::int64_t offset);
  void release(UploadId id);
  Space& space() { return space_; }

  /// How a try ended that did not publish.
  struct Failure {
    Error problem;
    bool by_worker;      ///< it could not process the file; otherwise what it made was not stored
    bool begun = false;  ///< it had opened the file
  };

 private:
  // uploads.cc
  Result<UploadRow> load(const accounts::Viewer& viewer, UploadId id);
  /// `terminate`, while nobody writes to it.
  Result<void> end_upload(const accounts::Viewer& viewer, const UploadState& upload);
  /// The form with its texts as they are stored.
  Result<NewUpload> checked(NewUpload form) const;
  /// What processing makes of a file of this size, about, and a kept original.
  std::int64_t outputs_bytes(std::int64_t size_bytes) const;
  /// What an upload of which `offset` bytes are there still needs.
  Promise promise_of(AccountId owner, std::int64_t network, std::int64_t size_bytes,
                     std::int64_t offset) const;
  /// Where the disk is too full, late jobs give up their files.
  Result<void> promise_space(std::uint64_t key, const Promise& wanted);
  void promise_for(const Job& job);
  /// Whether she may have one more in the queue, beside what is on its way to it; `of`: an upload
  /// of hers that does not count itself.
  Result<void> check_share(Session& session, AccountId owner, std::int64_t network,
                           UploadId of) const;
  /// One that has rested so long holds no place in the queue any more.
  bool has_rested(const UploadRow& row) const;
  /// Of a last part that came before, the upload has rested.
  std::int64_t rested_before_ms() const;
  /// Final inside the transaction that adds one more.
  Result<void> check_quotas(Session& session, AccountId owner, std::int64_t network,
                            std::int64_t now_ms) const;
  Result<void> forget_account(Session& session, AccountId owner);
  Result<void> load_promises();
  /// Rows that expired, and files that belong to no upload and no job. The files go first, by
  /// reading alone: that works on a full disk.
  Result<void> sweep(bool at_start);
  void sweep_loop();
  /// A thread that goes on, after a moment, when an exception ended its `loop`.
  void start_thread(const char* name, void (UploadsImpl::*loop)());

  // import.cc
  Result<std::string> copy_in(int source, std::int64_t size_bytes);

  // processing.cc
  Result<void> insert_job(Session& session, const Job& job) const;
  void enqueue(Job job);
  Result<void> load_jobs();
  Result<void> on_video_change(Session& session, const catalog::Entry& video);
  /// Deletes what removed videos left, once their transaction is committed.
  void reap(const std::unordered_set<VideoId>& videos);
  void worker_loop();
  /// Finds out what waiting jobs cost, one after the other.
  void measure_loop();
  std::optional<std::int64_t> measured_cost(const std::string& file) const;
  /// A job whose try an exception ended: counted, and back into its queue.
  void put_back(Job& broken) FILOSCOPE_REQUIRES(mutex_);
  /// One try of one job, from its row to its row.
  void run(const Job& job);
  void try_once(const Job& job);
  /// Back into the queue without a word to the disk, which has no space.
  void wait_for_space(const Job& job);
  void end_job(VideoId video) FILOSCOPE_REQUIRES(mutex_);
  /// The file that lends a job its sound, none when it plays its own. Errors: sound_gone (for
  /// good), others of catalog and blobs.
  Result<UniqueFd> lent_sound(const Job& job);
  std::optional<Failure> attempt(const Job& job, const catalog::Video& video);
  /// What is looked for in its pictures before it is published.
  struct Seen {
    safety::Judgement judgement;
    std::vector<subtitles::Cue> text;
  };
  Result<Seen> look_at(int rendition_fd);
  bool is_sensitive(VideoId video) const;
  /// With what is known of copies and blocked clips.
  Result<void> publish(const Job& job, const media::MediaFacts& facts, const Seen& seen);
  Result<void> put_outputs(const Job& job, const catalog::Video& video,
                           const media::MediaFacts& facts, std::vector<UniqueFd>& renditions,
                           std::vector<UniqueFd>& covers);
  Result<void> put_text(const std::string& key, std::string_view text);
  Result<void> put_fresh(const std::string& key, UniqueFd file);
  void failed_try(const Job& job, const catalog::Video& video, const Failure& failure);
  /// Back into the queue; `failure` is the worker's, if that was the reason.
  void postpone(const Job& job, int attempts_count, std::int64_t delay_ms,
                std::optional<Error> failure = {});
  /// `problem` is kept with the video and told to its author, both as `stored_text`.
  void give_up(const Job& job, const catalog::Video& video, const Error& problem);
  void finish(const Job& job);

  // late.cc: the second job of a video, its rendition of 1080 lines, made when nothing else waits
  // and given up for whatever is worth more.
  /// In the transaction that publishes: where the file has the lines, a row keeps it.
  Result<void> follow_up(Session& session, VideoId video, int width, int height) const;
  /// Into memory; none: all of them.
  Result<void> load_late(VideoId video);
  bool keeps_file(VideoId video);
  void late_loop();
  void run_late(const Job& job);
  Result<void> try_late(const Job& job);
  void postpone_late(const Job& job, int attempts_count, std::int64_t delay_ms);
  void drop_late(const Job& job);
  void end_late(const Job& job);
  /// For space; the files of those that run stay. Whether there was any.
  bool drop_waiting_late();
  void reap_late(VideoId video);

  void tell(const catalog::Video& video, const char* kind, const std::string& text);
  void tell_end(VideoId id);
  /// Those whom the caption names and who may see it.
  void tell_mentioned(VideoId id);

  const Parts parts_;
  const Processor process_;
  const Measurer measure_;
  const std::filesystem::path folder_;
  Probe probe_;
  Space space_;

  mutable Mutex mutex_;
  Condition wake_workers_;
  Condition wake_sweeper_;
  Condition wake_measurer_;
  JobQueue queue_ FILOSCOPE_GUARDED_BY(mutex_);
  JobQueue late_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unordered_set<UploadId> busy_ FILOSCOPE_GUARDED_BY(mutex_);      ///< being written
  std::unordered_set<VideoId> removed_ FILOSCOPE_GUARDED_BY(mutex_);    ///< to be reaped
  std::unordered_set<std::string> fresh_ FILOSCOPE_GUARDED_BY(mutex_);  ///< files without a row yet
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::atomic<bool> stop_looks_ = false;
  std::vector<std::thread> threads_;
};

/// Columns of upload_files in the order of read_upload.
inline constexpr const char* kUploadColumns =
    "id, owner, size_bytes, stored_bytes, filename, caption, visibility, draft, fingerprint, "
    "expires_ms, video, metadata, cover_ms, network, labels, sound";
UploadRow read_upload(const Row& row);
/// A column that may be null.
std::optional<std::int64_t> read_optional(const Row& row, int column);
SqlValue sql_value(std::optional<std::int64_t> value);
catalog::Rendition rendition_of(const media::Rendition& from);

}  // namespace filoscope::upload
