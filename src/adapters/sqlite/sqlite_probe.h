#pragma once

/// What the operator sees of the database.

#include "base/metrics.h"

namespace filoscope::sqlite {

struct Probe {
  metrics::Histogram commit_seconds{"filoscope_sqlite_commit_seconds",
                                    "A group of writes, from its start to being on disk."};
  metrics::Counter groups{"filoscope_sqlite_groups_total", "Groups of writes committed."};
  metrics::Counter writes{"filoscope_sqlite_writes_total", "Writes committed."};
  metrics::Counter undone{"filoscope_sqlite_writes_undone_total",
                          "Writes undone by an error of their own."};
  metrics::Counter failed_commits{"filoscope_sqlite_failed_commits_total",
                                  "Groups lost to a full or failing disk."};
};

}  // namespace filoscope::sqlite
