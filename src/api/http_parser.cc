#include "api/http_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "api/reasons.h"

namespace filoscope::api {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

/// Basic_parser with callbacks that fill a RequestHead and a body text.
class Callbacks final : public http::basic_parser<true> {
 public:
  Callbacks(RequestHead& request_head, std::string& request_body)
      : head_(request_head), body_(request_body) {}

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                       int version, beast::error_code&) override {
    head_.method.assign(method.data(), method.size());
    head_.target.assign(target.data(), target.size());
    head_.version = version;
  }
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_field_impl(http::field, beast::string_view name, beast::string_view value,
                     beast::error_code& error) override {
    if (head_.fields.size() >= kHeadFieldsMax) {
      error = http::error::header_limit;
      return;
    }
    auto& [field_name, field_value] = head_.fields.emplace_back();
    field_name.assign(name.data(), name.size());
    for (auto& c : field_name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    field_value.assign(value.data(), value.size());
  }
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, beast::error_code&) override {
    body_.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body,
                                 beast::error_code&) override {
    body_.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(beast::error_code&) override {}

  RequestHead& head_;
  std::string& body_;
};

Error describe(const beast::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Error(reason("header_too_large"));
  }
  if (error == http::error::bad_version) {
    return Error(reason("http_version_unknown"));
  }
  return Error(reason("not_http"), error.message());
}

}  // namespace

std::string_view RequestHead::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

class HttpParser::Impl {
 public:
  explicit Impl(std::size_t head_bytes_max) : head_bytes_max_(head_bytes_max) { reset(); }

  void reset() {
    request_head.method.clear();
    request_head.target.clear();
    request_head.fields.clear();
    request_body.clear();
    parse_failure.reset();
    parser.emplace(request_head, request_body);
    parser->header_limit(static_cast<std::uint32_t>(head_bytes_max_));
    parser->body_limit(boost::none);
  }

  std::size_t feed(std::string_view bytes) {
    std::size_t used = 0;
    const bool had_head = parser->is_header_done();
    while (!parse_failure && !parser->is_done() && parser->is_header_done() == had_head &&
           used < bytes.size()) {
      beast::error_code error;
      const auto taken =
          parser->put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), error);
      used += taken;
      if (error == http::error::need_more) break;
      if (error) parse_failure = describe(error);
      if (!error && taken == 0) break;
    }
    return used;
  }

  RequestHead request_head;
  std::string request_body;
  std::optional<Error> parse_failure;
  std::optional<Callbacks> parser;

 private:
  const std::size_t head_bytes_max_;
};

HttpParser::HttpParser(std::size_t head_bytes_max)
    : impl_(std::make_unique<Impl>(head_bytes_max)) {}
HttpParser::~HttpParser() = default;
void HttpParser::reset() { impl_->reset(); }
std::size_t HttpParser::feed(std::string_view bytes) { return impl_->feed(bytes); }
const std::optional<Error>& HttpParser::failure() const { return impl_->parse_failure; }
bool HttpParser::head_done() const { return impl_->parser->is_header_done(); }
bool HttpParser::done() const { return impl_->parser->is_done(); }
bool HttpParser::keep_alive() const { return impl_->parser->keep_alive(); }
bool HttpParser::chunked() const { return impl_->parser->chunked(); }
std::optional<std::uint64_t> HttpParser::content_length() const {
  const auto length = impl_->parser->content_length();
  return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}
RequestHead& HttpParser::head() { return impl_->request_head; }
std::string& HttpParser::body() { return impl_->request_body; }

}  // namespace filoscope::api
