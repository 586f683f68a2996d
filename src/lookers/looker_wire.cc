#include "lookers/looker_wire.h"

#include <algorithm>
#include <cmath>

namespace filoscope::lookers::wire {
namespace {

constexpr std::size_t kDescriptorsMax = 2, kPartsMax = 8, kTextMax = 500;
constexpr std::size_t kFloatsMax = 38'000;  // of a description: what one message holds
constexpr int kScenesMax = 64;
constexpr std::int64_t kMomentMsMax = 86'400'000;

Error malformed() { return {Code::internal, "the looking worker sent a malformed message"}; }

}  // namespace

Bytes encode_ready(const Ready& ready) {
  ByteWriter out;
  out.put_text(ready.model_problem.substr(0, kTextMax));
  out.put_varint(ready.descriptors.size());
  for (const auto& info : ready.descriptors) {
    out.put_text(info.name);
    out.put_varint(info.parts.size());
    for (const auto& part : info.parts)
      out.put_varint(part.dim), out.put_varint(part.views), out.put(part.weight);
  }
  out.put_text(ready.safety);
  out.put_text(ready.safety_problem.substr(0, kTextMax));
  out.put(static_cast<std::uint8_t>(ready.reads));
  out.put_text(ready.text_problem.substr(0, kTextMax));
  return out.take();
}

Result<Ready> decode_ready(const Bytes& body) {
  ByteReader in(body);
  Ready ready;
  ready.model_problem = in.get_text();
  const auto count = in.get_varint();
  if (count == 0 || count > kDescriptorsMax) return malformed();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    vision::DescriptorInfo info;
    info.name = in.get_text();
    const auto parts = in.get_varint();
    if (parts == 0 || parts > kPartsMax) return malformed();
    for (std::uint64_t p = 0; p < parts && in.ok(); ++p) {
      vision::PartShape part;
      part.dim = static_cast<std::size_t>(in.get_varint());
      part.views = static_cast<std::size_t>(in.get_varint());
      part.weight = in.get<float>();
      if (part.dim > kFloatsMax || part.views > kFloatsMax || !(part.weight > 0))
        return malformed();
      info.parts.push_back(part);
    }
    if (info.floats_count() == 0 || info.floats_count() > kFloatsMax) return malformed();
    ready.descriptors.push_back(std::move(info));
  }
  ready.safety = in.get_text();
  ready.safety_problem = in.get_text();
  ready.reads = in.get<std::uint8_t>() != 0;
  ready.text_problem = in.get_text();
  if (!in.at_end()) return malformed();
  return ready;
}

Bytes encode_start(const Start& start) {
  ByteWriter out;
  out.put_text(start.model);
  out.put_text(start.safety);
  out.put_text(start.text_languages);
  out.put(start.memory_max_bytes), out.put(start.niceness);
  return out.take();
}

Result<Start> decode_start(const Bytes& body) {
  ByteReader in(body);
  Start start;
  start.model = in.get_text();
  start.safety = in.get_text();
  start.text_languages = in.get_text();
  start.memory_max_bytes = in.get<std::int64_t>();
  start.niceness = in.get<int>();
  if (!in.at_end()) return malformed();
  return start;
}

Bytes encode_job(const Job& job) {
  ByteWriter out;
  out.put(job.number);
  out.put_varint(job.descriptors.size());
  for (const auto one : job.descriptors) out.put_varint(one);
  out.put(job.at_ms), out.put(job.count);
  out.put(job.crop.x), out.put(job.crop.y), out.put(job.crop.width), out.put(job.crop.height);
  return out.take();
}

Result<Job> decode_job(const Bytes& body) {
  ByteReader in(body);
  Job job;
  job.number = in.get<std::uint32_t>();
  const auto count = in.get_varint();
  if (count > kDescriptorsMax) return malformed();
  for (std::uint64_t i = 0; i < count; ++i)
    job.descriptors.push_back(static_cast<std::size_t>(in.get_varint()));
  job.at_ms = in.get<std::int64_t>();
  job.count = std::clamp(in.get<int>(), 1, kScenesMax);
  for (double* const value : {&job.crop.x, &job.crop.y, &job.crop.width, &job.crop.height})
    *value = in.get<double>();
  if (!in.at_end()) return malformed();
  return job;
}

Bytes encode_described(const Described& described) {
  ByteWriter out;
  out.put(described.job);
  out.put(described.at_ms);
  out.put_varint(described.descriptor);
  out.put_array(std::span<const float>(described.description));
  return out.take();
}

Result<Described> decode_described(const Bytes& body, const Ready& ready) {
  ByteReader in(body);
  Described out;
  out.job = in.get<std::uint32_t>();
  out.at_ms = in.get<std::int64_t>();
  out.descriptor = static_cast<std::size_t>(in.get_varint());
  out.description = in.get_array<float>();
  if (!in.at_end() || out.at_ms < 0 || out.at_ms > kMomentMsMax ||
      out.descriptor >= ready.descriptors.size() ||
      out.description.size() != ready.descriptors[out.descriptor].floats_count() ||
      !std::ranges::all_of(out.description, [](float value) { return std::isfinite(value); }))
    return malformed();
  return out;
}

Bytes encode_scored(const Scored& scored) {
  ByteWriter out;
  out.put(scored.job);
  out.put(scored.at_ms);
  const auto& scores = scored.scores;
  for (const float share :
       {scores.drawing, scores.hentai, scores.neutral, scores.porn, scores.sexy})
    out.put(share);
  return out.take();
}

Result<Scored> decode_scored(const Bytes& body) {
  ByteReader in(body);
  Scored out;
  out.job = in.get<std::uint32_t>();
  out.at_ms = in.get<std::int64_t>();
  bool fine = out.at_ms >= 0 && out.at_ms <= kMomentMsMax;
  for (float* share : {&out.scores.drawing, &out.scores.hentai, &out.scores.neutral,
                       &out.scores.porn, &out.scores.sexy}) {
    *share = in.get<float>();
    fine = fine && *share >= 0 && *share <= 1.001F;
  }
  if (!in.at_end() || !fine) return malformed();
  return out;
}

Bytes encode_text(const SceneText& text) {
  ByteWriter out;
  out.put(text.job);
  out.put(text.at_ms);
  out.put_text(text.text);
  return out.take();
}

Result<SceneText> decode_text(const Bytes& body) {
  ByteReader in(body);
  SceneText out;
  out.job = in.get<std::uint32_t>();
  out.at_ms = in.get<std::int64_t>();
  out.text = in.get_text();
  if (!in.at_end() || out.at_ms < 0 || out.at_ms > kMomentMsMax || out.text.size() > kTextBytesMax)
    return malformed();
  return out;
}

Bytes encode_done(std::uint32_t job) {
  ByteWriter out;
  out.put(job);
  return out.take();
}

Result<std::uint32_t> decode_done(const Bytes& body) {
  ByteReader in(body);
  const auto job = in.get<std::uint32_t>();
  if (!in.at_end()) return malformed();
  return job;
}

}  // namespace filoscope::lookers::wire
