#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "api/reasons.h"
#include "api/routes.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::size_t kIdsMax = 2000;

Result<engine::Mode> parse_mode(const std::string& name, const accounts::Viewer& viewer) {
  if (name == "following") return engine::Mode::following;
  if (name == "not_profiled") return engine::Mode::not_profiled;
  // Her choice persists: who switched profiling off is not profiled, whatever a page asks for.
  if (name.empty() || name == "for_you")
    return viewer.feed_mode == "not_profiled" ? engine::Mode::not_profiled : engine::Mode::for_you;
  return Error(reason("field_not_one_of"), "for_you, following or not_profiled").at("mode");
}

Result<std::vector<VideoId>> ids_of(const Request& request, std::string_view name) {
  std::vector<VideoId> ids;
  const std::string text = query_text(request, name);
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const auto id = VideoId::parse(rest.substr(0, comma));
    if (!id || ids.size() >= kIdsMax) return Error(reason("field_no_ids"), kIdsMax).at(name);
    ids.push_back(*id);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return ids;
}

/// Those of the named kinds that can be shown; videos where none are named. A kind that is not
/// known here is one that there is nothing of. Errors: invalid_argument (all are such).
Result<engine::KindSet> kinds_of(const Request& request) {
  const std::string named = "," + query_text(request, "kinds") + ",";
  if (named == ",,") return engine::kVideosOnly;
  engine::KindSet kinds = 0;
  for (std::size_t kind = 0; kind < catalog::kKindsCount; ++kind) {
    const auto name = catalog::to_string(static_cast<catalog::Kind>(kind));
    if (named.find("," + std::string(name) + ",") != std::string::npos) kinds |= 1U << kind;
  }
  kinds &= shown_kinds();
  if (kinds == 0) return Error(reason("field_not_one_of"), "video").at("kinds");
  return kinds;
}

Result<Response> answer(const Api& api, const Request& request) {
  bool made_guest = false;
  feed::FeedRequest asked;
  FILOSCOPE_TRY(asked.limit, limit_of(request, 8, 20));
  FILOSCOPE_TRY(asked.held, ids_of(request, "held"));
  FILOSCOPE_TRY(asked.shown, ids_of(request, "shown"));
  asked.cursor = query_text(request, "cursor");
  FILOSCOPE_TRY(asked.kinds, kinds_of(request));
  FILOSCOPE_DO(parse_mode(query_text(request, "mode"), {}));
  FILOSCOPE_TRY(const auto caller, api.auth.person_or_new_guest(request, &made_guest));
  FILOSCOPE_TRY(asked.mode, parse_mode(query_text(request, "mode"), caller.viewer));
  FILOSCOPE_TRY(const auto made, api.services.feed.answer(caller.viewer, asked));
  FILOSCOPE_TRY(auto items, encode_items(api.services, caller.viewer, made.items));
  json body = {{"request_id", made.request.text()},
               {"mode", engine::to_string(made.mode)},
               {"log_position", made.log_position},
               {"exhausted", made.exhausted},
               {"items", items},
               {"cursor", text_or_null(made.cursor)}};
  if (made_guest) body["guest_token"] = caller.token;
  auto response = json_response(body);
  if (made_guest) api.auth.give_cookies(request, caller.token, response);
  return response;
}

/// Errors: invalid_argument: this one event is rejected.
Result<feed::ClientEvent> parse_event(const json& value) {
  if (!value.is_object()) return Error(reason("event_no_object"));
  feed::ClientEvent event;
  FILOSCOPE_TRY(event.event_id, required_text(value, "event_id", 64));
  FILOSCOPE_TRY(event.impression_token, required_text(value, "impression_token", 400));
  FILOSCOPE_TRY(event.event, required_text(value, "event", 40));
  constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
  FILOSCOPE_TRY(const auto watch_ms, integer_field(value, "watch_ms", 0, day_ms));
  FILOSCOPE_TRY(const auto loops, integer_field(value, "loops", 0, 60000));
  FILOSCOPE_TRY(const auto sound, flag_field(value, "sound"));
  FILOSCOPE_TRY(const auto ended, text_field(value, "ended", 20));
  FILOSCOPE_TRY(const auto at_ms, integer_field(value, "at_ms", 0, INT64_MAX));
  event.watch_ms = watch_ms.value_or(0);
  event.loops = static_cast<int>(loops.value_or(0));
  event.sound = sound.value_or(false);
  event.ended = ended.value_or("");
  event.at_ms = at_ms.value_or(0);
  const auto ranges = value.find("watched");
  if (ranges == value.end() || ranges->is_null()) return event;
  if (!ranges->is_array() || ranges->size() > 200)
    return Error(reason("watched_no_list")).at("watched");
  for (const auto& range : *ranges) {
    if (!range.is_array() || range.size() != 2 || !range[0].is_number() || !range[1].is_number()) {
      return Error(reason("watched_no_range")).at("watched");
    }
    const auto milliseconds = [](const json& number) {
      return static_cast<std::int64_t>(std::clamp(number.get<double>(), -1.0, 1e12));
    };
    event.watched.push_back({milliseconds(range[0]), milliseconds(range[1])});
  }
  return event;
}

Result<Response> take_events(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto body, read_object(request));
  const auto list = body.find("events");
  if (list == body.end() || !list->is_array()) return Error(reason("events_no_list")).at("events");
  const auto count_max = static_cast<std::size_t>(api.services.config[feed::kEventsPerCallMax]);
  if (list->size() > count_max) return Error(reason("events_too_many"), count_max).at("events");
  std::vector<feed::ClientEvent> events;
  std::vector<int> places;  // in the caller's list
  std::vector<feed::EventsAnswer::Rejected> rejected;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto event = parse_event((*list)[i]);
    if (event.has_value()) {
      events.push_back(*std::move(event));
      places.push_back(static_cast<int>(i));
    } else {
      rejected.push_back({static_cast<int>(i), event.error()});
    }
  }
  FILOSCOPE_TRY(const auto taken, api.services.feed.take_events(caller.viewer, events));
  for (const auto& one : taken.rejected)
    rejected.push_back({places[static_cast<std::size_t>(one.index)], one.error});
  std::sort(rejected.begin(), rejected.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  json problems = json::array();
  for (const auto& one : rejected)
    problems.push_back({{"index", one.index},
                        {"problem", one.error.message},
                        {"reason", one.error.reason},
                        {"arguments", arguments_json(one.error.arguments)}});
  return json_response({{"accepted", taken.accepted},
                        {"duplicate", taken.duplicate},
                        {"rejected", problems},
                        {"learned", taken.learned}},
                       202);
}

json encode_decision_item(const feed::DecisionView& view, std::size_t index, const json& attended) {
  const auto& item = view.decision.items[index];
  const auto& reason = view.reasons[index];
  json routes = json::array(), heads = json::array();
  for (std::size_t route = 0; route < engine::kRoutesCount; ++route) {
    if ((item.routes >> route & 1U) != 0)
      routes.push_back(engine::to_string(static_cast<engine::Route>(route)));
  }
  for (std::size_t head = 0; view.recorded && head < engine::kHeadsCount; ++head) {
    const double probability = item.probabilities[head], weight = view.decision.weights[head];
    heads.push_back({{"head", engine::to_string(static_cast<engine::Head>(head))},
                     {"probability", probability},
                     {"weight", weight},
                     {"contribution", probability * weight}});
  }
  const auto recorded = [&](auto value) { return view.recorded ? json(value) : json(); };
  return {{"video_id", item.video.text()},
          {"kind", catalog::to_string(static_cast<catalog::Kind>(item.kind))},
          {"position", recorded(index)},
          {"route", item.routes == 0 ? "" : engine::to_string(item.route)},
          {"routes", routes},
          {"propensity", recorded(item.propensity)},
          {"exploration", item.route == engine::Route::exploration},
          {"repeat", item.repeat},
          {"value", recorded(item.value)},
          {"reason", {{"code", reason.code}, {"value", reason.value}, {"count", reason.count}}},
          {"heads", heads},
          {"attended", attended}};
}

/// By the id of an answer, or by the impression token of one of its videos.
Result<feed::DecisionView> asked_decision(const Api& api, const Request& request,
                                          const accounts::Viewer& viewer) {
  const auto& name = request.parameters.find("request_id")->second;
  if (!RequestId::parse(name)) return api.services.feed.why(viewer, name);
  FILOSCOPE_TRY(const auto id, id_parameter<RequestId>(request, "request_id"));
  return api.services.feed.decision(viewer, id);
}

Result<Response> decision(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const auto view, asked_decision(api, request, caller.viewer));
  json attended = json::array(), items = json::array();
  for (std::size_t i = 0; i < view.decision.history.size(); ++i) {
    const auto& caption = view.attended_captions[i];
    attended.push_back({{"video_id", view.decision.history[i].video.text()},
                        {"weight", view.decision.history[i].weight},
                        {"caption", caption ? json(*caption) : json()},
                        {"action", view.attended_actions[i]}});
  }
  for (std::size_t i = 0; i < view.decision.items.size(); ++i)
    items.push_back(encode_decision_item(view, i, attended));
  const auto& id = view.decision.request;
  json counterfactual;
  if (view.counterfactual) {
    const auto& [without, caption, action, place, place_without] = *view.counterfactual;
    counterfactual = {{"video_id", without.text()},
                      {"caption", caption},
                      {"action", action},
                      {"place", place},
                      {"place_without", place_without == 0 ? json() : json(place_without)}};
  }
  return json_response(
      {{"request_id", id ? json(id.text()) : json()},
       {"mode", engine::to_string(view.decision.mode)},
       {"surface", engine::to_string(view.surface)},
       {"recorded", view.recorded},
       {"learned", view.learned},
       {"counterfactual", counterfactual},
       {"at_ms", view.at_ms},
       {"log_position", view.recorded ? json(view.decision.read_position) : json()},
       {"items", items}});
}

}  // namespace

void add_feed_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  router.add(kind_of(Work::feed, "GET", base + "/feed", handler(api, answer)));
  router.add({"POST", base + "/events", handler(api, take_events), 256 << 10});
  router.add({"GET", base + "/decisions/{request_id}", handler(api, decision)});
}

}  // namespace filoscope::api
