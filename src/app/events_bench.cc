// `bench events`: beside the feed's load, what people do is told at a fixed rate. Told to
// acknowledged is timed from the scheduled send time; acknowledged to learned up to the first
// answer whose log position is at or behind the event's own (read from the log afterwards).

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/feed_load.h"
#include "app/http_client.h"
#include "app/records.h"
#include "base/crypto.h"
#include "base/log.h"
#include "engine/records.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kFeedPerS = 150, kEventsPerS = 40;
constexpr int kFeedConnections = 32, kEventConnections = 24;
constexpr double kEventsWarmupS = 3,
                 kLeadS = 1;  ///< the feed's load begins before the events and ends behind
constexpr std::int64_t kEventsS = 20;
constexpr double kLimitLearnedMs = 1000;
constexpr double kFeedShareMin = 0.95;  ///< of its rate: else this was not measured beside it
constexpr int kWatchMs = 700;
constexpr std::size_t kLogReadMax = 4096;

/// One event: what was told and what the next answer showed of it.
struct Case {
  RequestId request;
  VideoId video;
  double acknowledged_ms = 0;    ///< from the scheduled time
  double looked_ms = 0;          ///< from the acknowledgement to the next answer
  LogPosition looked_at = 0;     ///< the position that answer was read at
  bool given_again = false;      ///< the clip that was watched
  bool neighbour_again = false;  ///< the clip behind it, of which nothing was told
};

struct Answer {
  RequestId request;
  LogPosition position = 0;
  std::vector<VideoId> videos;
  std::string first_token;
};

class Person {
 public:
  Person(HttpClient& client, const std::string& token)
      : client_(client), headers_{{"Authorization", "Bearer " + token}} {}

  Result<Answer> ask() {
    FILOSCOPE_TRY(const auto got, client_.request("GET", "/api/v1/feed?limit=8", headers_));
    const auto body = Json::parse(got.body, nullptr, false);
    if (got.status != 200 || !body.is_object() || body["items"].size() < 2) {
      return Error(Code::internal, "the feed did not answer with two clips or more");
    }
    Answer answer;
    answer.request = RequestId::parse(body["request_id"].get<std::string>()).value_or(RequestId());
    answer.position = body["log_position"].get<LogPosition>();
    for (const auto& item : body["items"]) {
      answer.videos.push_back(
          VideoId::parse(item["video"]["id"].get<std::string>()).value_or(VideoId()));
    }
    answer.first_token = body["items"][0]["impression_token"].get<std::string>();
    return answer;
  }

  /// A short look at the first clip, ended by a swipe.
  Result<void> tell(const Answer& answer) {
    const Json event{{"event_id", crypto::hex(crypto::random_bytes(8))},
                     {"impression_token", answer.first_token},
                     {"event", "watch"},
                     {"watch_ms", kWatchMs},
                     {"watched", Json::array({Json::array({0, kWatchMs})})},
                     {"ended", "swipe"}};
    const Json body{{"events", Json::array({event})}};
    auto headers = headers_;
    headers.emplace_back("Content-Type", "application/json");
    const auto text = body.dump();
    FILOSCOPE_TRY(const auto got,
                  client_.request("POST", "/api/v1/events", headers, crypto::as_bytes(text)));
    const auto said = Json::parse(got.body, nullptr, false);
    if (got.status != 202 || !said.is_object() || said["accepted"] != 1) {
      return Error(Code::internal, "the event was not accepted: " + got.body);
    }
    return {};
  }

 private:
  HttpClient& client_;
  const HttpClient::Headers headers_;
};

bool holds(const std::vector<VideoId>& videos, VideoId video) {
  return std::find(videos.begin(), videos.end(), video) != videos.end();
}

Result<Case> tell_one(HttpClient& client, const std::string& token, std::int64_t due_us) {
  Person person(client, token);
  FILOSCOPE_TRY(const auto before, person.ask());
  Case made;
  made.request = before.request;
  made.video = before.videos[0];
  wait_until_us(due_us);
  FILOSCOPE_DO(person.tell(before));
  const auto acknowledged_us = now_us();
  FILOSCOPE_TRY(const auto after, person.ask());
  made.looked_ms = static_cast<double>(now_us() - acknowledged_us) * 1e-3;
  made.acknowledged_ms = static_cast<double>(acknowledged_us - due_us) * 1e-3;
  made.looked_at = after.position;
  made.given_again = holds(after.videos, made.video);
  made.neighbour_again = holds(after.videos, before.videos[1]);
  return made;
}

/// A figure of /metrics.
Result<double> metric(const std::string& url, const std::string& name) {
  FILOSCOPE_TRY(auto client, HttpClient::create(url));
  FILOSCOPE_TRY(const auto got, client.request("GET", "/metrics", {}));
  const auto at = got.body.find("\n" + name + " ");
  if (got.status != 200 || at == std::string::npos) {
    return Error(Code::internal, "the server does not tell " + name);
  }
  return std::strtod(got.body.c_str() + at + name.size() + 2, nullptr);
}

using Told = std::map<std::pair<RequestId, VideoId>, std::vector<LogPosition>>;

/// Where the log of a stopped server has the watches that were told behind `after`.
Result<Told> read_log(const std::filesystem::path& folder, LogPosition after) {
  FILOSCOPE_TRY(const auto config, load_config(""));
  log::set_level(log::Level::warn);
  FILOSCOPE_TRY(const auto data, DataFolder::open(folder, DataFolder::Missing::fail));
  FILOSCOPE_TRY(const auto database, open_database(data, config));
  FILOSCOPE_TRY(const auto log, open_event_log(*database, config));
  Told told;
  while (true) {
    FILOSCOPE_TRY(const auto records, log->read(after, kLogReadMax));
    if (records.empty()) return told;
    for (const auto& record : records) {
      if (record.kind != static_cast<std::uint16_t>(engine::RecordKind::event)) continue;
      FILOSCOPE_TRY(const auto event, engine::decode<engine::Event>(record));
      if (event.type != engine::EventType::watch) continue;
      told[{event.request, event.video}].push_back(record.position);
    }
    after = records.back().position;
  }
}

struct Run {
  std::vector<Case> cases;
  Measured events, feed;
  double examples = 0;  ///< learned meanwhile
};

Result<Run> run_events_load(const std::string& url, const std::vector<std::string>& tokens,
                            double seconds) {
  Run run;
  run_feed_load(url, tokens, {kEventsWarmupS, kFeedPerS, kFeedConnections, "warming up"});
  FILOSCOPE_TRY(const double examples_before, metric(url, "filoscope_engine_examples"));
  std::thread feed([&] {
    run.feed = run_feed_load(url, tokens, {seconds + 2 * kLeadS, kFeedPerS, kFeedConnections, ""});
  });
  std::this_thread::sleep_for(std::chrono::duration<double>(kLeadS));
  std::vector<Result<HttpClient>> clients;
  for (int i = 0; i < kEventConnections; ++i) clients.push_back(HttpClient::create(url));
  std::vector<std::vector<Case>> parts(kEventConnections);
  const auto call = [&](std::int64_t number, std::int64_t due_us, int at) -> Result<double> {
    auto& client = clients[static_cast<std::size_t>(at)];
    if (!client) return client.error();
    const auto& token = tokens[static_cast<std::size_t>(number) % tokens.size()];
    FILOSCOPE_TRY(auto made, tell_one(*client, token, due_us));
    parts[static_cast<std::size_t>(at)].push_back(made);
    return made.acknowledged_ms;
  };
  run.events = run_paced({seconds, kEventsPerS, kEventConnections, "telling events"}, call);
  feed.join();
  FILOSCOPE_TRY(const double examples_after, metric(url, "filoscope_engine_examples"));
  run.examples = examples_after - examples_before;
  for (const auto& part : parts) run.cases.insert(run.cases.end(), part.begin(), part.end());
  return run;
}

/// How many cases did not go as promised.
struct Broken {
  int not_logged_once = 0, behind = 0, given_again = 0, neighbours_again = 0;
};

Broken check(const std::vector<Case>& cases, const Told& told) {
  Broken broken;
  for (const auto& one : cases) {
    const auto found = told.find({one.request, one.video});
    if (found == told.end() || found->second.size() != 1) {
      ++broken.not_logged_once;
    } else if (one.looked_at < found->second.front()) {
      ++broken.behind;
    }
    broken.given_again += one.given_again ? 1 : 0;
    broken.neighbours_again += one.neighbour_again ? 1 : 0;
  }
  return broken;
}

BenchReport report_of(const BenchOptions& options, const Run& run, const Broken& broken) {
  std::vector<double> looked_ms;
  for (const auto& one : run.cases) looked_ms.push_back(one.looked_ms);
  std::sort(looked_ms.begin(), looked_ms.end());
  const double count = static_cast<double>(run.cases.size());
  const double learned_p99_ms = quantile(looked_ms, 0.99);
  const double control_percent = 100 * broken.neighbours_again / std::max(count, 1.0);
  const auto errors = run.events.errors_count + run.feed.errors_count;
  Verdict verdict;
  verdict.at_least("events told", count, 1);
  verdict.at_least("feed answers a second", run.feed.per_s(), kFeedShareMin * kFeedPerS);
  verdict.at_most("acknowledged to learned, p99 (ms)", learned_p99_ms, kLimitLearnedMs);
  verdict.at_most("events that are not in the log exactly once", broken.not_logged_once, 0);
  verdict.at_most("next answers read before their event", broken.behind, 0);
  verdict.at_most("watched clips given again", broken.given_again, 0);
  verdict.at_least("examples learned", run.examples, count);
  verdict.at_most("failed calls", static_cast<double>(errors), 0);
  const auto& acknowledged = run.events.latencies_ms;
  Json json{{"bench", "events"},
            {"videos", options.videos_count},
            {"people", options.people_count},
            {"feed", to_json(run.feed)},
            {"events", run.cases.size()},
            {"events_per_s", kEventsPerS},
            {"sent_to_acknowledged", to_json(run.events)},
            {"acknowledged_to_learned",
             {{"p50_ms", quantile(looked_ms, 0.5)},
              {"p99_ms", learned_p99_ms},
              {"max_ms", quantile(looked_ms, 1)},
              {"limit_p99_ms", kLimitLearnedMs}}},
            {"not_logged_once", broken.not_logged_once},
            {"behind_at_first_look", broken.behind},
            {"watched_given_again", broken.given_again},
            {"unwatched_given_again_percent", control_percent},
            {"examples_learned", run.examples}};
  verdict.write(json);
  return {
      json,
      fmt::format(
          "events: {} at {}/s beside {:.0f} feed answers/s (feed p99 {:.1f} ms)\n"
          "sent to acknowledged:     p50 {:.1f} ms  p99 {:.1f} ms  max {:.1f} ms\n"
          "acknowledged to learned:  p50 {:.1f} ms  p99 {:.1f} ms (limit {})  max {:.1f} ms\n"
          "next answer read before its event: {} of {} (limit 0); examples learned: {:.0f}\n"
          "watched clip given again: {} of {} (limit 0); the unwatched one behind it: {:.0f} %\n"
          "{}\n",
          run.cases.size(), kEventsPerS, run.feed.per_s(), quantile(run.feed.latencies_ms, 0.99),
          quantile(acknowledged, 0.5), quantile(acknowledged, 0.99), quantile(acknowledged, 1),
          quantile(looked_ms, 0.5), learned_p99_ms, kLimitLearnedMs, quantile(looked_ms, 1),
          broken.behind, run.cases.size(), run.examples, broken.given_again, run.cases.size(),
          control_percent, verdict.sentence())};
}

Result<BenchReport> measure_events(const BenchOptions& options) {
  const BenchFolder folder(options.data);
  FILOSCOPE_TRY(const auto tokens, seeded_tokens(options, folder.path()));
  FILOSCOPE_TRY(auto server, ServerProcess::start(folder.path()));
  FILOSCOPE_TRY(const double begin, metric(server.url(), "filoscope_engine_log_position"));
  const auto seconds = static_cast<double>(options.seconds > 0 ? options.seconds : kEventsS);
  FILOSCOPE_TRY(const auto run, run_events_load(server.url(), tokens, seconds));
  server.stop();
  FILOSCOPE_TRY(const auto told, read_log(folder.path(), static_cast<LogPosition>(begin)));
  return report_of(options, run, check(run.cases, told));
}

}  // namespace

int bench_events(const BenchOptions& options) {
  return finish_bench(options, measure_events(options));
}

}  // namespace filoscope::app
