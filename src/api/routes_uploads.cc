#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "api/multipart.h"
#include "api/reasons.h"
#include "api/routes.h"
#include "api/throttle.h"
#include "api/tus.h"
#include "base/mutex.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::int64_t kCopyBytes = 1 << 20;
constexpr std::size_t kFieldBytesMax = 64 << 10;
constexpr std::int64_t kMultipartExtraBytes = 2 << 20;  ///< fields and boundaries beside the file

/// How many multipart uploads each account has on their way: their files are on the disk before any
/// quota counts them. Threads: any.
class Transfers {
 public:
  class Place {
   public:
    Place(std::shared_ptr<Transfers> places, AccountId account)
        : places_(std::move(places)), account_(account) {}
    ~Place() {
      Lock lock(places_->mutex_);
      if (--places_->taken_[account_] == 0) places_->taken_.erase(account_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    const std::shared_ptr<Transfers> places_;
    const AccountId account_;
  };
  /// Errors: exhausted.
  static Result<std::unique_ptr<Place>> take(const std::shared_ptr<Transfers>& places,
                                             AccountId account, std::int64_t places_max) {
    Lock lock(places->mutex_);
    auto& count = places->taken_[account];
    if (count >= places_max) {
      return Error(reason("too_many_transfers"), count);
    }
    ++count;
    return std::make_unique<Place>(places, account);
  }

 private:
  Mutex mutex_;
  std::unordered_map<AccountId, std::int64_t> taken_ FILOSCOPE_GUARDED_BY(mutex_);
};

/// One multipart upload: the file goes to a temporary until all fields are known, then in as
/// chunks.
class MultipartSink final : public BodySink, private PartHandler {
 public:
  MultipartSink(ApiPtr api, accounts::Viewer viewer, std::int64_t network,
                std::unique_ptr<upload::Room> room, std::unique_ptr<Transfers::Place> place,
                std::string_view boundary, UniqueFd file)
      : api_(std::move(api)),
        viewer_(std::move(viewer)),
        room_(std::move(room)),
        place_(std::move(place)),
        file_(std::move(file)),
        parser_(boundary, *this) {
    form_.network = network;
  }

  Result<void> write(std::span<const std::uint8_t> bytes) override {
    return parser_.feed(crypto::as_text(bytes));
  }

  Result<Response> finish() override {
    FILOSCOPE_DO(parser_.finish());
    if (!has_file_) {
      return Error(reason("file_field_missing")).at("file");
    }
    form_.size_bytes = size_bytes_;
    form_.caption = fields_["caption"];
    form_.visibility = fields_["visibility"];
    const auto& draft = fields_["draft"];
    form_.draft = !draft.empty() && draft != "false" && draft != "0";
    FILOSCOPE_TRY(form_.labels, catalog::Labels::parse(fields_["labels"]));
    FILOSCOPE_TRY(form_.cover_ms, parse_cover_ms(fields_["cover_ms"]));
    FILOSCOPE_TRY(form_.sound, parse_sound_id(fields_["sound_id"]));
    room_.reset();  // the upload has its own now
    FILOSCOPE_TRY(const auto made, api_->services.uploads.create(viewer_, form_));
    FILOSCOPE_TRY(const auto state, hand_over(made.id));
    FILOSCOPE_TRY(const auto video, api_->services.catalog.get(state.video));
    const json named = {{"id", video.id.text()}, {"state", encode_state(video.state)}};
    return json_response({{"video", named}}, 202);
  }

 private:
  Result<void> begin_part(const PartHead& head) override {
    name_ = head.name;
    in_file_ = name_ == "file";
    if (!in_file_) return {};
    if (has_file_) return Error(reason("file_field_doubled")).at("file");
    has_file_ = true;
    form_.filename = head.filename;
    return {};
  }

  Result<void> part_data(std::string_view bytes) override {
    if (in_file_) return store(crypto::as_bytes(bytes));
    auto& field = fields_[name_];
    if (field.size() + bytes.size() > kFieldBytesMax) {
      return Error(reason("form_field_too_long"), kFieldBytesMax).at(name_);
    }
    field += bytes;
    return {};
  }

  Result<void> end_part() override { return {}; }

  Result<void> store(std::span<const std::uint8_t> bytes) {
    // More than may be is at most kMultipartExtraBytes more: the route takes no longer body.
    FILOSCOPE_DO(room_->before_write(static_cast<std::int64_t>(bytes.size())));
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
  std::unique_ptr<upload::Room> room_;  ///< until the upload begins
  const std::unique_ptr<Transfers::Place> place_;
  UniqueFd file_;
  std::int64_t size_bytes_ = 0;
  upload::NewUpload form_;
  std::map<std::string, std::string> fields_;
  std::string name_;
  bool in_file_ = false, has_file_ = false;
  MultipartParser parser_;
};

Result<std::unique_ptr<BodySink>> upload_multipart(const ApiPtr& api,
                                                   const std::shared_ptr<Transfers>& places,
                                                   const Request& request) {
  FILOSCOPE_TRY(auto caller, api->auth.account(request));
  auto boundary = boundary_of(request.header("content-type"));
  if (!boundary) {
    return decided(problem(Error(reason("form_type_missing"))));
  }
  auto& uploads = api->services.uploads;
  const auto length = parse_count(request.header("content-length")).value_or(0);
  const auto network = network_of(*api, request);
  FILOSCOPE_TRY(auto room, uploads.make_room(caller.viewer, length, network));
  FILOSCOPE_TRY(auto place, Transfers::take(places, caller.viewer.account,
                                            api->services.config[upload::kUnfinishedMax]));
  FILOSCOPE_TRY(auto file, api->services.blobs.make_temporary());
  return std::unique_ptr<BodySink>(
      std::make_unique<MultipartSink>(api, std::move(caller.viewer), network, std::move(room),
                                      std::move(place), *boundary, std::move(file)));
}

}  // namespace

std::int64_t network_of(const Api& api, const Request& request) {
  if (request.loopback) return 0;
  const auto digest =
      crypto::hmac_sha256(api.services.key, "network " + address_group(request.remote_address));
  std::int64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return number;
}

void add_upload_routes(Router& router, const ApiPtr& api) {
  const auto file_max =
      static_cast<std::size_t>(api->services.config[upload::kSizeBytesMax] + kMultipartExtraBytes);
  const auto places = std::make_shared<Transfers>();
  router.add({"POST", std::string(kBase) + "/videos",
              StreamHandler([api, places](const Request& request) {
                return upload_multipart(api, places, request);
              }),
              file_max});
}

}  // namespace filoscope::api
