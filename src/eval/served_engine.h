#pragma once

/// The served engine as a method: the same library, options and records as in the product. Each
/// item is an entry without an author, published when it first occurs; each interaction an event
/// outside the feed.

#include "engine/engine.h"
#include "eval/ranker.h"

namespace filoscope::eval {

/// Keys of the categories of each item, by its number; may be shorter than there are items.
using ItemHashtags = std::vector<std::vector<std::uint64_t>>;
/// Of the columns of categories in which no item has two values: those are the items', not of the
/// occasion.
ItemHashtags item_hashtags(const InteractionLog& log);

struct EngineSetup {
  std::uint64_t seed = 1;
  bool learns = true;  ///< false: model and embeddings stay at their priors
  /// One second between two events, whatever their timestamps say: for an order that is not that of
  /// the time.
  bool own_time = false;
  ItemHashtags hashtags;
  SocialPairs social;  ///< follow each other from the beginning
};

/// Threads: one at a time.
class ServedEngine final : public Ranker {
 public:
  /// REQUIRES: counts > 0. Errors: those of Engine::create.
  static Result<std::unique_ptr<ServedEngine>> create(const EngineSetup& setup,
                                                      std::size_t people_count,
                                                      std::size_t items_count);

  /// That it was watched to the end. Nothing is said of what was not: there are no negatives.
  void learn(const World& world, const Interaction& event) override;
  std::vector<std::uint32_t> rank(const World& world, const RankQuery& query) override;

  /// The probability of a like; the person and the item are made known first.
  float predict_like(const Interaction& event);
  /// A like and then a complete watch, or a watch of 30 %.
  void learn_label(const Interaction& event, bool liked);

  std::uint64_t state_hash() const { return engine_->state_hash(); }
  std::uint64_t rollbacks_count() const { return engine_->stats().guard.rollbacks_count; }
  std::uint64_t learned_count() const { return learned_; }  ///< interactions
  std::int64_t learning_us() const { return learning_us_; }
  std::uint64_t ranked_count() const { return ranked_; }  ///< answers and predictions
  std::int64_t ranking_us() const { return ranking_us_; }
  const engine::EngineOptions& options() const { return options_; }

 private:
  ServedEngine(const EngineSetup& setup, const engine::EngineOptions& options,
               std::unique_ptr<engine::Engine> engine, std::size_t people_count,
               std::size_t items_count);
  void befriend(std::uint32_t person, std::uint32_t other);
  void meet(std::uint32_t person);
  void meet(const Interaction& event);
  void publish(std::uint32_t item);
  void act(const Interaction& event, engine::EventType type, std::uint32_t watch_ms,
           RequestId request = {});
  void apply(LogRecord record);
  void advance(double at_s);
  engine::RankRequest request_of(std::uint32_t person);

  EngineSetup setup_;
  engine::EngineOptions options_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<bool> met_, published_;  ///< people, items
  LogPosition position_ = 0;
  std::int64_t at_ms_ = 0;
  std::uint64_t request_ = 0, learned_ = 0, ranked_ = 0;
  std::int64_t learning_us_ = 0, ranking_us_ = 0;
};

}  // namespace filoscope::eval
