#include "api/delivery.h"

#include <sys/stat.h>

#include "api/api.h"
#include "api/byte_range.h"
#include "api/reasons.h"
#include "base/crypto.h"

namespace filoscope::api {
namespace {

constexpr std::int64_t kSweepUs = 2'000'000;

std::string etag_of(std::string_view blob_key, std::int64_t size_bytes) {
  const auto digest = crypto::sha256(blob_key);
  return "\"" + crypto::base64url(std::span(digest).first(12)) + "-" + std::to_string(size_bytes) +
         "\"";
}

/// REQUIRES: it is a file here.
bool is_gone(const BlobReader& blob) {
  struct stat status {};
  return fstat(blob.native_file()->get(), &status) != 0 || status.st_nlink == 0 ||
         status.st_size != blob.size_bytes();
}

}  // namespace

OpenFiles::OpenFiles(const BlobStore& blobs, const Clock& clock, std::size_t files_max)
    : blobs_(blobs), clock_(clock), files_max_(files_max) {}

Result<std::shared_ptr<const OpenFile>> OpenFiles::get(const std::string& blob_key) {
  {
    Lock lock(mutex_);
    sweep_if_due();
    const auto found = entries_.find(blob_key);
    if (found != entries_.end()) {
      order_.splice(order_.begin(), order_, found->second.place);
      return found->second.file;
    }
  }
  FILOSCOPE_TRY(auto blob, blobs_.open(blob_key));
  auto made = std::make_shared<OpenFile>();
  made->etag = etag_of(blob_key, blob->size_bytes());
  made->blob = std::move(blob);
  std::shared_ptr<const OpenFile> file = std::move(made);
  if (file->blob->native_file() == nullptr) return file;  // nothing tells when it is removed
  Lock lock(mutex_);
  if (entries_.contains(blob_key)) return file;
  if (entries_.size() >= files_max_) {
    entries_.erase(order_.back());
    order_.pop_back();
  }
  order_.push_front(blob_key);
  entries_.emplace(blob_key, Entry{file, order_.begin()});
  return file;
}

void OpenFiles::sweep_if_due() {
  const auto now_us = clock_.mono_us();
  if (now_us - swept_us_ < kSweepUs) return;
  swept_us_ = now_us;
  for (auto place = order_.begin(); place != order_.end();) {
    const auto entry = entries_.find(*place);
    if (is_gone(*entry->second.file->blob)) {
      entries_.erase(entry);
      place = order_.erase(place);
    } else {
      ++place;
    }
  }
}

Response deliver(const Request& request, const OpenFile& file, std::string content_type,
                 std::string cache_control) {
  Response response;
  response.headers.reserve(4);
  response.headers.emplace_back("ETag", file.etag);
  response.headers.emplace_back("Cache-Control", std::move(cache_control));
  response.headers.emplace_back("Accept-Ranges", "bytes");
  const auto if_none_match = request.header("if-none-match");
  if (!if_none_match.empty() && matches_any(if_none_match, file.etag)) {
    response.status = 304;
    return response;
  }
  const auto size_bytes = file.blob->size_bytes();
  // Range is defined for GET alone (RFC 9110 section 14.2).
  const bool ranged = request.method == "GET" && range_holds(request.header("if-range"), file.etag);
  const auto range =
      select_range(ranged ? request.header("range") : std::string_view(), size_bytes);
  const auto size_text = std::to_string(size_bytes);
  if (range.status == 416) {
    response = problem(Error(reason("range_behind_end"), size_bytes));
    response.headers.emplace_back("Content-Range", "bytes */" + size_text);
    return response;
  }
  response.status = range.status;
  response.content_type = std::move(content_type);
  if (range.status == 206) {
    response.headers.emplace_back("Content-Range",
                                  "bytes " + std::to_string(range.first) + "-" +
                                      std::to_string(range.first + range.length_bytes - 1) + "/" +
                                      size_text);
  }
  if (const auto* native = file.blob->native_file()) {
    response.body = FileBody{{file.blob, native}, range.first, range.length_bytes};
  } else {
    response.body = BlobBody{file.blob, range.first, range.length_bytes};
  }
  return response;
}

Route delivery_route(std::string pattern, const BlobStore& blobs, Handler handler) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.handler = std::move(handler);
  route.body_bytes_max = 0;
  route.inline_on_network_thread = blobs.has_native_files();
  route.work = Work::media;
  return route;
}

Route media_route(const catalog::Catalog& catalog, const BlobStore& blobs, const Clock& clock,
                  const Config& config) {
  auto files =
      std::make_shared<OpenFiles>(blobs, clock, static_cast<std::size_t>(config[kOpenFilesMax]));
  const auto public_cache =
      "public, max-age=" + std::to_string(config[catalog::kPublicCacheS]) + ", immutable";
  return delivery_route(
      std::string(kMediaPattern), blobs,
      [&catalog, files, public_cache](const Request& request) -> Result<Response> {
        FILOSCOPE_TRY(auto media, catalog.resolve_media(request.path));
        FILOSCOPE_TRY(const auto file, files->get(media.blob_key));
        return deliver(request, *file, std::move(media.content_type),
                       media.restricted ? "private, no-store" : public_cache);
      });
}

}  // namespace filoscope::api
