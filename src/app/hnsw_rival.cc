#include "app/hnsw_rival.h"

#include "visual/code_product.h"

#if defined(__x86_64__) && __has_include(<hnswlib/hnswlib.h>)
#define FILOSCOPE_HAS_HNSWLIB 1
// What it includes comes first: only its own functions are compiled for AVX2, none that the linker
// may take for others' too.
#include <cpuid.h>
#include <immintrin.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <deque>
#include <fstream>
#include <iostream>
#include <list>
#include <mutex>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#include <hnswlib/hnswlib.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif

namespace filoscope::app {

#ifdef FILOSCOPE_HAS_HNSWLIB
namespace {

constexpr std::size_t kLinks = 16;
using Floats = std::array<float, vision::kEmbeddingDim>;

Floats floats_of(const vision::PackedEmbedding& code) {
  Floats out;
  std::ranges::copy(code, out.begin());
  return out;
}

class Hnswlib final : public HnswRival {
 public:
  Hnswlib(std::size_t count_max, std::size_t build_beam)
      : space_(vision::kEmbeddingDim), graph_(&space_, count_max, kLinks, build_beam) {}
  void add(std::uint64_t id, const vision::PackedEmbedding& code) override {
    graph_.addPoint(floats_of(code).data(), id);
  }
  void erase(std::uint64_t id) override { graph_.markDelete(id); }
  void set_beam(std::size_t beam) override { graph_.setEf(beam); }
  std::vector<std::uint64_t> search(const vision::PackedEmbedding& query,
                                    std::size_t count) override {
    auto found = graph_.searchKnn(floats_of(query).data(), count);
    std::vector<std::uint64_t> out;
    for (; !found.empty(); found.pop()) out.push_back(found.top().second);
    return out;
  }

 private:
  hnswlib::InnerProductSpace space_;
  hnswlib::HierarchicalNSW<float> graph_;
};

}  // namespace

Result<std::unique_ptr<HnswRival>> HnswRival::make(std::size_t count_max, std::size_t build_beam) {
  if (!visual::has_avx2()) return Error{Code::internal, "this processor has no AVX2"};
  return std::unique_ptr<HnswRival>(std::make_unique<Hnswlib>(count_max, build_beam));
}

#else

Result<std::unique_ptr<HnswRival>> HnswRival::make(std::size_t, std::size_t) {
  return Error{Code::internal, "libhnswlib-dev was not there at the build"};
}

#endif

}  // namespace filoscope::app
