#pragma once

/// The recommender: a log-structured learner whose state is a pure function of (event-log prefix,
/// options). One writer applies records in order; answers read one position. No I/O, no clock, no
/// threads of its own but for the time of `load`.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/calibration.h"
#include "engine/feed_rules.h"
#include "engine/records.h"

namespace filoscope::engine {

/// The rules by which records move the state, with every constant that learned state depends on:
/// `engine_version_test` fails where they change and this number does not. A snapshot with the
/// records behind it gives the same state again only by the rules that made it: whoever keeps
/// snapshots begins a new base of replay where this number changes.
inline constexpr std::int64_t kEngineVersion = 11;

/// Everything the state depends on besides the log. A snapshot holds seed, limits,
/// fresh_impressions and guest_state_ttl_ms, and refuses others; exploration_share and
/// candidates_max shape answers only.
struct EngineOptions {
  std::uint64_t seed = 1;
  /// By Head; value = Σ weight · probability. The weights at the log's beginning: later ones come
  /// by `weights_changed`, so a snapshot made with others is not refused.
  HeadValues weights{-1.0F, 0.3F, 0.4F, 0.5F, 1.0F, 2.0F, 3.0F, 4.0F, -20.0F};
  std::size_t videos_max = 1U << 20;     ///< live ones; the oldest make room
  std::size_t people_max = 1U << 20;     ///< the least recently active lose their activity
  std::uint32_t fresh_impressions = 20;  ///< guaranteed to a new video; scaled down to the audience
                                         ///< at the time (≤ half of the people seen in 24 h, ≥ 2)
  double exploration_share = 0.02;   ///< of slots, drawn uniformly from the candidates
  std::size_t candidates_max = 512;  ///< scored per answer
  std::int64_t guest_state_ttl_ms = 24LL * 3600 * 1000;  ///< a guest: a person without any
                                                         ///< person_changed record
  bool learns = true;  ///< false: model, embeddings, factors and counts of outcomes stay at their
                       ///< priors, which is what learning must beat; for evaluation, no snapshot
                       ///< names it
};

struct RankRequest {
  RequestId request;
  PersonKey person;  ///< none: an unknown person
  Mode mode = Mode::for_you;
  std::size_t count = 8;   ///< 1..20
  std::uint64_t seed = 0;  ///< of exploration and ties
  std::int64_t at_ms = 0;
  std::uint64_t language = 0;   ///< overrides the person's, 0 keeps it
  std::uint8_t age = 0;         ///< of a person the log does not know; 0 counts as a minor
  KindSet kinds = kVideosOnly;  ///< that the device can show
  std::vector<VideoId> held;    ///< on the device, not shown yet: not given again, not counted
  std::vector<VideoId> shown;  ///< what the device says it has shown, oldest first: not given again
                               ///< as unseen (nothing else tells in not_profiled, and in a session
                               ///< that nothing is learned from)
  std::string cursor;          ///< from the previous answer (following, not_profiled)
};

/// The request that a decision answered: at `decision.read_position`, `rank` gives the same again.
RankRequest request_of(PersonKey person, const Decision& decision);

struct Ranking {
  std::vector<DecisionItem> items;
  LogPosition position = 0;
  bool exhausted = false;  ///< nothing unseen is left; items (if any) are repeats, longest-unseen
                           ///< first, liked ones first
  std::string cursor;
  /// To append to the log before the answer goes out (for_you, following; without bodies in
  /// not_profiled, which leaves no decision).
  LogRecord decision, features;
};

/// What the engine holds about a person, for herself.
struct PersonSummary {
  struct Interest {
    std::uint32_t key = 0;  ///< interest_key of what she is interested in
    float value = 0;        ///< how what has it felt, -2 (hidden) .. 2 (loved), drawn to 0
    float count = 0;        ///< of encounters, half-life 14 days
    VideoId example;        ///< that has it
  };
  struct Encounter {
    VideoId video;
    std::int64_t at_ms = 0;
    float value = 0;
  };
  struct Withdrawal {
    WithdrawalId id;
    WithdrawKind kind = WithdrawKind::video;
    std::uint64_t key = 0;
    std::int64_t at_ms = 0, until_ms = 0;  ///< it can be undone until then
    std::uint32_t videos_count = 0;
    VideoId example;  ///< one of them
  };
  std::uint32_t seen_count = 0;
  std::uint32_t had_count = 0;          ///< entries she took to
  std::vector<Interest> interests;      ///< strongest first, of either sign
  std::vector<Encounter> recent;        ///< newest first, at most 256
  std::vector<Withdrawal> withdrawals;  ///< newest first
};

/// By which an interest is held: a hash of 32 bits.
std::uint32_t interest_key(WithdrawKind kind, std::uint64_t key);

/// Where an entry stands among the candidates of a for_you answer, 0 for the best.
struct Places {
  std::optional<std::size_t> place;                 ///< none: it is not among them
  std::vector<std::optional<std::size_t>> without;  ///< one for each video asked about
};

/// What the state's memory is made of.
enum class MemoryPart : std::uint8_t {
  videos,
  people,
  embeddings,
  collaborative,
  outcome_factors,
  pending,
  rest
};
inline constexpr std::size_t kMemoryPartsCount = 7;
std::string_view to_string(MemoryPart part);

/// Of the newest entries for everyone, kSampleMax at most: who had the first audience promised.
struct FirstAudience {
  static constexpr std::size_t kSampleMax = 1024;
  std::uint32_t impressions = 0;  ///< promised now
  std::uint32_t promised_count = 0, got_count = 0;
  std::uint32_t waiting_count = 0;  ///< still in time for it
};

/// What the guard of learning did (`guard.h`).
struct GuardStats {
  std::uint64_t rollbacks_count = 0;
  /// Of the last one: what the heads learned behind `to_position`, until `at_position`, is undone.
  LogPosition to_position = 0, at_position = 0;
  std::int64_t at_ms = 0;
  std::uint32_t paused_examples = 0;  ///< at least so many will be scored but not learned
  /// Mean loss of an example, less that of the newer and the older trusted copy; above 0: worse.
  std::array<float, 2> worse{};
};

struct EngineStats {
  LogPosition position = 0;
  std::size_t videos_count = 0;
  std::size_t people_count = 0;
  std::uint64_t examples_count = 0;  ///< trained on
  HeadValues prequential_loss{};  ///< mean log loss per head over the last ~10,000 examples, scored
                                  ///< before learning
  HeadValues loss_lately{};       ///< the same over the last ~500
  std::array<Calibration, kHeadsCount> calibration{};
  GuardStats guard;
  HeadValues weights{};  ///< in use
  FirstAudience first_audience;
  std::size_t memory_bytes = 0;  ///< what rows point to is judged by 256 of each table
  std::array<std::size_t, kMemoryPartsCount> memory_parts_bytes{};  ///< by MemoryPart
};

/// Takes bytes that come in parts.
using Write = std::function<Result<void>(std::span<const std::uint8_t>)>;

/// The engine's state at one position, apart from it: whoever reads it holds up neither answers nor
/// learning; what changes meanwhile is copied page by page.
/// Threads: its own, one at a time. May outlive its engine.
class FrozenState {
 public:
  virtual ~FrozenState() = default;
  virtual LogPosition position() const = 0;
  /// False when memory ended in the middle of a record: the state is of no use but for answers.
  virtual bool whole() const = 0;
  /// As Engine::state_hash was there.
  virtual std::uint64_t hash() const = 0;
  /// Gives a checksummed snapshot to `write`. Errors: those of `write`.
  virtual Result<void> save(const Write& write) const = 0;
};

/// Threads: any, concurrently, but `apply` and `restate` from one thread at a time. A waiting
/// `apply` or `freeze` is let in before new readers, so a stream of answers cannot starve it.
/// Answers never see a half-applied record.
class Engine {
 public:
  /// Errors: invalid_argument (an option out of range).
  static Result<std::unique_ptr<Engine>> create(const EngineOptions& options);
  /// Also what an earlier release saved. Errors: corrupt (checksum, format), invalid_argument (made
  /// with other options), conflict (a newer release saved it).
  static Result<std::unique_ptr<Engine>> load(const EngineOptions& options,
                                              std::span<const std::uint8_t> snapshot);
  virtual ~Engine() = default;

  /// Updates person state, counters and model: afterwards every answer reflects the record.
  /// Typically 5–60 µs, ≤ 1 ms. REQUIRES: record.position > position(). Errors: corrupt (the body
  /// does not decode), conflict (a newer release wrote it); the state is then unchanged. Throws
  /// std::bad_alloc: half of it may be applied, which every FrozenState says from then on.
  virtual Result<void> apply(const LogRecord& record) = 0;

  /// A fact from before the log that is left, as a record without position; in the order of their
  /// times, before the first `apply`. Errors: as of `apply`.
  virtual Result<void> restate(const LogRecord& fact) = 0;

  /// One feed answer: deterministic for equal state and request. Never blocked (both ways), muted
  /// or age-limited videos, never one twice, never a held one; never the person's own, but in
  /// not_profiled, which may not know what is hers. Errors: invalid_argument (count, more than 64
  /// held or 2,000 shown, cursor).
  virtual Result<Ranking> rank(const RankRequest& request) const = 0;

  /// The first `count` candidates of a for_you answer, best first: the order that `rank` starts
  /// from before it re-ranks, explores and keeps slots for new entries. Errors: as of `rank`, which
  /// `count` is not bound by.
  virtual Result<std::vector<EntryId>> order(const RankRequest& request,
                                             std::size_t count) const = 0;
  /// An answer of this one entry, had or not, as if she had been offered it: its probabilities, and
  /// the records by which events of this request are learned. No items for an unknown entry.
  virtual Ranking offer(const RankRequest& request, EntryId entry) const = 0;

  /// Where this entry stands for her now, as if she had not met it, and where it would stand
  /// without all she did with each of these videos (at most 8).
  virtual Places places(const RankRequest& request, EntryId entry,
                        std::span<const VideoId> without) const = 0;

  /// What the engine holds about a person.
  virtual PersonSummary summary(PersonKey person) const = 0;
  /// In a time that does not grow with the state.
  virtual EngineStats stats() const = 0;
  /// By which rules the next answer is made.
  virtual FeedRules rules() const = 0;
  /// Whether it holds anything about her.
  virtual bool knows(PersonKey person) const = 0;
  /// After how many more records those erased so far stand nowhere: not in others' relations, and
  /// what they had in common with others is taken back. Each record does a part of it, so that none
  /// takes long.
  virtual std::size_t erasing_records() const = 0;

  virtual LogPosition position() const = 0;
  /// The kEngineVersion of the engine whose snapshot was loaded; this one's own where none was.
  virtual std::int64_t made_by() const = 0;
  /// Over the whole state in a canonical order: equal for equal log prefixes, bit for bit.
  virtual std::uint64_t state_hash() const = 0;
  /// Waits for the answers that are being made, as `apply` does; then everything waits for about
  /// 50 µs a million rows.
  virtual std::unique_ptr<FrozenState> freeze() const = 0;
  /// The snapshot of now, in memory.
  Bytes save() const;
};

}  // namespace filoscope::engine
