#pragma once

/// A matrix of numbers in NumPy's format (.npy versions 1 to 3, NEP 1), plain or gzip.

#include <filesystem>
#include <vector>

#include "base/result.h"

namespace filoscope::eval {

inline constexpr std::size_t kNpyBytesMax = std::size_t{4} << 30;  ///< unpacked

/// Row-major.
struct NpyMatrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;
};

/// Little-endian float16, float32 or float64, two dimensions, C order. Errors: eval_file_not_read,
/// eval_file_malformed (another format, type, order or shape; more or less data than that; a value
/// that is not finite; larger than kNpyBytesMax).
Result<NpyMatrix> read_npy(const std::filesystem::path& path);

}  // namespace filoscope::eval
