#include "media/lent_sound.h"

#include <algorithm>

namespace filoscope::media {

Result<std::unique_ptr<LentSound>> LentSound::open(const ByteSource& bytes,
                                                   const MediaLimits& limits) {
  std::unique_ptr<LentSound> lent(new LentSound(bytes, limits));
  FILOSCOPE_TRY(lent->first_, lent->open_source());
  return lent;
}

Result<std::unique_ptr<Source>> LentSound::open_source() const {
  auto source = Source::open(bytes_, limits_);
  // It is one of ours: what is wrong with it is not the uploader's to mend.
  if (!source) return Error{Code::internal, "the lent sound: " + source.error().message};
  if ((*source)->audio_stream() == nullptr) return Error{Code::internal, "no sound was lent"};
  (*source)->video_stream()->discard = AVDISCARD_ALL;
  return source;
}

Result<void> LentSound::feed(Sound& sound, std::int64_t end) {
  const PacketPtr packet = make_packet();
  if (begun_at_ == 0) end_pass(sound);
  while (sound.placed_time() < end) {
    Source& source = again_ ? *again_ : *first_;
    if (!source.read(*packet)) {
      FILOSCOPE_DO(sound.drain());
      if (sound.placed_time() <= begun_at_) return {};  // nothing would come of another time
      FILOSCOPE_DO(begin_again(sound));
      continue;
    }
    Result<void> outcome;
    if (packet->stream_index == source.audio_stream()->index) outcome = sound.push(*packet);
    av_packet_unref(packet.get());
    FILOSCOPE_DO(std::move(outcome));
  }
  return {};
}

/// Where its picture ends, as when the clip that it comes from plays twice.
void LentSound::end_pass(Sound& sound) const {
  if (length() > 0) sound.end_at(begun_at_ + length());
}

std::int64_t LentSound::length() const {
  return first_->video().claimed_ms * kTicksPerSecond / 1000;
}

Result<void> LentSound::begin_again(Sound& sound) {
  begun_at_ = std::max(begun_at_ + length(), sound.placed_time());
  FILOSCOPE_TRY(again_, open_source());
  end_pass(sound);
  sound.begin_again(-begun_at_);
  return {};
}

}  // namespace filoscope::media
