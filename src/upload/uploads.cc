#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "accounts/text.h"
#include "base/log.h"
#include "catalog/caption.h"
#include "upload/upload_impl.h"

namespace filoscope::upload {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3'600'000;
constexpr std::int64_t kSweepMs = 60'000;
constexpr std::size_t kFilenameCharactersMax = 255;
constexpr std::size_t kFingerprintBytesMax = 512;
/// Left free beside what is being uploaded, for the renditions and the database.
constexpr std::int64_t kSpaceBytesMin = 64LL << 20;

std::string megabytes(std::int64_t bytes) {
  if (bytes < 1 << 20) return std::to_string(bytes) + " bytes";
  const std::int64_t tenths = bytes * 10 / (1 << 20);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

Error no_such_upload() {
  return {Code::not_found, "there is no such upload; it may have run out, begin it again"};
}

Error no_account() { return {Code::unauthenticated, "sign in to upload a video"}; }

}  // namespace

UploadsImpl::UploadsImpl(const Parts& parts, Processor process)
    : parts_(parts),
      process_(std::move(process)),
      folder_(std::filesystem::path(parts.data_folder) / "uploads") {}

UploadsImpl::~UploadsImpl() { UploadsImpl::stop(); }

Result<void> UploadsImpl::start() {
  FILOSCOPE_DO(parts_.database.migrate("upload", migrations()));
  std::error_code problem;
  std::filesystem::create_directories(folder_, problem);
  if (problem)
    return Error(Code::internal, "make the folder " + folder_.string() + ": " + problem.message());
  FILOSCOPE_DO(sync_folder(folder_.parent_path()));
  FILOSCOPE_DO(sweep(true));
  FILOSCOPE_DO(load_jobs());
  parts_.catalog.on_change([this](Session& session, const catalog::Video& video) {
    return on_video_change(session, video);
  });
  parts_.accounts.on_delete([this](Session& session, AccountId owner, PersonKey) {
    return forget_account(session, owner);
  });
  for (std::int64_t i = 0; i < parts_.config[kWorkers]; ++i)
    threads_.emplace_back([this] { worker_loop(); });
  threads_.emplace_back([this] { sweep_loop(); });
  return {};
}

Result<std::unique_ptr<Uploads>> open_uploads(const Uploads::Parts& parts, Processor process) {
  auto uploads = std::make_unique<UploadsImpl>(parts, std::move(process));
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
      parts, [&workers, options](int input_fd, std::optional<std::int64_t> cover_ms,
                                 const media::MediaOutputs& outputs,
                                 const media::Progress& progress, const std::atomic<bool>* cancel) {
        auto own = options;
        own.cover_ms = cover_ms;
        return workers.process(input_fd, own, outputs, progress, cancel);
      });
}

Result<NewUpload> UploadsImpl::checked(NewUpload form) const {
  const auto size_max = parts_.config[kSizeBytesMax];
  if (form.size_bytes <= 0) return Error(Code::invalid_argument, "the file is empty");
  if (form.size_bytes > size_max) {
    return Error(Code::invalid_argument, "the file has " + megabytes(form.size_bytes) +
                                             "; the largest allowed is " + megabytes(size_max));
  }
  if (form.fingerprint.size() > kFingerprintBytesMax) {
    return Error(Code::invalid_argument, "fingerprint: it is too long; the longest allowed is " +
                                             std::to_string(kFingerprintBytesMax) + " bytes");
  }
  if (!accounts::characters_count(form.fingerprint))
    return Error(Code::invalid_argument, "fingerprint: this is not text in UTF-8");
  if (!form.visibility.empty()) FILOSCOPE_DO(catalog::parse_visibility(form.visibility));
  const auto cover_ms = form.cover_ms.value_or(0);
  if (cover_ms < 0 || cover_ms > media::kCoverMsMax) {
    return Error(Code::invalid_argument, "cover_ms: must be 0 to " +
                                             std::to_string(media::kCoverMsMax) +
                                             " milliseconds from the start of the video");
  }
  FILOSCOPE_TRY(form.caption, catalog::clean_caption(parts_.config, form.caption));
  form.filename = accounts::shown_text(form.filename, kFilenameCharactersMax);
  return form;
}

Result<void> UploadsImpl::check_space(std::int64_t size_bytes) const {
  struct statvfs info {};
  if (::statvfs(folder_.c_str(), &info) != 0) return errno_error("look at the uploads folder");
  const auto free_bytes = static_cast<std::int64_t>(info.f_bavail * info.f_frsize);
  if (free_bytes >= size_bytes + kSpaceBytesMin) return {};
  return Error(Code::unavailable,
               "the server's disk is too full for a file of this size; try again later");
}

Result<void> UploadsImpl::check_quotas(Session& session, AccountId owner,
                                       std::int64_t now_ms) const {
  std::int64_t made = 0, unfinished = 0;
  FILOSCOPE_DO(session.query(
      "SELECT count(*) FROM upload_made WHERE owner = ? AND at_ms > ? AND at_ms <= ?",
      {owner.db(), now_ms - kDayMs, now_ms}, [&](const Row& row) { made = row.integer(0); }));
  const auto per_day_max = parts_.config[kPerDayMax];
  if (made >= per_day_max) {
    return Error(Code::exhausted, "you have uploaded " + std::to_string(made) +
                                      " videos in the last 24 hours; the most allowed is " +
                                      std::to_string(per_day_max) + ", try again tomorrow");
  }
  FILOSCOPE_DO(session.query(
      "SELECT count(*) FROM upload_files WHERE owner = ? AND video = 0 AND expires_ms > ?",
      {owner.db(), now_ms}, [&](const Row& row) { unfinished = row.integer(0); }));
  const auto unfinished_max = parts_.config[kUnfinishedMax];
  if (unfinished >= unfinished_max) {
    return Error(Code::exhausted, "you have " + std::to_string(unfinished) +
                                      " unfinished uploads, which is the most allowed; finish or "
                                      "cancel one of them first");
  }
  return {};
}

Result<void> UploadsImpl::check_queue() const {
  const auto queue_max = static_cast<std::size_t>(parts_.config[kQueueMax]);
  if (waiting_count() < queue_max) return {};
  return Error(Code::exhausted, std::to_string(queue_max) +
                                    " videos wait for processing already; try again in a few "
                                    "minutes");
}

Result<void> UploadsImpl::check_room(const accounts::Viewer& who, std::int64_t size_bytes) {
  if (!who.account) return no_account();
  FILOSCOPE_DO(check_space(size_bytes));
  FILOSCOPE_DO(check_queue());
  return parts_.database.read(
      [&](Session& session) { return check_quotas(session, who.account, parts_.clock.now_ms()); });
}

Result<UploadState> UploadsImpl::create(const accounts::Viewer& who, const NewUpload& wanted) {
  if (!who.account) return no_account();
  FILOSCOPE_TRY(const auto form, checked(wanted));
  FILOSCOPE_DO(check_space(form.size_bytes));
  FILOSCOPE_DO(check_queue());
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
    const UniqueFd fd(::open(path_of(file).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) return errno_error("begin an upload");
    FILOSCOPE_DO(sync_folder(folder_));
    return parts_.database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(check_quotas(session, who.account, now_ms));
      FILOSCOPE_DO(session.execute("INSERT INTO upload_made (id, owner, at_ms) VALUES (?, ?, ?)",
                                   {made.id.db(), who.account.db(), now_ms}));
      FILOSCOPE_DO(session.execute(
          "INSERT INTO upload_files (id, owner, size_bytes, stored_bytes, filename, caption, "
          "visibility, draft, fingerprint, expires_ms, video, metadata, cover_ms) VALUES (?, ?, ?, "
          "0, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
          {made.id.db(), who.account.db(), form.size_bytes, form.filename, form.caption,
           form.visibility, std::int64_t{form.draft}, form.fingerprint, made.expires_at_ms,
           form.metadata, sql_value(form.cover_ms)}));
      return {};
    });
  };
  const auto result = make();
  if (!result) ::unlink(path_of(file).c_str());
  Lock lock(mutex_);
  fresh_.erase(file);
  if (!result) return result.error();
  return made;
}

Result<UploadRow> UploadsImpl::load(const accounts::Viewer& who, UploadId id) {
  if (!who.account) return no_account();
  std::optional<UploadRow> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query(std::string("SELECT ") + kUploadColumns +
                             " FROM upload_files WHERE id = ? AND owner = ? AND expires_ms > ?",
                         {id.db(), who.account.db(), parts_.clock.now_ms()},
                         [&](const Row& row) { found = read_upload(row); });
  }));
  if (!found) return no_such_upload();
  return *std::move(found);
}

Result<UploadState> UploadsImpl::state(const accounts::Viewer& who, UploadId id) {
  FILOSCOPE_TRY(auto row, load(who, id));
  return std::move(row.state);
}

Result<void> UploadsImpl::terminate(const accounts::Viewer& who, UploadId id) {
  FILOSCOPE_TRY(const auto row, load(who, id));
  {
    Lock lock(mutex_);
    if (busy_.contains(id))
      return Error(Code::conflict, "a part of this upload is being written; try again");
  }
  if (row.state.video) {
    const auto video = parts_.catalog.get(row.state.video);
    if (video && video->state == catalog::State::published)
      return Error(Code::conflict, "this upload is a published video now; delete the video");
    if (video) FILOSCOPE_DO(parts_.catalog.remove(who.account, video->id));
  }
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM upload_files WHERE id = ?", {id.db()}));
    return {};
  }));
  if (!row.state.video) ::unlink(path_of(id.text()).c_str());
  return {};
}

Result<std::vector<UploadState>> UploadsImpl::unfinished(AccountId who) {
  std::vector<UploadState> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    found.clear();
    return session.query(std::string("SELECT ") + kUploadColumns +
                             " FROM upload_files WHERE owner = ? AND video = 0 AND expires_ms > ? "
                             "ORDER BY id DESC LIMIT 1000",
                         {who.db(), parts_.clock.now_ms()},
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
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM upload_files WHERE expires_ms <= ?", {now_ms}));
    FILOSCOPE_DO(session.execute("DELETE FROM upload_made WHERE at_ms <= ?", {now_ms - kDayMs}));
    return {};
  }));
  // First the names on disk, then the rows: a file made in between is in neither.
  std::vector<std::string> names;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, problem))
    names.push_back(entry.path().filename().string());
  std::unordered_set<std::string> kept;
  if (!at_start) {
    Lock lock(mutex_);
    kept = fresh_;
    for (const auto id : busy_) kept.insert(id.text());
  }
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.query(
        "SELECT id FROM upload_files WHERE video = 0", {},
        [&](const Row& row) { kept.insert(UploadId::from_db(row.integer(0)).text()); }));
    return session.query("SELECT file FROM upload_jobs", {},
                         [&](const Row& row) { kept.insert(row.text(0)); });
  }));
  for (const auto& name : names)
    if (!kept.contains(name)) ::unlink(path_of(name).c_str());
  return {};
}

void UploadsImpl::sweep_loop() {
  while (true) {
    if (const auto swept = parts_.catalog.sweep_removed(); !swept)
      log::warn("upload.sweep_removed_failed", {{"reason", swept.error().message}});
    std::unordered_set<VideoId> removed;
    {
      Lock lock(mutex_);
      wake_sweeper_.wait_for_ms(mutex_, kSweepMs, [&] { return stopping_ || !removed_.empty(); });
      if (stopping_) return;
      removed = std::exchange(removed_, {});
    }
    if (!removed.empty()) reap(std::move(removed));
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
