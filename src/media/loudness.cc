#include "media/loudness.h"

#include <ebur128.h>

#include <algorithm>
#include <cmath>

#include "media/limiter.h"
#include "media/sound_decoder.h"
#include "media/source.h"

namespace filoscope::media {
namespace {

constexpr double kTargetLufs = -14;
constexpr double kGainMaxDb = 20;
constexpr double kNoiseLufs = -60;   // nothing but a room or a microphone: left as it is
constexpr double kNoiseFadeLu = 10;  // over so much the gain grows to what it may be
constexpr double kMakeUpMaxDb = 14;  // for what the limiter takes
constexpr double kNearLu = 0.5;
constexpr int kPassesMax = 4;  // through the limiter

struct MeterDeleter {
  void operator()(ebur128_state* meter) const { ebur128_destroy(&meter); }
};

struct Pass {
  double lufs = kSilentLufs;
  double peak = 0;
};

/// One pass over the sound, through `limiter` if there is one.
Result<Pass> run_pass(const ByteSource& bytes, const MediaLimits& limits, const double* gain_db) {
  FILOSCOPE_TRY(const std::unique_ptr<Source> source, Source::open(bytes, limits));
  const AVStream* audio = source->audio_stream();
  if (audio == nullptr) return Pass{};
  source->video_stream()->discard = AVDISCARD_ALL;
  FILOSCOPE_TRY(const std::unique_ptr<SoundDecoder> decoder, SoundDecoder::open(*audio));
  const int rate = decoder->sample_rate();
  const std::unique_ptr<ebur128_state, MeterDeleter> meter(ebur128_init(
      kSoundChannels, static_cast<unsigned long>(rate), EBUR128_MODE_I | EBUR128_MODE_SAMPLE_PEAK));
  if (!meter) return av_failure("sound measures", AVERROR(ENOMEM));
  std::optional<Limiter> limiter;
  if (gain_db != nullptr) limiter.emplace(rate, *gain_db, kCeilingDb);
  std::vector<float> limited;
  const auto sink = [&](std::vector<float>& block, std::int64_t) -> Result<void> {
    limited.clear();
    if (limiter) limiter->push(block, limited);
    const auto& heard = limiter ? limited : block;
    ebur128_add_frames_float(meter.get(), heard.data(), heard.size() / kSoundChannels);
    return {};
  };
  const PacketPtr packet = make_packet();
  while (source->read(*packet)) {
    Result<void> outcome;
    if (packet->stream_index == audio->index) outcome = decoder->push(packet.get(), sink);
    av_packet_unref(packet.get());
    FILOSCOPE_DO(std::move(outcome));
  }
  FILOSCOPE_DO(decoder->push(nullptr, sink));
  Pass pass;
  double lufs = kSilentLufs;
  if (ebur128_loudness_global(meter.get(), &lufs) == EBUR128_SUCCESS && std::isfinite(lufs))
    pass.lufs = std::max(lufs, kSilentLufs);
  for (unsigned channel = 0; channel < kSoundChannels; ++channel) {
    double peak = 0;
    if (ebur128_sample_peak(meter.get(), channel, &peak) == EBUR128_SUCCESS)
      pass.peak = std::max(pass.peak, peak);
  }
  return pass;
}

}  // namespace

Result<Loudness> measure_loudness(const ByteSource& bytes, const MediaLimits& limits) {
  FILOSCOPE_TRY(const Pass plain, run_pass(bytes, limits, nullptr));
  Loudness loudness{plain.lufs, 0};
  if (plain.lufs <= kSilentLufs || plain.peak <= 0) return loudness;
  const double worth = std::clamp((plain.lufs - kNoiseLufs) / kNoiseFadeLu, 0.0, 1.0);
  const double gain_max_db = kGainMaxDb * worth;
  loudness.gain_db = std::min(kTargetLufs - plain.lufs, gain_max_db);
  const bool limits_much = 20 * std::log10(plain.peak) + loudness.gain_db > kCeilingDb + 1;
  if (loudness.gain_db >= gain_max_db || !limits_much) return loudness;
  const double most_db = std::min(gain_max_db, loudness.gain_db + kMakeUpMaxDb);
  for (int pass = 0; pass < kPassesMax; ++pass) {
    FILOSCOPE_TRY(const Pass limited, run_pass(bytes, limits, &loudness.gain_db));
    const double missing = kTargetLufs - limited.lufs;
    if (missing < kNearLu || loudness.gain_db >= most_db) break;
    loudness.gain_db = std::min(loudness.gain_db + missing, most_db);
  }
  return loudness;
}

}  // namespace filoscope::media
