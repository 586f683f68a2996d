#pragma once

/// Media delivery: GET and HEAD of `/media/{class}/{key}/{signed}/{file}` with single ranges,
/// strong entity tags; by sendfile where the store's blobs are files here. Each request asks
/// Catalog::resolve_media anew, so a removal holds at once; only the open descriptors are kept
/// between requests.

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/http.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "catalog/catalog.h"
#include "ports/blob_store.h"

namespace filoscope::api {

/// An immutable blob held open.
struct OpenFile {
  std::shared_ptr<const BlobReader> blob;
  std::string etag;  ///< strong, with quotes; the same after a restart
};

/// The most recently used blobs that are files here, held open; others are opened anew. A blob that
/// was removed keeps its space on disk at most until the next sweep (every few seconds of use).
/// Threads: any.
class OpenFiles {
 public:
  OpenFiles(const BlobStore& blobs, const Clock& clock, std::size_t files_max);
  /// Opens on the first use, which may block for a moment. Errors: not_found.
  Result<std::shared_ptr<const OpenFile>> get(const std::string& blob_key);

 private:
  struct Entry {
    std::shared_ptr<const OpenFile> file;
    std::list<std::string>::iterator place;  ///< in order_
  };
  void sweep_if_due() FILOSCOPE_REQUIRES(mutex_);

  const BlobStore& blobs_;
  const Clock& clock_;
  const std::size_t files_max_;
  Mutex mutex_;
  std::unordered_map<std::string, Entry> entries_ FILOSCOPE_GUARDED_BY(mutex_);
  std::list<std::string> order_ FILOSCOPE_GUARDED_BY(mutex_);  ///< the most recent first
  std::int64_t swept_us_ FILOSCOPE_GUARDED_BY(mutex_) = 0;
};

/// The answer for an open file: 200, 206, 304 or 416.
Response deliver(const Request& request, const OpenFile& file, std::string content_type,
                 std::string cache_control);

inline constexpr std::string_view kMediaPattern = "/media/{class}/{key}/{signed}/{file}";

/// A GET route that delivers from `blobs`: on the network thread itself where they are local files.
Route delivery_route(std::string pattern, const BlobStore& blobs, Handler handler);
/// The route; everything it uses outlives the server.
Route media_route(const catalog::Catalog& catalog, const BlobStore& blobs, const Clock& clock,
                  const Config& config);

}  // namespace filoscope::api
