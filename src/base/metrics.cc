#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

namespace filoscope::metrics {
namespace {

prometheus::Registry& registry() {
  static prometheus::Registry instance(prometheus::Registry::InsertBehavior::Merge);
  return instance;
}

const prometheus::Histogram::BucketBoundaries& latency_buckets() {
  static const auto buckets = [] {
    prometheus::Histogram::BucketBoundaries made;
    for (double s = 0.00025; s < 33; s *= 2) made.push_back(s);
    return made;
  }();
  return buckets;
}

}  // namespace

Counter::Counter(const std::string& name, const std::string& help, Labels labels)
    : counter_(&prometheus::BuildCounter()
                    .Name(name)
                    .Help(help)
                    .Register(registry())
                    .Add(std::map(labels))) {}
void Counter::add(double amount) { counter_->Increment(amount); }
double Counter::value() const { return counter_->Value(); }

Gauge::Gauge(const std::string& name, const std::string& help, Labels labels)
    : gauge_(&prometheus::BuildGauge()
                  .Name(name)
                  .Help(help)
                  .Register(registry())
                  .Add(std::map(labels))) {}
void Gauge::set(double value) { gauge_->Set(value); }
void Gauge::add(double amount) { gauge_->Increment(amount); }

Histogram::Histogram(const std::string& name, const std::string& help, Labels labels)
    : histogram_(&prometheus::BuildHistogram()
                      .Name(name)
                      .Help(help)
                      .Register(registry())
                      .Add(std::map(labels), latency_buckets())) {}
void Histogram::observe_s(double seconds) { histogram_->Observe(seconds); }

std::string render() { return prometheus::TextSerializer().Serialize(registry().Collect()); }

}  // namespace filoscope::metrics
