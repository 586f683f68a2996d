#pragma once

/// Whether two prints are of one clip. Pure functions, any thread. O(frames of one, at most
/// 300, · frames of the other), some hundred nanoseconds each.

#include "prints/clip_print.h"

namespace filoscope::prints {

/// Bits of 256. Frames of clips that have nothing in common are 80 and more apart, in the better
/// half of them; copies up to 70 (with a large caption), two clips of one room 14 and more.
inline constexpr double kLooksAlike = 72;

struct Likeness {
  double distance = kBits;  ///< of the frames of the shorter clip to the nearest of the other, mean
                            ///< of the better half
  double moves = 0;  ///< how far both move alike, 0 as any two, 1 bit by bit; 0 where not looked at
  bool still = false;     ///< one of them hardly moves: nothing can be said of moves
  bool mirrored = false;  ///< turned left to right
  bool windowed = false;  ///< told by a picture in the picture of one of them
  bool copy = false;      ///< the verdict: one shows what the other shows, or a part of it
  bool mutual = false;  ///< and the other too, most of its time: neither is an excerpt of the other
                        ///< or shows it beside something else
};

Likeness compare(const ClipPrint& one, const ClipPrint& other);

}  // namespace filoscope::prints
