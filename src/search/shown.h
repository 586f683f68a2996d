#pragma once

#include "catalog/catalog.h"

namespace filoscope::search {

/// Whether an entry is there for this viewer: published, and hers to see.
inline bool is_shown(const catalog::Catalog& catalog, const accounts::Viewer& viewer,
                     const catalog::Entry& entry) {
  return !catalog::is_kept_back(entry) && entry.state == catalog::State::published &&
         catalog.may_see(viewer, entry);
}

}  // namespace filoscope::search
