#include <fcntl.h>
#include <unistd.h>

#include <variant>

#include "base/sha1.h"
#include "upload/reasons.h"
#include "upload/upload_impl.h"

namespace filoscope::upload {
namespace {

constexpr std::string_view kChecksumField = "Upload-Checksum";

/// What tus' Upload-Checksum announces.
class Checksum {
 public:
  /// Errors: invalid_argument.
  static Result<Checksum> parse(std::string_view text) {
    Checksum checksum;
    if (text.empty()) return checksum;
    const auto space = text.find(' ');
    const auto algorithm = text.substr(0, space);
    const auto value =
        crypto::from_base64(space == std::string_view::npos ? "" : text.substr(space + 1));
    std::size_t size = 0;
    if (algorithm == "sha1") {
      checksum.hash_ = Sha1();
      size = 20;
    } else if (algorithm == "sha256") {
      checksum.hash_ = crypto::Sha256();
      size = 32;
    } else {
      return Error(reason("upload_checksum_unknown")).at(kChecksumField);
    }
    if (!value || value->size() != size)
      return Error(reason("upload_checksum_malformed")).at(kChecksumField);
    checksum.expected_ = *value;
    return checksum;
  }

  void update(std::span<const std::uint8_t> data) {
    if (auto* sha1 = std::get_if<Sha1>(&hash_)) sha1->update(data);
    if (auto* sha256 = std::get_if<crypto::Sha256>(&hash_)) sha256->update(data);
  }
  bool holds() {
    if (auto* sha1 = std::get_if<Sha1>(&hash_)) return matches(sha1->finish());
    if (auto* sha256 = std::get_if<crypto::Sha256>(&hash_)) return matches(sha256->finish());
    return true;
  }

 private:
  bool matches(std::span<const std::uint8_t> digest) const {
    return crypto::equal_constant_time(digest, expected_);
  }
  std::variant<std::monostate, Sha1, crypto::Sha256> hash_;
  Bytes expected_;
};

class FileChunk final : public Chunk {
 public:
  FileChunk(UploadsImpl& uploads, UploadRow row, UniqueFd file, std::int64_t length_bytes,
            Checksum checksum)
      : uploads_(uploads),
        row_(std::move(row)),
        file_(std::move(file)),
        length_bytes_(length_bytes),
        checksum_(std::move(checksum)) {}
  ~FileChunk() override { uploads_.release(row_.state.id); }

  Result<void> write(std::span<const std::uint8_t> bytes) override {
    if (static_cast<std::int64_t>(bytes.size()) > length_bytes_ - written_bytes_)
      return Error(reason("upload_part_longer_than_announced"));
    FILOSCOPE_DO(uploads_.space().check(static_cast<std::int64_t>(bytes.size())));
    FILOSCOPE_DO(write_all(file_.get(), bytes, row_.state.offset + written_bytes_));
    checksum_.update(bytes);
    written_bytes_ += static_cast<std::int64_t>(bytes.size());
    return {};
  }

  Result<UploadState> commit() override {
    if (!checksum_.holds()) {
      static_cast<void>(::ftruncate(file_.get(), row_.state.offset));
      return Error(reason("upload_checksum_wrong")).at(kChecksumField);
    }
    if (written_bytes_ == 0) return row_.state;
    if (::fdatasync(file_.get()) != 0) return errno_error("store an upload");
    FILOSCOPE_TRY(auto state, uploads_.advance(row_, row_.state.offset + written_bytes_));
    row_.state = state;
    written_bytes_ = length_bytes_ = 0;
    return state;
  }

 private:
  UploadsImpl& uploads_;
  UploadRow row_;
  UniqueFd file_;
  std::int64_t length_bytes_;
  std::int64_t written_bytes_ = 0;
  Checksum checksum_;
};

}  // namespace

Result<std::unique_ptr<Chunk>> UploadsImpl::begin_chunk(const accounts::Viewer& viewer, UploadId id,
                                                        std::int64_t offset,
                                                        std::int64_t length_bytes,
                                                        std::string_view checksum) {
  FILOSCOPE_TRY(auto sum, Checksum::parse(checksum));
  const auto chunk_max = parts_.config[kChunkBytesMax];
  if (length_bytes < 0 || length_bytes > chunk_max)
    return Error(reason("upload_part_too_large"), chunk_max);
  FILOSCOPE_DO(load(viewer, id));
  FILOSCOPE_DO(space_.check(length_bytes));
  {
    Lock lock(mutex_);
    if (!busy_.insert(id).second) return Error(reason("upload_part_beside_another"));
  }
  // Loaded again: it is ours now and cannot move.
  const auto open = [&]() -> Result<std::unique_ptr<Chunk>> {
    FILOSCOPE_TRY(auto row, load(viewer, id));
    if (offset != row.state.offset)
      return Error(reason("upload_part_misplaced"), row.state.offset, offset);
    if (length_bytes > row.state.size_bytes - offset)
      return Error(reason("upload_part_past_end"), row.state.size_bytes);
    if (!row.state.video && has_rested(row)) {
      FILOSCOPE_DO(parts_.database.read(
          [&](Session& session) { return check_share(session, row.owner, row.network, id); }));
    }
    UniqueFd file;
    if (!row.state.video) {
      file.reset(::open(path_of(id.text()).c_str(), O_RDWR | O_CLOEXEC));
      if (!file) return errno_error("go on with an upload");
      // What a crash left beyond the acknowledged bytes.
      if (::ftruncate(file.get(), offset) != 0) return errno_error("go on with an upload");
    }
    return std::unique_ptr<Chunk>(std::make_unique<FileChunk>(
        *this, std::move(row), std::move(file), length_bytes, std::move(sum)));
  };
  auto chunk = open();
  if (!chunk) release(id);
  return chunk;
}

Result<UploadState> UploadsImpl::advance(const UploadRow& row, std::int64_t offset) {
  const std::int64_t now_ms = parts_.clock.now_ms();
  UploadState state = row.state;
  state.offset = offset;
  state.expires_at_ms = now_ms + parts_.config[kExpiryHours] * 3'600'000;
  const auto move_row = [&](Session& session, VideoId video) -> Result<void> {
    FILOSCOPE_TRY(const auto changed,
                  session.execute(
                      "UPDATE upload_files SET stored_bytes = ?, expires_ms = ?, video "
                      "= ? WHERE id = ? AND stored_bytes = ? AND video = 0",
                      {offset, state.expires_at_ms, video.db(), state.id.db(), row.state.offset}));
    if (changed == 0) return Error(reason("upload_cancelled"));
    return {};
  };
  const auto received = static_cast<double>(offset - row.state.offset);
  if (offset < state.size_bytes) {
    FILOSCOPE_DO(
        parts_.database.write([&](Session& session) { return move_row(session, VideoId{}); }));
    space_.set(state.id.value, promise_of(row.owner, row.network, state.size_bytes, offset));
    probe_.received_bytes.add(received);
    return state;
  }
  catalog::NewVideo form;
  form.owner = row.owner;
  form.caption = row.caption;
  form.draft = row.draft;
  form.labels = row.labels;
  if (!row.visibility.empty()) {
    FILOSCOPE_TRY(form.visibility, catalog::parse_visibility(row.visibility));
  }
  Job job;
  job.owner = row.owner;
  job.network = row.network;
  job.file = state.id.text();
  job.size_bytes = state.size_bytes;
  job.created_ms = now_ms;
  job.cover_ms = row.cover_ms;
  job.sound = row.sound;
  FILOSCOPE_TRY(const auto video,
                parts_.catalog.create_with(
                    form, [&](Session& session, const catalog::Video& made) -> Result<void> {
                      job.video = made.id;
                      FILOSCOPE_DO(move_row(session, made.id));
                      return insert_job(session, job);
                    }));
  state.video = video.id;
  space_.give_back(state.id.value);
  enqueue(std::move(job));
  probe_.received_bytes.add(received);
  probe_.completed.add();
  return state;
}

}  // namespace filoscope::upload
