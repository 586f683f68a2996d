#pragma once

/// The metrics of media processing. Threads: any.

#include "base/metrics.h"

namespace filoscope::media {

struct MediaProbe {
  metrics::Counter done{
      "filoscope_media_jobs_total", "Processing jobs by outcome", {{"outcome", "done"}}};
  metrics::Counter refused{
      "filoscope_media_jobs_total", "Processing jobs by outcome", {{"outcome", "refused"}}};
  metrics::Counter failed{
      "filoscope_media_jobs_total", "Processing jobs by outcome", {{"outcome", "failed"}}};
  metrics::Counter cpu_s{"filoscope_media_cpu_seconds_total", "Processor time of media workers"};
  metrics::Histogram job_s{"filoscope_media_job_seconds", "Wall time of processing jobs"};
};

MediaProbe& probe();

}  // namespace filoscope::media
