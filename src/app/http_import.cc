#include "app/http_import.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/http_client.h"
#include "app/reasons.h"
#include "base/crypto.h"
#include "base/file.h"
#include "upload/reasons.h"

namespace filoscope::app {
namespace {

constexpr std::int64_t kChunkBytes = 4 << 20;
constexpr int kTriesMax = 8;
constexpr std::size_t kJournalBytesMax = 256U << 20;

std::filesystem::path state_folder() {
  if (const char* folder = std::getenv("XDG_STATE_HOME"); folder != nullptr && *folder != '\0') {
    return std::filesystem::path(folder) / "filoscope";
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr ? "." : home) / ".local/state/filoscope";
}

/// content mark -> address of its upload and, once complete, its video. Appended line by line.
class Journal {
 public:
  struct Entry {
    std::string location, video_id;
  };
  static Result<Journal> open(const std::filesystem::path& path) {
    std::error_code problem;
    std::filesystem::create_directories(path.parent_path(), problem);
    Journal journal;
    journal.fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!journal.fd_) return errno_error("open " + path.string());
    FILOSCOPE_TRY(const auto bytes, read_file(path, kJournalBytesMax));
    const std::string_view text = crypto::as_text(bytes);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      if (end == std::string_view::npos) break;  // cut off in the middle of a line
      const auto line = text.substr(at, end - at);
      const auto first = line.find('\t');
      const auto second = line.find('\t', first + 1);
      if (first != std::string_view::npos && second != std::string_view::npos) {
        journal.entries_[std::string(line.substr(0, first))] = {
            std::string(line.substr(first + 1, second - first - 1)),
            std::string(line.substr(second + 1))};
      }
      at = end + 1;
    }
    return journal;
  }
  const Entry* find(const std::string& mark) const {
    const auto found = entries_.find(mark);
    return found == entries_.end() ? nullptr : &found->second;
  }
  Result<void> put(const std::string& mark, const Entry& entry) {
    entries_[mark] = entry;
    const std::string line = mark + "\t" + entry.location + "\t" + entry.video_id + "\n";
    if (::write(fd_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        ::fdatasync(fd_.get()) != 0) {
      return errno_error("write the import's journal");
    }
    return {};
  }

 private:
  UniqueFd fd_;
  std::map<std::string, Entry> entries_;
};

Error refused(const HttpAnswer& answer) {
  std::string detail;
  const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
  if (problem.is_object()) detail = problem.value("detail", "");
  if (detail.empty()) detail = "the server answered " + std::to_string(answer.status);
  switch (answer.status) {
    case 401:
      return Error(reason("import_token_refused"), detail);
    case 404:
    case 410:
      return Error(reason("import_video_missing"), detail);
    case 409:
      return Error(reason("import_contradicts_server"), detail);
    case 429:
    case 503:
      return Error(reason("import_server_busy"), detail);
    default:
      return Error(reason("import_refused"), detail);
  }
}

std::string header(const HttpAnswer& answer, std::string_view name) {
  const auto found = answer.headers.find(name);
  return found == answer.headers.end() ? std::string() : found->second;
}

/// The path of an address that may be absolute.
std::string path_of(const std::string& location) {
  const auto scheme = location.find("://");
  if (scheme == std::string::npos) return location;
  const auto slash = location.find('/', scheme + 3);
  return slash == std::string::npos ? "/" : location.substr(slash);
}

class HttpTarget final : public ImportTarget {
 public:
  HttpTarget(HttpClient client, const std::string& token, Journal journal)
      : client_(std::move(client)),
        authorization_("Bearer " + token),
        journal_(std::move(journal)) {}

  Result<void> check() {
    FILOSCOPE_TRY(const auto answer, call("GET", "/api/v1/me", {}));
    if (answer.status != 200) return refused(answer);
    const auto me = nlohmann::json::parse(answer.body, nullptr, false);
    if (!me.is_object() || !me.contains("account") || me["account"].is_null()) {
      return Error(reason("import_token_without_account"));
    }
    return {};
  }

  Result<std::string> find(const std::string& mark) override {
    const auto* known = journal_.find(mark);
    if (known == nullptr || known->video_id.empty()) return std::string();
    const auto now = state(known->video_id);
    if (!now && now.error().code != Code::not_found) return now.error();
    return now && now->state != "removed" ? known->video_id : std::string();
  }

  Result<std::string> add(const ImportFile& file, const std::string& mark,
                          const Sent& sent) override {
    UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return errno_error("open " + file.path.string());
    std::string location;
    std::int64_t offset = 0;
    if (const auto* known = journal_.find(mark); known != nullptr && known->video_id.empty()) {
      if (const auto stored = stored_offset(known->location)) {
        location = known->location;
        offset = *stored;
      }
    }
    if (location.empty()) {
      FILOSCOPE_TRY(location, create(file, mark));
      FILOSCOPE_DO(journal_.put(mark, {location, ""}));
    }
    FILOSCOPE_TRY(const auto video, send_rest(fd.get(), file, location, offset, sent));
    FILOSCOPE_DO(journal_.put(mark, {location, video}));
    return video;
  }

  Result<ImportState> state(const std::string& video_id) override {
    FILOSCOPE_TRY(const auto answer, call("GET", "/api/v1/videos/" + video_id, {}));
    if (answer.status != 200) return refused(answer);
    const auto video = nlohmann::json::parse(answer.body, nullptr, false);
    if (!video.is_object()) return Error(Code::corrupt, "the server's answer is not JSON");
    ImportState found;
    found.state = video.value("state", "");
    found.progress_percent = video.value("progress_percent", 0);
    if (video.contains("error") && video["error"].is_string()) {
      found.error = video["error"].get<std::string>();
    }
    return found;
  }

 private:
  Result<HttpAnswer> call(std::string_view method, const std::string& path,
                          HttpClient::Headers headers, std::span<const std::uint8_t> body = {}) {
    headers.emplace_back("Authorization", authorization_);
    headers.emplace_back("Tus-Resumable", "1.0.0");
    return client_.request(method, path, headers, body);
  }

  Result<std::string> create(const ImportFile& file, const std::string& mark) {
    const auto value = [](const std::string& text) {
      return crypto::base64(crypto::as_bytes(text));
    };
    const std::string metadata = "filename " + value(file.path.filename().string()) + ",caption " +
                                 value(caption_of(file.path)) + ",fingerprint " + value(mark);
    for (int tries = 1;; ++tries) {
      FILOSCOPE_TRY(const auto answer, call("POST", "/api/v1/uploads",
                                            {{"Upload-Length", std::to_string(file.size_bytes)},
                                             {"Upload-Metadata", metadata}}));
      if (answer.status == 201) return path_of(header(answer, "location"));
      if ((answer.status != 429 && answer.status != 503) || tries == kTriesMax) {
        return refused(answer);
      }
      pause(answer, tries);
    }
  }

  Result<std::int64_t> stored_offset(const std::string& location) {
    FILOSCOPE_TRY(const auto answer, call("HEAD", location, {}));
    if (answer.status != 200 && answer.status != 204) return refused(answer);
    return std::int64_t{std::strtoll(header(answer, "upload-offset").c_str(), nullptr, 10)};
  }

  Result<std::string> send_rest(int fd, const ImportFile& file, const std::string& location,
                                std::int64_t offset, const Sent& sent) {
    crypto::Bytes part;
    for (int tries = 0; tries < kTriesMax;) {
      const auto length = std::min(kChunkBytes, file.size_bytes - offset);
      part.resize(static_cast<std::size_t>(length));
      if (::pread(fd, part.data(), part.size(), offset) != length) {
        return Error(upload::reason("import_file_shrank"));
      }
      auto answer = call("PATCH", location,
                         {{"Content-Type", "application/offset+octet-stream"},
                          {"Upload-Offset", std::to_string(offset)}},
                         part);
      if (answer && (answer->status == 204 || answer->status == 200)) {
        offset += length;
        tries = 0;
        sent(offset);
        if (auto video = header(*answer, "filoscope-video-id"); !video.empty()) return video;
        if (offset >= file.size_bytes) break;
        continue;
      }
      if (answer && answer->status != 409 && answer->status != 429 && answer->status < 500) {
        return refused(*answer);
      }
      pause(answer ? *answer : HttpAnswer(), ++tries);
      if (const auto stored = stored_offset(location)) offset = *stored;
    }
    return Error(reason("import_not_finished"));
  }

  static void pause(const HttpAnswer& answer, int tries) {
    const auto asked = std::strtoll(header(answer, "retry-after").c_str(), nullptr, 10);
    std::this_thread::sleep_for(std::chrono::seconds(std::clamp<std::int64_t>(asked, 1, 10)) *
                                std::min(tries, 3));
  }

  HttpClient client_;
  const std::string authorization_;
  Journal journal_;
};

}  // namespace

Result<std::unique_ptr<ImportTarget>> open_http_target(const std::string& url,
                                                       const std::string& token) {
  FILOSCOPE_TRY(auto client, HttpClient::create(url));
  const auto name = crypto::hex(crypto::sha256(url + "\n" + token)).substr(0, 16);
  FILOSCOPE_TRY(auto journal, Journal::open(state_folder() / ("import-" + name + ".tsv")));
  auto target = std::make_unique<HttpTarget>(std::move(client), token, std::move(journal));
  FILOSCOPE_DO(target->check());
  return std::unique_ptr<ImportTarget>(std::move(target));
}

}  // namespace filoscope::app
