#include "api/multipart.h"

#include "api/field_text.h"
#include "api/reasons.h"
#include "api/url.h"
#include "base/utf8.h"

namespace filoscope::api {
namespace {

Error malformed(std::string_view what) { return Error(reason("form_invalid"), what); }

/// The value of `name=` among the parameters behind the first ';', quoted or not.
std::optional<std::string> parameter_of(std::string_view field, std::string_view name) {
  auto at = field.find(';');
  while (at != std::string_view::npos) {
    auto rest = field.substr(at + 1);
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const bool wanted = lower(trim(rest.substr(0, equals))) == name;
    rest = rest.substr(equals + 1);
    const auto start = rest.find_first_not_of(" \t");
    if (start == std::string_view::npos) return std::nullopt;
    rest = rest.substr(start);
    std::string value;
    if (rest.front() == '"') {
      std::size_t i = 1;
      for (; i < rest.size() && rest[i] != '"'; ++i) {
        if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
        value.push_back(rest[i]);
      }
      if (i >= rest.size()) return std::nullopt;
      rest = rest.substr(i + 1);
    } else {
      value = trim(rest.substr(0, rest.find(';')));
    }
    if (wanted) return value;
    const auto next = rest.find(';');
    if (next == std::string_view::npos) return std::nullopt;
    field = rest;
    at = next;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
  if (lower(trim(content_type.substr(0, content_type.find(';')))) != "multipart/form-data") {
    return std::nullopt;
  }
  auto boundary = parameter_of(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70) return std::nullopt;
  return boundary;
}

Result<PartHead> parse_part_head(std::string_view head) {
  PartHead made;
  bool named = false;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a part's head has a line without ':'");
    if (lower(trim(line.substr(0, colon))) != "content-disposition") continue;
    const auto value = line.substr(colon + 1);
    if (lower(trim(value.substr(0, value.find(';')))) != "form-data") {
      return malformed("a part is not form-data");
    }
    auto name = parameter_of(value, "name");
    auto filename = parameter_of(value, "filename");
    if (!name || !is_valid_utf8(*name)) return malformed("a part has no name");
    made.is_file = filename.has_value();
    made.name = *std::move(name);
    made.filename = std::move(filename).value_or("");
    named = true;
  }
  if (!named) return malformed("a part has no Content-Disposition");
  return made;
}

MultipartParser::MultipartParser(std::string_view boundary, PartHandler& handler)
    : delimiter_("\r\n--" + std::string(boundary)), handler_(handler) {}

Result<void> MultipartParser::feed(std::string_view bytes) {
  if (state_ == State::epilogue) return {};
  buffer_.append(bytes);
  for (;;) {
    FILOSCOPE_TRY(const bool again, step());
    if (!again) return {};
  }
}

Result<void> MultipartParser::finish() const {
  if (state_ != State::epilogue) return malformed("it ends before its closing boundary");
  return {};
}

/// True: something was taken, another step may follow.
Result<bool> MultipartParser::step() {
  switch (state_) {
    case State::preamble:
      return step_data(/*deliver=*/false);
    case State::after_delimiter:
      return step_delimiter_tail();
    case State::head:
      return step_head();
    case State::data:
      return step_data(/*deliver=*/true);
    case State::epilogue:
      buffer_.clear();
      return false;
  }
  return false;
}

Result<bool> MultipartParser::step_data(bool deliver) {
  const auto found = buffer_.find(delimiter_);
  if (found == std::string::npos) {
    // The end of the buffer may be the beginning of a delimiter.
    const auto keep = std::min(buffer_.size(), delimiter_.size() - 1);
    const auto safe = buffer_.size() - keep;
    if (safe == 0) return false;
    if (deliver) FILOSCOPE_DO(handler_.part_data(std::string_view(buffer_).substr(0, safe)));
    buffer_.erase(0, safe);
    return false;
  }
  if (deliver) {
    if (found > 0) {
      FILOSCOPE_DO(handler_.part_data(std::string_view(buffer_).substr(0, found)));
    }
    FILOSCOPE_DO(handler_.end_part());
  }
  buffer_.erase(0, found + delimiter_.size());
  state_ = State::after_delimiter;
  return true;
}

/// Behind a delimiter: "--" ends it all, white space and a line end begin a part.
Result<bool> MultipartParser::step_delimiter_tail() {
  if (buffer_.size() < 2) return false;
  if (buffer_.starts_with("--")) {
    buffer_.clear();
    state_ = State::epilogue;
    return false;
  }
  const auto end = buffer_.find("\r\n");
  const auto padding = buffer_.substr(0, end);
  if (padding.size() > kPartHeadBytesMax || !trim(padding.substr(0, padding.find('\r'))).empty()) {
    return malformed("a boundary line has more than the boundary");
  }
  if (end == std::string::npos) return false;
  if (++parts_count_ > kPartsMax) return malformed("it has too many parts");
  buffer_.erase(0, end);  // the line end stays: an empty head begins with it
  state_ = State::head;
  return true;
}

Result<bool> MultipartParser::step_head() {
  const auto end = buffer_.find("\r\n\r\n");
  if (std::min(end, buffer_.size()) > kPartHeadBytesMax)
    return malformed("a part's head is too long");
  if (end == std::string::npos) return false;
  const auto head = end == 0 ? std::string() : buffer_.substr(2, end - 2);
  FILOSCOPE_TRY(const auto parsed, parse_part_head(head));
  buffer_.erase(0, end + 4);
  FILOSCOPE_DO(handler_.begin_part(parsed));
  state_ = State::data;
  return true;
}

}  // namespace filoscope::api
