#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "upload/reasons.h"
#include "upload/upload_impl.h"

namespace filoscope::upload {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

/// Calls `each` with the content of a file, part after part.
Result<void> read_parts(
    int fd, std::int64_t size_bytes,
    const std::function<Result<void>(std::span<const std::uint8_t>, std::int64_t)>& each) {
  Bytes buffer(kReadBytes);
  for (std::int64_t at = 0; at < size_bytes;) {
    const auto count = ::pread(fd, buffer.data(), buffer.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("read the file");
    if (count == 0) return Error(reason("import_file_shrank"));
    FILOSCOPE_DO(each(std::span(buffer).first(static_cast<std::size_t>(count)), at));
    at += count;
  }
  return {};
}

Result<std::string> hash_of(int fd, std::int64_t size_bytes) {
  crypto::Sha256 hash;
  FILOSCOPE_DO(read_parts(fd, size_bytes, [&](std::span<const std::uint8_t> data, std::int64_t) {
    hash.update(data);
    return Result<void>();
  }));
  return crypto::hex(hash.finish());
}

/// Shares blocks where the file system can.
Result<void> copy_content(int from, int to, std::int64_t size_bytes) {
  loff_t in = 0, out = 0;
  while (out < size_bytes) {
    const auto count =
        ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(size_bytes - out), 0);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    if (count < 0 && (errno == ENOSPC || errno == EDQUOT)) return errno_error("copy the file");
    return read_parts(from, size_bytes, [&](std::span<const std::uint8_t> data, std::int64_t at) {
      return write_all(to, data, at);
    });
  }
  return {};
}

}  // namespace

Result<std::string> UploadsImpl::copy_in(int source, std::int64_t size_bytes) {
  const auto name = id_text(new_id(parts_.clock.now_ms()));
  {
    Lock lock(mutex_);
    fresh_.insert(name);
  }
  const auto copy = [&]() -> Result<void> {
    const UniqueFd file(
        ::open(path_of(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return errno_error("copy the file");
    FILOSCOPE_DO(copy_content(source, file.get(), size_bytes));
    if (::fsync(file.get()) != 0) return errno_error("copy the file");
    return sync_folder(folder_);
  };
  const auto copied = copy();
  if (copied) return name;
  ::unlink(path_of(name).c_str());
  Lock lock(mutex_);
  fresh_.erase(name);
  return copied.error();
}

Result<VideoId> UploadsImpl::import_file(AccountId who, const std::string& path,
                                         std::string_view caption, bool sample) {
  const UniqueFd source(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!source) return errno_error("open " + path);
  struct stat info {};
  if (::fstat(source.get(), &info) != 0) return errno_error("look at " + path);
  if (!S_ISREG(info.st_mode)) return Error(reason("import_not_a_file"), path);
  NewUpload form;
  form.size_bytes = info.st_size;
  form.caption = caption;
  FILOSCOPE_TRY(form, checked(std::move(form)));
  FILOSCOPE_TRY(const auto hash, hash_of(source.get(), form.size_bytes));
  VideoId known;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query("SELECT video FROM upload_imports WHERE account = ? AND sha256 = ?",
                         {who.db(), hash},
                         [&](const Row& row) { known = VideoId::from_db(row.integer(0)); });
  }));
  if (known && parts_.catalog.get(known)) return known;
  if (waiting_count() >= static_cast<std::size_t>(parts_.config[kQueueMax])) {
    return Error(reason("upload_queue_full"), waiting_count());
  }
  Job job;
  job.owner = who;
  job.size_bytes = form.size_bytes;
  job.created_ms = parts_.clock.now_ms();
  const auto promise = new_id(job.created_ms);
  FILOSCOPE_DO(promise_space(promise, promise_of(who, 0, form.size_bytes, 0)));
  auto copied = copy_in(source.get(), form.size_bytes);
  space_.give_back(promise);
  FILOSCOPE_TRY(job.file, std::move(copied));
  catalog::NewVideo wanted;
  wanted.owner = who;
  wanted.caption = form.caption;
  wanted.sample = sample;
  const auto video = parts_.catalog.create_with(
      wanted, [&](Session& session, const catalog::Video& made) -> Result<void> {
        job.video = made.id;
        FILOSCOPE_DO(session.execute(
            "INSERT INTO upload_imports (account, sha256, video) VALUES (?, ?, ?) ON CONFLICT "
            "(account, sha256) DO UPDATE SET video = excluded.video",
            {who.db(), hash, made.id.db()}));
        return insert_job(session, job);
      });
  if (!video) ::unlink(path_of(job.file).c_str());
  {
    Lock lock(mutex_);
    fresh_.erase(job.file);
  }
  if (!video) return video.error();
  enqueue(job);
  return video->id;
}

}  // namespace filoscope::upload
