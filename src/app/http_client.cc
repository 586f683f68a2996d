#include "app/http_client.h"

#include <curl/curl.h>

#include <cstdint>
#include <new>

#include "app/reasons.h"

namespace filoscope::app {
namespace {

constexpr std::size_t kAnswerBytesMax = 64U << 20;
constexpr long kTimeoutS = 60;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owned(text, curl_free);
  return text;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* to) {
  auto& body = static_cast<HttpAnswer*>(to)->body;
  if (body.size() + size > kAnswerBytesMax) return 0;  // ends it: CURLE_WRITE_ERROR
  body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* to) {
  auto& headers = static_cast<HttpAnswer*>(to)->headers;
  const std::string_view line(data, size);
  if (line.substr(0, 5) == "HTTP/") headers.clear();  // those before were of a 100
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  headers[name] = trim(line.substr(colon + 1));
  return size;
}

HeaderList list_of(const HttpClient::Headers& headers) {
  // What curl would add by itself is left out.
  HeaderList list(curl_slist_append(nullptr, "Expect:"));
  bool typed = false;
  for (const auto& [name, value] : headers) {
    typed = typed || name == "Content-Type";
    // An empty value is written with a semicolon.
    const auto line = value.empty() ? name + ";" : name + ": " + value;
    list.reset(curl_slist_append(list.release(), line.c_str()));
  }
  if (!typed) list.reset(curl_slist_append(list.release(), "Content-Type:"));
  return list;
}

Error failure(CURLcode code, const std::string& host, const std::string& port) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error(reason("server_name_not_found"), host, curl_easy_strerror(code));
    case CURLE_COULDNT_CONNECT:
      return Error(reason("server_not_reached"), host, port);
    case CURLE_OPERATION_TIMEDOUT:
      return Error(reason("server_too_slow"), static_cast<std::int64_t>(kTimeoutS));
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return Error(reason("server_connection_closed"));
    case CURLE_WRITE_ERROR:
      return {Code::corrupt, "the server's answer is larger than 64 MiB"};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {Code::corrupt, "the server did not answer in HTTP"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return Error(reason("server_not_trusted"), host, curl_easy_strerror(code));
    default:
      return Error(reason("server_connection_broke"));
  }
}

}  // namespace

void HttpClient::Cleanup::operator()(void* easy) const { curl_easy_cleanup(easy); }

HttpClient::HttpClient(std::string host, std::string port, std::string origin)
    : host_(std::move(host)),
      port_(std::move(port)),
      origin_(std::move(origin)),
      easy_(curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
}

Result<HttpClient> HttpClient::create(std::string_view url) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Url parsed(curl_url());
  if (ready != CURLE_OK || !parsed) throw std::bad_alloc();
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return Error(reason("server_address_not_http"));
  if (curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), 0) != CURLUE_OK)
    return Error(reason("server_address_without_host"));
  auto host = part_of(parsed.get(), CURLUPART_HOST), port = part_of(parsed.get(), CURLUPART_PORT);
  auto origin = part_of(parsed.get(), CURLUPART_SCHEME) + "://" + host + ":" + port;
  return HttpClient(std::move(host), std::move(port), std::move(origin));
}

Result<HttpAnswer> HttpClient::request(std::string_view method, std::string_view path,
                                       const Headers& headers, std::span<const std::uint8_t> body) {
  HttpAnswer answer;
  const HeaderList list = list_of(headers);
  const std::string url = origin_ + std::string(path), verb(method);
  auto* const easy = easy_.get();
  curl_easy_reset(easy);  // keeps the connection
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kTimeoutS);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kTimeoutS);
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!body.empty() || method == "POST" || method == "PATCH" || method == "PUT") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                     body.empty() ? "" : reinterpret_cast<const char*>(body.data()));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
  if (const auto code = curl_easy_perform(easy); code != CURLE_OK)
    return failure(code, host_, port_);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace filoscope::app
