#pragma once

/// A blob as a whole: its bytes, or their sum.

#include "base/bytes.h"
#include "base/file_sum.h"
#include "ports/blob_store.h"

namespace filoscope {

/// For small ones: all of it is in memory. Errors: those of BlobReader::read.
inline Result<Bytes> read_whole(const BlobReader& blob) {
  Bytes bytes(static_cast<std::size_t>(blob.size_bytes()));
  FILOSCOPE_DO(blob.read(bytes, 0));
  return bytes;
}

/// As sum_file.
inline Result<FileSum> sum_blob(const BlobReader& blob, const FilePart& each = {}) {
  return sum_parts(
      blob.size_bytes(),
      [&blob](std::span<std::uint8_t> out, std::int64_t offset) { return blob.read(out, offset); },
      each);
}

}  // namespace filoscope
