#pragma once

/// Size and SHA-256 of a file. Blocks. Threads: any.

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/result.h"

namespace filoscope {

struct FileSum {
  std::int64_t size_bytes = 0;
  std::string sha256;  ///< hexadecimal

  friend bool operator==(const FileSum&, const FileSum&) = default;
};

/// Gets the bytes of a file in order, each part with its offset.
using FilePart =
    std::function<Result<void>(std::span<const std::uint8_t> part, std::int64_t offset)>;

/// Fills `out` from `offset` on.
using ReadPart = std::function<Result<void>(std::span<std::uint8_t> out, std::int64_t offset)>;

/// Of what `read` gives, from its start to its end; `each`, where given, gets all of it too.
/// Errors: those of `read` and `each`.
Result<FileSum> sum_parts(std::int64_t size_bytes, const ReadPart& read, const FilePart& each = {});

/// Of the file from its start to its end; `each`, where given, gets all of it too. Errors: those of
/// reading; corrupt (it shrinks meanwhile); those of `each`.
Result<FileSum> sum_file(int file, const FilePart& each = {});

}  // namespace filoscope
