#pragma once

/// What more people than usual look for and take to: hashtags and searches by the hour, each with a
/// sketch of the different people, whom nothing names. What begins to rise is told by a cumulative
/// sum against the same hours of the week before (CUSUM, Page 1954).
///
/// Counted are accounts that are old enough, each once an hour and topic, and nobody for her own
/// videos; a topic rises only when search.rising_people_min of them came together.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "accounts/accounts.h"
#include "base/mutex.h"
#include "catalog/catalog.h"
#include "search/sketch.h"

namespace filoscope::search {

inline const Setting<std::int64_t> kRisingPeopleMin{
    "search.rising_people_min", 8, 2, 1'000'000,
    "Different accounts that must look for something, or take to a hashtag's videos, before others "
    "are told of it."};
inline const Setting<std::int64_t> kRisingAccountHours{
    "search.rising_account_hours", 24, 0, 8760,
    "Hours that an account must have been there to count for what rises."};
inline const Setting<std::int64_t> kNotedPerHourMax{
    "search.noted_per_hour_max", 240, 1, 100'000,
    "Searches, and hashtags, of one account that count for what rises, in an hour."};

/// The number is stored.
enum class TopicKind : std::uint8_t { hashtag = 0, search = 1 };

struct Topic {
  TopicKind kind = TopicKind::hashtag;
  std::string name;  ///< a hashtag, folded; or a query, folded
  /// "#tag", or what is searched for.
  static Topic parse(std::string_view text);
  std::string text() const { return (kind == TopicKind::hashtag ? "#" : "") + name; }
  bool operator==(const Topic&) const = default;
  auto operator<=>(const Topic&) const = default;
};

struct Rising {
  std::string name;
  std::int64_t since_ms = 0;  ///< the hour in which it began to rise
  std::int64_t people = 0;    ///< since then
  double excess = 0;          ///< above what is usual, in standard deviations
};

/// How a series of hours rises at its end. `usual`: what each hour would have had.
struct Rise {
  std::size_t since = 0;  ///< the index of the hour in which it began
  double excess = 0;      ///< 0: it does not rise
};
Rise rise_of(std::span<const double> hours, std::span<const double> usual);

/// Threads: any; calls may block on the database.
class Topics {
 public:
  struct Parts {
    Database& database;
    accounts::Accounts& accounts;
    const Clock& clock;
    const Config& config;
    crypto::Key key;
  };
  explicit Topics(const Parts& parts);

  /// She looked for this, and it found something.
  void looked_for(const accounts::Viewer& viewer, std::string_view query);
  /// She took to a video with these hashtags, at a time of the stream.
  void took_to(PersonKey person, const catalog::Entry& entry, std::int64_t at_ms);
  /// By topic and hour: who came together for it.
  using Taken = std::map<std::pair<Topic, std::int64_t>, PeopleSketch>;
  /// What was taken down since the last call; whoever cannot store it puts it back.
  Taken take();
  void put_back(const Taken& taken);
  /// Adds it to what is stored, once or more often, and forgets what is too old.
  Result<void> store(Session& session, Taken taken);

  /// Most unusual first; without what is hidden. As of twenty seconds ago at most, as the two
  /// below.
  Result<std::vector<Rising>> rising(TopicKind kind, std::size_t count);
  /// What enough people looked for in the last week and begins so, most people first, of words that
  /// something for everyone has.
  Result<std::vector<std::string>> completions(std::string_view beginning, std::size_t count);
  Result<bool> is_hidden(const Topic& topic);
  /// Another number after each change of what is hidden.
  std::int64_t hidden_changes() const { return hidden_changes_; }
  /// Not told to anybody any more, or again.
  Result<void> hide(const Topic& topic, bool on);
  Result<std::vector<Topic>> hidden();

 private:
  struct Series {
    std::map<std::int64_t, std::int64_t> people;  ///< by hour
  };
  /// What is told for a while.
  struct Told {
    std::int64_t at_ms = 0, hidden_changes = 0;
    std::array<std::vector<Rising>, 2> rising;                      ///< by kind
    std::vector<std::pair<std::int64_t, std::string>> completions;  ///< people, most first
    std::vector<Topic> hidden;
  };
  bool counts(AccountId account) const;
  std::uint64_t hash_of(PersonKey person) const;
  void take_down(Topic topic, std::int64_t hour, PersonKey person);
  Result<std::map<std::string, Series>> busiest(Session& session, TopicKind kind,
                                                std::int64_t now_hour);
  Result<std::int64_t> people_since(Session& session, const Topic& topic, std::int64_t hour);
  Result<std::vector<Rising>> find_rising(TopicKind kind);
  Result<std::vector<std::pair<std::int64_t, std::string>>> find_completions();
  Result<std::shared_ptr<const Told>> told();
  /// Whether an account may add one more of this kind in this hour.
  bool has_room(TopicKind kind, AccountId account, std::int64_t hour);

  const Parts parts_;
  std::array<std::uint8_t, 16> hash_key_{};
  Mutex mutex_;
  Taken taken_ FILOSCOPE_GUARDED_BY(mutex_);
  /// Of this hour: how many topics of each kind an account added to.
  std::map<std::pair<TopicKind, AccountId>, std::int64_t> noted_ FILOSCOPE_GUARDED_BY(mutex_);
  std::int64_t noted_hour_ FILOSCOPE_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const Told> told_ FILOSCOPE_GUARDED_BY(mutex_);
  std::mutex refreshing_;  ///< one makes it anew, the others wait for that
  std::atomic<std::int64_t> hidden_changes_ = 0;
};

}  // namespace filoscope::search
