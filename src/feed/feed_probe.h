#pragma once

/// What the operator sees of the feed.

#include <string>
#include <vector>

#include "base/metrics.h"
#include "feed/operator_view.h"

namespace filoscope::feed {

struct Probe {
  metrics::Histogram answer_seconds{"filoscope_feed_answer_seconds",
                                    "One feed answer, with its decision record on disk."};
  metrics::Histogram rank_seconds{"filoscope_feed_rank_seconds", "The ranking inside an answer."};
  metrics::Histogram events_seconds{"filoscope_feed_events_seconds",
                                    "One call with events, until they are learned."};
  metrics::Counter events_accepted{"filoscope_feed_events_accepted_total", "Events taken in."};
  metrics::Counter events_duplicate{"filoscope_feed_events_duplicate_total",
                                    "Events that had been taken in before."};
  metrics::Counter events_rejected{"filoscope_feed_events_rejected_total",
                                   "Events that were refused."};
  metrics::Counter asked_again{"filoscope_feed_asked_again_total",
                               "Rankings repeated because a video was gone or hidden by then."};
  metrics::Counter unrecorded{"filoscope_feed_unrecorded_total",
                              "Answers made without a profile because no record could be written."};
};

/// As of the last reading.
struct ReadingsProbe {
  struct OfHead {
    explicit OfHead(const std::string& head)
        : loss("filoscope_engine_loss", "Mean log loss, scored before learning.",
               {{"head", head}, {"over", "10000"}}),
          loss_lately("filoscope_engine_loss", "Mean log loss, scored before learning.",
                      {{"head", head}, {"over", "500"}}),
          predicted("filoscope_engine_predicted_mean", "Mean probability of what was scored.",
                    {{"head", head}}),
          happened("filoscope_engine_happened_mean", "Share of it that happened.",
                   {{"head", head}}) {}
    metrics::Gauge loss, loss_lately, predicted, happened;
  };
  ReadingsProbe();
  void show(const EngineView& view);

  std::vector<OfHead> heads;
  std::vector<metrics::Counter> routes;
  std::vector<metrics::Gauge> memory;
  metrics::Gauge distinct{"filoscope_feed_distinct_entries",
                          "Different entries handed out in the last hours."};
  metrics::Gauge age_seconds{"filoscope_feed_age_p50_seconds",
                             "Median age of what was handed out in the last hours."};
  metrics::Gauge rollbacks{"filoscope_engine_rollbacks",
                           "How often the guard undid what the heads had learned."};
  metrics::Gauge paused{"filoscope_engine_paused_examples",
                        "Examples, at least, that the guard will let pass without learning."};
  metrics::Gauge first_audience{"filoscope_engine_first_audience_share",
                                "Of new entries, those that had the first audience promised."};
};

struct LifeProbe {
  metrics::Gauge position{"filoscope_engine_log_position", "Log position the engine has learned."};
  metrics::Counter refused{"filoscope_engine_records_refused_total",
                           "Log records the engine could not read."};
  metrics::Counter snapshots{"filoscope_engine_snapshots_total", "Engine snapshots written."};
  metrics::Histogram snapshot_seconds{"filoscope_engine_snapshot_seconds",
                                      "Writing one snapshot, until it is on disk."};
};

}  // namespace filoscope::feed
