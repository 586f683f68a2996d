#include "search/topics.h"

#include <algorithm>
#include <cmath>

#include "accounts/text.h"
#include "search/matching.h"

namespace filoscope::search {
namespace {

constexpr std::int64_t kHourMs = 3'600'000, kHoursOfDay = 24, kDaysOfWeek = 7;
constexpr std::int64_t kHoursOfWeek = kDaysOfWeek * kHoursOfDay;
/// An hour is compared with those a week before it, and a rise may be a day old.
constexpr std::int64_t kHoursKept = kHoursOfWeek + kHoursOfDay + 1;
constexpr std::int64_t kRiseHoursMax = kHoursOfDay;
constexpr std::int64_t kBusyHours = 6;
constexpr std::int64_t kBusiestMax = 200;
constexpr std::size_t kRisingMax = 50;
constexpr std::int64_t kToldMs = 20'000;
constexpr std::size_t kTakenMax = 20'000;
constexpr std::size_t kSearchBytesMax = 80;
constexpr std::int64_t kCompletionsMax = 500;
/// What an hour may have above what is usual before it counts as rising: half as much again, and
/// one person.
constexpr double kAllowedPart = 1.5, kAllowedPeople = 1;

std::int64_t hour_of(std::int64_t ms) { return ms / kHourMs; }

SqlValue db(TopicKind kind) { return static_cast<std::int64_t>(kind); }

/// A query as others would ask it too: folded, with single spaces.
std::string topic_of(std::string_view query) {
  const auto folded = accounts::fold_text(query);
  std::string topic;
  for (const char c : folded) {
    const bool space = c == ' ' || c == '\t' || c == '\n';
    if (!space) topic += c;
    if (space && !topic.empty() && topic.back() != ' ') topic += ' ';
  }
  if (topic.ends_with(' ')) topic.pop_back();
  return topic;
}

/// Of one series that ends with hour `now`: the hours of a day, and what each usually has, which is
/// the mean of the same hour on the days before and of all hours.
struct Hours {
  std::vector<double> people, usual;
};
Hours hours_of(const std::map<std::int64_t, std::int64_t>& series, std::int64_t now) {
  const auto at = [&](std::int64_t hour) {
    const auto found = series.find(hour);
    return found == series.end() ? 0.0 : static_cast<double>(found->second);
  };
  // The day that may be rising is no measure of what is usual.
  double all = 0;
  for (std::int64_t back = kRiseHoursMax; back < kHoursOfWeek; ++back) all += at(now - back);
  const double mean = all / static_cast<double>(kHoursOfWeek - kRiseHoursMax);
  Hours hours;
  for (std::int64_t hour = now - kRiseHoursMax + 1; hour <= now; ++hour) {
    double same = 0;
    for (std::int64_t day = 1; day <= kDaysOfWeek; ++day) same += at(hour - day * kHoursOfDay);
    hours.people.push_back(at(hour));
    hours.usual.push_back((same + mean) / (kDaysOfWeek + 1));
  }
  return hours;
}

}  // namespace

Topic Topic::parse(std::string_view text) {
  if (!text.starts_with('#')) return {TopicKind::search, topic_of(text)};
  return {TopicKind::hashtag, accounts::fold_text(text.substr(1))};
}

Rise rise_of(std::span<const double> hours, std::span<const double> usual) {
  Rise rise;
  double sum = 0, expected = 0;
  for (std::size_t i = 0; i < hours.size(); ++i) {
    const double step = hours[i] - kAllowedPart * usual[i] - kAllowedPeople;
    if (sum <= 0 && step > 0) rise.since = i, expected = 0;
    expected += usual[i];
    sum = std::max(0.0, sum + step);
  }
  rise.excess = sum / std::sqrt(expected + 1);
  return rise;
}

Topics::Topics(const Parts& parts) : parts_(parts) {
  std::copy_n(parts_.key.begin(), hash_key_.size(), hash_key_.begin());
}

bool Topics::counts(AccountId account) const {
  const auto found = parts_.accounts.get(account);
  return found && found->feed_mode == "for_you" &&
         parts_.clock.now_ms() - found->created_ms >= parts_.config[kRisingAccountHours] * kHourMs;
}

std::uint64_t Topics::hash_of(PersonKey person) const {
  return crypto::siphash(hash_key_, person.text());
}

void Topics::take_down(Topic topic, std::int64_t hour, PersonKey person) {
  Lock lock(mutex_);
  const auto key = std::pair(std::move(topic), hour);
  if (taken_.size() < kTakenMax || taken_.contains(key)) taken_[key].add(hash_of(person));
}

bool Topics::has_room(TopicKind kind, AccountId account, std::int64_t hour) {
  Lock lock(mutex_);
  if (std::exchange(noted_hour_, hour) != hour) noted_.clear();
  return ++noted_[{kind, account}] <= parts_.config[kNotedPerHourMax];
}

void Topics::looked_for(const accounts::Viewer& viewer, std::string_view query) {
  if (!viewer.account || !viewer.learns || viewer.feed_mode != "for_you") return;
  auto topic = topic_of(query);
  // People and hashtags are looked for by their names; what is told of them is told elsewhere.
  if (topic.empty() || topic.size() > kSearchBytesMax || topic[0] == '@' || topic[0] == '#') return;
  const auto hour = hour_of(parts_.clock.now_ms());
  if (!counts(viewer.account) || !has_room(TopicKind::search, viewer.account, hour)) return;
  take_down({TopicKind::search, std::move(topic)}, hour, viewer.person);
}

void Topics::took_to(PersonKey person, const catalog::Entry& entry, std::int64_t at_ms) {
  if (entry.visibility != catalog::Visibility::everyone) return;
  const auto account = parts_.accounts.account_of(person);
  if (!account || *account == entry.owner || !counts(*account)) return;
  const auto hour = hour_of(at_ms);
  for (const auto& tag : entry.hashtags)
    if (has_room(TopicKind::hashtag, *account, hour))
      take_down({TopicKind::hashtag, tag}, hour, person);
}

Topics::Taken Topics::take() {
  Lock lock(mutex_);
  return std::exchange(taken_, {});
}

void Topics::put_back(const Taken& taken) {
  Lock lock(mutex_);
  for (const auto& [key, sketch] : taken)
    if (taken_.size() < kTakenMax || taken_.contains(key)) taken_[key].merge(sketch);
}

Result<void> Topics::store(Session& session, Taken taken) {
  for (auto& [key, sketch] : taken) {
    const auto& [topic, hour] = key;
    FILOSCOPE_DO(
        session.query("SELECT sketch FROM search_topics WHERE kind = ? AND topic = ? AND hour = ?",
                      {db(topic.kind), topic.name, hour}, [&sketch = sketch](const Row& row) {
                        if (const auto before = PeopleSketch::decode(row.bytes(0)))
                          sketch.merge(*before);
                      }));
    FILOSCOPE_DO(session.execute(
        "INSERT INTO search_topics (kind, topic, hour, people, sketch) VALUES (?, ?, ?, ?, ?) ON "
        "CONFLICT (kind, topic, hour) DO UPDATE SET people = excluded.people, sketch = "
        "excluded.sketch",
        {db(topic.kind), topic.name, hour, sketch.count(), sketch.encode()}));
  }
  FILOSCOPE_DO(session.execute("DELETE FROM search_topics WHERE kind IN (0, 1) AND hour < ?",
                               {hour_of(parts_.clock.now_ms()) - kHoursKept}));
  return {};
}

Result<std::map<std::string, Topics::Series>> Topics::busiest(Session& session, TopicKind kind,
                                                              std::int64_t now_hour) {
  std::map<std::string, Series> found;
  FILOSCOPE_DO(session.query(
      "SELECT topic FROM search_topics WHERE kind = ? AND hour > ? AND hour <= ? AND topic NOT IN "
      "(SELECT topic FROM search_hidden WHERE kind = ?) GROUP BY topic HAVING SUM(people) >= ? "
      "ORDER BY MAX(people) DESC, topic LIMIT ?",
      {db(kind), now_hour - kBusyHours, now_hour, db(kind), parts_.config[kRisingPeopleMin],
       kBusiestMax},
      [&](const Row& row) { found[row.text(0)]; }));
  for (auto& [topic, series] : found) {
    FILOSCOPE_DO(session.query(
        "SELECT hour, people FROM search_topics WHERE kind = ? AND topic = ?", {db(kind), topic},
        [&series = series](const Row& row) { series.people[row.integer(0)] = row.integer(1); }));
  }
  return found;
}

Result<std::int64_t> Topics::people_since(Session& session, const Topic& topic, std::int64_t hour) {
  PeopleSketch all;
  FILOSCOPE_DO(session.query(
      "SELECT sketch FROM search_topics WHERE kind = ? AND topic = ? AND hour >= ? AND hour <= ?",
      {db(topic.kind), topic.name, hour, hour_of(parts_.clock.now_ms())}, [&](const Row& row) {
        if (const auto one = PeopleSketch::decode(row.bytes(0))) all.merge(*one);
      }));
  return all.count();
}

Result<std::vector<Rising>> Topics::find_rising(TopicKind kind) {
  const auto now = hour_of(parts_.clock.now_ms());
  std::vector<Rising> rising;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    rising.clear();
    FILOSCOPE_TRY(const auto topics, busiest(session, kind, now));
    for (const auto& [name, series] : topics) {
      const auto hours = hours_of(series.people, now);
      const auto rise = rise_of(hours.people, hours.usual);
      if (rise.excess <= 0) continue;
      const auto since = now - kRiseHoursMax + 1 + static_cast<std::int64_t>(rise.since);
      FILOSCOPE_TRY(const auto people, people_since(session, {kind, name}, since));
      if (people < parts_.config[kRisingPeopleMin]) continue;
      rising.push_back({name, since * kHourMs, people, rise.excess});
    }
    return {};
  }));
  std::sort(rising.begin(), rising.end(), [](const Rising& a, const Rising& b) {
    return a.excess != b.excess ? a.excess > b.excess : a.name < b.name;
  });
  if (rising.size() > kRisingMax) rising.resize(kRisingMax);
  return rising;
}

Result<std::vector<std::pair<std::int64_t, std::string>>> Topics::find_completions() {
  const auto now = hour_of(parts_.clock.now_ms()), from = now - kHoursOfWeek + 1;
  std::vector<std::pair<std::int64_t, std::string>> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    found.clear();
    std::vector<std::string> names;
    FILOSCOPE_DO(session.query(
        "SELECT topic FROM search_topics WHERE kind = ? AND hour >= ? AND hour <= ? AND topic NOT "
        "IN (SELECT topic FROM search_hidden WHERE kind = ?) GROUP BY topic HAVING SUM(people) >= "
        "? "
        "ORDER BY MAX(people) DESC, topic LIMIT ?",
        {db(TopicKind::search), from, now, db(TopicKind::search), parts_.config[kRisingPeopleMin],
         kCompletionsMax},
        [&](const Row& row) { names.push_back(row.text(0)); }));
    for (auto& name : names) {
      FILOSCOPE_TRY(const auto people, people_since(session, {TopicKind::search, name}, from));
      FILOSCOPE_TRY(const bool known, is_known_to_all(session, name));
      if (known && people >= parts_.config[kRisingPeopleMin])
        found.emplace_back(people, std::move(name));
    }
    return {};
  }));
  std::sort(found.rbegin(), found.rend());
  return found;
}

Result<std::shared_ptr<const Topics::Told>> Topics::told() {
  const auto fresh = [this]() -> std::shared_ptr<const Told> {
    const auto now = parts_.clock.now_ms();
    Lock lock(mutex_);
    const bool good = told_ && told_->hidden_changes == hidden_changes_ && now >= told_->at_ms &&
                      now - told_->at_ms < kToldMs;
    return good ? told_ : nullptr;
  };
  if (auto there = fresh()) return there;
  std::lock_guard alone(refreshing_);
  if (auto there = fresh()) return there;
  auto made = std::make_shared<Told>();
  made->hidden_changes = hidden_changes_;
  made->at_ms = parts_.clock.now_ms();
  for (const auto kind : {TopicKind::hashtag, TopicKind::search}) {
    FILOSCOPE_TRY(made->rising[static_cast<std::size_t>(kind)], find_rising(kind));
  }
  FILOSCOPE_TRY(made->completions, find_completions());
  FILOSCOPE_TRY(made->hidden, hidden());
  Lock lock(mutex_);
  told_ = made;
  return told_;
}

Result<std::vector<Rising>> Topics::rising(TopicKind kind, std::size_t count) {
  FILOSCOPE_TRY(const auto now, told());
  auto list = now->rising[static_cast<std::size_t>(kind)];
  if (list.size() > count) list.resize(count);
  return list;
}

Result<std::vector<std::string>> Topics::completions(std::string_view beginning,
                                                     std::size_t count) {
  const auto from = topic_of(beginning);
  std::vector<std::string> found;
  if (from.empty()) return found;
  FILOSCOPE_TRY(const auto now, told());
  for (const auto& [people, name] : now->completions)
    if (found.size() < count && name.starts_with(from)) found.push_back(name);
  return found;
}

Result<bool> Topics::is_hidden(const Topic& topic) {
  FILOSCOPE_TRY(const auto now, told());
  return std::ranges::find(now->hidden, topic) != now->hidden.end();
}

Result<void> Topics::hide(const Topic& topic, bool on) {
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute(
        on ? "INSERT INTO search_hidden (kind, topic) VALUES (?, ?) ON CONFLICT DO NOTHING"
           : "DELETE FROM search_hidden WHERE kind = ? AND topic = ?",
        {db(topic.kind), topic.name}));
    return {};
  }));
  ++hidden_changes_;
  return {};
}

Result<std::vector<Topic>> Topics::hidden() {
  std::vector<Topic> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    found.clear();
    return session.query("SELECT kind, topic FROM search_hidden ORDER BY kind, topic", {},
                         [&](const Row& row) {
                           found.push_back({static_cast<TopicKind>(row.integer(0)), row.text(1)});
                         });
  }));
  return found;
}

}  // namespace filoscope::search
