#include "feed/intake.h"

#include <algorithm>

#include "feed/reasons.h"
#include "feed/token.h"

namespace filoscope::feed {
namespace {

constexpr std::size_t kEventIdCharactersMax = 64;
constexpr std::size_t kRangesMax = 32;
constexpr int kLoopsMax = 10'000;
constexpr std::int64_t kWatchSlackMs = 5'000;     ///< clocks of devices and a started loop
constexpr std::int64_t kDurationSlackMs = 1'000;  ///< players round up to a frame or a segment
constexpr std::int64_t kFutureSlackMs = 60'000;   ///< the server's clock may be set back
constexpr std::int64_t kViewMs = 1'000;
constexpr std::int64_t kViewAgainMs = 6LL * 3'600'000;

bool is_fact(engine::EventType type) {
  switch (type) {
    case engine::EventType::like:
    case engine::EventType::unlike:
    case engine::EventType::save:
    case engine::EventType::follow:
    case engine::EventType::share:
    case engine::EventType::not_interested:
    case engine::EventType::report:
      return true;
    default:
      return false;
  }
}

/// Errors that say nothing about the event: the whole call is to be tried again.
bool passing(Code code) {
  return code == Code::exhausted || code == Code::unavailable || code == Code::deadline ||
         code == Code::corrupt || code == Code::internal;
}

Result<engine::WatchEnd> parse_end(std::string_view text) {
  if (text.empty()) return engine::WatchEnd::unknown;
  if (text == "swipe") return engine::WatchEnd::swipe;
  if (text == "ended") return engine::WatchEnd::ended;
  if (text == "hidden") return engine::WatchEnd::hidden;
  if (text == "closed") return engine::WatchEnd::closed;
  if (text == "error") return engine::WatchEnd::error;
  return Error(reason("event_end_unknown"));
}

/// Sorted and merged. Errors: invalid_argument.
Result<std::vector<std::array<std::uint32_t, 2>>> check_ranges(
    std::vector<std::array<std::int64_t, 2>> ranges, std::int64_t duration_ms) {
  if (ranges.size() > kRangesMax) {
    return Error(reason("event_too_many_ranges"), ranges.size(), kRangesMax);
  }
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::array<std::uint32_t, 2>> merged;
  for (const auto& [from, to] : ranges) {
    if (from < 0 || from >= to || to > duration_ms + kDurationSlackMs) {
      return Error(reason("event_range_impossible"), from, to, duration_ms);
    }
    const auto begin = static_cast<std::uint32_t>(from);
    const auto end = static_cast<std::uint32_t>(to);
    if (!merged.empty() && begin <= merged.back()[1]) {
      merged.back()[1] = std::max(merged.back()[1], end);
    } else {
      merged.push_back({begin, end});
    }
  }
  return merged;
}

Result<void> check_watch(const ClientEvent& event, std::int64_t duration_ms,
                         std::int64_t since_issue_ms) {
  if (event.loops < 0 || event.loops > kLoopsMax)
    return Error(reason("event_loops_out_of_range"), kLoopsMax);
  if (event.watch_ms < 0) return Error(reason("event_watch_negative"));
  if (event.watch_ms > since_issue_ms + kWatchSlackMs)
    return Error(reason("event_watch_before_handed_out"), event.watch_ms, since_issue_ms);
  const std::int64_t played_ms = duration_ms * (event.loops + 1) + kWatchSlackMs;
  if (event.watch_ms > played_ms) {
    return Error(reason("event_watch_longer_than_played"), event.watch_ms, event.loops,
                 duration_ms);
  }
  return {};
}

/// Without a person, ids are told apart by the token they came with.
std::int64_t id_scope(const accounts::Viewer& viewer, std::int64_t token_number) {
  return viewer.person ? viewer.person.db() : token_number;
}

}  // namespace

Result<Impression> check_impression(const crypto::Key& key, const accounts::Viewer& viewer,
                                    std::string_view token, std::int64_t now_ms,
                                    std::int64_t token_hours) {
  FILOSCOPE_TRY(const auto impression, read_token(key, token));
  if (impression.person != viewer.person)
    return Error(reason("impression_token_of_another_person"));
  if (impression.issued_ms > now_ms + kFutureSlackMs)
    return Error(reason("impression_token_from_future"));
  if (now_ms - impression.issued_ms > token_hours * 3'600'000)
    return Error(reason("impression_token_too_old"), token_hours);
  return impression;
}

Result<EventsAnswer> Intake::take(const accounts::Viewer& viewer,
                                  std::span<const ClientEvent> events) {
  const auto events_max = parts_.config[kEventsPerCallMax];
  if (static_cast<std::int64_t>(events.size()) > events_max) {
    return Error(reason("too_many_events_in_a_call"), events.size(), events_max);
  }
  const auto now_ms = parts_.clock.now_ms();
  EventsAnswer answer;
  std::vector<CheckedEvent> told;
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto checked = check(viewer, events[i], static_cast<int>(i), now_ms);
    if (checked) {
      told.push_back(*std::move(checked));
    } else if (passing(checked.error().code)) {
      return std::move(checked).error();
    } else {
      answer.rejected.push_back({static_cast<int>(i), std::move(checked).error()});
    }
  }
  std::stable_sort(told.begin(), told.end(),
                   [](const CheckedEvent& a, const CheckedEvent& b) { return a.at_ms < b.at_ms; });
  FILOSCOPE_TRY(const auto who, keep(viewer, told));
  for (std::size_t i = 0; i < told.size();) {
    if (is_fact(told[i].body.type)) {
      FILOSCOPE_DO(take_fact(who, told[i++], now_ms, answer));
      continue;
    }
    std::size_t end = i;
    while (end < told.size() && !is_fact(told[end].body.type)) ++end;
    FILOSCOPE_DO(take_plays(who, std::span(told).subspan(i, end - i), now_ms, answer));
    i = end;
  }
  std::sort(answer.rejected.begin(), answer.rejected.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  return answer;
}

Result<accounts::Viewer> Intake::keep(const accounts::Viewer& viewer,
                                      std::vector<CheckedEvent>& told) {
  const bool acts = std::any_of(told.begin(), told.end(), [](const CheckedEvent& each) {
    return each.profiled || is_fact(each.body.type);
  });
  if (!acts) return viewer;
  auto kept = parts_.accounts.keep_guest(viewer);
  if (kept) {
    accounts::Viewer who = viewer;
    who.kept = who.guest();
    return who;
  }
  if (kept.error().code != Code::exhausted) return std::move(kept).error();
  for (auto& each : told) each.profiled = false;
  accounts::Viewer nobody;
  nobody.language = viewer.language;
  return nobody;
}

Result<Intake::CheckedEvent> Intake::check(const accounts::Viewer& viewer, const ClientEvent& event,
                                           int index, std::int64_t now_ms) {
  if (event.event_id.empty() || event.event_id.size() > kEventIdCharactersMax)
    return Error(reason("event_id_length"), kEventIdCharactersMax);
  CheckedEvent told;
  told.index = index;
  told.event_id = event.event_id;
  told.at_ms = event.at_ms;
  const auto type = engine::parse_event_type(event.event);
  if (!type || *type == engine::EventType::unsave ||
      *type == engine::EventType::undo_not_interested) {
    return Error(reason("event_not_told_here"), event.event.substr(0, 40));
  }
  told.body.type = *type;
  FILOSCOPE_TRY(told.token, check_impression(parts_.key, viewer, event.impression_token, now_ms,
                                             parts_.config[kTokenHours]));
  told.token_number = token_number(event.impression_token);
  auto entry = parts_.catalog.entry(told.token.entry);
  if (!entry) {
    if (passing(entry.error().code)) return std::move(entry).error();
    return Error(reason("event_video_gone"));
  }
  if (!parts_.catalog.may_see(viewer, *entry)) return Error(reason("event_video_gone"));
  told.owner = entry->owner;
  told.own = viewer.account && entry->owner == viewer.account;
  told.profiled = told.token.profiled && told.token.learned && viewer.person && viewer.learns &&
                  viewer.feed_mode != "not_profiled";
  FILOSCOPE_TRY(told.body.ended, parse_end(event.ended));
  const auto since_issue_ms = std::max<std::int64_t>(0, now_ms - told.token.issued_ms);
  const auto length_ms = entry->duration_ms > 0 ? entry->duration_ms : since_issue_ms;
  FILOSCOPE_TRY(told.body.watched, check_ranges(event.watched, length_ms));
  FILOSCOPE_DO(check_watch(event, length_ms, since_issue_ms));
  told.body.video = told.token.entry;
  told.body.request = told.token.request;
  told.body.surface = told.token.surface;
  told.body.sound = event.sound;
  told.body.loops = static_cast<std::uint16_t>(event.loops);
  told.body.watch_ms = static_cast<std::uint32_t>(event.watch_ms);
  return told;
}

Result<void> Intake::take_plays(const accounts::Viewer& viewer, std::span<const CheckedEvent> run,
                                std::int64_t now_ms, EventsAnswer& answer) {
  int accepted = 0;
  std::vector<View> views;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    accepted = 0;
    views.clear();
    if (std::any_of(run.begin(), run.end(), [](const CheckedEvent& told) { return told.profiled; }))
      FILOSCOPE_DO(parts_.accounts.need_person(session, viewer.person));
    for (const auto& told : run) {
      FILOSCOPE_TRY(const bool fresh, take_play(session, viewer, told, now_ms, views));
      accepted += fresh ? 1 : 0;
    }
    return {};
  }));
  {
    Lock lock(mutex_);
    for (const auto& view : views) viewed_.put(view, now_ms);
  }
  answer.accepted += accepted;
  answer.duplicate += static_cast<int>(run.size()) - accepted;
  return {};
}

bool Intake::is_view(const accounts::Viewer& viewer, const CheckedEvent& told, const Play& play,
                     std::int64_t now_ms, const std::vector<View>& views) {
  const bool long_enough = play.watch_ms >= kViewMs || (play.flags & Play::complete) != 0;
  // Nobody in particular, and a play without an impression, are no views.
  if (!viewer.person || (play.flags & Play::impression) == 0 || !long_enough) return false;
  // Guests cost nothing to make: each must have a place, and her time must have passed.
  if (viewer.guest() && (!viewer.kept || now_ms - told.token.issued_ms < kViewMs)) return false;
  const View view{viewer.person, told.body.video};
  if (std::find(views.begin(), views.end(), view) != views.end()) return false;
  Lock lock(mutex_);
  const auto* last_ms = viewed_.find(view);
  return last_ms == nullptr || now_ms - *last_ms >= kViewAgainMs;
}

Result<bool> Intake::take_play(Session& session, const accounts::Viewer& viewer,
                               const CheckedEvent& told, std::int64_t now_ms,
                               std::vector<View>& views) {
  FILOSCOPE_TRY(const bool fresh, insert_event_id(session, id_scope(viewer, told.token_number),
                                                  told.event_id, now_ms));
  // An author's own plays and a comment's echo (its text is the fact) change nothing.
  if (!fresh || told.own || told.body.type == engine::EventType::comment) return fresh;
  FILOSCOPE_TRY(Play play, find_play(session, told.token_number));
  const Play before = play;
  play.video = told.body.video;
  bool tell = true;
  switch (told.body.type) {
    case engine::EventType::watch:
      tell = told.body.watch_ms > play.watch_ms || (play.flags & Play::watched) == 0;
      play.flags |= Play::watched;
      play.watch_ms = std::max<std::int64_t>(play.watch_ms, told.body.watch_ms);
      break;
    case engine::EventType::impression:
      play.flags |= Play::impression;
      tell = play.flags != before.flags;
      break;
    case engine::EventType::complete:
      play.flags |= Play::complete;
      tell = play.flags != before.flags;
      break;
    case engine::EventType::profile:
      play.flags |= Play::profile;
      tell = play.flags != before.flags;
      break;
    default:
      break;
  }
  if (!tell) return true;
  if ((play.flags & Play::counted) == 0 && is_view(viewer, told, play, now_ms, views)) {
    play.flags |= Play::counted;
    views.push_back({viewer.person, told.body.video});
    FILOSCOPE_DO(parts_.social.count_view(session, told.body.video));
  }
  const PersonKey person = told.profiled ? viewer.person : PersonKey{};
  FILOSCOPE_DO(put_play(session, told.token_number, person, play, now_ms));
  LogRecord record = engine::encode(person, told.body);
  record.at_ms = now_ms;
  FILOSCOPE_DO(parts_.log.append(session, std::span(&record, 1)));
  return true;
}

Result<void> Intake::take_fact(const accounts::Viewer& viewer, const CheckedEvent& told,
                               std::int64_t now_ms, EventsAnswer& answer) {
  const auto scope = id_scope(viewer, told.token_number);
  bool known = false;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(known, has_event_id(session, scope, told.event_id));
    return {};
  }));
  if (known) return ++answer.duplicate, Result<void>{};
  // The fact first, its id after: a crash between them tells the fact twice, which is one fact.
  if (auto done = tell_social(viewer, told); !done) {
    if (passing(done.error().code)) return done;
    answer.rejected.push_back({told.index, std::move(done).error()});
    return {};
  }
  bool fresh = true;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(fresh, insert_event_id(session, scope, told.event_id, now_ms));
    return {};
  }));
  ++(fresh ? answer.accepted : answer.duplicate);
  return {};
}

Result<void> Intake::tell_social(const accounts::Viewer& viewer, const CheckedEvent& told) {
  const social::Origin origin{told.body.request, told.body.surface, told.body.video,
                              told.token.learned};
  const VideoId video = told.body.video;
  auto& social = parts_.social;
  switch (told.body.type) {
    case engine::EventType::like:
    case engine::EventType::unlike:
      FILOSCOPE_DO(
          social.set_like(viewer, video, told.body.type == engine::EventType::like, origin));
      return {};
    case engine::EventType::save:
      FILOSCOPE_DO(social.set_save(viewer, video, true, origin));
      return {};
    case engine::EventType::follow:
      return social.follow(viewer, told.owner, true, origin);
    case engine::EventType::share:
      FILOSCOPE_DO(social.share(viewer, video, origin));
      return {};
    case engine::EventType::not_interested:
      return social.set_not_interested(viewer, video, true, origin);
    case engine::EventType::report: {
      social::Report report;
      report.video = video;
      report.reason = "other";
      return social.report(viewer, report, origin);
    }
    default:
      return Error(Code::internal, "an event was sent the wrong way");
  }
}

}  // namespace filoscope::feed
