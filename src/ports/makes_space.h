#pragma once

/// While one lives, the writes of its thread make space (they delete, or record what was deleted),
/// and may use what a Database keeps back for them on a full disk. Other writes are refused then.

namespace filoscope {

/// Threads: its own. Nests.
class MakesSpace {
 public:
  MakesSpace() { ++depth; }
  ~MakesSpace() { --depth; }
  MakesSpace(const MakesSpace&) = delete;
  MakesSpace& operator=(const MakesSpace&) = delete;

  static bool active() { return depth > 0; }

 private:
  static inline thread_local int depth = 0;
};

}  // namespace filoscope
