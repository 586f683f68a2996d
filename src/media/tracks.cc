#include "media/tracks.h"

namespace filoscope::media {

bool is_moving(const AVStream& stream) {
  return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
         (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
}

void PictureTracks::note(const AVStream& stream, int taken) {
  if (!is_moving(stream)) return;
  if (stream.index != taken) ++others_;
  if (last_ >= 0 && (last_ == taken) != (stream.index == taken)) ++turns_;
  last_ = stream.index;
}

}  // namespace filoscope::media
