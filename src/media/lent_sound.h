#pragma once

/// The sound of another file, for a picture that plays it: read while pictures come, so that
/// neither waits in memory for the other, and from its start again whenever it is over.

#include <memory>

#include "media/sound.h"
#include "media/source.h"

namespace filoscope::media {

/// Threads: one.
class LentSound {
 public:
  /// `bytes` must outlive it. Errors: internal (it cannot be read, has no sound).
  static Result<std::unique_ptr<LentSound>> open(const ByteSource& bytes,
                                                 const MediaLimits& limits);

  const AVStream& stream() const { return *first_->audio_stream(); }
  /// Gives `sound` packets until its time line is filled up to `end` (1/90000 s), or nothing more
  /// comes. REQUIRES: it was opened on stream() and started at 0; `end` is a second before its
  /// longest.
  Result<void> feed(Sound& sound, std::int64_t end);

 private:
  LentSound(const ByteSource& bytes, const MediaLimits& limits) : bytes_(bytes), limits_(limits) {}
  Result<std::unique_ptr<Source>> open_source() const;
  Result<void> begin_again(Sound& sound);
  void end_pass(Sound& sound) const;
  std::int64_t length() const;  ///< of the clip that it comes from, 1/90000 s; 0: not known

  const ByteSource& bytes_;
  const MediaLimits limits_;
  std::unique_ptr<Source> first_;  ///< also keeps the stream
  std::unique_ptr<Source> again_;  ///< from the second time on
  std::int64_t begun_at_ = 0;      ///< where on the time line it plays from its start
};

}  // namespace filoscope::media
