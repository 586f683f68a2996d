#pragma once

/// hnswlib over float32, as the rival of `bench visual.index`; there when libhnswlib-dev was at the
/// build. Threads: any search, or one writer beside searches, but no search while `set_beam` runs.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "vision/projection.h"

namespace filoscope::app {

class HnswRival {
 public:
  /// Of inner products, 16 links a node. Errors: internal (not built in, or a processor without
  /// AVX2, for which it is compiled).
  static Result<std::unique_ptr<HnswRival>> make(std::size_t count_max, std::size_t build_beam);
  virtual ~HnswRival() = default;
  virtual void add(std::uint64_t id, const vision::PackedEmbedding& code) = 0;
  /// Marks it, which is what hnswlib does for a removal.
  virtual void erase(std::uint64_t id) = 0;
  virtual void set_beam(std::size_t beam) = 0;
  /// Ids, in no order.
  virtual std::vector<std::uint64_t> search(const vision::PackedEmbedding& query,
                                            std::size_t count) = 0;
};

}  // namespace filoscope::app
