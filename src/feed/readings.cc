#include "feed/readings.h"

#include <algorithm>
#include <utility>

#include "base/guarded_thread.h"
#include "base/log.h"
#include "feed/store.h"

namespace filoscope::feed {
namespace {

constexpr std::int64_t kEveryMs = 60'000;
constexpr const char* kThread = "readings";

void read_heads(const engine::EngineStats& stats, Reading& reading) {
  reading.loss = stats.prequential_loss, reading.loss_lately = stats.loss_lately;
  for (std::size_t head = 0; head < engine::kHeadsCount; ++head) {
    const auto sum = stats.calibration[head].sum();
    if (sum.count <= 0) continue;
    reading.predicted[head] = static_cast<float>(sum.predicted / sum.count);
    reading.happened[head] = static_cast<float>(sum.happened / sum.count);
  }
}

}  // namespace

ReadingsProbe::ReadingsProbe() {
  for (std::size_t head = 0; head < engine::kHeadsCount; ++head)
    heads.emplace_back(std::string(to_string(static_cast<engine::Head>(head))));
  for (std::size_t route = 0; route < engine::kRoutesCount; ++route)
    routes.emplace_back(
        "filoscope_feed_items_total", "What was handed out, by its route.",
        metrics::Labels{{"route", std::string(to_string(static_cast<engine::Route>(route)))}});
  for (std::size_t part = 0; part < engine::kMemoryPartsCount; ++part)
    memory.emplace_back(
        "filoscope_engine_memory_bytes", "The engine's state in memory.",
        metrics::Labels{{"part", std::string(to_string(static_cast<engine::MemoryPart>(part)))}});
}

void ReadingsProbe::show(const EngineView& view) {
  const Reading& reading = view.readings.back();
  for (std::size_t head = 0; head < heads.size(); ++head) {
    heads[head].loss.set(static_cast<double>(reading.loss[head]));
    heads[head].loss_lately.set(static_cast<double>(reading.loss_lately[head]));
    heads[head].predicted.set(static_cast<double>(reading.predicted[head]));
    heads[head].happened.set(static_cast<double>(reading.happened[head]));
  }
  for (std::size_t route = 0; route < routes.size(); ++route)
    routes[route].add(static_cast<double>(reading.routes[route]));
  for (std::size_t part = 0; part < memory.size(); ++part)
    memory[part].set(static_cast<double>(view.now.memory_parts_bytes[part]));
  distinct.set(static_cast<double>(view.lately.distinct_count));
  age_seconds.set(static_cast<double>(view.lately.age_p50_ms) / 1000);
  rollbacks.set(static_cast<double>(view.now.guard.rollbacks_count));
  paused.set(view.now.guard.paused_examples);
  const auto& audience = view.now.first_audience;
  const auto due = audience.promised_count - audience.waiting_count;
  if (due > 0) first_audience.set(static_cast<double>(audience.got_count) / due);
}

void Readings::warn_of_rollbacks(const engine::GuardStats& guard) {
  const auto known = std::exchange(rollbacks_count_, guard.rollbacks_count);
  if (!known || *known >= guard.rollbacks_count) return;
  log::warn("engine.rolled_back", {{"from", static_cast<std::int64_t>(guard.at_position)},
                                   {"to", static_cast<std::int64_t>(guard.to_position)},
                                   {"count", static_cast<std::int64_t>(guard.rollbacks_count)}});
}

Readings::Readings(std::function<engine::EngineStats()> look, const Clock& clock)
    : look_(std::move(look)), clock_(clock), since_ms_(clock.now_ms()) {
  take();
  keeper_ = guarded_thread(kThread, [this] { keep(); });
}

Readings::~Readings() {
  {
    Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  keeper_.join();
}

void Readings::keep() {
  while (true) {
    {
      Lock lock(mutex_);
      wake_.wait_for_ms(mutex_, kEveryMs, [&]() FILOSCOPE_REQUIRES(mutex_) { return stopping_; });
      if (stopping_) return;
    }
    run_guarded(kThread, [this] { take(); });
  }
}

void Readings::Served::add(const Served& other) {
  answers_count += other.answers_count, events_count += other.events_count;
  items_count += other.items_count;
  for (std::size_t i = 0; i < routes.size(); ++i) routes[i] += other.routes[i];
  waits_us.add(other.waits_us), ages_s.add(other.ages_s);
}

Readings::Hour& Readings::hour(std::int64_t at_ms) {
  if (hours_.empty() || at_ms >= hours_.back()->begin_ms + kHourMs) {
    hours_.push_back(std::make_unique<Hour>());
    hours_.back()->begin_ms = at_ms;
    if (hours_.size() > kHours) hours_.pop_front();
  }
  return *hours_.back();
}

void Readings::note_answer(std::span<const engine::DecisionItem> ranked,
                           std::span<const Item> items, std::int64_t waited_us) {
  const auto at_ms = clock_.now_ms();
  Lock lock(mutex_);
  Hour& now = hour(at_ms);
  for (Served* served : {&minute_, &now.served}) {
    ++served->answers_count, served->items_count += items.size();
    served->waits_us.add(static_cast<double>(waited_us));
    for (const auto& item : ranked) ++served->routes[static_cast<std::size_t>(item.route)];
    for (const Item& item : items)
      served->ages_s.add(static_cast<double>(at_ms - item.entry.published_ms) / 1000);
  }
  for (const Item& item : items) now.entries.add(item.entry.id.value);
}

void Readings::note_events(int count) {
  const auto at_ms = clock_.now_ms();
  Lock lock(mutex_);
  const auto more = static_cast<std::uint64_t>(std::max(count, 0));
  minute_.events_count += more, hour(at_ms).served.events_count += more;
}

ServedLately Readings::lately(std::int64_t at_ms) const {
  Served sum;
  auto entries = std::make_unique<Distinct>();
  for (const auto& hour : hours_) {
    if (hour->begin_ms + static_cast<std::int64_t>(kHours) * kHourMs <= at_ms) continue;
    sum.add(hour->served), entries->add(hour->entries);
  }
  ServedLately lately;
  lately.hours = static_cast<std::int64_t>(kHours);
  lately.answers_count = sum.answers_count, lately.events_count = sum.events_count;
  lately.items_count = sum.items_count, lately.routes = sum.routes;
  lately.distinct_count = entries->estimate();
  lately.age_p50_ms = static_cast<std::int64_t>(sum.ages_s.at(0.5) * 1000);
  lately.wait_p50_ms = sum.waits_us.at(0.5) / 1000;
  lately.wait_p99_ms = sum.waits_us.at(0.99) / 1000;
  return lately;
}

std::vector<Reading> thinned(const std::vector<Reading>& readings, std::size_t count_max) {
  const auto group = (readings.size() + count_max - 1) / count_max;
  std::vector<Reading> few;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    Reading next = readings[i];
    if (i % group == 0) {
      few.push_back(next);
      continue;
    }
    const Reading& sum = few.back();
    next.minutes += sum.minutes;
    next.answers_count += sum.answers_count, next.events_count += sum.events_count;
    for (std::size_t r = 0; r < next.routes.size(); ++r) next.routes[r] += sum.routes[r];
    few.back() = next;
  }
  return few;
}

void Readings::take() {
  EngineView view;
  view.now = look_();
  Reading reading;
  reading.at_ms = view.at_ms = clock_.now_ms();
  reading.videos_count = view.now.videos_count, reading.people_count = view.now.people_count;
  reading.memory_bytes = view.now.memory_bytes;
  reading.examples_count = view.now.examples_count;
  read_heads(view.now, reading);
  Lock lock(mutex_);
  warn_of_rollbacks(view.now.guard);
  const Served minute = std::exchange(minute_, Served());
  reading.answers_count = static_cast<std::uint32_t>(minute.answers_count);
  reading.events_count = static_cast<std::uint32_t>(minute.events_count);
  for (std::size_t i = 0; i < minute.routes.size(); ++i)
    reading.routes[i] = static_cast<std::uint32_t>(minute.routes[i]);
  reading.wait_p50_ms = minute.waits_us.at(0.5) / 1000;
  reading.wait_p99_ms = minute.waits_us.at(0.99) / 1000;
  reading.age_p50_ms = static_cast<std::int64_t>(minute.ages_s.at(0.5) * 1000);
  view.lately = lately(reading.at_ms);
  reading.distinct_count = view.lately.distinct_count;
  readings_.push_back(reading);
  if (readings_.size() > kReadingsMax) readings_.pop_front();
  view.readings = {reading};
  probe_.show(view);
}

EngineView Readings::view() const {
  EngineView view;
  view.since_ms = since_ms_, view.at_ms = clock_.now_ms();
  view.now = look_();
  Lock lock(mutex_);
  view.lately = lately(view.at_ms);
  view.readings.assign(readings_.begin(), readings_.end());
  return view;
}

}  // namespace filoscope::feed
