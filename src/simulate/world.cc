#include "simulate/world.h"

#include <algorithm>
#include <cmath>

#include "simulate/draws.h"

namespace filoscope::simulate {
namespace {

constexpr std::uint8_t kHadMax = 100;  ///< where counting how often she had a clip ends

/// What the draws in a world are for. They hang on the person and her swipe, not on the arm, so
/// that arms differ by what they show alone.
enum Draw : std::uint64_t { of_arrival = 11, of_drift, of_watch, of_acts, of_absence };

std::uint64_t place(std::size_t person, std::uint64_t number) {
  return std::uint64_t{person} << 32 | number;
}

std::vector<Person> begin_people(const Crowd& crowd) {
  std::vector<Person> people;
  for (const Taste& taste : crowd.tastes) {
    auto& person = people.emplace_back();
    person.taste = taste;
    person.had.assign(crowd.clips.size(), 0);
  }
  return people;
}

}  // namespace

World::World(const Crowd& crowd, const Rules& rules, std::uint64_t seed, std::string_view arm,
             const Course& course)
    : crowd_(crowd),
      rules_(rules),
      seed_(seed),
      course_(course),
      people_(begin_people(crowd)),
      visits_(people_.size()),
      arm_(make_arm(arm, Stage{crowd_, people_, rules_, seed_})) {
  for (std::size_t i = 0; i < people_.size(); ++i) {
    Random random(seed_of(seed_, of_arrival, i));
    turns_.push({kStartMs + static_cast<std::int64_t>(random.unit() * rules_.arrivals_ms), i});
  }
}

void World::run(const std::function<void(double)>& progress_to) {
  while (!turns_.empty()) {
    const Turn turn = turns_.top();
    turns_.pop();
    if (course_.until_ms > 0 && turn.at_ms >= course_.until_ms) break;
    now_ms_ = turn.at_ms;
    publish_due();
    take_turn(turn.person);
    if (swipes_.size() % 256 == 0) progress_to(progress());
  }
}

double World::progress() const {
  if (course_.until_ms > 0)
    return static_cast<double>(now_ms_ - kStartMs) /
           static_cast<double>(course_.until_ms - kStartMs);
  return static_cast<double>(swipes_.size()) /
         static_cast<double>(course_.swipes_each * people_.size());
}

void World::publish_due() {
  while (published_ < crowd_.clips.size() && crowd_.clips[published_].published_ms <= now_ms_) {
    arm_->publish(published_, now_ms_);
    ++published_;
  }
}

void World::drift_until_now(std::size_t person) {
  const auto today = static_cast<std::uint32_t>((now_ms_ - kStartMs) / kDayMs);
  auto& drifted = visits_[person].days_drifted;
  while (drifted < today) {
    Random random(seed_of(seed_, of_drift, place(person, ++drifted)));
    if (random.unit() < rules_.drift) drift(people_[person].taste, random);
  }
}

void World::take_turn(std::size_t person) {
  Visit& visit = visits_[person];
  drift_until_now(person);
  if (visit.on_screen && !end_clip(person)) {
    visit.held.reset();
    people_[person].topics.clear();
    if (is_over(person)) return;
    Random random(seed_of(seed_, of_absence, place(person, visit.swipes)));
    const auto away_ms = static_cast<std::int64_t>(exponential(random, rules_.away_ms));
    turns_.push({now_ms_ + away_ms, person});
    return;
  }
  show_next(person);
}

bool World::is_over(std::size_t person) const {
  return course_.swipes_each > 0 && visits_[person].swipes >= course_.swipes_each;
}

/// The clip that is held comes on screen, the first of the answer is held behind it.
void World::show_next(std::size_t person) {
  Visit& visit = visits_[person];
  Ask ask{person, now_ms_, std::nullopt};
  if (visit.held) ask.held = visit.held->clip;
  const auto answer = arm_->answer(ask);
  std::vector<Offer> queue;
  if (visit.held) queue.push_back(*visit.held);
  queue.insert(queue.end(), answer.begin(), answer.end());
  visit.held.reset();
  if (queue.empty()) {  // nothing to see yet
    turns_.push({now_ms_ + kHourMs, person});
    return;
  }
  if (queue.size() > 1) visit.held = queue[1];
  visit.watching = watch(person, queue[0]);
  Swipe& swipe = visit.watching.swipe;
  for (const Offer& offer : answer) ++swipe.answer_topics[crowd_.clips[offer.clip].topic];
  swipe.answer_count = static_cast<std::uint8_t>(answer.size());
  visit.on_screen = true;
  tell(person, queue[0], engine::EventType::impression);
  turns_.push({now_ms_ + visit.watching.watch_ms + rules_.between_clips_ms, person});
}

/// What she will make of a clip that comes on screen now.
World::Watching World::watch(std::size_t person, Offer offer) {
  Person& who = people_[person];
  const Clip& clip = crowd_.clips[offer.clip];
  Watching watching;
  watching.offer = offer;
  Swipe& swipe = watching.swipe;
  swipe.person = static_cast<std::uint32_t>(person), swipe.clip = offer.clip;
  swipe.number = visits_[person].swipes + 1, swipe.shown_ms = now_ms_;
  swipe.topic = static_cast<std::uint8_t>(clip.topic);
  const double feeling = feeling_of(who, clip, who.had[offer.clip], nullptr, rules_);
  const double expected = share_of(feeling, clip.duration_ms, rules_);
  double best = expected;
  for (std::uint32_t other = 0; other < published_; ++other)
    if (who.had[other] == 0)
      best = std::max(best, expected_share(crowd_, who, other, nullptr, rules_));
  Random random(seed_of(seed_, of_watch, place(person, swipe.number)));
  const double share = beta(random, expected, rules_.steadiness);
  const double watch_ms =
      std::max(rules_.watch_min_ms, share * static_cast<double>(clip.duration_ms));
  watching.watch_ms = static_cast<std::uint32_t>(watch_ms);
  swipe.share = static_cast<float>(share), swipe.expected = static_cast<float>(expected);
  swipe.best = static_cast<float>(best), swipe.usual = static_cast<float>(share_of(feeling));
  swipe.tempted = feeling < rules_.hide_below;
  auto& had = who.had[offer.clip];
  swipe.repeated = had > 0;
  if (had < kHadMax) ++had;
  who.shown.push_back(offer.clip);
  return watching;
}

void World::act(std::size_t person, Watching& watching) {
  Swipe& swipe = watching.swipe;
  Random random(seed_of(seed_, of_acts, place(person, swipe.number)));
  const double like_roll = random.unit();
  const double hide_roll = random.unit();
  const double like =
      rules_.like_most * std::pow(static_cast<double>(swipe.usual), rules_.like_bend);
  swipe.liked = like_roll < like;
  swipe.hidden = swipe.tempted && hide_roll < rules_.hide;
  if (swipe.liked) tell(person, watching.offer, engine::EventType::like);
  if (swipe.hidden) tell(person, watching.offer, engine::EventType::not_interested);
  swipe.left = random.unit() < leaving(person, swipe);
}

double World::leaving(std::size_t person, const Swipe& swipe) const {
  return rules_.leave + (swipe.share < rules_.bad_share ? rules_.leave_bad : 0) +
         (swipe.repeated ? rules_.leave_repeat : 0) +
         rules_.leave_bored * boredom_of(people_[person], swipe.topic, nullptr, rules_);
}

bool World::end_clip(std::size_t person) {
  Visit& visit = visits_[person];
  Watching& watching = visit.watching;
  visit.on_screen = false;
  tell(person, watching.offer, engine::EventType::watch, watching.watch_ms);
  act(person, watching);
  swipes_.push_back(watching.swipe);
  auto& topics = people_[person].topics;
  topics.push_back(watching.swipe.topic);
  if (topics.size() > rules_.boredom_window) topics.pop_front();
  ++visit.swipes;
  if (visit.swipes == course_.flip_after && person % 2 == 1) flip(people_[person].taste);
  return !watching.swipe.left && !is_over(person);
}

void World::tell(std::size_t person, const Offer& offer, engine::EventType type,
                 std::uint32_t watch_ms) {
  arm_->tell({person, offer, type, watch_ms, now_ms_});
}

}  // namespace filoscope::simulate
