#include "eval/ranking_protocols.h"

#include <algorithm>

namespace filoscope::eval {
namespace {

constexpr std::size_t kStepEvents = 256;  ///< between two words of progress

void tell(const Progress& progress, std::size_t done, std::size_t all) {
  if (progress && done % kStepEvents == 0)
    progress(static_cast<double>(done) / static_cast<double>(all));
}

}  // namespace

std::size_t measured_from(std::size_t events_count) {
  return events_count -
         static_cast<std::size_t>(static_cast<double>(events_count) * kMeasuredShare);
}

std::vector<Interaction> by_time(std::vector<Interaction> events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a.at_s < b.at_s; });
  return events;
}

std::vector<RankedCase> run_prequential(Ranker& ranker, std::span<const Interaction> events,
                                        World world, std::size_t k, const Progress& progress) {
  std::vector<RankedCase> cases;
  const auto from = measured_from(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    tell(progress, i, events.size());
    const auto& event = events[i];
    if (i >= from && !world.has_had(event.person, event.item)) {
      auto& one = cases.emplace_back(RankedCase{event.person, {}});
      if (world.knows(event.item))
        one.metrics = measure(ranker.rank(world, {event.person, event.at_s, k}),
                              std::span(&event.item, 1), k);
    }
    ranker.learn(world, event);
    world.add(event.person, event.item);
  }
  return cases;
}

std::vector<TestPerson> test_people(std::span<const Interaction> train,
                                    std::span<const Interaction> test, std::size_t people_count,
                                    std::size_t items_count) {
  std::vector<std::vector<std::uint32_t>> had(people_count), wanted(people_count);
  std::vector<bool> known(items_count, false);
  for (const auto& event : train) had[event.person].push_back(event.item), known[event.item] = true;
  for (auto& items : had) std::sort(items.begin(), items.end());
  for (const auto& event : test) {
    const auto& own = had[event.person];
    if (own.empty() || !known[event.item] || std::binary_search(own.begin(), own.end(), event.item))
      continue;
    wanted[event.person].push_back(event.item);
  }
  std::vector<TestPerson> people;
  for (std::uint32_t person = 0; person < people_count; ++person) {
    auto& items = wanted[person];
    if (items.empty()) continue;
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    people.push_back({person, std::move(items)});
  }
  return people;
}

std::vector<RankedCase> run_split(Ranker& ranker, std::span<const Interaction> train,
                                  std::span<const TestPerson> people, World world, std::size_t k,
                                  const Progress& progress) {
  const auto all = train.size() + people.size();
  for (std::size_t i = 0; i < train.size(); ++i) {
    tell(progress, i, all);
    ranker.learn(world, train[i]);
    world.add(train[i].person, train[i].item);
  }
  ranker.finish(world);
  std::vector<RankedCase> cases;
  for (const auto& one : people) {
    tell(progress, train.size() + cases.size(), all);
    const auto ranked = ranker.rank(world, {one.person, 0, k});
    cases.push_back({one.person, measure(ranked, one.wanted, k)});
  }
  return cases;
}

}  // namespace filoscope::eval
