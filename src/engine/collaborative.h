#pragma once

/// What people's tastes have in common: who took to what, in which order. Learns each (person,
/// entry) once and answers how near an entry is to a person by seven signals, each the score of a
/// route. Formulas and where they were measured: docs/engine.md.
/// Threads: readers in the shared phase, one writer in the exclusive one.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/als.h"
#include "engine/item_rows.h"
#include "engine/neighbours.h"
#include "engine/person_state.h"
#include "engine/sequence.h"

namespace filoscope::engine {

/// How many took to an entry, by their weights.
struct Popularity {
  float had = 0;
  std::array<float, kRecentHalfLives.size()> recent{};
  float idle = 0;  ///< events since the last one
};

/// People who took to one entry: a uniform sample of 64.
struct Reservoir {
  static constexpr std::size_t kMax = 64;
  std::array<std::uint32_t, kMax> slots{};  ///< of people + 1; full ones first
  std::uint32_t count = 0;
  std::uint32_t people = 0;  ///< of which they are a sample
  /// One who took to it does not count any more, and is not in the sample.
  void remove(std::uint32_t slot);
};

class Collaborative {
 public:
  /// How much of a history counts.
  static constexpr std::size_t kHistoryUsed = 100, kOrderUsed = 50;

  /// The person at `slot` took to an entry. `weight`: hers in what is shared, 0..1: what can be
  /// shared out counts by it, the rest happens with this probability. Nothing when her history has
  /// it.
  void learn(PeopleTable& people, std::uint32_t slot, std::uint32_t number, float weight);
  /// She takes it back: out of her history, the neighbours and the counts.
  void unlearn(PeopleTable& people, std::uint32_t slot, std::uint32_t number);
  /// The same of all entries whose numbers are among `numbers` (sorted); what left her history.
  std::vector<Had> take_out(PeopleTable& people, std::uint32_t slot,
                            std::span<const std::uint32_t> numbers);
  /// She takes to one again that she took back: for her and its neighbours, not as something new.
  void learn_again(PeopleTable& people, std::uint32_t slot, std::uint32_t number, float weight);
  /// Into their places again, but for those that she has taken to since.
  void put_back(PeopleTable& people, std::uint32_t slot, std::span<const Had> taken);
  bool in_history(const PersonState& person, std::uint32_t number) const;
  void forget_item(std::uint32_t number);
  /// Her slot is free. What she gave is taken back by `sweep`, all of it if she was erased.
  void forget_person(PeopleTable::Gone gone);
  /// A bounded step of that; called once per record.
  void sweep();
  /// How many of these steps are left.
  std::size_t sweeps_left() const;
  /// After loading: whether all parts fit together and to the rest of the state.
  bool fits(const PeopleTable& people, std::uint32_t numbers_end);

  Popularity popularity(std::uint32_t number) const;
  const ItemRows& items() const { return items_; }
  const TopList& popular() const { return popular_; }
  const TopList& popular_lately() const { return lately_; }
  std::uint64_t clock() const { return clock_; }  ///< events learned
  std::size_t bytes() const;

  template <typename A>
  void visit(A& a);

 private:
  friend class TasteQuery;
  static constexpr std::size_t kGoneMax = 1U << 30;
  static constexpr std::size_t kTakenBack = 8;  ///< entries of histories a step
  static constexpr std::size_t kStreamMax = 1U << 14;
  static constexpr std::size_t kPlacesMax = 64U << 20;  ///< of all neighbour lists: 512 MB
  struct Occurrence {
    RowKey key = 0;
    std::uint32_t slot = 0;
  };

  /// How two entries of one history belong together.
  struct Pair {
    std::uint32_t a = 0, b = 0;  ///< rows
    float c = 0, t = 0;
    std::uint32_t dither = 0;
  };
  static Pair pair_of(std::uint32_t slot, const Had& earlier, const Had& later);
  std::optional<std::uint32_t> row_for(std::uint32_t number);
  void join(const Pair& pair);
  void part(const Pair& pair);
  /// `action` gets each pair of `history[index]` with the others.
  template <typename Action>
  void each_pair(std::uint32_t slot, std::span<const Had> history, std::size_t index,
                 Action action);
  /// Takes those pairs back.
  void part_all(std::uint32_t slot, std::span<const Had> history, std::size_t index);
  void solve_some(std::span<const Had> of);
  void insert(PeopleTable& people, std::uint32_t slot, const Had& had);
  std::size_t places_for(std::uint32_t row) const;
  void learn_sequence(const PeopleTable& people, std::span<const std::uint32_t> history,
                      std::uint32_t target, Random& random);
  void replay(const PeopleTable& people, std::uint32_t row, Random& random);
  void sample_person(std::uint32_t row, std::uint32_t slot, Random& random);
  Taste solved(std::span<const std::uint32_t> history, const Taste& from) const;
  /// Also of one who is not in the table: what she would be like with another history.
  Taste taste_of(const PeopleTable& people, const PersonState& person) const;
  void solve_person(const PeopleTable& people, std::uint32_t slot);
  void solve_item(std::uint32_t row);
  void solve_in_turn();
  void remember(PersonState& person, std::uint32_t slot, const Had& had);
  void count(std::uint32_t row, float change);

  ItemRows items_;
  PagedVector<NeighbourList, 1> lists_;
  PagedVector<Reservoir, 3> reservoirs_;
  GramTable item_tastes_, person_tastes_;
  SequenceModel sequence_;
  TopList popular_, lately_;
  std::vector<Occurrence> stream_;  ///< a ring of the last ones
  std::uint64_t clock_ = 0;
  std::uint64_t places_ = 0;             ///< of all neighbour lists
  std::uint32_t hand_ = 0;               ///< of `solve_in_turn`
  std::vector<PeopleTable::Gone> gone_;  ///< to be taken back, from the end of each history
};

/// The scores of one entry for one person, ≥ 0 but for those by factors; 0: nothing in common.
struct TasteScores {
  float neighbours = 0;  ///< by people in common
  float recent = 0;      ///< the same with her last entries first
  float order = 0;       ///< by nearness in histories
  float als = 0;         ///< factors, her whole history
  float fold_in = 0;     ///< factors, her last 8
  float sequence = 0;
  float friends = 0;  ///< by people she follows who follow her
  /// Keeps the greater of each.
  void raise(const TasteScores& other);
};
struct TasteRoute {
  Route route;
  float TasteScores::*score;
};
inline constexpr std::array<TasteRoute, 7> kTasteRoutes{
    {{Route::order, &TasteScores::order},
     {Route::recent, &TasteScores::recent},
     {Route::neighbours, &TasteScores::neighbours},
     {Route::als, &TasteScores::als},
     {Route::fold_in, &TasteScores::fold_in},
     {Route::sequence, &TasteScores::sequence},
     {Route::friends, &TasteScores::friends}}};

/// One person's side of it, at one log position. REQUIRES: one at a time in each thread.
class TasteQuery {
 public:
  TasteQuery(const Collaborative& shared, const PeopleTable& people, const PersonState& person);
  std::size_t history_count() const { return had_count_; }  ///< all she took to
  TasteScores scores(std::uint32_t number) const;
  /// The greatest of each among what people of like taste, or friends, took to.
  TasteScores greatest() const;
  /// Numbers of the `count` entries with the highest scores, best first, equal ones by their rows.
  std::vector<std::uint32_t> best(float TasteScores::*by, std::size_t count);

 private:
  struct Touched {
    RowKey key = 0;  ///< 0: not touched
    float neighbours = 0, recent = 0, order = 0, friends = 0;
    std::uint32_t friends_count = 0;
  };
  struct Scratch {
    std::vector<Touched> by_row;
    std::vector<std::uint32_t> rows;  // touched; those of the query before, until the next begins
    std::vector<std::uint64_t> best;  // score above ~row, both to be compared as numbers
    std::size_t count = 1;            // of them asked for
    std::uint64_t floor = 0;          // what is not above it is none of them
  };
  static Scratch& scratch();
  void walk_neighbours();
  void walk_friends(std::span<const PersonState* const> friends);
  void walk(const NeighbourList& list, float people, float recent, float order);
  Touched* touch(RowKey key);
  void put(float score, std::uint32_t row);
  void put_what_friends_share();
  void keep_best();
  void score_all(float TasteScores::*by);

  const Collaborative& shared_;
  Scratch& scratch_;
  std::vector<std::uint32_t> history_;  // rows, newest first
  std::size_t had_count_ = 0;
  Taste person_{}, last_{}, summary_{};
};

/// Up to 64 people she follows who follow her. Of long lists of follows a part is looked at, which
/// changes as she sees more.
std::vector<const PersonState*> friends_of(const PeopleTable& people, const PersonState& person);

/// The rows of the entries a history holds that are still there, newest first.
std::vector<std::uint32_t> rows_of(const ItemRows& items, std::span<const Had> history,
                                   std::size_t count_max);

template <typename A>
void Collaborative::visit(A& a) {
  items_.visit(a);
  const auto n = a.count(lists_.size(), kRowsMax);
  for (std::size_t i = 0; i < n && a.ok(); ++i) {
    if constexpr (A::kLoading) lists_.push_back({}), reservoirs_.push_back({});
    lists_.template visited<A>(i).visit(a);
    Reservoir& reservoir = reservoirs_.template visited<A>(i);
    a(reservoir.slots), a(reservoir.count), a(reservoir.people);
  }
  item_tastes_.visit(a), person_tastes_.visit(a), sequence_.visit(a);
  popular_.visit(a), lately_.visit(a);
  a(stream_, kStreamMax), a(clock_), a(places_), a(hand_);
  const auto gone = a.count(gone_.size(), kGoneMax);
  if constexpr (A::kLoading) gone_.resize(gone);
  for (auto& one : gone_) a(one.slot), a(one.erased), a(one.history, PersonState::kHistoryMax);
}

}  // namespace filoscope::engine
