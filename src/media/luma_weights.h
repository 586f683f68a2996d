#pragma once

/// The weights of red and blue in luma (ITU-T H.273, table 4); what is not told is taken as 601.

#include "media/ffmpeg.h"

namespace filoscope::media {

struct LumaWeights {
  double red = 0.299;
  double blue = 0.114;
  double green() const { return 1 - red - blue; }
};

inline LumaWeights luma_weights(AVColorSpace matrix) {
  switch (matrix) {
    case AVCOL_SPC_BT709:
      return {0.2126, 0.0722};
    case AVCOL_SPC_FCC:
      return {0.30, 0.11};
    case AVCOL_SPC_SMPTE240M:
      return {0.212, 0.087};
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return {0.2627, 0.0593};
    default:
      return {};
  }
}

}  // namespace filoscope::media
