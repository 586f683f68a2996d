#pragma once

/// Whether learning does harm. Beside the outcome heads and the next head stand two earlier copies
/// of them, the trusted ones: each example is judged by all three before it is learned. The heads
/// are rolled back to a copy, and nothing learns by steps for a while,
/// - where they are clearly worse than the copy, while that does as well as ever: what was learned
///   since led astray;
/// - where the loss of many people at once leaps above what is usual: a burst of poisoned events.
///   When it goes on for longer, that is how things are now, and it is learned.
/// What is personal, and what people have in common, is learned all the while. An example weighs as
/// much as its person may move, divided by how many of the last 64 were hers: a few people alone,
/// and a crowd of accounts that are new, judge little. Only what is said about watching is judged.
/// Means are decayed and watched in standard errors, with bounds wide enough for looking after
/// every example (sequential tests: Page, "Continuous inspection schemes", Biometrika 41, 1954).
/// Threads: readers in the shared phase, one writer in the exclusive one.

#include <array>
#include <cstdint>

#include "engine/engine.h"
#include "engine/model.h"
#include "engine/next_head.h"

namespace filoscope::engine {

class Guard {
 public:
  /// The newer copy is renewed when it is so old; the older one takes over the newer one when it is
  /// this old, or as old as half of all that was learned. All in weights of examples, which are a
  /// third for people who watch eight at a time.
  static constexpr std::array<double, 2> kRenewAfter{700, 5'600};
  static constexpr double kPause = 150;     ///< after a roll back
  static constexpr double kPauseMax = 600;  ///< while the loss stays where it leapt to
  static constexpr std::size_t kLately = 64, kLeapPeople = 6;  ///< different ones of the last 64

  struct Place {
    LogPosition position = 0;
    std::int64_t at_ms = 0;
  };

  struct Judged {
    const Wide& wide;
    std::uint16_t heads = 0, labels = 0;  ///< bit per Head
    float loss = 0;                       ///< of the heads that learn, over `heads`; ≥ 0
    float weight = 1;                     ///< how much the person may move, 0..1
    std::uint32_t person = 0;             ///< her slot
  };
  /// Before an example is learned.
  void judge(const Judged& example);
  /// After it: rolls back, or renews the copies.
  void settle(Heads& heads, NextHead& next, const Place& now);
  /// Trusts these: where nothing older is known.
  void begin(const Heads& heads, const NextHead& next, LogPosition position);
  bool pauses() const { return paused_ > 0; }
  GuardStats stats() const;
  bool fits() const;  ///< after loading

  template <typename A>
  void visit(A& a) {
    const auto count = visit_heads_count(a);
    for (Trusted& one : trusted_) {
      a(one.position), a(one.age), one.heads.visit(a, count), one.next.visit(a);
      for (auto* mean : {&one.worse, &one.loss}) mean->visit(a);
      a(one.usual_loss);
    }
    for (auto* mean : {&now_, &usual_}) mean->visit(a);
    a(people_), a(people_at_), a(leapt_), a(learned_), a(leap_learned_), a(paused_),
        a(paused_since_leap_), a(weight_), a(rollbacks_), a(to_), a(at_), a(at_ms_);
  }

 private:
  /// A mean over the last weights of about `lately`.
  struct Mean {
    double weight = 0, weight_squares = 0, sum = 0, squares = 0;
    void add(double x, double w, double lately);
    double value() const { return weight > 0 ? sum / weight : 0; }
    double variance() const;
    double count() const;  ///< examples of equal weight that would say as much
    bool fits() const;
    template <typename A>
    void visit(A& a) {
      a(weight), a(weight_squares), a(sum), a(squares);
    }
  };
  struct Trusted {
    LogPosition position = 0;
    double age = 0;  ///< weight of the examples since it was taken
    Heads heads;
    NextHead next;
    Mean worse;             ///< how much more the learning heads lose
    Mean loss;              ///< its own
    double usual_loss = 0;  ///< when it was taken; 0: what was never tried

    double errors() const;  ///< `worse` in standard errors
    void forget() { worse = loss = {}; }
  };
  double weigh(std::uint32_t person, double may_move);
  std::size_t people_lately() const;
  void go_on_pausing();
  static bool harmful(const Trusted& than);
  void watch_leap();
  void renew(const Heads& heads, const NextHead& next, LogPosition position);
  void roll_back(const Trusted& to, Heads& heads, NextHead& next, const Place& now);

  std::array<Trusted, 2> trusted_;               ///< newer, older
  Mean now_, usual_;                             ///< of the loss
  std::array<std::uint32_t, kLately> people_{};  ///< slot + 1 of whom the last examples are
  std::uint32_t people_at_ = 0;                  ///< the next place in it
  bool leapt_ = false;                           ///< the loss is above what is usual
  double learned_ = 0;                           ///< weight of all examples
  double leap_learned_ = 0;                      ///< the same when it went back for a leap
  double paused_ = 0, paused_since_leap_ = 0;
  double weight_ = 0;  ///< of the example judged last
  std::uint64_t rollbacks_ = 0;
  LogPosition to_ = 0, at_ = 0;
  std::int64_t at_ms_ = 0;
};

/// Sum of the log losses of `heads`.
float loss_of(const HeadValues& probabilities, std::uint16_t heads, std::uint16_t labels);

}  // namespace filoscope::engine
