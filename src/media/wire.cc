#include "media/wire.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/reasons.h"
#include "base/utf8.h"
#include "media/reasons.h"

namespace filoscope::media::wire {
namespace {

constexpr std::size_t kListMax = 100'000;
constexpr std::size_t kFeaturesMax = 100;
constexpr std::size_t kSentenceBytesMax = 500;
constexpr std::int64_t kNumberMax = 1'000'000'000'000'000;  // what is said of it does not overflow

/// What a worker may say beside the reasons of this module.
constexpr ErrorReason kBaseReasonsTold[] = {base_reason("disk_full"), base_reason("disk_read_only"),
                                            base_reason("disk_failed"),
                                            base_reason("too_many_open_files")};
constexpr ErrorReason kFault = base_reason("internal_error");

Error malformed() { return {Code::internal, "the media worker sent a malformed message"}; }

/// As much of it as is sent: a whole number of characters.
std::string_view fit(std::string_view text, std::size_t bytes_max) {
  text = text.substr(0, bytes_max);
  while (!is_valid_utf8(text)) text.remove_suffix(1);
  return text;
}

/// Text to be shown: UTF-8 without control characters; nothing when it is none, or too long.
std::optional<std::string> get_shown(ByteReader& in, std::size_t bytes_max) {
  std::string text = in.get_text();
  const auto steers = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (text.size() > bytes_max || !is_valid_utf8(text) ||
      std::any_of(text.begin(), text.end(), steers))
    return std::nullopt;
  return text;
}

/// Only what a worker can know: not how one ended.
std::optional<ErrorReason> reason_told(std::string_view word) {
  for (const auto table :
       std::initializer_list<std::span<const ErrorReason>>{kReasons, kBaseReasonsTold}) {
    for (const auto& one : table)
      if (one.word == word && one.code != Code::internal) return one;
  }
  return std::nullopt;
}

void put_argument(ByteWriter& out, const ErrorArgument& argument) {
  const auto* text = std::get_if<std::string>(&argument.value);
  out.put(static_cast<std::uint8_t>(text != nullptr));
  if (text != nullptr) return out.put_text(fit(*text, kArgumentBytesMax));
  out.put(std::clamp(std::get<std::int64_t>(argument.value), -kNumberMax, kNumberMax));
}

/// A size or duration has to be a number.
std::optional<std::variant<std::int64_t, std::string>> get_argument(ByteReader& in,
                                                                    const Placeholder& place) {
  const auto is_text = in.get<std::uint8_t>();
  if (is_text == 0) {
    const auto number = in.get<std::int64_t>();
    if (number < -kNumberMax || number > kNumberMax) return std::nullopt;
    return number;
  }
  if (is_text != 1 || !place.kind.empty()) return std::nullopt;
  return get_shown(in, kArgumentBytesMax);
}

void put_rendition(ByteWriter& out, const Rendition& r) {
  out.put_text(r.name);
  out.put(r.width), out.put(r.height), out.put(r.fps), out.put(r.bitrate_bps), out.put(r.peak_bps);
  out.put_text(r.codecs);
  out.put(r.size_bytes), out.put(r.init_last);
  out.put_varint(r.segments.size());
  for (const Segment& s : r.segments) {
    out.put(s.offset), out.put(s.size_bytes), out.put(s.start_ms), out.put(s.duration_ms);
  }
}

Rendition get_rendition(ByteReader& in) {
  Rendition r;
  r.name = in.get_text();
  r.width = in.get<int>();
  r.height = in.get<int>();
  r.fps = in.get<double>();
  r.bitrate_bps = in.get<std::int64_t>();
  r.peak_bps = in.get<std::int64_t>();
  r.codecs = in.get_text();
  r.size_bytes = in.get<std::int64_t>();
  r.init_last = in.get<std::int64_t>();
  const auto count = in.get_varint();
  for (std::uint64_t i = 0; i < count && i < kListMax && in.ok(); ++i) {
    Segment s;
    s.offset = in.get<std::int64_t>();
    s.size_bytes = in.get<std::int64_t>();
    s.start_ms = in.get<std::int64_t>();
    s.duration_ms = in.get<std::int64_t>();
    r.segments.push_back(s);
  }
  return r;
}

}  // namespace

Result<void> send(int socket, Kind kind, std::span<const std::uint8_t> body,
                  std::span<const int> fds) {
  if (body.size() + 1 > kMessageMaxBytes || fds.size() > kFdsMax) {
    return Error{Code::internal, "a message to or from the media worker is too long"};
  }
  auto type = static_cast<std::uint8_t>(kind);
  std::array<iovec, 2> parts{{{&type, 1}, {const_cast<std::uint8_t*>(body.data()), body.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int) * kFdsMax)> control{};
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return errno_error("talking to the media worker");
  }
  return {};
}

Result<std::optional<Message>> receive(int socket, std::size_t fds_max) {
  Bytes buffer(kMessageMaxBytes);
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int) * kFdsMax)> control{};
  if (fds_max > 0) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * std::min(fds_max, kFdsMax));
  }
  ssize_t count = 0;
  bool reset = false;  // the other side left without reading all; what it had said comes first
  while ((count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno == ECONNRESET && reset) return std::optional<Message>();
    reset = reset || errno == ECONNRESET;
    if (errno != EINTR && errno != ECONNRESET) return errno_error("talking to the media worker");
  }
  Message received;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t fds = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < fds; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      received.fds.emplace_back(fd);
    }
  }
  if (count == 0) return std::optional<Message>();
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return malformed();
  received.kind = static_cast<Kind>(buffer[0]);
  received.body.assign(buffer.begin() + 1, buffer.begin() + count);
  return std::optional<Message>(std::move(received));
}

Bytes encode_job(const MediaOptions& options, const MediaOutputs& outputs) {
  ByteWriter out;
  const MediaLimits& l = options.limits;
  out.put(l.duration_max_ms), out.put(l.size_max_bytes), out.put(l.long_side_max_px);
  out.put(l.short_side_max_px), out.put(l.fps_max), out.put(l.deadline_s), out.put(l.cpu_s);
  out.put(l.memory_max_bytes), out.put(l.output_max_bytes), out.put(options.threads_count);
  out.put(static_cast<std::uint8_t>(options.cover_ms.has_value()));
  out.put(options.cover_ms.value_or(0));
  out.put(static_cast<std::uint8_t>(options.sound_fd >= 0 ? 1 : 0));
  for (const int fd : outputs.renditions) out.put(static_cast<std::uint8_t>(fd >= 0 ? 1 : 0));
  out.put(static_cast<std::uint8_t>(outputs.late >= 0 ? 1 : 0));
  out.put_varint(outputs.covers.size());
  return out.take();
}

Result<Job> decode_job(const Bytes& body) {
  ByteReader in(body);
  Job job;
  MediaLimits& l = job.options.limits;
  l.duration_max_ms = in.get<std::int64_t>();
  l.size_max_bytes = in.get<std::int64_t>();
  l.long_side_max_px = in.get<int>();
  l.short_side_max_px = in.get<int>();
  l.fps_max = in.get<int>();
  l.deadline_s = in.get<int>();
  l.cpu_s = in.get<int>();
  l.memory_max_bytes = in.get<std::int64_t>();
  l.output_max_bytes = in.get<std::int64_t>();
  job.options.threads_count = in.get<int>();
  const bool cover_wanted = in.get<std::uint8_t>() != 0;
  const auto cover_ms = in.get<std::int64_t>();
  if (cover_wanted) job.options.cover_ms = cover_ms;
  job.sound = in.get<std::uint8_t>() != 0;
  for (bool& made : job.renditions) made = in.get<std::uint8_t>() != 0;
  job.late = in.get<std::uint8_t>() != 0;
  job.covers_count = static_cast<std::size_t>(in.get_varint());
  if (!in.at_end() || job.covers_count > kCoversMax) return malformed();
  if (cover_ms < 0 || cover_ms > kCoverMsMax) return malformed();
  return job;
}

Bytes encode_facts(const MediaFacts& f) {
  ByteWriter out;
  out.put(f.duration_ms), out.put(f.width), out.put(f.height), out.put(f.fps);
  out.put(static_cast<std::uint8_t>(f.has_audio));
  out.put_text(f.container), out.put_text(f.video_codec), out.put_text(f.audio_codec);
  out.put(f.hdr), out.put(static_cast<std::uint8_t>(f.interlaced));
  out.put(f.loudness_lufs), out.put(f.gain_db);
  out.put_text(f.placeholder);
  out.put_array(std::span<const std::uint32_t>(f.sound_print));
  out.put(f.flashes.first_ms), out.put(f.flashes.last_ms), out.put(f.flashes.most_per_second);
  out.put_varint(f.renditions.size());
  for (const Rendition& rendition : f.renditions) put_rendition(out, rendition);
  out.put(f.covers_count), out.put(f.frames_decoded), out.put(f.decode_errors);
  return out.take();
}

Result<MediaFacts> decode_facts(const Bytes& body) {
  ByteReader in(body);
  MediaFacts f;
  f.duration_ms = in.get<std::int64_t>();
  f.width = in.get<int>();
  f.height = in.get<int>();
  f.fps = in.get<double>();
  f.has_audio = in.get<std::uint8_t>() != 0;
  f.container = in.get_text();
  f.video_codec = in.get_text();
  f.audio_codec = in.get_text();
  f.hdr = in.get<HdrKind>();
  f.interlaced = in.get<std::uint8_t>() != 0;
  f.loudness_lufs = in.get<double>();
  f.gain_db = in.get<double>();
  f.placeholder = in.get_text();
  f.sound_print = in.get_array<std::uint32_t>();
  f.flashes.first_ms = in.get<std::int64_t>();
  f.flashes.last_ms = in.get<std::int64_t>();
  f.flashes.most_per_second = in.get<int>();
  const auto renditions = in.get_varint();
  if (renditions > kRenditionNames.size()) return malformed();
  for (std::uint64_t i = 0; i < renditions && in.ok(); ++i)
    f.renditions.push_back(get_rendition(in));
  f.covers_count = in.get<int>();
  f.frames_decoded = in.get<std::int64_t>();
  f.decode_errors = in.get<std::int64_t>();
  if (!in.at_end()) return malformed();
  return f;
}

Bytes encode_looks(const Looks& looks) {
  ByteWriter out;
  out.put(looks.width), out.put(looks.height), out.put(looks.frames_count);
  return out.take();
}

Result<Looks> decode_looks(const Bytes& body) {
  ByteReader in(body);
  Looks looks;
  looks.width = in.get<int>();
  looks.height = in.get<int>();
  looks.frames_count = in.get<std::int64_t>();
  if (!in.at_end() || looks.width < 0 || looks.height < 0 || looks.frames_count < 0)
    return malformed();
  return looks;
}

Bytes encode_error(const Error& error) {
  ByteWriter out;
  out.put(static_cast<std::uint8_t>(error.code));
  out.put_text(error.reason);
  if (error.reason == kFault.word) {
    out.put_text(fit(error.message, kSentenceBytesMax));
    return out.take();
  }
  out.put_varint(error.arguments.size());
  for (const ErrorArgument& argument : error.arguments) put_argument(out, argument);
  return out.take();
}

Error decode_error(const Bytes& body) {
  ByteReader in(body);
  const auto code = static_cast<Code>(in.get<std::uint8_t>());
  const std::string word = in.get_text();
  if (word == kFault.word) {
    auto detail = get_shown(in, kSentenceBytesMax);
    if (!in.at_end() || code != kFault.code || !detail || detail->empty()) return malformed();
    return {Code::internal, std::move(*detail)};
  }
  const auto told = reason_told(word);
  if (!told || told->code != code) return malformed();
  std::vector<std::variant<std::int64_t, std::string>> values;
  if (in.get_varint() != placeholders_count(told->english)) return malformed();
  for (auto place = next_placeholder(told->english, 0); place.begin != std::string_view::npos;
       place = next_placeholder(told->english, place.end)) {
    auto value = get_argument(in, place);
    if (!value) return malformed();
    values.push_back(*std::move(value));
  }
  if (!in.at_end()) return malformed();
  return Error(*told, std::move(values));
}

Bytes encode_features(std::span<const SandboxFeature> features) {
  ByteWriter out;
  out.put_varint(features.size());
  for (const SandboxFeature& feature : features) {
    out.put_text(feature.name);
    out.put(static_cast<std::uint8_t>(feature.active));
    out.put(static_cast<std::uint8_t>(feature.required));
    out.put_text(fit(feature.detail, kSentenceBytesMax));
  }
  return out.take();
}

Result<std::vector<SandboxFeature>> decode_features(const Bytes& body) {
  ByteReader in(body);
  std::vector<SandboxFeature> features;
  const auto count = in.get_varint();
  if (count > kFeaturesMax) return malformed();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    SandboxFeature feature;
    auto name = get_shown(in, kSentenceBytesMax);
    feature.active = in.get<std::uint8_t>() != 0;
    feature.required = in.get<std::uint8_t>() != 0;
    auto detail = get_shown(in, kSentenceBytesMax);
    if (!name || !detail) return malformed();
    feature.name = std::move(*name);
    feature.detail = std::move(*detail);
    features.push_back(std::move(feature));
  }
  if (!in.at_end()) return malformed();
  return features;
}

}  // namespace filoscope::media::wire
