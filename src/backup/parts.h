#pragma once

/// Rows as bytes, cut into objects. The cut is where a hash of the row says so (content-defined
/// chunking: A. Muthitacharoen, B. Chen, D. Mazières, A Low-bandwidth Network File System, SOSP
/// 2001), so that a change moves no cut but those beside it.

#include <functional>
#include <span>
#include <vector>

#include "backup/manifest.h"
#include "backup/object_store.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope::backup {

/// Threads: one.
class PartWriter {
 public:
  explicit PartWriter(ObjectStore& store) : store_(store) {}
  /// Errors: those of ObjectStore::put.
  Result<void> add(std::span<const SqlValue> row);
  /// Errors: as above.
  Result<Parts> finish();

 private:
  Result<void> cut();

  ObjectStore& store_;
  ByteWriter bytes_;
  Parts parts_;
};

using Rows = std::vector<std::vector<SqlValue>>;

/// `each` gets the rows of one object after the other. Errors: those of ObjectStore::read and of
/// `each`; corrupt (they are no rows of `columns_count` columns).
Result<void> read_parts(const ObjectStore& store, const Parts& parts, std::size_t columns_count,
                        const std::function<Result<void>(Rows)>& each);

}  // namespace filoscope::backup
