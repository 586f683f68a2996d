#pragma once

/// HTTP as plain values: a route is a function Request → Result<Response>; sockets and coroutines
/// stay in server.cc.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "ports/blob_store.h"

namespace filoscope::api {

struct Request {
  std::string method, target, path;                            ///< path is decoded; target as sent
  std::map<std::string, std::string, std::less<>> query;       ///< decoded; the last of equal names
  std::map<std::string, std::string, std::less<>> headers;     ///< names in lower case
  std::map<std::string, std::string, std::less<>> parameters;  ///< of the route's pattern, `{id}`
  std::string body;  ///< whole, ≤ the route's body_bytes_max
  std::string remote_address;
  bool loopback = false;
  std::string request_id;
  std::string_view header(std::string_view name) const;  ///< "" when absent
};

/// A slice of an open file, sent by sendfile.
struct FileBody {
  std::shared_ptr<const UniqueFd> file;
  std::int64_t offset = 0, length_bytes = 0;
};

/// A slice of a blob that is no file here: read on the route's pool, part by part, each when the
/// one before was sent. What cannot be read breaks the answer off.
struct BlobBody {
  std::shared_ptr<const BlobReader> blob;
  std::int64_t offset = 0, length_bytes = 0;
};

class PendingAnswer;
class BodySource;
class SocketPeer;

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  /// A PendingAnswer is no body: another Response comes instead, later. A SocketPeer takes the
  /// connection over, on a route that is a `socket` (api/waiting.h).
  std::variant<std::string, FileBody, BlobBody, std::shared_ptr<PendingAnswer>,
               std::shared_ptr<BodySource>, std::shared_ptr<SocketPeer>>
      body;
  std::string content_type = "application/json";
};

/// Receives a request body in parts, for uploads. Runs on the uploads' pool, one call at a time.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// Asked once, before the body is read: an answer for which the body is not wanted.
  virtual std::optional<Response> refusal() { return std::nullopt; }
  virtual Result<void> write(std::span<const std::uint8_t> bytes) = 0;
  virtual Result<Response> finish() = 0;
};

using Handler = std::function<Result<Response>(const Request&)>;
/// Begins a streamed body: the head is known, the body is not read yet.
using StreamHandler = std::function<Result<std::unique_ptr<BodySink>>(const Request&)>;

/// A sink for an answer that needs no body.
Result<std::unique_ptr<BodySink>> decided(Response response);

/// What a route's handler spends: each kind has threads and limits of its own, so that none
/// starves the others.
enum class Work : std::uint8_t {
  plain,
  feed,      ///< what the first screen needs: the page, the feed; and health
  search,    ///< reads a great deal
  picture,   ///< has a picture looked at
  upload,    ///< a streamed body
  password,  ///< computes a password hash
  sign_up,   ///< the same, for a new account
  waiting,   ///< what is made for clients that wait (api/waiting.h)
  media,     ///< delivers blobs: no throttle, no policies of pages, and no log unless asked for
};

struct Route {
  std::string method, pattern;  ///< "/api/v1/videos/{id}"
  std::variant<Handler, StreamHandler> handler;
  std::size_t body_bytes_max = 16 << 10;
  bool inline_on_network_thread = false;  ///< only for what never blocks: media from local files
  Work work = Work::plain;
  bool socket = false;  ///< answers WebSocket handshakes alone, with a SocketPeer
  /// In every answer of the route, problems included.
  std::vector<std::pair<std::string, std::string>> headers{};
};

std::string_view status_text(int status);
/// The Content-Security-Policy of every answer but delivery's, with these sources of scripts; an
/// answer that sets the field itself keeps its own.
std::string content_policy(std::string_view script_sources);
/// {"size": 12, "name": "…"}
nlohmann::ordered_json arguments_json(std::span<const ErrorArgument> arguments);
/// application/problem+json (RFC 9457) with `reason`, and `field` and `arguments` where the error
/// has them; 429 and 503 carry Retry-After; what is our fault is told without its inner message.
Response problem(const Error& error);

class Router {
 public:
  void add(Route route);  ///< before serving starts; aborts on a duplicate
  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string, std::less<>> parameters;
  };
  /// Errors: not_found; a path known with other methods is a 405 problem (Allow listed) through
  /// `allowed`.
  /// `path` is taken as sent (percent-encoded); parameters come out decoded. HEAD falls back to
  /// GET.
  Match find(std::string_view method, std::string_view path, std::string* allowed) const;
  /// Answers every path that no pattern knows: GET and HEAD (the web app), or any method.
  enum class Fallback { reads, any };
  void set_fallback(Handler handler, Fallback methods = Fallback::reads, Work work = Work::plain);
  const std::deque<Route>& routes() const { return routes_; }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
    std::unique_ptr<Node> parameter;
    std::vector<const Route*> routes;  ///< that end here, one per method
  };
  const Node* walk(std::string_view path, std::vector<std::string>& values) const;

  std::deque<Route> routes_;  ///< addresses stay
  std::unique_ptr<Route> fallback_;
  Fallback fallback_methods_ = Fallback::reads;
  Node root_;
};

}  // namespace filoscope::api
