#include "api/tus.h"

#include <charconv>
#include <ctime>

#include "api/reasons.h"
#include "api/url.h"
#include "base/crypto.h"
#include "base/utf8.h"
#include "upload/reasons.h"

namespace filoscope::api {
namespace {

constexpr std::size_t kMetadataBytesMax = 32 * 1024;

}  // namespace

std::optional<std::int64_t> parse_count(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

Result<std::optional<std::int64_t>> parse_cover_ms(std::string_view text) {
  const auto ms = parse_count(text);
  if (!ms && !text.empty()) return Error(reason("cover_ms_invalid")).at("cover_ms");
  return ms;
}

Result<SoundId> parse_sound_id(std::string_view text) {
  if (text.empty()) return SoundId();
  const auto id = SoundId::parse(text);
  if (!id || !*id) return Error(upload::reason("sound_not_usable")).at("sound_id");
  return *id;
}

Result<upload::NewUpload> parse_upload_metadata(std::string_view field) {
  const Error wrong = Error(reason("upload_metadata_invalid")).at("Upload-Metadata");
  if (field.size() > kMetadataBytesMax) return wrong;
  upload::NewUpload form;
  form.metadata = field;
  while (!field.empty()) {
    const auto comma = field.find(',');
    auto pair = field.substr(0, comma);
    field.remove_prefix(comma == std::string_view::npos ? field.size() : comma + 1);
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    const auto space = pair.find(' ');
    const auto name = pair.substr(0, space);
    std::string value;
    if (space != std::string_view::npos) {
      const auto decoded = crypto::from_base64(pair.substr(space + 1));
      if (!decoded) return wrong;
      value = crypto::as_text(*decoded);
    }
    if (name == "filename") {  // in the encoding of the sender's disk
      form.filename = value;
      continue;
    }
    if (name.empty() || !is_valid_utf8(value) || value.find('\0') != std::string::npos)
      return wrong;
    if (name == "caption") form.caption = value;
    if (name == "visibility") form.visibility = value;
    if (name == "fingerprint") form.fingerprint = value;
    if (name == "draft") form.draft = value != "false" && value != "0";
    if (name == "labels") {
      FILOSCOPE_TRY(form.labels, catalog::Labels::parse(value));
    }
    if (name == "sound_id") {
      FILOSCOPE_TRY(form.sound, parse_sound_id(value));
    }
    if (name == "cover_ms") {
      FILOSCOPE_TRY(form.cover_ms, parse_cover_ms(value));
    }
  }
  return form;
}

std::string http_date(std::int64_t at_ms) {
  const std::time_t seconds = at_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const auto size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

}  // namespace filoscope::api
