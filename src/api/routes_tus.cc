#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "api/reasons.h"
#include "api/routes.h"
#include "api/tus.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::string_view kChunkType = "application/offset+octet-stream";

Response state_response(int status, const upload::UploadState& state) {
  Response response = no_content();
  response.status = status;
  response.headers.emplace_back("Upload-Offset", std::to_string(state.offset));
  response.headers.emplace_back("Upload-Expires", http_date(state.expires_at_ms));
  if (state.video) response.headers.emplace_back("Filoscope-Video-Id", state.video.text());
  return response;
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
    if (!settled_ && !has_checksum_) static_cast<void>(chunk_->commit().has_value());
  }
  Result<void> write(std::span<const std::uint8_t> bytes) override {
    auto done = chunk_->write(bytes);
    if (!done) settled_ = true;
    return done;
  }
  Result<Response> finish() override {
    settled_ = true;
    FILOSCOPE_TRY(const auto state, chunk_->commit());
    auto response = state_response(status_, state);
    if (!location_.empty()) response.headers.emplace_back("Location", location_);
    return response;
  }

 private:
  std::unique_ptr<upload::Chunk> chunk_;
  const bool has_checksum_;
  const int status_;
  const std::string location_;
  bool settled_ = false;
};

/// What every tus request but OPTIONS must say.
std::optional<Response> refuse_version(const Request& request) {
  if (request.header("tus-resumable") == kTusVersion) return std::nullopt;
  auto response = problem(Error(reason("tus_version_unknown"), kTusVersion));
  response.headers.emplace_back("Tus-Version", std::string(kTusVersion));
  return response;
}

bool is_chunk(const Request& request) {
  const auto type = request.header("content-type");
  return type.substr(0, type.find(';')) == kChunkType;
}

Response wrong_type() { return problem(Error(reason("chunk_type_wrong"), kChunkType)); }

/// How many bytes may come: as announced, or with a chunked body as many as fit.
std::optional<std::int64_t> body_length(const Api& api, const Request& request,
                                        std::int64_t missing_bytes) {
  if (request.header("transfer-encoding").empty()) {
    return parse_count(request.header("content-length"));
  }
  return std::min(missing_bytes, api.services.config[upload::kChunkBytesMax]);
}

Result<std::unique_ptr<BodySink>> begin_chunk(const Api& api, const Request& request,
                                              const accounts::Viewer& viewer,
                                              const upload::UploadState& state, std::int64_t offset,
                                              const std::string& location) {
  const auto length = body_length(api, request, state.size_bytes - state.offset);
  if (!length) {
    return Error(reason("chunk_length_missing")).at("Content-Length");
  }
  const auto checksum = request.header("upload-checksum");
  FILOSCOPE_TRY(auto chunk,
                api.services.uploads.begin_chunk(viewer, state.id, offset, *length, checksum));
  return std::unique_ptr<BodySink>(std::make_unique<ChunkSink>(
      std::move(chunk), !checksum.empty(), location.empty() ? 204 : 201, location));
}

Result<std::unique_ptr<BodySink>> create(const Api& api, const Request& request) {
  if (auto refused = refuse_version(request)) return decided(*std::move(refused));
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  const auto size = parse_count(request.header("upload-length"));
  if (!size) return Error(reason("upload_length_missing")).at("Upload-Length");
  FILOSCOPE_TRY(auto form, parse_upload_metadata(request.header("upload-metadata")));
  form.size_bytes = *size;
  form.network = network_of(api, request);
  const bool with_body = !request.header("transfer-encoding").empty() ||
                         parse_count(request.header("content-length")).value_or(0) > 0;
  if (with_body && !is_chunk(request)) return decided(wrong_type());
  FILOSCOPE_TRY(const auto made, api.services.uploads.create(caller.viewer, form));
  const auto location =
      fmt::format("{}{}/uploads/{}", api.services.config[kPublicUrl], kBase, made.id.text());
  if (with_body) return begin_chunk(api, request, caller.viewer, made, 0, location);
  auto response = state_response(201, made);
  response.headers.emplace_back("Location", location);
  return decided(std::move(response));
}

Result<upload::UploadState> state_of(const Api& api, const Request& request,
                                     const accounts::Viewer& viewer) {
  FILOSCOPE_TRY(const auto id, id_parameter<UploadId>(request));
  return api.services.uploads.state(viewer, id);
}

Result<std::unique_ptr<BodySink>> patch(const Api& api, const Request& request) {
  if (auto refused = refuse_version(request)) return decided(*std::move(refused));
  if (!is_chunk(request)) return decided(wrong_type());
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  const auto offset = parse_count(request.header("upload-offset"));
  if (!offset) return Error(reason("upload_offset_missing")).at("Upload-Offset");
  FILOSCOPE_TRY(const auto state, state_of(api, request, caller.viewer));
  return begin_chunk(api, request, caller.viewer, state, *offset, "");
}

Result<Response> head(const Api& api, const Request& request) {
  if (auto refused = refuse_version(request)) return *std::move(refused);
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto state, state_of(api, request, caller.viewer));
  auto response = state_response(200, state);
  response.headers.emplace_back("Upload-Length", std::to_string(state.size_bytes));
  if (!state.metadata.empty()) response.headers.emplace_back("Upload-Metadata", state.metadata);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<Response> terminate(const Api& api, const Request& request) {
  if (auto refused = refuse_version(request)) return *std::move(refused);
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto id, id_parameter<UploadId>(request));
  FILOSCOPE_DO(api.services.uploads.terminate(caller.viewer, id));
  return no_content();
}

/// For clients that can send GET and POST only.
Result<std::unique_ptr<BodySink>> overridden(const Api& api, const Request& request) {
  const auto method = request.header("x-http-method-override");
  if (method == "PATCH") return patch(api, request);
  if (method != "DELETE" && method != "HEAD") {
    return Error(reason("method_override_unknown")).at("X-HTTP-Method-Override");
  }
  FILOSCOPE_TRY(auto response, method == "HEAD" ? head(api, request) : terminate(api, request));
  return decided(std::move(response));
}

Result<Response> show_upload(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.account(request));
  FILOSCOPE_TRY(const auto state, state_of(api, request, caller.viewer));
  auto body = encode_upload(state);
  body["state"] = state.video ? "complete" : "uploading";
  if (!state.video) return json_response(body);
  FILOSCOPE_TRY(const auto entry, api.services.catalog.entry(state.video));
  FILOSCOPE_TRY(const auto items,
                api.services.feed.items(caller.viewer, {entry}, feed::Surface::other));
  if (!items.empty()) {
    FILOSCOPE_TRY(body["video"], encode_content(api.services, caller.viewer, items.front()));
  }
  return json_response(body);
}

Result<Response> options(const Api& api, const Request&) {
  auto response = no_content();
  response.headers.emplace_back("Tus-Version", std::string(kTusVersion));
  response.headers.emplace_back("Tus-Extension",
                                "creation,creation-with-upload,checksum,termination,expiration");
  response.headers.emplace_back("Tus-Max-Size",
                                std::to_string(api.services.config[upload::kSizeBytesMax]));
  response.headers.emplace_back("Tus-Checksum-Algorithm", "sha1,sha256");
  return response;
}

}  // namespace

void add_tus_routes(Router& router, const ApiPtr& api) {
  const auto chunk_max = static_cast<std::size_t>(api->services.config[upload::kChunkBytesMax]);
  const auto add = [&](const char* method, const char* path,
                       std::variant<Handler, StreamHandler> handler) {
    router.add({.method = method,
                .pattern = std::string(kBase) + path,
                .handler = std::move(handler),
                .body_bytes_max = chunk_max,
                .headers = {{"Tus-Resumable", std::string(kTusVersion)}}});
  };
  const auto streamed = [&api](auto function) {
    return StreamHandler(
        [api, function](const Request& request) { return function(*api, request); });
  };
  add("OPTIONS", "/uploads", handler(api, options));
  add("POST", "/uploads", streamed(create));
  add("PATCH", "/uploads/{id}", streamed(patch));
  add("POST", "/uploads/{id}", streamed(overridden));
  add("HEAD", "/uploads/{id}", handler(api, head));
  add("DELETE", "/uploads/{id}", handler(api, terminate));
  router.add({"GET", std::string(kBase) + "/uploads/{id}", handler(api, show_upload)});
}

}  // namespace filoscope::api
