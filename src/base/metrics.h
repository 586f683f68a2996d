#pragma once

/// Counters, gauges and latency histograms by name, rendered as Prometheus text. A module keeps its
/// own in one
/// `*_probe.h`. Threads: any; updates do not lock, look-ups by name do: keep the reference.

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace filoscope::metrics {

using Labels = std::initializer_list<std::pair<const std::string, std::string>>;

class Counter {
 public:
  Counter(const std::string& name, const std::string& help, Labels labels = {});
  void add(double amount = 1);
  double value() const;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  Gauge(const std::string& name, const std::string& help, Labels labels = {});
  void set(double value);
  void add(double amount);

 private:
  prometheus::Gauge* gauge_;
};

/// Buckets from 0.25 ms to 32 s, doubling; observe seconds.
class Histogram {
 public:
  Histogram(const std::string& name, const std::string& help, Labels labels = {});
  void observe_s(double seconds);

 private:
  prometheus::Histogram* histogram_;
};

/// Everything registered, in the Prometheus text format 0.0.4.
std::string render();

}  // namespace filoscope::metrics
