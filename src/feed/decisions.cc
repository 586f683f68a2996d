#include <fmt/format.h>

#include <algorithm>

#include "feed/feed_impl.h"
#include "feed/token.h"
#include "ports/reasons.h"

namespace filoscope::feed {
namespace {

constexpr std::size_t kLogBatch = 4096;
constexpr std::size_t kFindingsMax = 20;
constexpr std::size_t kCounterfactuals = 4;  ///< of the clips attended to most
constexpr auto kNowhere = ~std::size_t{0};

bool is_decision(const LogRecord& record) {
  return record.kind == static_cast<std::uint16_t>(engine::RecordKind::decision);
}

std::optional<catalog::Entry> pick(const std::vector<catalog::Entry>& videos, VideoId id) {
  for (const auto& video : videos) {
    if (video.id == id) return video;
  }
  return std::nullopt;
}

engine::Mode mode_of(const Impression& impression) {
  if (impression.surface == Surface::following) return engine::Mode::following;
  return impression.profiled ? engine::Mode::for_you : engine::Mode::not_profiled;
}

Result<DecisionView> not_hers() { return Error(reason("no_such_decision")); }

}  // namespace

Result<FeedImpl::Recorded> FeedImpl::read_decision(RequestId request) {
  FILOSCOPE_TRY(auto row, find_decision(parts_.database, request));
  if (!row) {
    return Error(reason("decision_not_kept"), request.text(),
                 parts_.config[kDecisionRetentionDays]);
  }
  FILOSCOPE_TRY(const auto record, parts_.log.find(row->token));
  if (!record && !parts_.log.keeps_up()) return Error(ports::reason("database_away"));
  if (!record) return Error(Code::corrupt, "the event log has lost the decision " + request.text());
  FILOSCOPE_TRY(auto decision, engine::decode<engine::Decision>(*record));
  return Recorded{std::move(*row), std::move(decision)};
}

Result<std::vector<AttendedVideo>> FeedImpl::attended(const accounts::Viewer& viewer,
                                                      const engine::Decision& decision) {
  std::vector<VideoId> ids;
  for (const auto& seen : decision.history) ids.push_back(seen.video);
  FILOSCOPE_TRY(const auto videos, parts_.catalog.entries(ids));
  FILOSCOPE_TRY(const auto plays, find_plays(parts_.database, viewer.person, ids));
  FILOSCOPE_TRY(const auto marks, parts_.social.marks(viewer, ids));
  std::vector<AttendedVideo> attended;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    AttendedVideo& each = attended.emplace_back();
    each.video = pick(videos, ids[i]);
    if (each.video && !parts_.catalog.may_see(viewer, *each.video)) each.video.reset();
    each.play = plays[i];
    if (i < marks.size()) each.marks = marks[i];
    each.weight = decision.history[i].weight;
  }
  return attended;
}

Result<void> FeedImpl::explain_items(const accounts::Viewer& viewer, DecisionView& view) {
  FILOSCOPE_TRY(const auto history, attended(viewer, view.decision));
  for (const auto& each : history) {
    auto& caption = view.attended_captions.emplace_back();
    if (each.video) caption = short_caption(*each.video);
    view.attended_actions.push_back(attended_action(each));
  }
  std::vector<VideoId> ids;
  for (const auto& item : view.decision.items) ids.push_back(item.video);
  FILOSCOPE_TRY(const auto videos, parts_.catalog.entries(ids));
  FILOSCOPE_TRY(const auto marks, parts_.social.marks(viewer, ids));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto video = pick(videos, ids[i]);
    if (video && !parts_.catalog.may_see(viewer, *video)) video.reset();
    std::string handle;
    if (video) {
      if (const auto author = parts_.accounts.get(video->owner)) handle = author->handle;
    }
    view.reasons.push_back(reason_of(view.decision.mode, view.decision.items[i], video, handle,
                                     i < marks.size() && marks[i].liked, history));
  }
  return {};
}

Result<DecisionView> FeedImpl::decision(const accounts::Viewer& viewer, RequestId request) {
  FILOSCOPE_TRY(auto row, find_decision(parts_.database, request));
  if (!row) {
    const auto remembered = unrecorded_.find(request, viewer.person);
    if (remembered.empty()) return not_hers();
    return view_of(viewer, remembered);
  }
  if (!viewer.person || row->person != viewer.person) return not_hers();
  FILOSCOPE_TRY(auto recorded, read_decision(request));
  DecisionView view;
  view.decision = std::move(recorded.decision);
  view.at_ms = recorded.row.at_ms;
  FILOSCOPE_DO(explain_items(viewer, view));
  return view;
}

Result<DecisionView> FeedImpl::view_of(const accounts::Viewer& viewer,
                                       std::span<const Impression> impressions) {
  const Impression& first = impressions.front();
  DecisionView view;
  view.at_ms = first.issued_ms;
  view.surface = first.surface;
  view.recorded = false;
  view.learned = first.learned;
  view.decision.request = first.request;
  view.decision.mode = mode_of(first);
  std::vector<VideoId> ids;
  for (const auto& impression : impressions) ids.push_back(impression.entry);
  FILOSCOPE_TRY(const auto videos, parts_.catalog.entries(ids));
  for (const auto& impression : impressions) {
    engine::DecisionItem item;
    item.video = impression.entry;
    item.kind = static_cast<std::uint8_t>(impression.kind);
    if (impression.route) {
      item.route = *impression.route;
      item.routes = static_cast<std::uint16_t>(1U << static_cast<unsigned>(item.route));
      item.repeat = item.route == engine::Route::repeat;
    }
    const auto video = pick(videos, impression.entry);
    std::string handle;
    if (video && parts_.catalog.may_see(viewer, *video)) {
      if (const auto author = parts_.accounts.get(video->owner)) handle = author->handle;
    }
    view.decision.items.push_back(std::move(item));
    view.reasons.push_back(reason_of(impression, handle));
  }
  return view;
}

Result<DecisionView> FeedImpl::why(const accounts::Viewer& viewer, std::string_view token) {
  const auto impression = read_token(parts_.key, token);
  if (!impression || impression->person != viewer.person) return not_hers();
  auto view = impression->request ? decision(viewer, impression->request) : not_hers();
  if (!view && view.error().code == Code::not_found) view = view_of(viewer, {&*impression, 1});
  const bool chosen_for_her = impression->surface == Surface::feed && impression->request &&
                              mode_of(*impression) == engine::Mode::for_you;
  if (!view || !chosen_for_her) return view;
  if (!answer_rates_.take(viewer.person, kCounterfactuals, parts_.clock.mono_us())) return view;
  FILOSCOPE_TRY(view->counterfactual, counterfactual(viewer, impression->entry));
  return view;
}

Result<std::optional<Counterfactual>> FeedImpl::counterfactual(const accounts::Viewer& viewer,
                                                               EntryId entry) {
  engine::RankRequest request;
  request.person = viewer.person, request.at_ms = parts_.clock.now_ms();
  request.language = engine::language_key(viewer.language), request.age = viewer.age;
  const auto& engine = host_->engine();
  const auto offer = engine.offer(request, entry);
  FILOSCOPE_TRY(auto decided, engine::decode<engine::Decision>(offer.decision));
  auto& history = decided.history;
  std::erase_if(history, [entry](const auto& one) { return one.video == entry; });
  std::stable_sort(history.begin(), history.end(),
                   [](const auto& a, const auto& b) { return a.weight > b.weight; });
  history.resize(std::min(history.size(), kCounterfactuals));
  std::vector<VideoId> asked;
  for (const auto& one : history) asked.push_back(one.video);
  const auto places = engine.places(request, entry, asked);
  if (!places.place) return std::optional<Counterfactual>();
  std::size_t worst = *places.place, at = asked.size();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto place = places.without[i].value_or(kNowhere);
    if (place > worst) worst = place, at = i;
  }
  if (at == asked.size()) return std::optional<Counterfactual>();
  FILOSCOPE_TRY(const auto seen, attended(viewer, decided));
  if (!seen[at].video) return std::optional<Counterfactual>();
  return std::optional(Counterfactual{
      asked[at], short_caption(*seen[at].video), attended_action(seen[at]),
      static_cast<int>(*places.place) + 1, worst == kNowhere ? 0 : static_cast<int>(worst) + 1});
}

Result<void> FeedImpl::execute_again(const engine::Engine& engine, const Recorded& recorded,
                                     Reexecution& answer) {
  const auto request = engine::request_of(recorded.row.person, recorded.decision);
  FILOSCOPE_TRY(const auto ranking, engine.rank(request));
  FILOSCOPE_TRY(const auto again, engine::decode<engine::Decision>(ranking.decision));
  // Both as this release writes them: the record may be of an older format.
  answer.same =
      ranking.decision.body == engine::encode(recorded.row.person, recorded.decision).body;
  for (const auto& item : again.items) answer.again.push_back(item.video);
  return {};
}

Result<Feed::Reexecution> FeedImpl::explain(RequestId request) {
  FILOSCOPE_TRY(auto recorded, read_decision(request));
  Reexecution answer;
  const auto engine = host_->at(recorded.decision.read_position, false);
  if (engine) {
    FILOSCOPE_DO(execute_again(**engine, recorded, answer));
  } else if (engine.error().code == Code::not_found) {
    answer.reexecuted = false;
    answer.why_not = engine.error().message;
  } else {
    return engine.error();
  }
  accounts::Viewer viewer;
  viewer.person = recorded.row.person;
  if (const auto account = parts_.accounts.account_of(viewer.person)) {
    viewer.account = *account;
  }
  answer.recorded.decision = std::move(recorded.decision);
  answer.recorded.at_ms = recorded.row.at_ms;
  FILOSCOPE_DO(explain_items(viewer, answer.recorded));
  return answer;
}

Result<bool> FeedImpl::has_decision(const DecisionPlace& place) {
  FILOSCOPE_TRY(const auto record, parts_.log.find(place.token));
  if (!record || !is_decision(*record)) return false;
  const auto decision = engine::decode<engine::Decision>(*record);
  return decision && decision->request == place.request;
}

Result<std::vector<std::string>> FeedImpl::verify() {
  FILOSCOPE_TRY(auto findings, host_->verify());
  OutboxToken after = 0;
  while (findings.size() < kFindingsMax) {
    std::vector<DecisionPlace> places;
    FILOSCOPE_DO(parts_.database.read([&](Session& session) {
      places.clear();
      return session.query(
          "SELECT request, token FROM feed_decisions WHERE token > ? ORDER BY token LIMIT ?",
          {after, static_cast<std::int64_t>(kLogBatch)}, [&](const Row& row) {
            places.push_back({RequestId::from_db(row.integer(0)), row.integer(1)});
          });
    }));
    if (places.empty()) break;
    after = places.back().token;
    for (const auto& place : places) {
      FILOSCOPE_TRY(const bool good, has_decision(place));
      if (good || findings.size() >= kFindingsMax) continue;
      findings.push_back(
          fmt::format("the decision {} is not in the event log where it was put ({})",
                      place.request.text(), place.token));
    }
  }
  return findings;
}

}  // namespace filoscope::feed
