#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <limits>

#include "accounts/reasons.h"
#include "accounts/text.h"
#include "base/guarded_thread.h"
#include "base/log.h"
#include "catalog/caption.h"
#include "media/reasons.h"
#include "ports/makes_space.h"
#include "upload/reasons.h"
#include "upload/schema.h"
#include "upload/upload_impl.h"

namespace filoscope::upload {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3'600'000;
constexpr std::int64_t kSweepMs = 60'000;
constexpr std::size_t kFilenameCharactersMax = 255;
constexpr std::size_t kFingerprintBytesMax = 512;
/// The renditions of a file have about a quarter of its bytes when a phone made it.
constexpr std::int64_t kOutputsShare = 4;
/// A line that breaks is up again sooner; who comes back later asks for a place anew.
constexpr std::int64_t kRestMs = 15 * 60'000;
constexpr std::int64_t kBrokenMs = 1'000;  ///< before a thread goes on after an exception
constexpr const char* kSweeper = "upload.sweep";
constexpr std::int64_t kRoomStepBytes = 16 << 20;  ///< of a body that does not say its length

std::int64_t free_bytes_of(const std::filesystem::path& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return std::numeric_limits<std::int64_t>::max() / 2;
  return static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
}

class ReceivingRoom final : public Room {
 public:
  ReceivingRoom(Space& space, std::uint64_t key, const Promise& promised)
      : space_(space), key_(key), promised_(promised) {}
  ~ReceivingRoom() override { space_.give_back(key_); }

  Result<void> before_write(std::int64_t bytes) override {
    FILOSCOPE_DO(space_.check(bytes));
    // The upload that follows needs what was received a second time.
    if (promised_.bytes < bytes + received_bytes_ + bytes) {
      auto more = promised_;
      more.bytes = 2 * bytes + received_bytes_ + kRoomStepBytes;
      FILOSCOPE_DO(space_.promise(key_, more));
      promised_ = more;
    }
    promised_.bytes -= bytes;
    received_bytes_ += bytes;
    space_.set(key_, promised_);
    return {};
  }

 private:
  Space& space_;
  const std::uint64_t key_;
  Promise promised_;
  std::int64_t received_bytes_ = 0;
};

Error no_account() { return Error(accounts::reason("sign_in_first")); }

}  // namespace

UploadsImpl::UploadsImpl(const Parts& parts, Processor process, Measurer measure,
                         FreeBytes free_bytes)
    : parts_(parts),
      process_(std::move(process)),
      measure_(std::move(measure)),
      folder_(std::filesystem::path(parts.data_folder) / "uploads"),
      space_(free_bytes ? std::move(free_bytes) : [this] { return free_bytes_of(folder_); }) {}

UploadsImpl::~UploadsImpl() { UploadsImpl::stop(); }

Result<void> UploadsImpl::start() {
  FILOSCOPE_DO(parts_.database.migrate("upload", migrations()));
  std::error_code problem;
  std::filesystem::create_directories(folder_, problem);
  if (problem)
    return Error(Code::internal, "make the folder " + folder_.string() + ": " + problem.message());
  FILOSCOPE_DO(sync_folder(folder_.parent_path()));
  if (const auto swept = sweep(true); !swept)
    log::warn("upload.sweep_failed", {{"reason", swept.error().message}});
  FILOSCOPE_DO(load_promises());
  FILOSCOPE_DO(load_jobs());
  FILOSCOPE_DO(load_late({}));
  parts_.catalog.on_change([this](Session& session, const catalog::Entry& video) {
    return on_video_change(session, video);
  });
  parts_.accounts.on_delete([this](Session& session, AccountId owner, PersonKey) {
    return forget_account(session, owner);
  });
  for (std::int64_t i = 0; i < parts_.config[kWorkers]; ++i)
    start_thread("upload.worker", &UploadsImpl::worker_loop);
  start_thread("upload.late", &UploadsImpl::late_loop);
  start_thread(kSweeper, &UploadsImpl::sweep_loop);
  if (measure_) start_thread("upload.measure", &UploadsImpl::measure_loop);
  return {};
}

void UploadsImpl::start_thread(const char* name, void (UploadsImpl::*loop)()) {
  threads_.push_back(guarded_thread(
      name, [this, loop] { (this->*loop)(); },
      [this] {
        Lock lock(mutex_);
        wake_sweeper_.wait_for_ms(mutex_, kBrokenMs,
                                  [&]() FILOSCOPE_REQUIRES(mutex_) { return stopping_; });
        return !stopping_;
      }));
}

Result<std::unique_ptr<Uploads>> open_uploads(const Uploads::Parts& parts, Processor process,
                                              Measurer measure, FreeBytes free_bytes) {
  auto uploads = std::make_unique<UploadsImpl>(parts, std::move(process), std::move(measure),
                                               std::move(free_bytes));
  FILOSCOPE_DO(uploads->start());
  return std::unique_ptr<Uploads>(std::move(uploads));
}

Result<std::unique_ptr<Uploads>> Uploads::open(const Parts& parts) {
  media::MediaOptions options;
  options.limits = media::media_limits(parts.config);
  options.limits.duration_max_ms = parts.config[kDurationSMax] * 1000;
  options.limits.size_max_bytes = parts.config[kSizeBytesMax];
  auto& workers = parts.workers;
  return open_uploads(
      parts,
      [&workers, options](const Input& input, const media::MediaOutputs& outputs,
                          const media::Progress& progress, const std::atomic<bool>* cancel) {
        auto own = options;
        own.cover_ms = input.cover_ms;
        own.sound_fd = input.sound_fd;
        return workers.process(input.file_fd, own, outputs, progress, cancel);
      },
      [&workers, options](int input_fd, const std::atomic<bool>* cancel) -> Result<std::int64_t> {
        FILOSCOPE_TRY(const auto looks, workers.look(input_fd, options.limits, cancel));
        return cost_ms_of_pictures(std::int64_t{looks.width} * looks.height, looks.frames_count);
      });
}

Result<NewUpload> UploadsImpl::checked(NewUpload form) const {
  const auto size_max = parts_.config[kSizeBytesMax];
  if (form.size_bytes <= 0) return Error(media::reason("file_empty"));
  if (form.size_bytes > size_max)
    return Error(media::reason("file_too_large"), form.size_bytes, size_max);
  if (form.fingerprint.size() > kFingerprintBytesMax)
    return Error(reason("upload_fingerprint_too_long"), kFingerprintBytesMax).at("fingerprint");
  if (!accounts::characters_count(form.fingerprint))
    return Error(accounts::reason("text_not_utf8")).at("fingerprint");
  if (!form.visibility.empty()) FILOSCOPE_DO(catalog::parse_visibility(form.visibility));
  const auto cover_ms = form.cover_ms.value_or(0);
  if (cover_ms < 0 || cover_ms > media::kCoverMsMax)
    return Error(reason("cover_ms_out_of_range"), media::kCoverMsMax).at("cover_ms");
  FILOSCOPE_TRY(form.caption, catalog::clean_caption(parts_.config, form.caption));
  form.filename = accounts::shown_text(form.filename, kFilenameCharactersMax);
  return form;
}

std::int64_t UploadsImpl::outputs_bytes(std::int64_t size_bytes) const {
  return size_bytes / kOutputsShare + (parts_.config[kKeepOriginal] ? size_bytes : 0);
}

Promise UploadsImpl::promise_of(AccountId owner, std::int64_t network, std::int64_t size_bytes,
                                std::int64_t offset) const {
  return {owner, network, size_bytes - offset + outputs_bytes(size_bytes)};
}

Result<void> UploadsImpl::promise_space(std::uint64_t key, const Promise& wanted) {
  auto promised = space_.promise(key, wanted);
  if (promised || space_.check(space_.promised_bytes() + wanted.bytes)) return promised;
  if (drop_waiting_late()) promised = space_.promise(key, wanted);
  return promised;
}

Result<void> UploadsImpl::load_promises() {
  return parts_.database.read([&](Session& session) {
    return session.query(
        "SELECT id, owner, network, size_bytes, stored_bytes FROM upload_files WHERE video = 0 AND "
        "expires_ms > ?",
        {parts_.clock.now_ms()}, [&](const Row& row) {
          space_.set(UploadId::from_db(row.integer(0)).value,
                     promise_of(AccountId::from_db(row.integer(1)), row.integer(2), row.integer(3),
                                row.integer(4)));
        });
  });
}

Result<void> UploadsImpl::check_quotas(Session& session, AccountId owner, std::int64_t network,
                                       std::int64_t now_ms) const {
  std::int64_t made = 0, unfinished = 0;
  FILOSCOPE_DO(session.query(
      "SELECT count(*) FROM upload_made WHERE owner = ? AND at_ms > ? AND at_ms <= ?",
      {owner.db(), now_ms - kDayMs, now_ms}, [&](const Row& row) { made = row.integer(0); }));
  const auto per_day_max = parts_.config[kPerDayMax];
  if (made >= per_day_max) return Error(reason("too_many_uploads"), made, per_day_max);
  FILOSCOPE_DO(session.query(
      "SELECT count(*) FROM upload_files WHERE owner = ? AND video = 0 AND expires_ms > ?",
      {owner.db(), now_ms}, [&](const Row& row) { unfinished = row.integer(0); }));
  if (unfinished >= parts_.config[kUnfinishedMax])
    return Error(reason("too_many_unfinished_uploads"), unfinished);
  return check_share(session, owner, network, {});
}

std::int64_t UploadsImpl::rested_before_ms() const {
  return parts_.clock.now_ms() + parts_.config[kExpiryHours] * 3'600'000 - kRestMs;
}

bool UploadsImpl::has_rested(const UploadRow& row) const {
  return row.state.expires_at_ms <= rested_before_ms();
}

Result<void> UploadsImpl::check_share(Session& session, AccountId owner, std::int64_t network,
                                      UploadId of) const {
  OnTheirWay uploads;
  FILOSCOPE_DO(session.query(
      "SELECT owner, network, count(*) FROM upload_files WHERE video = 0 AND id <> ? AND "
      "expires_ms > ? GROUP BY owner, network",
      {of.db(), rested_before_ms()}, [&](const Row& row) {
        const auto count = row.integer(2);
        uploads.all += count;
        if (AccountId::from_db(row.integer(0)) == owner) uploads.own += count;
        if (network != 0 && row.integer(1) == network) uploads.beside += count;
      }));
  Lock lock(mutex_);
  if (queue_.admits(owner, network, uploads, parts_.config[kQueueMax])) return {};
  return Error(reason("upload_queue_share_taken"), queue_.waiting_count());
}

Result<std::unique_ptr<Room>> UploadsImpl::make_room(const accounts::Viewer& viewer,
                                                     std::int64_t size_bytes,
                                                     std::int64_t network) {
  if (!viewer.account) return no_account();
  const std::int64_t now_ms = parts_.clock.now_ms();
  FILOSCOPE_DO(parts_.database.read(
      [&](Session& session) { return check_quotas(session, viewer.account, network, now_ms); }));
  auto promise = promise_of(viewer.account, network, size_bytes, 0);
  promise.bytes += size_bytes;
  const auto key = new_id(now_ms);
  FILOSCOPE_DO(promise_space(key, promise));
  return std::unique_ptr<Room>(std::make_unique<ReceivingRoom>(space_, key, promise));
}

Result<UploadState> UploadsImpl::create(const accounts::Viewer& viewer, const NewUpload& wanted) {
  if (!viewer.account) return no_account();
  FILOSCOPE_TRY(const auto form, checked(wanted));
  if (form.sound) {
    const auto source = parts_.catalog.sound_source(viewer, form.sound);
    if (!source && source.error().code != Code::not_found) return source.error();
    if (!source) return Error(reason("sound_not_usable")).at("sound_id");
  }
  const std::int64_t now_ms = parts_.clock.now_ms();
  UploadState made{new_id_of<UploadId>(now_ms),
                   form.filename,
                   form.fingerprint,
                   form.metadata,
                   0,
                   form.size_bytes,
                   now_ms + parts_.config[kExpiryHours] * 3'600'000,
                   {}};
  const auto file = made.id.text();
  {
    Lock lock(mutex_);
    fresh_.insert(file);
  }
  const auto make = [&]() -> Result<void> {
    FILOSCOPE_DO(
        promise_space(made.id.value, promise_of(viewer.account, form.network, form.size_bytes, 0)));
    const UniqueFd fd(::open(path_of(file).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) return errno_error("begin an upload");
    FILOSCOPE_DO(sync_folder(folder_));
    return parts_.database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(check_quotas(session, viewer.account, form.network, now_ms));
      FILOSCOPE_DO(session.execute("INSERT INTO upload_made (id, owner, at_ms) VALUES (?, ?, ?)",
                                   {made.id.db(), viewer.account.db(), now_ms}));
      FILOSCOPE_DO(session.execute(
          "INSERT INTO upload_files (id, owner, size_bytes, stored_bytes, filename, caption, "
          "visibility, draft, fingerprint, expires_ms, video, metadata, cover_ms, network, labels, "
          "sound) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
          {made.id.db(), viewer.account.db(), form.size_bytes, form.filename, form.caption,
           form.visibility, std::int64_t{form.draft}, form.fingerprint, made.expires_at_ms,
           form.metadata, sql_value(form.cover_ms), form.network, form.labels.db(),
           form.sound.db()}));
      return {};
    });
  };
  const auto result = make();
  if (!result) {
    ::unlink(path_of(file).c_str());
    space_.give_back(made.id.value);
  }
  Lock lock(mutex_);
  fresh_.erase(file);
  if (!result) return result.error();
  return made;
}

Result<UploadRow> UploadsImpl::load(const accounts::Viewer& viewer, UploadId id) {
  if (!viewer.account) return no_account();
  std::optional<UploadRow> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query(std::string("SELECT ") + kUploadColumns +
                             " FROM upload_files WHERE id = ? AND owner = ? AND expires_ms > ?",
                         {id.db(), viewer.account.db(), parts_.clock.now_ms()},
                         [&](const Row& row) { found = read_upload(row); });
  }));
  if (!found) return Error(reason("no_such_upload"));
  return *std::move(found);
}

Result<UploadState> UploadsImpl::state(const accounts::Viewer& viewer, UploadId id) {
  FILOSCOPE_TRY(auto row, load(viewer, id));
  return std::move(row.state);
}

Result<void> UploadsImpl::terminate(const accounts::Viewer& viewer, UploadId id) {
  FILOSCOPE_TRY(const auto row, load(viewer, id));
  {
    Lock lock(mutex_);
    if (!busy_.insert(id).second) return Error(reason("upload_being_written"));
  }
  auto ended = end_upload(viewer, row.state);
  release(id);
  return ended;
}

Result<void> UploadsImpl::end_upload(const accounts::Viewer& viewer, const UploadState& upload) {
  const auto id = upload.id;
  if (upload.video) {
    const auto video = parts_.catalog.get(upload.video);
    if (video && catalog::is_finished(video->state)) return Error(reason("upload_published"));
    if (video) FILOSCOPE_DO(parts_.catalog.remove(viewer.account, video->id));
  }
  if (!upload.video) {
    ::unlink(path_of(id.text()).c_str());
    space_.give_back(id.value);
  }
  const MakesSpace its_row;
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM upload_files WHERE id = ?", {id.db()}));
    return {};
  });
}

Result<std::vector<UploadState>> UploadsImpl::unfinished(AccountId viewer) {
  std::vector<UploadState> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    found.clear();
    return session.query(std::string("SELECT ") + kUploadColumns +
                             " FROM upload_files WHERE owner = ? AND video = 0 AND expires_ms > ? "
                             "ORDER BY id DESC LIMIT 1000",
                         {viewer.db(), parts_.clock.now_ms()},
                         [&](const Row& row) { found.push_back(read_upload(row).state); });
  }));
  return found;
}

Result<void> UploadsImpl::forget_account(Session& session, AccountId owner) {
  FILOSCOPE_DO(session.execute("DELETE FROM upload_files WHERE owner = ?", {owner.db()}));
  FILOSCOPE_DO(session.execute("DELETE FROM upload_made WHERE owner = ?", {owner.db()}));
  FILOSCOPE_DO(session.execute("DELETE FROM upload_imports WHERE account = ?", {owner.db()}));
  return {};
}

Result<void> UploadsImpl::sweep(bool at_start) {
  const std::int64_t now_ms = parts_.clock.now_ms();
  // First the names on disk, then the rows: a file made in between is in neither.
  std::vector<std::string> names;
  std::error_code problem;
  std::filesystem::directory_iterator at(folder_, problem);
  for (; !problem && at != std::filesystem::directory_iterator(); at.increment(problem))
    names.push_back(at->path().filename().string());
  if (problem) return Error(Code::internal, "read " + folder_.string() + ": " + problem.message());
  std::unordered_set<std::string> kept;
  if (!at_start) {
    Lock lock(mutex_);
    kept = fresh_;
    for (const auto id : busy_) kept.insert(id.text());
  }
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.query(
        "SELECT id FROM upload_files WHERE video = 0 AND expires_ms > ?", {now_ms},
        [&](const Row& row) { kept.insert(UploadId::from_db(row.integer(0)).text()); }));
    FILOSCOPE_TRY(auto waiting, waiting_files(session));
    kept.insert(std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end()));
    return {};
  }));
  for (const auto& name : names) {
    if (kept.contains(name)) continue;
    ::unlink(path_of(name).c_str());
    if (const auto id = UploadId::parse(name)) space_.give_back(id->value);
  }
  probe_.promised.set(static_cast<double>(space_.promised_bytes()));
  const MakesSpace rows_of_the_past;
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM upload_files WHERE expires_ms <= ?", {now_ms}));
    FILOSCOPE_DO(session.execute("DELETE FROM upload_made WHERE at_ms <= ?", {now_ms - kDayMs}));
    return {};
  });
}

void UploadsImpl::sweep_loop() {
  while (true) {
    if (const auto swept = parts_.catalog.sweep_removed(); !swept)
      log::warn("upload.sweep_removed_failed", {{"reason", swept.error().message}});
    if (const auto ended = parts_.catalog.end_due(); !ended)
      log::warn("upload.end_due_failed", {{"reason", ended.error().message}});
    std::unordered_set<VideoId> removed;
    {
      Lock lock(mutex_);
      wake_sweeper_.wait_for_ms(mutex_, kSweepMs, [&]() FILOSCOPE_REQUIRES(mutex_) {
        return stopping_ || !removed_.empty();
      });
      if (stopping_) return;
      removed = std::exchange(removed_, {});
    }
    if (!run_guarded(kSweeper, [&] { reap(removed); })) {
      Lock lock(mutex_);
      removed_.merge(removed);
      wake_sweeper_.wait_for_ms(mutex_, kBrokenMs,
                                [&]() FILOSCOPE_REQUIRES(mutex_) { return stopping_; });
    }
    if (!space_.check(0)) drop_waiting_late();
    if (const auto swept = sweep(false); !swept)
      log::warn("upload.sweep_failed", {{"reason", swept.error().message}});
  }
}

void UploadsImpl::release(UploadId id) {
  Lock lock(mutex_);
  busy_.erase(id);
}

bool UploadsImpl::idle() const {
  Lock lock(mutex_);
  return queue_.empty();
}

std::size_t UploadsImpl::waiting_count() const {
  Lock lock(mutex_);
  return queue_.waiting_count();
}

}  // namespace filoscope::upload
