#include "media/media_probe.h"

namespace filoscope::media {

MediaProbe& probe() {
  static MediaProbe instance;
  return instance;
}

}  // namespace filoscope::media
