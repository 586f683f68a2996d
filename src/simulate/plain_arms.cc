#include <algorithm>
#include <cmath>

#include "simulate/arm.h"
#include "simulate/draws.h"

namespace filoscope::simulate {
namespace {

constexpr std::int64_t kHalfLifeMs = kDayMs;

/// The clip of the highest score among those she has not had, one after the other.
class PlainArm : public Arm {
 public:
  explicit PlainArm(const Stage& stage) : stage_(stage) {}
  void publish(std::uint32_t clip, std::int64_t) override { published_ = clip + 1; }
  std::vector<Offer> answer(const Ask& ask) override {
    std::vector<std::uint32_t> taken;
    if (ask.held) taken.push_back(*ask.held);
    std::vector<Offer> offers;
    while (offers.size() < kWanted) {
      const auto next = best(ask, taken);
      if (!next) break;
      taken.push_back(*next);
      offers.push_back({*next, {}});
    }
    return offers;
  }
  void tell(const Deed&) override {}

 protected:
  /// `before`: what she will see first; null: nothing.
  virtual double score(const Ask& ask, std::uint32_t clip, const Clip* before) const = 0;
  const Stage& stage() const { return stage_; }

 private:
  static constexpr std::size_t kWanted = 2;

  std::optional<std::uint32_t> best(const Ask& ask, std::span<const std::uint32_t> taken) const {
    const Clip* before = taken.empty() ? nullptr : &stage_.crowd.clips[taken.back()];
    const auto& had = stage_.people[ask.person].had;
    std::optional<std::uint32_t> best;
    double best_score = 0;
    for (std::uint32_t clip = 0; clip < published_; ++clip) {
      if (std::find(taken.begin(), taken.end(), clip) != taken.end()) continue;
      const bool repeat = had[clip] > 0, best_repeat = best && had[*best] > 0;
      if (best && repeat && !best_repeat) continue;
      const double own = score(ask, clip, before);
      if (best && repeat == best_repeat && own <= best_score) continue;
      best = clip, best_score = own;
    }
    return best;
  }
  Stage stage_;
  std::uint32_t published_ = 0;
};

/// Sums of watched shares that halve each day; equal ones in an order of the person's own.
class PopularityArm final : public PlainArm {
 public:
  explicit PopularityArm(const Stage& stage)
      : PlainArm(stage), watched_(stage.crowd.clips.size(), 0) {}
  void tell(const Deed& deed) override {
    if (deed.type != engine::EventType::watch) return;
    const double share = static_cast<double>(deed.watch_ms) /
                         static_cast<double>(stage().crowd.clips[deed.offer.clip].duration_ms);
    // Later ones weigh more, instead of all earlier ones less.
    const double age = static_cast<double>(deed.at_ms - kStartMs) / kHalfLifeMs;
    watched_[deed.offer.clip] += std::min(share, 1.0) * std::exp2(age);
  }

 private:
  double score(const Ask& ask, std::uint32_t clip, const Clip*) const override {
    Random tie(seed_of(stage().seed, ask.person, clip));
    return watched_[clip] + 1e-9 * tie.unit();
  }
  std::vector<double> watched_;
};

class RandomArm final : public PlainArm {
 public:
  using PlainArm::PlainArm;

 private:
  double score(const Ask& ask, std::uint32_t clip, const Clip*) const override {
    Random drawn(seed_of(stage().seed, ask.person, clip));
    return drawn.unit();
  }
};

/// Knows every taste as it is now: the clip of which she will watch the largest share, boredom
/// included. Greedy: a clip for tomorrow is not saved.
class PerfectArm final : public PlainArm {
 public:
  using PlainArm::PlainArm;

 private:
  double score(const Ask& ask, std::uint32_t clip, const Clip* before) const override {
    return expected_share(stage().crowd, stage().people[ask.person], clip, before, stage().rules);
  }
};

}  // namespace

std::unique_ptr<Arm> make_plain_arm(std::string_view name, const Stage& stage) {
  if (name == "popularity") return std::make_unique<PopularityArm>(stage);
  if (name == "random") return std::make_unique<RandomArm>(stage);
  return std::make_unique<PerfectArm>(stage);
}

std::unique_ptr<Arm> make_arm(std::string_view name, const Stage& stage) {
  const bool plain = name == "popularity" || name == "random" || name == "perfect";
  return plain ? make_plain_arm(name, stage) : make_engine_arm(name, stage);
}

}  // namespace filoscope::simulate
