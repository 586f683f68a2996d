#pragma once

/// A file's tracks of pictures: whether others lie beside the one taken for the video, or before
/// and behind it.

#include "media/ffmpeg.h"

namespace filoscope::media {

/// A track of pictures, and no cover.
bool is_moving(const AVStream& stream);

/// Tells a track beside the taken one, as a second camera is, from one before or behind it: a
/// joined recording, whose parts have numbers of their own.
class PictureTracks {
 public:
  /// A packet of `stream`, where `taken` is the index of the stream taken.
  void note(const AVStream& stream, int taken);
  bool one_behind_the_other() const { return others_ >= kPartMin && turns_ <= kTurnsMax; }

 private:
  static constexpr int kPartMin = 12;  ///< pictures; fewer are a damaged stretch
  /// A demuxer may hold a part's last pictures back until the end; tracks beside each other take
  /// turns all the time.
  static constexpr int kTurnsMax = 6;
  int others_ = 0;
  int turns_ = 0;  ///< from the taken track to another, and back
  int last_ = -1;  ///< index of the stream
};

}  // namespace filoscope::media
