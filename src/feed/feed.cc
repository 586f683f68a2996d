#include "feed/feed.h"

#include <algorithm>

#include "engine/reasons.h"
#include "feed/feed_impl.h"
#include "feed/token.h"
#include "feed/weights_store.h"
#include "feed/wishes.h"

namespace filoscope::feed {
namespace {

constexpr int kItemsMax = 20;
constexpr std::size_t kHeldMax = 64;
constexpr std::size_t kShownMax = 2'000;
constexpr int kRanksMax = 4;
constexpr std::int64_t kGuestRecordsDays = 7;  ///< kept behind a guest's end

/// What the tokens of these items say.
std::vector<Impression> tokens_of(const crypto::Key& key, const std::vector<Item>& items) {
  std::vector<Impression> impressions;
  for (const auto& item : items) {
    if (const auto read = read_token(key, item.impression_token)) impressions.push_back(*read);
  }
  return impressions;
}

}  // namespace

Result<std::unique_ptr<Feed>> Feed::open(const Parts& parts) {
  FILOSCOPE_DO(migrate_store(parts.database));
  const auto is_here = [&accounts = parts.accounts](Session& session,
                                                    PersonKey person) -> Result<bool> {
    const auto needed = accounts.need_person(session, person);
    if (!needed && needed.error().code != Code::unauthenticated) return needed.error();
    return needed.has_value();
  };
  FILOSCOPE_TRY(auto life, EngineHost::open({parts.database, parts.log, parts.clock, parts.config,
                                             std::filesystem::path(parts.data_folder) / "engine",
                                             engine::EngineOptions(), is_here}));
  FILOSCOPE_DO(take_weights_setting(parts, *life));
  parts.accounts.on_delete([&clock = parts.clock, &config = parts.config](
                               Session& session, AccountId account,
                               PersonKey person) -> Result<void> {
    // An hour for the sweep that finds it and for doing it.
    const auto wait_ms = account ? (std::max<std::int64_t>(config[kErasureHours], 1) - 1) * kHourMs
                                 : kGuestRecordsDays * 24 * kHourMs;
    FILOSCOPE_DO(delete_wishes_for(session, account));
    return delete_person(session, person, clock.now_ms() + wait_ms);
  });
  return std::unique_ptr<Feed>(std::make_unique<FeedImpl>(parts, std::move(life)));
}

Result<engine::RankRequest> FeedImpl::ask(const accounts::Viewer& viewer,
                                          const FeedRequest& request) const {
  if (request.limit < 1 || request.limit > kItemsMax)
    return Error(engine::reason("feed_count_out_of_range"), kItemsMax);
  if (request.held.size() > kHeldMax) return Error(engine::reason("too_many_held_clips"), kHeldMax);
  if (request.shown.size() > kShownMax)
    return Error(engine::reason("too_many_shown_clips"), kShownMax);
  engine::RankRequest asked;
  asked.at_ms = parts_.clock.now_ms();
  while (!asked.request) asked.request.value = crypto::random_u64();
  asked.person = viewer.person;
  asked.mode = request.mode;
  if (!viewer.person && asked.mode == engine::Mode::for_you) {
    asked.mode = engine::Mode::not_profiled;
  }
  asked.count = static_cast<std::size_t>(request.limit);
  // Without profiling equal people get equal answers, so chance must not tell them apart.
  asked.seed = asked.mode == engine::Mode::for_you ? crypto::random_u64() : 0;
  asked.language = engine::language_key(viewer.language);
  asked.age = viewer.age;
  asked.kinds = request.kinds;
  asked.held = request.held;
  asked.shown = request.shown;
  asked.cursor = request.cursor;
  return asked;
}

Result<FeedImpl::Served> FeedImpl::rank_visible(const accounts::Viewer& viewer,
                                                engine::RankRequest asked) {
  for (int i = 1;; ++i) {
    const auto start_us = parts_.clock.mono_us();
    FILOSCOPE_TRY(auto ranking, host_->engine().rank(asked));
    probe_.rank_seconds.observe_s(static_cast<double>(parts_.clock.mono_us() - start_us) * 1e-6);
    std::vector<EntryId> ids;
    for (const auto& item : ranking.items) ids.push_back(item.video);
    FILOSCOPE_TRY(auto entries, parts_.catalog.entries(ids));
    std::erase_if(entries, [&](const auto& entry) {
      return !parts_.catalog.may_see(viewer, entry) || entry.owner == viewer.account;
    });
    const auto room = kHeldMax - std::min(kHeldMax, asked.held.size());
    const auto is_there = [&](EntryId id) {
      return std::any_of(entries.begin(), entries.end(),
                         [&](const auto& entry) { return entry.id == id; });
    };
    if (entries.size() == ids.size() || i == kRanksMax || ids.size() - entries.size() > room) {
      std::erase_if(ranking.items, [&](const auto& item) { return !is_there(item.video); });
      return Served{std::move(asked), std::move(ranking), std::move(entries)};
    }
    probe_.asked_again.add();
    for (const auto id : ids) {
      if (!is_there(id)) asked.held.push_back(id);
    }
  }
}

Result<void> FeedImpl::record(const Served& served, std::int64_t at_ms) {
  if (served.ranking.decision.body.empty()) return {};
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(parts_.accounts.need_person(session, served.asked.person));
    std::array records{served.ranking.features, served.ranking.decision};  // whose token it is
    for (auto& record : records) record.at_ms = at_ms;
    FILOSCOPE_TRY(const auto token, parts_.log.append(session, records));
    return insert_decision(
        session, {served.asked.request, served.asked.person, served.asked.mode, at_ms, token});
  });
}

Result<std::vector<Item>> FeedImpl::join(const accounts::Viewer& viewer,
                                         std::vector<catalog::Entry> entries,
                                         const Impression& pattern,
                                         std::span<const engine::DecisionItem> ranked) {
  std::vector<EntryId> ids;
  std::vector<AccountId> owners;
  for (const auto& entry : entries) {
    ids.push_back(entry.id);
    if (std::find(owners.begin(), owners.end(), entry.owner) == owners.end())
      owners.push_back(entry.owner);
  }
  std::unordered_map<AccountId, accounts::Account> by_id;
  FILOSCOPE_TRY(auto found, parts_.accounts.get_many(owners));
  for (auto& account : found) by_id.emplace(account.id, std::move(account));
  FILOSCOPE_TRY(const auto counts, parts_.social.counts(ids));
  FILOSCOPE_TRY(const auto marks, parts_.social.marks(viewer, ids));
  std::vector<Item> items;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto& entry = entries[i];
    const auto owner = by_id.find(entry.owner);
    if (owner == by_id.end()) continue;  // deleted a moment ago
    Item& item = items.emplace_back();
    item.owner = owner->second;
    item.counts = i < counts.size() ? counts[i] : social::Counts{};
    item.marks = i < marks.size() ? marks[i] : social::Marks{};
    Impression impression = pattern;
    impression.entry = entry.id;
    impression.kind = entry.kind;
    const auto place = std::find_if(ranked.begin(), ranked.end(),
                                    [&](const auto& each) { return each.video == entry.id; });
    if (place != ranked.end()) {
      impression.route = place->route;
      item.route = engine::to_string(place->route);
      item.repeat = place->repeat;
    }
    item.impression_token = make_token(parts_.key, impression);
    item.entry = std::move(entry);
  }
  return items;
}

/// Where the record cannot be written watching goes on, without a profile and without a record.
Result<void> FeedImpl::settle(const accounts::Viewer& viewer, Served& served, Impression& pattern) {
  if (!pattern.recorded) return {};
  const auto done = record(served, served.asked.at_ms);
  if (done) return {};
  const Code code = done.error().code;
  if (code != Code::unavailable && code != Code::exhausted && code != Code::deadline) return done;
  probe_.unrecorded.add();
  pattern.recorded = false;
  if (served.asked.mode != engine::Mode::for_you) return {};  // following uses no profile
  served.asked.mode = engine::Mode::not_profiled;
  served.asked.seed = 0;
  auto plain = rank_visible(viewer, served.asked);
  if (!plain && plain.error().code == Code::invalid_argument) {  // a cursor of another mode
    served.asked.cursor.clear();
    plain = rank_visible(viewer, served.asked);
  }
  FILOSCOPE_TRY(served, std::move(plain));
  return {};
}

Result<FeedAnswer> FeedImpl::answer(const accounts::Viewer& viewer, const FeedRequest& request) {
  const auto start_us = parts_.clock.mono_us();
  FILOSCOPE_DO(answer_rates_.take(viewer.person, 1, start_us));
  FILOSCOPE_TRY(auto asked, ask(viewer, request));
  FILOSCOPE_TRY(auto served, rank_visible(viewer, std::move(asked)));
  Impression pattern;
  pattern.request = served.asked.request;
  pattern.person = viewer.person;
  pattern.surface =
      served.asked.mode == engine::Mode::following ? Surface::following : Surface::feed;
  pattern.issued_ms = served.asked.at_ms;
  pattern.profiled = served.asked.mode != engine::Mode::not_profiled;
  pattern.learned = viewer.learns;
  pattern.recorded = pattern.profiled && viewer.kept && viewer.learns;
  FILOSCOPE_DO(settle(viewer, served, pattern));
  FeedAnswer answer;
  FILOSCOPE_TRY(answer.items,
                join(viewer, std::move(served.entries), pattern, served.ranking.items));
  if (!pattern.recorded) {
    unrecorded_.keep(pattern.request, pattern.person, tokens_of(parts_.key, answer.items));
  }
  answer.request = served.asked.request;
  answer.mode = served.asked.mode;
  answer.log_position = served.ranking.position;
  answer.exhausted = served.ranking.exhausted;
  answer.cursor = std::move(served.ranking.cursor);
  const auto waited_us = parts_.clock.mono_us() - start_us;
  probe_.answer_seconds.observe_s(static_cast<double>(waited_us) * 1e-6);
  readings_.note_answer(served.ranking.items, answer.items, waited_us);
  return answer;
}

Result<EventsAnswer> FeedImpl::take_events(const accounts::Viewer& viewer,
                                           std::span<const ClientEvent> events) {
  const auto start_us = parts_.clock.mono_us();
  FILOSCOPE_DO(
      event_rates_.take(viewer.person, static_cast<std::int64_t>(events.size()), start_us));
  FILOSCOPE_TRY(auto answer, intake_.take(viewer, events));
  answer.learned = host_->learns();
  probe_.events_seconds.observe_s(static_cast<double>(parts_.clock.mono_us() - start_us) * 1e-6);
  probe_.events_accepted.add(answer.accepted);
  probe_.events_duplicate.add(answer.duplicate);
  probe_.events_rejected.add(static_cast<double>(answer.rejected.size()));
  readings_.note_events(answer.accepted);
  return answer;
}

Result<std::vector<Item>> FeedImpl::items(const accounts::Viewer& viewer,
                                          std::vector<catalog::Entry> entries, Surface surface) {
  std::erase_if(entries, [&](const auto& entry) { return !parts_.catalog.may_see(viewer, entry); });
  Impression pattern;
  pattern.person = viewer.person;
  pattern.surface = surface;
  pattern.issued_ms = parts_.clock.now_ms();
  pattern.profiled = viewer.feed_mode != "not_profiled";
  pattern.learned = viewer.learns;
  pattern.recorded = false;
  return join(viewer, std::move(entries), pattern, {});
}

Result<Impression> FeedImpl::check_token(const accounts::Viewer& viewer,
                                         std::string_view token) const {
  return check_impression(parts_.key, viewer, token, parts_.clock.now_ms(),
                          parts_.config[kTokenHours]);
}

How FeedImpl::how() const {
  const auto& config = parts_.config;
  How how;
  how.rules = host_->engine().rules();
  how.guest_hours = config[accounts::kGuestTtlHours];
  how.guest_records_days = kGuestRecordsDays;
  how.decision_days = config[kDecisionRetentionDays];
  how.log_days = config[kLogRetentionDays];
  how.erasure_hours = config[kErasureHours];
  return how;
}

Result<WeightsView> FeedImpl::weights() { return find_weights(parts_.database, *host_); }

Result<WeightsView> FeedImpl::set_weights(AccountId by, std::int64_t revision,
                                          const engine::HeadValues& weights) {
  FILOSCOPE_DO(change_weights(parts_, *host_, {by, revision, weights}));
  return find_weights(parts_.database, *host_);
}

EngineView FeedImpl::engine_view() const { return readings_.view(); }

}  // namespace filoscope::feed
