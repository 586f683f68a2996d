#pragma once

/// The HTTP interface: parse, authorise, call, encode. docs/api.md is the map, openapi.json the
/// contract.

#include <functional>
#include <memory>
#include <string>

#include "accounts/accounts.h"
#include "api/http.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "feed/feed.h"
#include "safety/safety.h"
#include "search/search.h"
#include "social/social.h"
#include "subtitles/subtitles.h"
#include "upload/upload.h"
#include "visual/visual.h"

namespace filoscope::api {

inline const Setting<std::int64_t> kNetThreads{"api.net_threads", 0, 0, 256,
                                               "Network threads; 0 is one per core."};
inline const Setting<std::int64_t> kWorkThreads{
    "api.work_threads", 8, 1, 1024, "Threads that run requests, but for those with threads below."};
inline const Setting<std::int64_t> kFeedThreads{
    "api.feed_threads", 8, 1, 1024, "Threads that answer for the feed and the page alone."};
inline const Setting<std::int64_t> kSearchThreads{"api.search_threads", 4, 1, 1024,
                                                  "Threads that search."};
inline const Setting<std::int64_t> kUploadThreads{"api.upload_threads", 4, 1, 1024,
                                                  "Threads that store what uploads bring."};
inline const Setting<std::int64_t> kWaitingThreads{
    "api.waiting_threads", 2, 1, 1024, "Threads that make what is told to clients that wait."};
inline const Setting<std::int64_t> kWorkQueueMax{
    "api.work_queue_max", 1024, 1, 1000000,
    "Requests waiting for a thread, for each kind of work."};
inline const Setting<std::int64_t> kConnectionsMax{"api.connections_max", 4096, 16, 1000000,
                                                   "Open connections."};
inline const Setting<std::int64_t> kConnectionsPerAddressMax{
    "api.connections_per_address_max", 256, 1, 1000000,
    "Open connections of one address, and requests at one time of one behind a trusted proxy; "
    "loopback is exempt."};
inline const Setting<std::int64_t> kWaitingMax{
    "api.waiting_max", 3072, 1, 1000000,
    "Connections that may wait for something to happen: open sockets, streams, answers that come "
    "later. Fewer than the open connections, so that others find room."};
inline const Setting<std::int64_t> kWaitingPerAddressMax{
    "api.waiting_per_address_max", 128, 1, 1000000, "The same of one address; loopback is exempt."};
inline const Setting<std::int64_t> kWaitingPerPersonMax{"api.waiting_per_person_max", 16, 1,
                                                        1000000, "The same of one person."};
inline const Setting<std::int64_t> kSlowClientS{
    "api.slow_client_s", 30, 1, 3600,
    "Seconds without progress after which a connection is closed, and in which the head of a "
    "request must be here."};
inline const Setting<std::int64_t> kLeastBytesPerS{
    "api.least_bytes_per_s", 1024, 1, 1000000,
    "Bytes a second that a client must send and take on average, after api.slow_client_s."};
inline const Setting<std::int64_t> kIdleS{
    "api.idle_s", 75, 1, 3600, "Seconds that a connection may wait between two requests."};
inline const Setting<bool> kMediaAccessLog{
    "api.media_access_log", false,
    "Write an access log line for every media range too; they are counted either way."};
inline const Setting<std::int64_t> kOpenFilesMax{"api.open_files_max", 512, 8, 1000000,
                                                 "Media files kept open between ranges."};
inline const Setting<std::string> kPublicUrl{
    "api.public_url", "", "The address people use, when a proxy stands in front; empty: as asked."};
inline const Setting<std::string> kTrustedProxies{
    "api.trusted_proxies", "", "Addresses whose X-Forwarded-For is believed, comma-separated."};
inline const Setting<std::int64_t> kRequestsPerMinuteMax{
    "api.requests_per_minute_max", 1200, 10, 1000000,
    "Requests per address and minute; loopback is exempt."};
inline const Setting<std::int64_t> kPasswordsPerMinuteMax{
    "api.passwords_per_minute_max", 30, 1, 1000000,
    "Sign-ins and other checks of a password per address and minute; loopback is exempt."};
inline const Setting<std::int64_t> kPicturesPerMinuteMax{
    "api.pictures_per_minute_max", 60, 1, 1000000,
    "Searches with a picture per address and minute; loopback is exempt."};
inline const Setting<std::int64_t> kSignUpsPerHourMax{
    "api.sign_ups_per_hour_max", 20, 1, 1000000,
    "New accounts per address and hour where public_url is set; loopback is exempt."};
inline const Setting<std::string> kMetricsToken{
    "api.metrics_token", "",
    "A bearer token that reads /metrics from other machines; without it only this machine may."};

struct SamplesProgress {
  int ready = 0, total = 0;
  bool done = true;
};

/// Everything the routes call. All outlive the server.
struct Services {
  accounts::Accounts& accounts;
  catalog::Catalog& catalog;
  social::Social& social;
  subtitles::Subtitles& subtitles;
  upload::Uploads& uploads;
  search::Search& search;
  visual::VisualSearch& visual;
  copies::Copies& copies;
  safety::Safety& safety;
  feed::Feed& feed;
  BlobStore& blobs;
  const Clock& clock;
  const Config& config;
  crypto::Key key;         ///< derived for this module (CSRF)
  std::string web_folder;  ///< the built web app; empty: none is served
  std::function<SamplesProgress()> samples;
  std::function<bool()> ready;  ///< for /readyz
};

/// All routes of the product.
Router make_router(const Services& services);

/// Threads: `start` and `stop` from the owner; serves on its own threads in between.
class Server {
 public:
  /// `config` and `clock` outlive the server. Errors: conflict (address in use), invalid_argument
  /// (not HOST:PORT).
  static Result<std::unique_ptr<Server>> start(const std::string& listen, Router router,
                                               const Config& config, const Clock& clock);
  virtual ~Server() = default;
  /// Stops at once, and another server goes on behind the same socket: whoever connects meanwhile
  /// waits for it, and nobody else can take the address. Errors: internal.
  virtual Result<std::unique_ptr<Server>> followed_by(Router router, const Config& config,
                                                      const Clock& clock) = 0;
  virtual std::string address() const = 0;  ///< "http://127.0.0.1:8080", the real port
  /// Stops accepting, lets requests in flight finish (≤ `deadline_ms`), closes the rest, joins.
  virtual void stop(std::int64_t deadline_ms) = 0;
};

}  // namespace filoscope::api
