#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "api/routes.h"
#include "base/log.h"
#include "feed/weights_store.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::size_t kHistoryPointsMax = 288;

/// The number as it was written, 0.3 and not what a float makes of it.
json plain(float value) { return json::parse(fmt::format("{}", value)); }

/// A value of each head, by its name.
json by_head(const engine::HeadValues& values) {
  json named;
  for (std::size_t head = 0; head < engine::kHeadsCount; ++head)
    named[std::string(to_string(static_cast<engine::Head>(head)))] = plain(values[head]);
  return named;
}

json encode_rules(const engine::FeedRules& rules) {
  json weights = json::array(), routes = json::array(), apart = json::array();
  for (std::size_t head = 0; head < engine::kHeadsCount; ++head)
    weights.push_back({{"head", to_string(static_cast<engine::Head>(head))},
                       {"weight", plain(rules.weights[head])}});
  for (const auto& rule : rules.routes)
    routes.push_back({{"route", to_string(rule.route)},
                      {"purpose", purpose_of(rule.route)},
                      {"candidates_share", rule.candidates_share}});
  for (const auto what : rules.apart) apart.push_back(to_string(what));
  return {{"weights", weights},
          {"routes", routes},
          {"candidates_max", rules.candidates_max},
          {"exploration_share", rules.exploration_share},
          {"first_audience",
           {{"impressions", rules.fresh_impressions},
            {"within_ms", rules.fresh_ms},
            {"slots_share", rules.fresh_share}}},
          {"spacing",
           {{"apart", apart},
            {"alike_count", rules.alike_count},
            {"screens", rules.screens},
            {"alike_most", rules.alike_most},
            {"alike_most_of_minors", rules.alike_most_of_minors}}},
          {"half_lives",
           {{"interests_ms", rules.interest_half_life_ms},
            {"counts_ms", rules.counters_half_life_ms},
            {"popularity_ms", rules.popularity_half_life_ms}}}};
}

Result<Response> how(const Api& api, const Request&) {
  const auto how = api.services.feed.how();
  auto body = encode_rules(how.rules);
  body["never_used"] = feed::kNeverUsed;
  body["guest"] = {{"forgotten_hours", how.guest_hours}, {"records_days", how.guest_records_days}};
  body["retention"] = {{"decisions_days", how.decision_days},
                       {"log_days", how.log_days},
                       {"erasure_hours", how.erasure_hours}};
  return json_response(body);
}

json encode_bins(const engine::Calibration& calibration) {
  json bins = json::array();
  const auto& edges = engine::Calibration::kEdges;
  for (std::size_t i = 0; i < engine::Calibration::kBins; ++i) {
    const auto& bin = calibration.bins()[i];
    const auto mean = [&](double sum) { return bin.count > 0 ? json(sum / bin.count) : json(); };
    bins.push_back({{"from", i == 0 ? json(0) : plain(edges[i - 1])},
                    {"to", i == edges.size() ? json(1) : plain(edges[i])},
                    {"count", std::llround(bin.count)},
                    {"predicted", mean(bin.predicted)},
                    {"happened", mean(bin.happened)}});
  }
  return bins;
}

json encode_heads(const engine::EngineStats& stats) {
  json heads = json::array();
  for (std::size_t head = 0; head < engine::kHeadsCount; ++head) {
    const auto sum = stats.calibration[head].sum();
    const auto of_scored = [&](double value) { return sum.count > 0 ? json(value) : json(); };
    heads.push_back({{"head", to_string(static_cast<engine::Head>(head))},
                     {"loss", of_scored(static_cast<double>(stats.prequential_loss[head]))},
                     {"loss_lately", of_scored(static_cast<double>(stats.loss_lately[head]))},
                     {"count", std::llround(sum.count)},
                     {"predicted", of_scored(sum.predicted / sum.count)},
                     {"happened", of_scored(sum.happened / sum.count)},
                     {"bins", encode_bins(stats.calibration[head])}});
  }
  return heads;
}

json encode_guard(const engine::GuardStats& guard) {
  const auto last = guard.rollbacks_count > 0 ? json{{"at_ms", guard.at_ms},
                                                     {"to_position", guard.to_position},
                                                     {"at_position", guard.at_position}}
                                              : json();
  return {{"rollbacks", guard.rollbacks_count},
          {"last", last},
          {"paused_examples", guard.paused_examples}};
}

json encode_lately(const feed::ServedLately& lately, std::size_t entries_count) {
  json routes = json::array();
  const auto all = static_cast<double>(std::max<std::uint64_t>(lately.items_count, 1));
  for (std::size_t route = 0; route < engine::kRoutesCount; ++route)
    routes.push_back({{"route", to_string(static_cast<engine::Route>(route))},
                      {"count", lately.routes[route]},
                      {"share", static_cast<double>(lately.routes[route]) / all}});
  const auto of_served = [&](auto value) {
    return lately.answers_count > 0 ? json(value) : json();
  };
  const auto there = static_cast<double>(std::max<std::size_t>(entries_count, 1));
  return {{"hours", lately.hours},
          {"answers", lately.answers_count},
          {"events", lately.events_count},
          {"items", lately.items_count},
          {"routes", routes},
          {"distinct", lately.distinct_count},
          {"coverage", std::min(1.0, static_cast<double>(lately.distinct_count) / there)},
          {"age_p50_ms", of_served(lately.age_p50_ms)},
          {"wait_p50_ms", of_served(lately.wait_p50_ms)},
          {"wait_p99_ms", of_served(lately.wait_p99_ms)}};
}

/// A column of each of `names`, a row of each reading.
template <typename Name, typename Value>
json columns(const std::vector<feed::Reading>& readings, std::size_t count, Name name,
             Value value) {
  json all = json::object();
  for (std::size_t i = 0; i < count; ++i) {
    json column = json::array();
    for (const auto& reading : readings) column.push_back(value(reading, i));
    all[std::string(name(i))] = std::move(column);
  }
  return all;
}

json encode_history(const std::vector<feed::Reading>& readings) {
  const auto column = [&](auto value) {
    json all = json::array();
    for (const auto& reading : readings) all.push_back(value(reading));
    return all;
  };
  const auto head = [](std::size_t i) { return to_string(static_cast<engine::Head>(i)); };
  const auto heads = [&](engine::HeadValues feed::Reading::*values) {
    return columns(readings, engine::kHeadsCount, head, [&](const auto& reading, std::size_t i) {
      return reading.examples_count > 0 ? plain((reading.*values)[i]) : json();
    });
  };
  const auto route = [](std::size_t i) { return to_string(static_cast<engine::Route>(i)); };
  const auto answered = [](const feed::Reading& reading, auto value) {
    return reading.answers_count > 0 ? json(value) : json();
  };
  using R = const feed::Reading&;
  return {{"at_ms", column([](R r) { return r.at_ms; })},
          {"minutes", column([](R r) { return r.minutes; })},
          {"videos", column([](R r) { return r.videos_count; })},
          {"people", column([](R r) { return r.people_count; })},
          {"memory_bytes", column([](R r) { return r.memory_bytes; })},
          {"answers", column([](R r) { return r.answers_count; })},
          {"events", column([](R r) { return r.events_count; })},
          {"wait_p50_ms", column([&](R r) { return answered(r, r.wait_p50_ms); })},
          {"wait_p99_ms", column([&](R r) { return answered(r, r.wait_p99_ms); })},
          {"distinct", column([](R r) { return r.distinct_count; })},
          {"age_p50_ms", column([&](R r) { return answered(r, r.age_p50_ms); })},
          {"loss", heads(&feed::Reading::loss)},
          {"loss_lately", heads(&feed::Reading::loss_lately)},
          {"predicted", heads(&feed::Reading::predicted)},
          {"happened", heads(&feed::Reading::happened)},
          {"routes", columns(readings, engine::kRoutesCount, route,
                             [](R r, std::size_t i) { return r.routes[i]; })}};
}

Result<Response> engine_view(const Api& api, const Request& request) {
  FILOSCOPE_DO(api.auth.with_role(request, accounts::Role::server_operator));
  const auto view = api.services.feed.engine_view();
  json memory = json::array();
  for (std::size_t part = 0; part < engine::kMemoryPartsCount; ++part)
    memory.push_back({{"part", to_string(static_cast<engine::MemoryPart>(part))},
                      {"bytes", view.now.memory_parts_bytes[part]}});
  const auto& audience = view.now.first_audience;
  return json_response({{"since_ms", view.since_ms},
                        {"at_ms", view.at_ms},
                        {"log_position", view.now.position},
                        {"videos", view.now.videos_count},
                        {"people", view.now.people_count},
                        {"examples", view.now.examples_count},
                        {"memory", memory},
                        {"heads", encode_heads(view.now)},
                        {"guard", encode_guard(view.now.guard)},
                        {"first_audience",
                         {{"impressions", audience.impressions},
                          {"promised", audience.promised_count},
                          {"got", audience.got_count},
                          {"waiting", audience.waiting_count}}},
                        {"lately", encode_lately(view.lately, view.now.videos_count)},
                        {"history", encode_history(thinned(view.readings, kHistoryPointsMax))}});
}

Result<Response> encode_weights(const Api& api, const feed::WeightsView& view) {
  std::vector<AccountId> people;
  for (const auto& change : view.changes) people.push_back(change.by);
  FILOSCOPE_TRY(const auto accounts, api.services.accounts.get_many(people));
  json weights = json::array(), changes = json::array();
  for (std::size_t head = 0; head < engine::kHeadsCount; ++head)
    weights.push_back({{"head", to_string(static_cast<engine::Head>(head))},
                       {"weight", plain(view.now[head])},
                       {"built_in", plain(view.built_in[head])}});
  for (const auto& change : view.changes) {
    const auto who = std::find_if(accounts.begin(), accounts.end(),
                                  [&](const auto& account) { return account.id == change.by; });
    changes.push_back({{"revision", change.revision},
                       {"at_ms", change.at_ms},
                       {"by_setting", !change.by},
                       {"by", who == accounts.end() ? json() : encode_person_lite(*who)},
                       {"before", by_head(change.before)},
                       {"weights", by_head(change.weights)}});
  }
  return json_response({{"revision", view.revision},
                        {"most", plain(feed::kWeightMost)},
                        {"weights", weights},
                        {"changes", changes}});
}

Result<Response> weights(const Api& api, const Request& request) {
  FILOSCOPE_DO(api.auth.with_role(request, accounts::Role::server_operator));
  FILOSCOPE_TRY(const auto view, api.services.feed.weights());
  return encode_weights(api, view);
}

/// Those named in the body instead of those in use. Errors: invalid_argument.
Result<engine::HeadValues> wished(const json& body, engine::HeadValues weights) {
  const auto given = body.find("weights");
  if (given == body.end() || !given->is_object())
    return Error(reason("weights_no_object")).at("weights");
  for (const auto& [name, value] : given->items()) {
    const auto head = engine::parse_head(name);
    if (!head) return Error(reason("weight_unknown"), name.substr(0, 40)).at("weights");
    if (!value.is_number()) return Error(reason("weight_no_number")).at(name);
    constexpr double outside = 2.0 * feed::kWeightMost;  // no float holds what JSON may say
    weights[static_cast<std::size_t>(*head)] =
        static_cast<float>(std::clamp(value.get<double>(), -outside, outside));
  }
  return weights;
}

Result<Response> set_weights(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.with_role(request, accounts::Role::server_operator));
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto revision, integer_field(body, "revision", 0, INT64_MAX));
  if (!revision) return Error(reason("field_missing")).at("revision");
  FILOSCOPE_TRY(const auto before, api.services.feed.weights());
  FILOSCOPE_TRY(const auto wish, wished(body, before.now));
  FILOSCOPE_TRY(const auto view,
                api.services.feed.set_weights(caller.viewer.account, *revision, wish));
  if (view.revision != *revision) {
    log::info("operator.weights_changed", {{"handle", caller.viewer.handle},
                                           {"revision", view.revision},
                                           {"before", feed::weights_text(before.now)},
                                           {"weights", feed::weights_text(view.now)}});
  }
  return encode_weights(api, view);
}

}  // namespace

void add_engine_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  router.add({"GET", base + "/feed/how", handler(api, how)});
  router.add({"GET", base + "/operator/engine", handler(api, engine_view)});
  router.add({"GET", base + "/operator/weights", handler(api, weights)});
  router.add({"PUT", base + "/operator/weights", handler(api, set_weights)});
}

}  // namespace filoscope::api
