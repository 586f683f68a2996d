#pragma once

/// What a media worker reports is outside data: it has read a stranger's file. Checked before
/// anything is stored or served; the formats that it goes into (JSON, HLS, HTML) need no escaping
/// afterwards.

#include "media/media.h"

namespace filoscope::media {

/// Numbers within what the options allow, names of their own alphabets, and renditions and covers
/// that are what lies in the outputs, to the byte. REQUIRES: the worker is dead, so that the files
/// rest. Errors: internal (which of it cannot be).
Result<void> check_facts(const MediaFacts& facts, const MediaOptions& options,
                         const MediaOutputs& outputs);

}  // namespace filoscope::media
