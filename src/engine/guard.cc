#include "engine/guard.h"

#include <algorithm>
#include <cmath>

namespace filoscope::engine {
namespace {

constexpr double kJudged = 250;         ///< examples that copies are compared by
constexpr double kExamplesMin = 100;    ///< effective ones, to be judged by
constexpr double kErrorsMax = 4;        ///< standard errors: harm
constexpr double kErrorsRenewable = 2;  ///< above it a copy stays the one to compare with
constexpr double kWorseMin = 0.02;      ///< part of the copy's loss
/// A copy that itself does worse than this times what was usual is no way back.
constexpr double kUsualMax = 1.15;
/// A leap: the mean of the loss over the first above that over the second by so much.
constexpr double kNow = 60, kUsual = 2'000, kUsualMin = 250;
/// Where it leapt, the older copy is the way back if it does better by so much: the newer one may
/// be of a burst that has ended.
constexpr double kBetter = 0.9;
/// What an example lets pass of a pause at least, so that a few people are not left waiting.
constexpr double kPassedMin = 1.0 / 16;
constexpr double kLeapErrors = 6, kLeap = 1.3, kLanded = 1.15;

}  // namespace

float loss_of(const HeadValues& probabilities, std::uint16_t heads, std::uint16_t labels) {
  float loss = 0;
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    const auto bit = head_bit(static_cast<Head>(h));
    if ((heads & bit) == 0) continue;
    loss += minus_log((labels & bit) != 0 ? probabilities[h] : 1.0F - probabilities[h]);
  }
  return loss;
}

void Guard::Mean::add(double x, double w, double lately) {
  const double kept = 1 - w / lately;
  weight = kept * weight + w, weight_squares = kept * kept * weight_squares + w * w;
  sum = kept * sum + w * x, squares = kept * squares + w * x * x;
}

double Guard::Mean::variance() const {
  return weight > 0 ? std::max(squares / weight - value() * value(), 0.0) : 0;
}

double Guard::Mean::count() const {
  return weight_squares > 0 ? weight * weight / weight_squares : 0;
}

bool Guard::Mean::fits() const {
  const auto all = {weight, weight_squares, sum, squares};
  return std::all_of(all.begin(), all.end(), [](double x) { return x - x == 0; });
}

double Guard::Trusted::errors() const {
  const double of_mean = worse.variance();
  return of_mean > 0 ? worse.value() / std::sqrt(of_mean / worse.count()) : 0;
}

double Guard::weigh(std::uint32_t person, double may_move) {
  const auto hers = 1 + std::count(people_.begin(), people_.end(), person + 1);
  people_[people_at_] = person + 1;
  people_at_ = (people_at_ + 1) % kLately;
  return may_move / static_cast<double>(hers);
}

std::size_t Guard::people_lately() const {
  auto people = people_;
  std::sort(people.begin(), people.end());
  const auto end = std::unique(people.begin(), people.end());
  return static_cast<std::size_t>(end - people.begin()) - (people.front() == 0 ? 1 : 0);
}

void Guard::judge(const Judged& example) {
  const double w = weigh(example.person, static_cast<double>(example.weight));
  weight_ = w, learned_ += w;
  for (Trusted& one : trusted_) {
    const float trusted = loss_of(one.heads.predict(example.wide), example.heads, example.labels);
    one.worse.add(static_cast<double>(example.loss - trusted), w, kJudged);
    one.loss.add(static_cast<double>(trusted), w, kJudged);
    one.age += w;
  }
  now_.add(static_cast<double>(example.loss), w, kNow);
  usual_.add(static_cast<double>(example.loss), w, kUsual);
}

bool Guard::harmful(const Trusted& than) {
  if (than.worse.count() < kExamplesMin) return false;
  if (than.loss.value() > kUsualMax * than.usual_loss) return false;
  return than.worse.value() > kWorseMin * than.loss.value() && than.errors() > kErrorsMax;
}

/// Whether the loss has left what is usual, or is back.
void Guard::watch_leap() {
  const double usual = usual_.value(), now = now_.value();
  if (leapt_) {
    leapt_ = now > kLanded * usual;
    return;
  }
  const double error = std::sqrt(usual_.variance() / std::max(now_.count(), 1.0));
  leapt_ = usual_.weight >= kUsualMin && people_lately() >= kLeapPeople && now > kLeap * usual &&
           now > usual + kLeapErrors * error;
  if (leapt_) paused_since_leap_ = 0;
}

void Guard::go_on_pausing() {
  const double passed = std::max(weight_, kPassedMin);
  paused_ = std::max(0.0, paused_ - passed), paused_since_leap_ += passed;
  if (paused_ <= 0 && leapt_ && paused_since_leap_ < kPauseMax) paused_ = kPause;
}

void Guard::settle(Heads& heads, NextHead& next, const Place& now) {
  auto& [newer, older] = trusted_;
  const bool leapt_before = leapt_;
  watch_leap();
  if (pauses()) return go_on_pausing();
  const bool again = leap_learned_ > 0 && learned_ - leap_learned_ < kRenewAfter[0];
  if (leapt_ && !leapt_before && !again && newer.usual_loss > 0) {
    leap_learned_ = learned_;
    const bool older_fits =
        older.usual_loss > 0 && older.loss.value() < kBetter * newer.loss.value();
    return roll_back(older_fits ? older : newer, heads, next, now);
  }
  if (harmful(older)) return roll_back(older, heads, next, now);
  if (harmful(newer)) return roll_back(newer, heads, next, now);
  const bool as_usual = now_.value() <= kLanded * usual_.value();
  if (as_usual && newer.age >= kRenewAfter[0] && newer.errors() <= kErrorsRenewable)
    renew(heads, next, now.position);
}

void Guard::renew(const Heads& heads, const NextHead& next, LogPosition position) {
  auto& [newer, older] = trusted_;
  if (older.age >= std::min(kRenewAfter[1], learned_ / 2) && older.errors() <= kErrorsRenewable) {
    older = newer;
    older.forget();
  }
  newer.position = position, newer.age = 0;
  newer.heads = heads, newer.next = next;
  newer.usual_loss = newer.loss.value() + newer.worse.value();
  newer.forget();
}

void Guard::roll_back(const Trusted& to, Heads& heads, NextHead& next, const Place& now) {
  ++rollbacks_, paused_ = kPause;
  to_ = to.position, at_ = now.position, at_ms_ = now.at_ms;
  heads = to.heads, next = to.next;
  if (&to == &trusted_[1]) trusted_[0] = trusted_[1];
  for (Trusted& one : trusted_) one.forget();
}

void Guard::begin(const Heads& heads, const NextHead& next, LogPosition position) {
  for (Trusted& one : trusted_) {
    one = Trusted();
    one.position = position, one.heads = heads, one.next = next;
  }
}

GuardStats Guard::stats() const {
  GuardStats stats;
  stats.rollbacks_count = rollbacks_;
  stats.paused_examples = static_cast<std::uint32_t>(std::ceil(paused_));
  stats.to_position = to_, stats.at_position = at_, stats.at_ms = at_ms_;
  for (std::size_t i = 0; i < trusted_.size(); ++i)
    stats.worse[i] = static_cast<float>(trusted_[i].worse.value());
  return stats;
}

bool Guard::fits() const {
  return paused_ >= 0 && paused_ <= kPause && people_at_ < kLately && learned_ >= 0 &&
         now_.fits() && usual_.fits() &&
         std::all_of(trusted_.begin(), trusted_.end(), [](const Trusted& one) {
           return one.heads.fits() && one.next.fits() && one.worse.fits() && one.loss.fits() &&
                  one.usual_loss - one.usual_loss == 0 && one.age >= 0;
         });
}

}  // namespace filoscope::engine
