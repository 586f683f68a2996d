#pragma once

/// What the operator sees of uploads and their processing.

#include "base/metrics.h"

namespace filoscope::upload {

struct Probe {
  metrics::Counter received_bytes{"filoscope_upload_received_bytes_total",
                                  "Bytes of uploads made durable."};
  metrics::Counter completed{"filoscope_upload_completed_total", "Files received whole."};
  metrics::Counter published{"filoscope_upload_published_total", "Videos processed."};
  metrics::Counter late_made{"filoscope_upload_late_renditions_total",
                             "Renditions of 1080 lines made after publication."};
  metrics::Counter failed{"filoscope_upload_failed_total", "Videos that could not be processed."};
  metrics::Counter retried{"filoscope_upload_retried_total",
                           "Tries after a crash or time-out of a media worker."};
  metrics::Gauge waiting{"filoscope_upload_waiting_count", "Videos waiting for processing."};
  metrics::Gauge promised{"filoscope_upload_promised_bytes",
                          "Bytes of the disk promised to uploads and processing."};
  metrics::Histogram seconds{"filoscope_upload_processing_seconds",
                             "One video from the start of its processing to being published."};
};

}  // namespace filoscope::upload
