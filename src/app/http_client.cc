#include "app/http_client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "app/reasons.h"
#include "base/crypto.h"

namespace filoscope::app {
namespace {

constexpr std::size_t kAnswerBytesMax = 64U << 20;
constexpr std::size_t kLineBytesMax = 16U << 10;
constexpr std::size_t kHeadersMax = 200;
constexpr int kTimeoutS = 60;

Error not_http() { return {Code::corrupt, "the server did not answer in HTTP"}; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<HttpClient> HttpClient::create(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (url.substr(0, kScheme.size()) != kScheme) {
    return Error(reason("server_address_not_http"));
  }
  url.remove_prefix(kScheme.size());
  const auto authority = url.substr(0, url.find('/'));
  const auto colon = authority.rfind(':');
  std::string port = "80";
  std::string host(authority.substr(0, colon));
  if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (host.empty()) return Error(reason("server_address_without_host"));
  return HttpClient(std::move(host), std::move(port));
}

Result<void> HttpClient::connect() {
  buffer_.clear();
  read_at_ = 0;
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM;
  if (const int code = ::getaddrinfo(host_.c_str(), port_.c_str(), &wanted, &found); code != 0) {
    return Error(reason("server_name_not_found"), host_, ::gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    UniqueFd fd(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
    if (!fd) continue;
    const timeval timeout{kTimeoutS, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (::connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0) {
      socket_ = std::move(fd);
      return {};
    }
  }
  return Error(reason("server_not_reached"), host_, port_);
}

Result<void> HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Error(reason("server_connection_broke"));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> HttpClient::fill() {
  if (read_at_ > 0) {
    buffer_.erase(0, read_at_);
    read_at_ = 0;
  }
  std::array<char, 64U << 10> part{};
  while (true) {
    const auto count = ::recv(socket_.get(), part.data(), part.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return Error(reason("server_too_slow"), kTimeoutS);
    }
    if (count <= 0) return Error(reason("server_connection_closed"));
    buffer_.append(part.data(), static_cast<std::size_t>(count));
    return {};
  }
}

Result<std::string> HttpClient::take_line() {
  std::size_t from = read_at_;
  while (true) {
    const auto end = buffer_.find('\n', from);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(read_at_, end - read_at_);
      read_at_ = end + 1;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    if (buffer_.size() - read_at_ > kLineBytesMax) return not_http();
    const auto had = buffer_.size() - read_at_;
    FILOSCOPE_DO(fill());
    from = had;
  }
}

Result<void> HttpClient::take(std::size_t count, std::string& into) {
  if (into.size() + count > kAnswerBytesMax) {
    return Error(Code::corrupt, "the server's answer is larger than 64 MiB");
  }
  while (count > 0) {
    if (read_at_ == buffer_.size()) FILOSCOPE_DO(fill());
    const auto part = std::min(count, buffer_.size() - read_at_);
    into.append(buffer_, read_at_, part);
    read_at_ += part;
    count -= part;
  }
  return {};
}

Result<void> HttpClient::take_chunks(std::string& into) {
  while (true) {
    FILOSCOPE_TRY(const std::string line, take_line());
    std::size_t size = 0;
    const auto [end, bad] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (bad != std::errc() || end == line.data()) return not_http();
    if (size == 0) break;
    FILOSCOPE_DO(take(size, into));
    FILOSCOPE_DO(take_line());
  }
  while (true) {
    FILOSCOPE_TRY(const std::string line, take_line());
    if (line.empty()) return {};
  }
}

Result<HttpAnswer> HttpClient::receive(bool head_only) {
  HttpAnswer answer;
  FILOSCOPE_TRY(const std::string status, take_line());
  if (status.size() < 12 || status.substr(0, 7) != "HTTP/1.") return not_http();
  std::from_chars(status.data() + 9, status.data() + 12, answer.status);
  if (answer.status < 100) return not_http();
  while (true) {
    FILOSCOPE_TRY(const std::string line, take_line());
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string::npos || answer.headers.size() >= kHeadersMax) return not_http();
    answer.headers[lower(line.substr(0, colon))] = trim(std::string_view(line).substr(colon + 1));
  }
  const auto header = [&](std::string_view name) -> std::string_view {
    const auto found = answer.headers.find(name);
    return found == answer.headers.end() ? std::string_view() : std::string_view(found->second);
  };
  if (answer.status == 100) return receive(head_only);
  if (!head_only && answer.status != 204 && answer.status != 304) {
    if (lower(header("transfer-encoding")) == "chunked") {
      FILOSCOPE_DO(take_chunks(answer.body));
    } else if (const auto length = header("content-length"); !length.empty()) {
      std::size_t count = 0;
      const auto [end, bad] = std::from_chars(length.data(), length.data() + length.size(), count);
      if (bad != std::errc() || end != length.data() + length.size()) return not_http();
      FILOSCOPE_DO(take(count, answer.body));
    }
  }
  if (lower(header("connection")) == "close") socket_.reset();
  return answer;
}

Result<HttpAnswer> HttpClient::request(std::string_view method, std::string_view path,
                                       const Headers& headers, std::span<const std::uint8_t> body) {
  std::string head;
  head.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: ");
  head.append(host_).append(":").append(port_).append("\r\n");
  for (const auto& [name, value] : headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!body.empty() || method == "POST" || method == "PATCH" || method == "PUT") {
    head.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  head.append("\r\n");
  const bool head_only = method == "HEAD";
  for (bool kept = static_cast<bool>(socket_);; kept = false) {
    if (!socket_) FILOSCOPE_DO(connect());
    auto sent = send(head);
    if (sent && !body.empty()) sent = send(crypto::as_text(body));
    auto answer = receive(head_only);  // an early refusal may come while the body is still sent
    if (answer) {
      if (!sent) socket_.reset();
      return answer;
    }
    socket_.reset();
    if (!kept || answer.error().code != Code::unavailable) return answer;
  }
}

}  // namespace filoscope::app
