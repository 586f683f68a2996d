#pragma once

/// The whole work of one upload, in this process: what the worker runs, and what tests and fuzzers
/// call directly.

#include "media/byte_source.h"
#include "media/media.h"

namespace filoscope::media {

/// Errors as MediaWorkers::process. May block for the length of the encoding.
Result<MediaFacts> process_media(const ByteSource& bytes, const MediaOptions& options,
                                 const MediaOutputs& outputs, const Progress& progress = {},
                                 const std::atomic<bool>* cancel = nullptr);

/// Opens, checks and decodes up to `frames_max` frames; encodes nothing. For fuzzing.
Result<MediaFacts> probe_media(const ByteSource& bytes, const MediaLimits& limits, int frames_max);

/// FFmpeg says nothing on stderr from here on.
void silence_ffmpeg();

}  // namespace filoscope::media
