#include "api/static_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>

#include "api/byte_range.h"
#include "api/reasons.h"
#include "base/crypto.h"

namespace filoscope::api {
namespace {

struct Found {
  std::shared_ptr<UniqueFd> file;
  std::int64_t size_bytes = 0;
  std::string etag;
};

/// Errors: not_found, unavailable (there is one, but it cannot be opened now).
Result<Found> open_regular(const std::string& path) {
  const Error nothing(reason("nothing_at_address"));
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && (errno == EMFILE || errno == ENFILE || errno == EIO))
    return errno_error("open a page");
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return nothing;
  const auto mark = path + ":" + std::to_string(status.st_size) + ":" +
                    std::to_string(status.st_mtim.tv_sec) + "." +
                    std::to_string(status.st_mtim.tv_nsec);
  const auto digest = crypto::sha256(mark);
  return Found{std::make_shared<UniqueFd>(std::move(fd)), status.st_size,
               "\"" + crypto::base64url(std::span(digest).first(12)) + "\""};
}

bool wants_page(const Request& request) {
  const auto accept = request.header("accept");
  return accept.empty() || accept.find("text/html") != std::string_view::npos ||
         accept.find("*/*") != std::string_view::npos;
}

/// A path whose last segment has an extension names a file; of the app's own addresses only handles
/// may have one.
bool names_file(std::string_view path) {
  if (path.starts_with("/@")) return false;
  return path.starts_with("/assets/") || content_type_of(path) != "application/octet-stream";
}

Result<Response> serve_file(const Request& request, const std::string& folder,
                            std::string_view path) {
  const auto plain = folder + std::string(path);
  FILOSCOPE_TRY(auto found, open_regular(plain));
  Response response;
  response.content_type = content_type_of(path);
  const auto accepted = request.header("accept-encoding");
  for (const auto& [coding, extension] : {std::pair{"br", ".br"}, std::pair{"gzip", ".gz"}}) {
    if (!accepts_coding(accepted, coding)) continue;
    if (auto twin = open_regular(plain + extension)) {
      found = *std::move(twin);
      response.headers.emplace_back("Content-Encoding", coding);
      break;
    }
  }
  const bool hashed = path.starts_with("/assets/");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  response.headers.emplace_back("ETag", found.etag);
  response.headers.emplace_back("Cache-Control",
                                hashed ? "public, max-age=31536000, immutable" : "no-cache");
  if (const auto match = request.header("if-none-match");
      !match.empty() && matches_any(match, found.etag)) {
    response.status = 304;
    return response;
  }
  response.body = FileBody{std::move(found.file), 0, found.size_bytes};
  return response;
}

}  // namespace

bool accepts_coding(std::string_view accept_encoding, std::string_view coding) {
  while (!accept_encoding.empty()) {
    const auto comma = accept_encoding.find(',');
    auto one = accept_encoding.substr(0, comma);
    accept_encoding =
        comma == std::string_view::npos ? std::string_view() : accept_encoding.substr(comma + 1);
    const auto semicolon = one.find(';');
    const auto weight = semicolon == std::string_view::npos ? "" : one.substr(semicolon + 1);
    one = one.substr(0, semicolon);
    const auto first = one.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    one = one.substr(first, one.find_last_not_of(" \t") - first + 1);
    if (one != coding) continue;
    const auto equals = weight.find('=');
    if (equals == std::string_view::npos) return true;
    return weight.find_first_of("123456789", equals) != std::string_view::npos;
  }
  return false;
}

std::string_view content_type_of(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
  };
  for (const auto& [extension, type] : kTypes) {
    if (path.ends_with(extension)) return type;
  }
  return "application/octet-stream";
}

bool is_plain_path(std::string_view path) {
  if (path.empty() || path[0] != '/' || path.size() > 1000) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    if (segment.empty() || segment[0] == '.' || segment.find('\\') != std::string_view::npos) {
      return false;
    }
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  return true;
}

Handler static_files(std::string folder, Handler page) {
  return [folder = std::move(folder),
          page = std::move(page)](const Request& request) -> Result<Response> {
    const Error nothing(reason("nothing_at_address"));
    const auto& path = request.path;
    const bool not_the_app = path.starts_with("/api/") || path.starts_with("/media/");
    if (not_the_app) return nothing;
    if (folder.empty()) {
      return Error(reason("app_not_served"));
    }
    if (is_plain_path(path) && !path.ends_with(".html")) {
      auto served = serve_file(request, folder, path);
      if (served || names_file(path) || served.error().code != Code::not_found) return served;
    }
    if (!wants_page(request)) return nothing;
    return page(request);
  };
}

}  // namespace filoscope::api
