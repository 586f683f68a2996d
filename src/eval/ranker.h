#pragma once

/// What a protocol measures: something that learns interactions in the order in which they are
/// given and ranks the items known by then.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eval/interaction_log.h"

namespace filoscope::eval {

/// What everybody may know at one moment of a protocol: kept by the protocol, read by rankers.
class World {
 public:
  World(std::size_t people_count, std::size_t items_count)
      : had_(people_count), known_(items_count, false) {}

  /// The items that the person has had, oldest first, each once.
  std::span<const std::uint32_t> had(std::uint32_t person) const { return had_[person]; }
  bool has_had(std::uint32_t person, std::uint32_t item) const;
  bool knows(std::uint32_t item) const { return known_[item]; }
  std::size_t people_count() const { return had_.size(); }
  std::size_t items_count() const { return known_.size(); }  ///< known ones or not
  /// False where she has had it before.
  bool add(std::uint32_t person, std::uint32_t item);

 private:
  std::vector<std::vector<std::uint32_t>> had_;  // by person
  std::vector<bool> known_;
};

struct RankQuery {
  std::uint32_t person = 0;
  double at_s = 0;  ///< 0 unknown
  std::size_t k = 20;
};

/// Threads: one at a time.
class Ranker {
 public:
  virtual ~Ranker() = default;
  /// One more interaction; `world` is as it was before.
  virtual void learn(const World& world, const Interaction& event) = 0;
  /// All has been learned that will be before the next `rank`: the moment for what is solved at
  /// once. Where events and rankings take turns it is never called.
  virtual void finish(const World&) {}
  /// At most k of the items that are known and that the person has not had, best first.
  virtual std::vector<std::uint32_t> rank(const World& world, const RankQuery& query) = 0;
};

/// Ranks by a score of every item, equal ones in an order that is fixed and random.
class ScoredRanker : public Ranker {
 public:
  std::vector<std::uint32_t> rank(const World& world, const RankQuery& query) final;

 protected:
  /// Fills `scores`, one for each of world.items_count(); they come as 0.
  virtual void score(const World& world, const RankQuery& query, std::span<float> scores) = 0;

 private:
  std::vector<float> scores_;
};

}  // namespace filoscope::eval
