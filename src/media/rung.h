#pragma once

/// One rendition in the making, on a thread of its own: frames in, a fragmented MP4 out.

#include <deque>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "media/ffmpeg.h"
#include "media/flashes.h"
#include "media/geometry.h"
#include "media/mp4_writer.h"
#include "media/pacer.h"
#include "media/picture.h"
#include "media/sound.h"
#include "media/stills.h"

namespace filoscope::media {

struct RungOptions {
  RungPlan plan;
  ColourTags colour;
  double source_fps = 30;
  int threads_count = 1;  ///< of the encoder
  int output_fd = -1;
};

/// Who looks at the pictures that a rung shows; each may be nullptr.
struct RungWatchers {
  Stills* stills = nullptr;
  FlashFinder* flashes = nullptr;
};

/// Threads: push, finish and the destructor from one; the work happens on its own.
class Rung {
 public:
  /// `sound` (may be nullptr) and the watchers must outlive it; they are fed on its thread until
  /// finish() returns. Errors: internal.
  static Result<std::unique_ptr<Rung>> start(const RungOptions& options,
                                             const std::optional<AudioTrack>& track,
                                             const SharedSound* sound,
                                             const RungWatchers& watchers);
  ~Rung();
  Rung(const Rung&) = delete;
  Rung& operator=(const Rung&) = delete;

  /// Waits while the queue is full. `frame.pts` in 1/90000 s, ever growing. Errors: what went wrong
  /// on the thread.
  Result<void> push(FramePtr frame, const Look& look);
  /// No more frames will come; the encoder empties itself meanwhile.
  Result<void> end() { return push(nullptr, {}); }
  /// Ends the picture at `end` and the file. REQUIRES: end() was called, the shared sound has
  /// ended.
  Result<Rendition> finish(std::int64_t end);

 private:
  Rung(const RungOptions& options, const std::optional<AudioTrack>& track, const SharedSound* sound,
       const RungWatchers& watchers);
  Result<void> open_encoder();
  void run();
  Result<void> work();
  struct Picture {
    FramePtr frame;  ///< null ends the queue
    Look look;
  };
  Result<void> take(Picture picture);
  Result<void> show(const Picture& picture, std::int64_t pts);
  Result<void> encode(const AVFrame* frame);
  Result<void> take_sound();

  const RungOptions options_;
  const std::optional<AudioTrack> track_;
  const SharedSound* const sound_;
  const RungWatchers watchers_;
  CodecPtr encoder_;
  std::optional<Mp4Writer> writer_;
  Fitter fitter_;
  Pacer pacer_;
  Picture left_out_;  ///< the last one, if it was
  std::int64_t next_key_ = 0;
  std::size_t sound_taken_ = 0;

  Mutex mutex_;
  Condition changed_;
  std::deque<Picture> queue_ FILOSCOPE_GUARDED_BY(mutex_);
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  bool done_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::optional<Error> error_ FILOSCOPE_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace filoscope::media
