#pragma once

/// One feed answer and what people do with it: joins engine, catalog and social; writes the
/// decision record; takes in events exactly once; owns the engine's life (snapshot, replay,
/// compaction).

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "catalog/catalog.h"
#include "engine/engine.h"
#include "feed/operator_view.h"
#include "social/social.h"

namespace filoscope::feed {

inline const Setting<std::int64_t> kTokenHours{"feed.token_hours", 24, 1, 168,
                                               "Hours an impression token is valid."};
inline const Setting<std::int64_t> kEventsPerCallMax{"feed.events_per_call_max", 100, 1, 1000,
                                                     "Events in one call."};
inline const Setting<std::int64_t> kAnswersPerHourMax{
    "feed.answers_per_hour_max", 7'200, 1, 1'000'000, "Feed answers that one person may have."};
inline const Setting<std::int64_t> kEventsPerHourMax{
    "feed.events_per_hour_max", 36'000, 1, 10'000'000, "Events that one person may send."};
inline const Setting<std::int64_t> kWithdrawalsPerHourMax{
    "feed.withdrawals_per_hour_max", 120, 1, 100'000,
    "Videos that one person may take back in an hour; more than one video, or undoing, counts as "
    "5."};
inline const Setting<std::int64_t> kWishesPerHourMax{
    "feed.wishes_per_hour_max", 240, 1, 100'000,
    "Changes of what the feed is asked for that one person may make in an hour."};
inline const Setting<std::int64_t> kSnapshotRecords{
    "feed.snapshot_records", 200000, 100, 100000000,
    "Log records after which a new engine snapshot is written."};
inline const Setting<std::int64_t> kLogRetentionDays{"feed.log_retention_days", 365, 1, 36500,
                                                     "Days the event log is kept."};
inline const Setting<std::int64_t> kDecisionRetentionDays{
    "feed.decision_retention_days", 90, 1, 36500, "Days a decision record can be asked for."};

inline const Setting<std::int64_t> kErasureHours{
    "feed.erasure_hours", 24, 0, 168,
    "Hours until the records of a deleted account are blanked in the event log; one new base of "
    "replay for all that wait."};
inline const Setting<std::int64_t> kUnrecordedKept{
    "feed.unrecorded_answers_kept", 10'000, 1, 1'000'000,
    "Answers without a decision record that can be explained by their id; in memory only, under "
    "no person."};

inline const Setting<std::string> kValueWeights{
    "feed.value_weights", "",
    "What each predicted reaction is worth, as name=number with commas between (skip=-1,like=1); "
    "names left out keep their built-in worth. A changed text holds from the next start until an "
    "operator sets other weights."};

using engine::Surface;

/// What an impression token says; signed, bound to the person, valid for kTokenHours.
struct Impression {
  RequestId request;  ///< none outside the feed
  EntryId entry;
  catalog::Kind kind = catalog::Kind::video;
  PersonKey person;  ///< none for a viewer without a token
  Surface surface = Surface::other;
  std::int64_t issued_ms = 0;
  std::optional<engine::Route> route;  ///< in feeds: how the video was found
  bool recorded = true;  ///< false: the answer was made without her profile and left no record
  bool profiled = true;  ///< false: she is not profiled; plays carry no person
  bool learned = true;   ///< false: of a session that nothing is learned from
};

struct FeedRequest {
  engine::Mode mode = engine::Mode::for_you;
  int limit = 8;                                ///< 1..20
  engine::KindSet kinds = engine::kVideosOnly;  ///< that the device can show
  std::vector<EntryId> held, shown;  ///< on the device, ≤ 64; shown by it, oldest first, ≤ 2,000
  std::string cursor;                ///< of the answer before, in the same mode
};

/// An entry as any surface shows it; what it has of its kind, whoever shows it fetches for a page.
struct Item {
  catalog::Entry entry;
  accounts::Account owner;
  social::Counts counts;
  social::Marks marks;
  std::string impression_token;
  std::string route;
  bool repeat = false;
};

struct FeedAnswer {
  RequestId request;
  engine::Mode mode = engine::Mode::for_you;
  LogPosition log_position = 0;
  bool exhausted = false;
  std::vector<Item> items;
  std::string cursor;
};

struct ClientEvent {
  std::string event_id;  ///< 1..64 characters, unique per person
  std::string impression_token;
  std::string event;  ///< a name of CONTRACT's list
  std::int64_t watch_ms = 0;
  std::vector<std::array<std::int64_t, 2>> watched;  ///< [from, to) in ms of the clip
  int loops = 0;                                     ///< ≤ 10,000
  bool sound = false;
  std::string ended;       ///< swipe ended hidden closed error, or ""
  std::int64_t at_ms = 0;  ///< of any clock: orders events inside a batch only
};

struct EventsAnswer {
  int accepted = 0, duplicate = 0;
  bool learned = true;  ///< false: stored, but the engine will learn of it later
  struct Rejected {
    int index = 0;
    Error error;
  };
  std::vector<Rejected> rejected;
};

/// Why an item was there, as a code with what belongs into its sentence.
struct Reason {
  /// repeat_liked | repeat (all is seen; she liked it before, or not) | exploration | following |
  /// liked_hashtag | liked_sound | liked_author | watched_hashtag | watched_sound | watched_author
  /// (what ties it to `count` videos she liked or watched to the end) | co_watch | content |
  /// trending | fresh | popular and again (trending and repeat without a profile) |
  /// opened_video | opened_profile (the author) | opened_hashtag | found | listed (outside feeds:
  /// nobody chose it for her) | unknown (an old token).
  std::string code;
  std::string value{};  ///< a hashtag, a handle, or for co_watch a caption; may be ""
  int count = 0;        ///< of liked_… and watched_… only
};

/// Where a video stands now for a person, and where it would stand without what she did with
/// another; 1 is the first, 0 that it would not be among the candidates.
struct Counterfactual {
  VideoId without;
  std::string caption;  ///< its beginning
  std::string action;   ///< see attended_action
  int place = 0, place_without = 0;
};

struct DecisionView {
  engine::Decision decision;  ///< without a record only request, mode, and the items' routes
  std::int64_t at_ms = 0;
  Surface surface = Surface::feed;
  bool recorded = true;         ///< false: it left no record; told by what the token says
  bool learned = true;          ///< false: of a session that nothing is learned from
  std::vector<Reason> reasons;  ///< one per item
  std::vector<std::optional<std::string>>
      attended_captions;                      ///< beside decision.history; none: gone
  std::vector<std::string> attended_actions;  ///< see attended_action
  /// Of one video: what of hers raised it most. None where nothing of hers did.
  std::optional<Counterfactual> counterfactual;
};

/// What a person was learned to like, for herself.
struct Learned {
  struct Interest {
    engine::WithdrawKind kind = engine::WithdrawKind::hashtag;
    std::string value;  ///< a hashtag, a word, a sound's id, a handle
    float weight = 0;   ///< -2 (hidden) .. 2 (loved), drawn to 0 by how little is known
    float count = 0;    ///< of clips with it, half-life 14 days
    VideoId example;
    std::string caption;  ///< the beginning of its example's
  };
  struct Watched {
    VideoId video;
    std::optional<std::string> caption;  ///< its beginning; none: the video is gone
    std::string action;                  ///< see attended_action
    std::int64_t at_ms = 0;
    float weight = 0;  ///< how it felt, -2 .. 2
  };
  struct Withdrawal {
    WithdrawalId id;
    engine::WithdrawKind kind = engine::WithdrawKind::video;
    std::string value;  ///< as Interest::value; of a video its caption; "" when it is gone
    std::int64_t at_ms = 0, until_ms = 0;  ///< it can be undone until then
    int videos_count = 0;
  };
  std::vector<Interest> interests;      ///< strongest first, of either sign; at most 100
  int unnamed_count = 0;                ///< interests in what no video shows any more
  std::vector<Watched> watched;         ///< newest first, at most 256
  std::vector<Withdrawal> withdrawals;  ///< newest first
  int seen_count = 0;
};

/// What a person asks the feed for more or less of.
struct Wish {
  engine::WishKind kind = engine::WishKind::hashtag;
  std::string value;  ///< a hashtag, a handle; else empty
  int level = 0;      ///< ± engine::kWishMost
};

/// Threads: any; calls may block on the database. When an event call returns, the engine has
/// learned it, or the answer says that it has not. Parts outlive it; `key` stays the same over
/// restarts, or all tokens are void.
class Feed {
 public:
  struct Parts {
    Database& database;
    EventLog& log;
    accounts::Accounts& accounts;
    catalog::Catalog& catalog;
    social::Social& social;
    const Clock& clock;
    const Config& config;
    crypto::Key key;
    std::string data_folder;  ///< snapshots lie in `engine/` below it
  };
  /// Loads the newest valid snapshot and replays the log behind it. Errors: corrupt, with what to
  /// do.
  static Result<std::unique_ptr<Feed>> open(const Parts& parts);
  virtual ~Feed() = default;

  /// What is made without a profile leaves no record: in not_profiled, and for a guest who has not
  /// acted (her tokens are hers, so that her first act counts). So is every answer whose record the
  /// disk cannot take: for_you is not_profiled then, and says so. Fewer items than asked for, or
  /// none, where no more may be shown. Errors: invalid_argument (a limit, a list too long, a
  /// cursor), exhausted (too many answers in an hour).
  virtual Result<FeedAnswer> answer(const accounts::Viewer& viewer, const FeedRequest& request) = 0;
  /// One that is wrong is rejected by itself. Errors are of the whole call, which is safe to
  /// repeat: invalid_argument (too many), exhausted (too many in an hour), unavailable.
  virtual Result<EventsAnswer> take_events(const accounts::Viewer& viewer,
                                           std::span<const ClientEvent> events) = 0;
  /// Her own decisions, and while they are remembered answers to her that left no record. Errors:
  /// not_found.
  virtual Result<DecisionView> decision(const accounts::Viewer& viewer, RequestId request) = 0;
  /// Why the one video of a token was there: its decision where there is one, else what the token
  /// says; of any age. Errors: not_found (not ours, another person's).
  virtual Result<DecisionView> why(const accounts::Viewer& viewer, std::string_view token) = 0;
  virtual Result<Learned> learned(const accounts::Viewer& viewer) = 0;
  /// How much she likes entries like a given one, -1 .. 1, by what she was learned to like; none
  /// for somebody who is not profiled or of whom nothing is known.
  virtual std::function<double(const catalog::Entry&)> taste(const accounts::Viewer& viewer) = 0;
  /// What she asked for, the last first.
  virtual Result<std::vector<Wish>> wishes(const accounts::Viewer& viewer) = 0;
  /// Asks for more or less; level 0 ends it. Errors: unauthenticated, invalid_argument (no hashtag,
  /// too many wishes), not_found (no such person), exhausted (too often; no place for another
  /// guest), unavailable.
  virtual Result<void> set_wish(const accounts::Viewer& viewer, const Wish& wish) = 0;
  /// Takes back what she did with a video, with what has a hashtag, a word, a sound or an author,
  /// since a time in milliseconds, or everything: nothing of it counts for her from then on. Likes,
  /// saves, comments and follows themselves stay. Errors: unauthenticated, invalid_argument (what
  /// there is not), exhausted (too often).
  virtual Result<WithdrawalId> withdraw(const accounts::Viewer& viewer, engine::WithdrawKind kind,
                                        std::string_view value) = 0;
  /// Errors: not_found (none of hers, or older than a week).
  virtual Result<void> undo_withdrawal(const accounts::Viewer& viewer, WithdrawalId id) = 0;
  /// Makes items of entries that may be seen, in their order and without the others, with tokens
  /// for `surface`.
  virtual Result<std::vector<Item>> items(const accounts::Viewer& viewer,
                                          std::vector<catalog::Entry> entries, Surface surface) = 0;
  /// Errors: invalid_argument (not ours, expired, another person's, malformed).
  virtual Result<Impression> check_token(const accounts::Viewer& viewer,
                                         std::string_view token) const = 0;

  /// What anybody may ask: by which rules answers are made at this moment.
  virtual How how() const = 0;
  virtual Result<WeightsView> weights() = 0;
  /// Of `by`, who has seen `revision`. The next answer uses them, over restarts too, until the
  /// setting feed.value_weights changes. Errors: invalid_argument (one is out of range), conflict
  /// (changed by somebody since then), unavailable (the engine does not learn), those of the
  /// database.
  virtual Result<WeightsView> set_weights(AccountId by, std::int64_t revision,
                                          const engine::HeadValues& weights) = 0;
  /// What an operator sees; since the server started.
  virtual EngineView engine_view() const = 0;
  virtual engine::EngineStats stats() const = 0;
  virtual std::uint64_t state_hash() const = 0;  ///< seconds at a million videos
  /// Writes one now, beside answers and learning. Errors: unavailable (the engine does not learn),
  /// those of the disk.
  virtual Result<void> snapshot() = 0;
  /// Does now what is due within kErasureHours of a deletion and 7 days of a guest's end: blanks
  /// their records in the log, and makes one new base of replay. Errors: unavailable (the engine
  /// does not learn), those of disk and database.
  virtual Result<void> finish_erasures() = 0;
  /// Snapshot + replay against the live state, decision rows against the log. One sentence per
  /// finding.
  virtual Result<std::vector<std::string>> verify() = 0;
  /// Executes a recorded decision again from the newest snapshot not after it: another engine in
  /// memory for as long as it takes. The value says
  /// whether it came out the same, with both lists; what was decided before the oldest base of
  /// replay is only told as recorded, with the reason.
  struct Reexecution {
    bool reexecuted = true;
    std::string why_not;
    bool same = false;  ///< of what was executed again
    DecisionView recorded;
    std::vector<VideoId> again;
  };
  virtual Result<Reexecution> explain(RequestId request) = 0;
};

}  // namespace filoscope::feed
