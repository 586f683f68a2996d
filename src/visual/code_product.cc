#include "visual/code_product.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace filoscope::visual {

using vision::kEmbeddingDim;

std::int32_t product_plain(const std::int8_t* a, const std::int8_t* b) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < kEmbeddingDim; ++i) sum += std::int32_t{a[i]} * b[i];
  return sum;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) std::int32_t product_avx2(const std::int8_t* a,
                                                          const std::int8_t* b) {
  static_assert(kEmbeddingDim % 32 == 0);
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums = _mm256_setzero_si256();
  for (std::size_t i = 0; i < kEmbeddingDim; i += 32) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i));
    const __m256i y = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i));
    // Sizes without signs times the others with both signs: pairs stay under 2 * 127 * 127 < 2^15.
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(y, x));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, ones));
  }
  const __m128i four =
      _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xB1)));
}

bool has_avx2() { return __builtin_cpu_supports("avx2") != 0; }

#else

std::int32_t product_avx2(const std::int8_t* a, const std::int8_t* b) {
  return product_plain(a, b);
}

bool has_avx2() { return false; }

#endif

CodeProduct code_product() { return has_avx2() ? &product_avx2 : &product_plain; }

}  // namespace filoscope::visual
