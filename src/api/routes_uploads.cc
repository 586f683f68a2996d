#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "api/multipart.h"
#include "api/routes.h"
#include "api/tus.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::string_view kChunkType = "application/offset+octet-stream";
constexpr std::int64_t kCopyBytes = 1 << 20;
constexpr std::size_t kFieldBytesMax = 64 << 10;
constexpr std::int64_t kMultipartExtraBytes = 2 << 20;  ///< fields and boundaries beside the file

Response with_tus(Response response) {
  response.headers.emplace_back("Tus-Resumable", std::string(kTusVersion));
  return response;
}

Response tus_problem(const Error& error) { return with_tus(problem(error)); }

/// An answer that is already decided: the body is read and dropped.
class Decided final : public BodySink {
 public:
  explicit Decided(Response response) : response_(std::move(response)) {}
  Result<void> write(std::span<const std::uint8_t>) override { return {}; }
  Result<Response> finish() override { return std::move(response_); }

 private:
  Response response_;
};

Response state_response(int status, const upload::UploadState& state) {
  Response response = no_content();
  response.status = status;
  response.headers.emplace_back("Upload-Offset", std::to_string(state.offset));
  response.headers.emplace_back("Upload-Expires", http_date(state.expires_at_ms));
  if (state.video) response.headers.emplace_back("Filoscope-Video-Id", state.video.text());
  return with_tus(std::move(response));
}

/// One chunk on its way in. A connection that breaks keeps what came, unless a checksum was
/// announced for the whole.
class ChunkSink final : public BodySink {
 public:
  ChunkSink(std::unique_ptr<upload::Chunk> chunk, bool has_checksum, int status,
            std::string location)
      : chunk_(std::move(chunk)),
        has_checksum_(has_checksum),
        status_(status),
        location_(std::move(location)) {}
  ~ChunkSink() override {
    if (!finished_ && !has_checksum_) static_cast<void>(chunk_->commit().has_value());
  }
  Result<void> write(std::span<const std::uint8_t> bytes) override { return chunk_->write(bytes); }
  Result<Response> finish() override {
    finished_ = true;
    const auto state = chunk_->commit();
    if (!state.has_value()) {
      if (has_checksum_ && state.error().code == Code::invalid_argument) {
        return with_tus(problem(460, "Checksum Mismatch", state.error().message));
      }
      return tus_problem(state.error());
    }
    auto response = state_response(status_, *state);
    if (!location_.empty()) response.headers.emplace_back("Location", location_);
    return response;
  }

 private:
  std::unique_ptr<upload::Chunk> chunk_;
  const bool has_checksum_;
  const int status_;
  const std::string location_;
  bool finished_ = false;
};

/// What every tus request but OPTIONS must say.
std::optional<Response> refuse_version(const Request& request) {
  if (request.header("tus-resumable") == kTusVersion) return std::nullopt;
  auto response = problem(412, "", fmt::format("Tus-Resumable must be {}.", kTusVersion));
  response.headers.emplace_back("Tus-Version", std::string(kTusVersion));
  return with_tus(std::move(response));
}

Result<std::unique_ptr<BodySink>> decided(Response response) {
  return std::unique_ptr<BodySink>(std::make_unique<Decided>(std::move(response)));
}

Result<std::unique_ptr<BodySink>> create(const Api& api, const Request& request) {
  if (auto refused = refuse_version(request)) return decided(*std::move(refused));
  const auto begin = [&]() -> Result<std::unique_ptr<BodySink>> {
    FILOSCOPE_TRY(const auto caller, api.auth.account(request));
    const auto size = parse_count(request.header("upload-length"));
    if (!size)
      return Error(Code::invalid_argument,
                   "Upload-Length: must be the file's size in bytes; its length must be known from "
                   "the start");
    FILOSCOPE_TRY(auto form, parse_upload_metadata(request.header("upload-metadata")));
    form.size_bytes = *size;
    FILOSCOPE_TRY(const auto made, api.services.uploads.create(caller.viewer, form));
    const auto location =
        fmt::format("{}{}/uploads/{}", api.services.config[kPublicUrl], kBase, made.id.text());
    const auto length = parse_count(request.header("content-length")).value_or(0);
    if (request.header("content-type") != kChunkType || length == 0) {
      auto response = state_response(201, made);
      response.headers.emplace_back("Location", location);
      return decided(std::move(response));
    }
    const auto checksum = request.header("upload-checksum");
    FILOSCOPE_TRY(auto chunk,
                  api.services.uploads.begin_chunk(caller.viewer, made.id, 0, length, checksum));
    return std::unique_ptr<BodySink>(
        std::make_unique<ChunkSink>(std::move(chunk), !checksum.empty(), 201, location));
  };
  auto sink = begin();
  return sink.has_value() ? std::move(sink) : decided(tus_problem(sink.error()));
}

Result<std::unique_ptr<BodySink>> patch(const Api& api, const Request& request) {
  if (auto refused = refuse_version(request)) return decided(*std::move(refused));
  if (request.header("content-type") != kChunkType) {
    return decided(with_tus(
        problem(415, "", fmt::format("The Content-Type of a chunk must be {}.", kChunkType))));
  }
  const auto begin = [&]() -> Result<std::unique_ptr<BodySink>> {
    FILOSCOPE_TRY(const auto caller, api.auth.account(request));
    FILOSCOPE_TRY(const auto id, id_parameter<UploadId>(request));
    const auto offset = parse_count(request.header("upload-offset"));
    const auto length = parse_count(request.header("content-length"));
    if (!offset)
      return Error(Code::invalid_argument,
                   "Upload-Offset: must be the number of bytes sent so far");
    if (!length)
      return Error(Code::invalid_argument, "Content-Length: a chunk must say how long it is");
    const auto checksum = request.header("upload-checksum");
    FILOSCOPE_TRY(auto chunk,
                  api.services.uploads.begin_chunk(caller.viewer, id, *offset, *length, checksum));
    return std::unique_ptr<BodySink>(
        std::make_unique<ChunkSink>(std::move(chunk), !checksum.empty(), 204, ""));
  };
  auto sink = begin();
  return sink.has_value() ? std::move(sink) : decided(tus_problem(sink.error()));
}

Result<upload::UploadState> state_of(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<UploadId>(request));
  return api.services.uploads.state(caller.viewer, id);
}

Result<Response> head(const Api& api, const Request& request) {
  if (auto refused = refuse_version(request)) return *std::move(refused);
  const auto state = state_of(api, request);
  if (!state.has_value()) return tus_problem(state.error());
  auto response = state_response(200, *state);
  response.headers.emplace_back("Upload-Length", std::to_string(state->size_bytes));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<Response> show(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto state, state_of(api, request));
  auto body = encode_upload(state);
  body["state"] = state.video ? "complete" : "uploading";
  if (!state.video) return json_response(body);
  FILOSCOPE_TRY(auto video, api.services.catalog.get(state.video));
  std::vector<catalog::Video> videos;
  videos.push_back(std::move(video));
  FILOSCOPE_TRY(const auto items,
                api.services.feed.items(caller.viewer, std::move(videos), feed::Surface::other));
  if (!items.empty()) body["video"] = encode_video(api.services, caller.viewer, items.front());
  return json_response(body);
}

Result<Response> terminate(const Api& api, const Request& request) {
  if (auto refused = refuse_version(request)) return *std::move(refused);
  const auto end = [&]() -> Result<Response> {
    FILOSCOPE_TRY(const auto caller, api.auth.account(request));
    FILOSCOPE_TRY(const auto id, id_parameter<UploadId>(request));
    FILOSCOPE_DO(api.services.uploads.terminate(caller.viewer, id));
    return with_tus(no_content());
  };
  auto response = end();
  return response.has_value() ? std::move(response) : tus_problem(response.error());
}

Result<Response> options(const Api& api, const Request&) {
  auto response = no_content();
  response.headers.emplace_back("Tus-Version", std::string(kTusVersion));
  response.headers.emplace_back("Tus-Extension",
                                "creation,creation-with-upload,checksum,termination,expiration");
  response.headers.emplace_back("Tus-Max-Size",
                                std::to_string(api.services.config[upload::kSizeBytesMax]));
  response.headers.emplace_back("Tus-Checksum-Algorithm", "sha1,sha256");
  return with_tus(std::move(response));
}

/// One multipart upload: the file goes to a temporary until all fields are known, then in as
/// chunks.
class MultipartSink final : public BodySink, private PartHandler {
 public:
  MultipartSink(ApiPtr api, accounts::Viewer viewer, std::string_view boundary, UniqueFd file)
      : api_(std::move(api)),
        viewer_(std::move(viewer)),
        file_(std::move(file)),
        parser_(boundary, *this) {}

  Result<void> write(std::span<const std::uint8_t> bytes) override {
    return parser_.feed(crypto::as_text(bytes));
  }

  Result<Response> finish() override {
    FILOSCOPE_DO(parser_.finish());
    if (!has_file_) {
      return Error(Code::invalid_argument,
                   "file: is missing; send the video as the form field \"file\"");
    }
    form_.size_bytes = size_bytes_;
    form_.caption = fields_["caption"];
    form_.visibility = fields_["visibility"];
    const auto& draft = fields_["draft"];
    form_.draft = !draft.empty() && draft != "false" && draft != "0";
    FILOSCOPE_TRY(const auto made, api_->services.uploads.create(viewer_, form_));
    FILOSCOPE_TRY(const auto state, hand_over(made.id));
    FILOSCOPE_TRY(const auto video, api_->services.catalog.get(state.video));
    const json named = {{"id", video.id.text()}, {"state", catalog::to_string(video.state)}};
    return json_response({{"video", named}}, 202);
  }

 private:
  Result<void> begin_part(const PartHead& head) override {
    name_ = head.name;
    in_file_ = name_ == "file";
    if (!in_file_) return {};
    if (has_file_) return Error(Code::invalid_argument, "file: one video at a time");
    has_file_ = true;
    form_.filename = head.filename;
    return {};
  }

  Result<void> part_data(std::string_view bytes) override {
    if (in_file_) return store(crypto::as_bytes(bytes));
    auto& field = fields_[name_];
    if (field.size() + bytes.size() > kFieldBytesMax) {
      return Error(Code::invalid_argument,
                   fmt::format("{}: has more than {} bytes", name_, kFieldBytesMax));
    }
    field += bytes;
    return {};
  }

  Result<void> end_part() override { return {}; }

  Result<void> store(std::span<const std::uint8_t> bytes) {
    const auto size_max = api_->services.config[upload::kSizeBytesMax];
    if (size_bytes_ + static_cast<std::int64_t>(bytes.size()) > size_max) {
      return Error(Code::invalid_argument,
                   fmt::format("file: it is larger than the {:.1f} GiB that are taken",
                               static_cast<double>(size_max) / (1 << 30)));
    }
    FILOSCOPE_DO(write_all(file_.get(), bytes, size_bytes_));
    size_bytes_ += static_cast<std::int64_t>(bytes.size());
    return {};
  }

  Result<upload::UploadState> hand_over(UploadId id) {
    const auto chunk_max = api_->services.config[upload::kChunkBytesMax];
    upload::UploadState state;
    for (std::int64_t done = 0; done < size_bytes_;) {
      const auto length = std::min(chunk_max, size_bytes_ - done);
      FILOSCOPE_TRY(const auto chunk,
                    api_->services.uploads.begin_chunk(viewer_, id, done, length, ""));
      FILOSCOPE_DO(copy(*chunk, done, length));
      FILOSCOPE_TRY(state, chunk->commit());
      done += length;
    }
    return state;
  }

  Result<void> copy(upload::Chunk& chunk, std::int64_t offset, std::int64_t length_bytes) {
    std::vector<std::uint8_t> buffer(static_cast<std::size_t>(std::min(kCopyBytes, length_bytes)));
    for (std::int64_t copied = 0; copied < length_bytes;) {
      const auto rest = static_cast<std::size_t>(length_bytes - copied);
      const auto part = std::span(buffer).first(std::min(rest, buffer.size()));
      FILOSCOPE_DO(read_all(file_.get(), part, offset + copied));
      FILOSCOPE_DO(chunk.write(part));
      copied += static_cast<std::int64_t>(part.size());
    }
    return {};
  }

  const ApiPtr api_;
  const accounts::Viewer viewer_;
  UniqueFd file_;
  std::int64_t size_bytes_ = 0;
  upload::NewUpload form_;
  std::map<std::string, std::string> fields_;
  std::string name_;
  bool in_file_ = false, has_file_ = false;
  MultipartParser parser_;
};

Result<std::unique_ptr<BodySink>> upload_multipart(const ApiPtr& api, const Request& request) {
  FILOSCOPE_TRY(auto caller, api->auth.account(request));
  auto boundary = boundary_of(request.header("content-type"));
  if (!boundary)
    return Error(Code::invalid_argument,
                 "Content-Type: must be multipart/form-data with a boundary");
  FILOSCOPE_TRY(auto file, api->services.blobs.make_temporary());
  return std::unique_ptr<BodySink>(
      std::make_unique<MultipartSink>(api, std::move(caller.viewer), *boundary, std::move(file)));
}

}  // namespace

void add_upload_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  const auto with = [&api](auto function) {
    return Handler([api, function](const Request& request) { return function(*api, request); });
  };
  const auto streamed = [&api](auto function) {
    return StreamHandler(
        [api, function](const Request& request) { return function(*api, request); });
  };
  const auto chunk_max = static_cast<std::size_t>(api->services.config[upload::kChunkBytesMax]);
  const auto file_max =
      static_cast<std::size_t>(api->services.config[upload::kSizeBytesMax] + kMultipartExtraBytes);
  router.add({"POST", base + "/videos", StreamHandler([api](const Request& request) {
                return upload_multipart(api, request);
              }),
              file_max});
  router.add({"OPTIONS", base + "/uploads", with(options)});
  router.add({"POST", base + "/uploads", streamed(create), chunk_max});
  router.add({"PATCH", base + "/uploads/{id}", streamed(patch), chunk_max});
  router.add({"HEAD", base + "/uploads/{id}", with(head)});
  router.add({"GET", base + "/uploads/{id}", with(show)});
  router.add({"DELETE", base + "/uploads/{id}", with(terminate)});
}

}  // namespace filoscope::api
