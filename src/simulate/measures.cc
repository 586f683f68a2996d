#include "simulate/measures.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
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
    {"of_best", true, false, share_of_possible},
    {"late_of_best", true, true, share_of_possible},
    {"swipes_per_session", true, false,
     [](const Swipe& s, const Clip&) -> Sums {
       return {1, s.left ? 1.0 : 0.0};
     }},
    {"likes_per_swipe", true, false,
     [](const Swipe& s, const Clip&) -> Sums {
       return {s.liked ? 1.0 : 0.0, 1};
     }},
    {"repeats", false, false,
     [](const Swipe& s, const Clip&) -> Sums {
       return {s.repeated ? 1.0 : 0.0, 1};
     }},
    {"duration_s", false, false,
     [](const Swipe&, const Clip& clip) -> Sums {
       return {clip.duration_ms / 1000.0, 1};
     }},
};

constexpr double kLateFrom = 0.8;  ///< of the swipes or the time
constexpr double kEnoughPeople = 5;
constexpr double kEnoughOfActive = 1.0 / 3;

/// By person, in the order of time.
std::vector<std::vector<const Swipe*>> by_person(const Outcome& outcome, std::size_t people) {
  std::vector<std::vector<const Swipe*>> all(people);
  for (const Swipe& swipe : outcome.swipes) all[swipe.person].push_back(&swipe);
  return all;
}

/// Whether any of a person's swipes began in [from, to).
bool is_active(std::span<const Swipe* const> swipes, std::int64_t from, std::int64_t to) {
  const auto first =
      std::lower_bound(swipes.begin(), swipes.end(), from,
                       [](const Swipe* swipe, std::int64_t at) { return swipe->shown_ms < at; });
  return first != swipes.end() && (*first)->shown_ms < to;
}

double topic_share(std::span<const Swipe* const> swipes, std::size_t topic) {
  double same = 0, all = 0;
  for (const Swipe* swipe : swipes) same += swipe->answer_topics[topic], all += swipe->answer_count;
  return all > 0 ? same / all : 0;
}

constexpr std::size_t kAnswersAround = 3;

/// What the topic of her swipe number `at` (from 0) had in the last answers before the clip was
/// shown and in the first ones behind it.
struct Around {
  double before = 0, after = 0;
};
std::optional<Around> answers_around(std::span<const Swipe* const> swipes, std::size_t at) {
  if (at + kAnswersAround >= swipes.size()) return std::nullopt;
  const auto count = std::min(at + 1, kAnswersAround);
  const std::size_t topic = swipes[at]->topic;
  return Around{topic_share(swipes.subspan(at + 1 - count, count), topic),
                topic_share(swipes.subspan(at + 1, kAnswersAround), topic)};
}

bool is_said(const Swipe& swipe) { return swipe.hidden; }
bool is_unsaid(const Swipe& swipe) { return swipe.tempted && !swipe.hidden; }

/// Over the swipes that `is_it`: of each person's first one alone, or of all.
Json topic_shares(const Outcome& outcome, const Resamples& resamples, bool (*is_it)(const Swipe&),
                  bool first_only) {
  const auto people = by_person(outcome, resamples.people_count());
  std::vector<Sums> before(people.size()), after(people.size()), change(people.size());
  std::size_t cases = 0;
  for (std::size_t person = 0; person < people.size(); ++person) {
    for (std::size_t at = 0; at < people[person].size(); ++at) {
      if (!is_it(*people[person][at])) continue;
      if (const auto around = answers_around(people[person], at)) {
        before[person].sum += around->before, ++before[person].count;
        after[person].sum += around->after, ++after[person].count;
        change[person].sum += around->after - around->before, ++change[person].count;
        ++cases;
      }
      if (first_only) break;
    }
  }
  return {{"cases", cases},
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

double place_in(const Course& course, const Swipe& swipe) {
  if (course.until_ms > 0)
    return static_cast<double>(swipe.shown_ms - kStartMs) /
           static_cast<double>(course.until_ms - kStartMs);
  return (swipe.number - 1) / static_cast<double>(course.swipes_each);
}

std::vector<Measured> measure(const Outcome& outcome, const Crowd& crowd,
                              const Resamples& resamples) {
  std::vector<Measured> all;
  for (const Measure& measure : kMeasures) {
    std::vector<Sums> people(resamples.people_count());
    for (const Swipe& swipe : outcome.swipes) {
      if (measure.late && place_in(outcome.course, swipe) < kLateFrom) continue;
      const Sums one = measure.of(swipe, crowd.clips[swipe.clip]);
      people[swipe.person].sum += one.sum, people[swipe.person].count += one.count;
    }
    all.push_back({measure.name, measure.compared, estimate(resamples, people)});
  }
  return all;
}

Json course_of_shares(const Outcome& outcome) {
  std::array<Sums, 10> tenths{};
  for (const Swipe& swipe : outcome.swipes) {
    const auto tenth = static_cast<std::size_t>(10 * place_in(outcome.course, swipe));
    Sums& sums = tenths[std::min<std::size_t>(tenth, 9)];
    sums.sum += swipe.share, ++sums.count;
  }
  Json json = Json::array();
  for (const Sums& sums : tenths)
    json.push_back(sums.count > 0 ? Json(sums.sum / sums.count) : Json(nullptr));
  return json;
}

Json first_audience(const Outcome& outcome, const Crowd& crowd) {
  std::vector<std::vector<const Swipe*>> of_clip(crowd.clips.size());
  for (const Swipe& swipe : outcome.swipes) of_clip[swipe.clip].push_back(&swipe);
  const auto people = by_person(outcome, crowd.tastes.size());
  std::size_t clips = 0, reached = 0, views = 0;
  for (std::size_t number = 0; number < crowd.clips.size(); ++number) {
    const auto from = crowd.clips[number].published_ms, to = from + kDayMs;
    if (to > outcome.end_ms) continue;
    std::set<std::uint32_t> audience;
    for (const Swipe* swipe : of_clip[number])
      if (swipe->shown_ms < to) audience.insert(swipe->person), ++views;
    const auto active = std::count_if(people.begin(), people.end(), [&](const auto& swipes) {
      return is_active(swipes, from, to);
    });
    const double enough = std::min(kEnoughPeople, kEnoughOfActive * static_cast<double>(active));
    ++clips;
    reached += !audience.empty() && static_cast<double>(audience.size()) >= enough ? 1U : 0U;
  }
  Json json = {{"clips", clips}};
  const auto count = static_cast<double>(clips);
  json["share"] = clips > 0 ? Json(static_cast<double>(reached) / count) : Json(nullptr);
  json["views_a_clip"] = clips > 0 ? Json(static_cast<double>(views) / count) : Json(nullptr);
  return json;
}

Json not_interested_effect(const Outcome& outcome, const Resamples& resamples) {
  return {{"first", topic_shares(outcome, resamples, is_said, true)},
          {"said", topic_shares(outcome, resamples, is_said, false)},
          {"unsaid", topic_shares(outcome, resamples, is_unsaid, false)}};
}

Json taste_flip_effect(const Outcome& outcome) {
  constexpr std::size_t kWindow = 10, kBefore = 20;
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
