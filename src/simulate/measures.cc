#include "simulate/measures.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace filoscope::simulate {
namespace {

using Json = nlohmann::ordered_json;

struct Measure {
  std::string_view name;
  bool compared, late;
  Sums (*of)(const Swipe&, const Clip&);
};

Sums share_watched(const Swipe& s, const Clip&) { return {s.share, 1}; }
Sums share_at_usual_length(const Swipe& s, const Clip&) { return {s.usual, 1}; }
Sums share_of_possible(const Swipe& s, const Clip&) { return {s.expected, s.best}; }

constexpr Measure kMeasures[] = {
    {"watched_share", true, false, share_watched},
    {"late_watched_share", true, true, share_watched},
    {"usual_length_share", true, false, share_at_usual_length},
    {"late_usual_length_share", true, true, share_at_usual_length},
    {"of_best", false, false, share_of_possible},
    {"late_of_best", false, true, share_of_possible},
    {"swipes_per_session", true, false,
     [](const Swipe& s, const Clip&) -> Sums {
       return {1, s.left ? 1.0 : 0.0};
     }},
    {"likes_per_swipe", true, false,
     [](const Swipe& s, const Clip&) -> Sums {
       return {s.liked ? 1.0 : 0.0, 1};
     }},
    {"duration_s", false, false,
     [](const Swipe&, const Clip& clip) -> Sums {
       return {clip.duration_ms / 1000.0, 1};
     }},
};

constexpr std::size_t kEnoughPeople = 5;
constexpr double kEnoughOfActive = 1.0 / 3;

/// By person, in the order of time.
std::vector<std::vector<const Swipe*>> by_person(const Outcome& outcome, std::size_t people) {
  std::vector<std::vector<const Swipe*>> all(people);
  for (const Swipe& swipe : outcome.swipes) all[swipe.person].push_back(&swipe);
  return all;
}

double topic_share(std::span<const Swipe* const> swipes, std::size_t topic) {
  double same = 0, all = 0;
  for (const Swipe* swipe : swipes) same += swipe->answer_topics[topic], all += swipe->answer_count;
  return all > 0 ? same / all : 0;
}

constexpr std::size_t kAnswersAround = 3;

/// Of the first clip of hers that `is_it`: what the topic had in the answers before it (whose last
/// one was given before she saw it) and in those behind.
struct Around {
  double before = 0, after = 0;
  bool known = false;
};
template <typename IsIt>
Around around_first(std::span<const Swipe* const> swipes, const IsIt& is_it) {
  const auto first =
      std::find_if(swipes.begin(), swipes.end(), [&](const Swipe* swipe) { return is_it(*swipe); });
  const auto at = static_cast<std::size_t>(first - swipes.begin());
  if (at + kAnswersAround >= swipes.size()) return {};
  const auto begin = at + 1 - std::min(at + 1, kAnswersAround);
  const std::size_t topic = swipes[at]->topic;
  return {topic_share(swipes.subspan(begin, at + 1 - begin), topic),
          topic_share(swipes.subspan(at + 1, kAnswersAround), topic), true};
}

template <typename IsIt>
Json topic_shares(const std::vector<std::vector<const Swipe*>>& people, const Resamples& resamples,
                  const IsIt& is_it) {
  std::vector<Sums> before, after, change;
  std::size_t count = 0;
  for (const auto& swipes : people) {
    const auto around = around_first(swipes, is_it);
    const double one = around.known ? 1 : 0;
    count += around.known ? 1U : 0U;
    before.push_back({around.before, one}), after.push_back({around.after, one});
    change.push_back({around.after - around.before, one});
  }
  return {{"people", count},
          {"before", to_json(estimate(resamples, before))},
          {"after", to_json(estimate(resamples, after))},
          {"change", to_json(estimate(resamples, change))}};
}

struct Means {
  double flipped = 0, others = 0;
  double difference() const { return others - flipped; }
};

/// Of the watched shares in swipes `from` … `to` of everybody.
Means means_of(const Outcome& outcome, std::size_t from, std::size_t to) {
  Sums flipped, others;
  for (const Swipe& swipe : outcome.swipes) {
    if (swipe.number < from || swipe.number > to) continue;
    Sums& sums = swipe.person % 2 == 1 ? flipped : others;
    sums.sum += swipe.share, ++sums.count;
  }
  return {flipped.count > 0 ? flipped.sum / flipped.count : 0,
          others.count > 0 ? others.sum / others.count : 0};
}

}  // namespace

bool is_late(const Course& course, const Swipe& swipe) {
  constexpr double kLate = 0.8;
  if (course.until_ms > 0) {
    const auto length = static_cast<double>(course.until_ms - kStartMs);
    return static_cast<double>(swipe.shown_ms - kStartMs) >= kLate * length;
  }
  return static_cast<double>(swipe.number) > kLate * static_cast<double>(course.swipes_each);
}

std::vector<Measured> measure(const Outcome& outcome, const Crowd& crowd,
                              const Resamples& resamples) {
  std::vector<Measured> all;
  for (const Measure& measure : kMeasures) {
    std::vector<Sums> people(resamples.people_count());
    for (const Swipe& swipe : outcome.swipes) {
      if (measure.late && !is_late(outcome.course, swipe)) continue;
      const Sums one = measure.of(swipe, crowd.clips[swipe.clip]);
      people[swipe.person].sum += one.sum, people[swipe.person].count += one.count;
    }
    all.push_back({measure.name, measure.compared, estimate(resamples, people)});
  }
  return all;
}

Json first_audience(const Outcome& outcome, const Crowd& crowd) {
  std::size_t clips = 0, reached = 0;
  for (std::uint32_t number = 0; number < crowd.clips.size(); ++number) {
    const auto from = crowd.clips[number].published_ms, to = from + kDayMs;
    if (to > outcome.end_ms) continue;
    std::set<std::uint32_t> active, audience;
    for (const Swipe& swipe : outcome.swipes) {
      if (swipe.shown_ms < from || swipe.shown_ms >= to) continue;
      active.insert(swipe.person);
      if (swipe.clip == number) audience.insert(swipe.person);
    }
    ++clips;
    const double enough = std::min(static_cast<double>(kEnoughPeople),
                                   kEnoughOfActive * static_cast<double>(active.size()));
    reached += !audience.empty() && static_cast<double>(audience.size()) >= enough ? 1U : 0U;
  }
  Json json = {{"clips", clips}};
  json["share"] =
      clips > 0 ? Json(static_cast<double>(reached) / static_cast<double>(clips)) : Json(nullptr);
  return json;
}

Json not_interested_effect(const Outcome& outcome, const Resamples& resamples) {
  const auto people = by_person(outcome, resamples.people_count());
  Json json = topic_shares(people, resamples, [](const Swipe& swipe) { return swipe.hidden; });
  json["unsaid"] = topic_shares(people, resamples,
                                [](const Swipe& swipe) { return swipe.tempted && !swipe.hidden; });
  return json;
}

Json taste_flip_effect(const Outcome& outcome) {
  constexpr std::size_t kWindow = 5, kBefore = 20;
  const auto flip = outcome.course.flip_after;
  const auto end = outcome.course.swipes_each;
  const auto before = means_of(outcome, flip + 1 - kBefore, flip);
  const auto first = means_of(outcome, flip + 1, flip + kWindow);
  const double loss = first.difference() - before.difference();
  Json json = {{"before", before.flipped}, {"after", first.flipped}, {"loss", loss}};
  json["swipes_to_half"] = nullptr;
  for (auto from = flip + 1; from + kWindow - 1 <= end; ++from) {
    const auto now = means_of(outcome, from, from + kWindow - 1);
    if (now.difference() - before.difference() > loss / 2) continue;
    json["swipes_to_half"] = from - flip - 1;
    break;
  }
  json["flipped"] = Json::array(), json["others"] = Json::array();
  for (auto from = flip + 1; from + kWindow - 1 <= end; from += kWindow) {
    const auto now = means_of(outcome, from, from + kWindow - 1);
    json["flipped"].push_back(now.flipped), json["others"].push_back(now.others);
  }
  return json;
}

}  // namespace filoscope::simulate
