#pragma once

/// What parent and worker say to each other over a SOCK_SEQPACKET pair: one message a packet,
/// descriptors beside the first.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "media/media.h"

namespace filoscope::media::wire {

inline constexpr int kWorkerFd = 3;
inline constexpr std::size_t kMessageMaxBytes = 160 << 10;
inline constexpr std::size_t kPrintPartBytes = 128 << 10;
inline constexpr std::size_t kFdsMax = 2 + kRenditionNames.size() + 1 + kCoversMax;

enum class Kind : std::uint8_t {
  job,
  sandbox_job,
  progress,
  facts,
  error,
  sandbox,
  look_job,
  looks,
  print,  ///< a part of the bytes of a clip's print; they come before the facts
  // Of the worker that looks at pictures (lookers/looker_wire.h).
  looker_start,
  looker_ready,
  picture_job,
  moment_job,
  scenes_job,
  safety_job,
  text_job,
  description,
  safety_scores,
  scene_text,
  done
};

struct Message {
  Kind kind{};
  Bytes body;
  std::vector<UniqueFd> fds;
};

/// Errors: internal (the other side is gone, or the message is too long).
Result<void> send(int socket, Kind kind, std::span<const std::uint8_t> body,
                  std::span<const int> fds = {});
/// Nothing when the other side has closed. Blocks until something comes. Errors: internal (also
/// when more than `fds_max` descriptors came; none of them is taken).
Result<std::optional<Message>> receive(int socket, std::size_t fds_max = 0);

/// The descriptors follow: the file, the one with its sound, then in the order of MediaOutputs'
/// files, `late` before the covers.
Bytes encode_job(const MediaOptions& options, const MediaOutputs& outputs);
struct Job {
  MediaOptions options;
  bool sound = false;
  std::array<bool, kRenditionNames.size()> renditions{};
  bool late = false;
  std::size_t covers_count = 0;
};
Result<Job> decode_job(const Bytes& body);

Bytes encode_facts(const MediaFacts& facts);
Result<MediaFacts> decode_facts(const Bytes& body);

Bytes encode_looks(const Looks& looks);
/// Errors: internal (malformed, or no such picture can be).
Result<Looks> decode_looks(const Bytes& body);

/// Of a value in a sentence that a person reads; a notice of 500 characters has place for both.
inline constexpr std::size_t kArgumentBytesMax = 60;

/// Its code, its reason's word and its arguments, of a fault the detail; not what was being done.
Bytes encode_error(const Error& error);
/// The error told by the worker: a reason that one may give, with its own code and arguments that
/// fit its sentence, which is made here. A fault when the message is malformed, or tells of a
/// reason that is none of these.
Error decode_error(const Bytes& body);

Bytes encode_features(std::span<const SandboxFeature> features);
Result<std::vector<SandboxFeature>> decode_features(const Bytes& body);

}  // namespace filoscope::media::wire
