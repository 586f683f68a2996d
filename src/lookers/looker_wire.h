#pragma once

/// What parent and describing worker say to each other, in messages of media/wire.h. The worker is
/// started with a model, says what it can make, and then does one job after the other.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "vision/descriptor.h"
#include "vision/safety_network.h"

namespace filoscope::lookers::wire {

/// What a worker makes: always the built-in descriptor, and behind it the network where there is
/// one.
struct Ready {
  std::vector<vision::DescriptorInfo> descriptors;
  std::string model_problem;   ///< why the model that was asked for is not among them
  std::string safety;          ///< SafetyNetwork::name; empty: it scores nothing
  std::string safety_problem;  ///< why not, where it was asked for
  bool reads = false;          ///< text
  std::string text_problem;    ///< too
};
Bytes encode_ready(const Ready& ready);
Result<Ready> decode_ready(const Bytes& body);

/// What it is started with.
struct Start {
  std::string model;           ///< a path for vision::load_network, or empty
  std::string safety;          ///< a path for vision::load_safety_network, or empty
  std::string text_languages;  ///< for vision::open_text_reader, or empty
  std::int64_t memory_max_bytes = 0;
  int niceness = 0;  ///< how far it stands back behind other work
};
Bytes encode_start(const Start& start);
Result<Start> decode_start(const Bytes& body);

/// One picture, what a clip shows at `at_ms`, or up to `count` scenes of a clip; the file comes
/// beside it as a descriptor.
struct Job {
  std::uint32_t number = 0;              ///< told back with everything about it
  std::vector<std::size_t> descriptors;  ///< which of Ready's are wanted; none of a safety job
  std::int64_t at_ms = 0;
  int count = 1;
  vision::Crop crop;
};
Bytes encode_job(const Job& job);
Result<Job> decode_job(const Bytes& body);

struct Described {
  std::uint32_t job = 0;
  std::int64_t at_ms = 0;
  std::size_t descriptor = 0;  ///< of Ready's
  vision::Description description;
};
Bytes encode_described(const Described& described);
/// Errors: internal (malformed, not of `ready`'s shapes, a number that is none).
Result<Described> decode_described(const Bytes& body, const Ready& ready);

struct Scored {
  std::uint32_t job = 0;
  std::int64_t at_ms = 0;
  vision::SafetyScores scores;
};
Bytes encode_scored(const Scored& scored);
/// Errors: internal (malformed, a share that is none).
Result<Scored> decode_scored(const Bytes& body);

struct SceneText {
  std::uint32_t job = 0;
  std::int64_t at_ms = 0;
  std::string text;  ///< lines divided by '\n', of at most kTextBytesMax; empty: none
};
inline constexpr std::size_t kTextBytesMax = 2'000;
Bytes encode_text(const SceneText& text);
/// Errors: internal (malformed, too long).
Result<SceneText> decode_text(const Bytes& body);

/// The end of a job: its number.
Bytes encode_done(std::uint32_t job);
Result<std::uint32_t> decode_done(const Bytes& body);

}  // namespace filoscope::lookers::wire
