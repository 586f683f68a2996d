#pragma once

/// Products of packed embeddings, by AVX2 where the processor has it; both ways give equal numbers.

#include <cstdint>

#include "vision/projection.h"

namespace filoscope::visual {

/// Sum of the products of kEmbeddingDim components, each in -127..127.
using CodeProduct = std::int32_t (*)(const std::int8_t* a, const std::int8_t* b);

std::int32_t product_plain(const std::int8_t* a, const std::int8_t* b);
/// REQUIRES: the processor has AVX2.
std::int32_t product_avx2(const std::int8_t* a, const std::int8_t* b);
bool has_avx2();

/// The fastest that there is.
CodeProduct code_product();

/// The cosine that a product stands for, about.
inline float cosine_of(std::int32_t product) {
  return static_cast<float>(product) / (vision::kPackScale * vision::kPackScale);
}
}  // namespace filoscope::visual
