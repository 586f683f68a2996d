#pragma once

/// What the operator sees of the database.

#include "base/metrics.h"

namespace filoscope::postgres {

struct Probe {
  metrics::Histogram write_seconds{"filoscope_postgres_write_seconds",
                                   "A write, from its first try to being durable."};
  metrics::Counter writes{"filoscope_postgres_writes_total", "Writes committed."};
  metrics::Counter undone{"filoscope_postgres_writes_undone_total",
                          "Writes undone by an error of their own."};
  metrics::Counter met{"filoscope_postgres_writes_met_total",
                       "Writes run again because they met another of the same things."};
  metrics::Counter lost{"filoscope_postgres_connections_lost_total",
                        "Reads and writes whose connection was lost."};
};

}  // namespace filoscope::postgres
