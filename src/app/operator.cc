#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "accounts/verify.h"
#include "app/commands.h"
#include "app/opened.h"
#include "app/output.h"
#include "app/samples.h"
#include "app/wiring.h"
#include "base/log.h"
#include "feed/engine_host.h"
#include "feed/weights_store.h"
#include "feed/wishes.h"
#include "social/verify.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kNotReexecuted = 3;  ///< exit status of `explain`

std::string read_password() {
  const bool terminal = ::isatty(STDIN_FILENO) != 0;
  termios before{};
  if (terminal) {
    std::fputs("Password: ", stderr);
    ::tcgetattr(STDIN_FILENO, &before);
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
  }
  std::string password;
  std::getline(std::cin, password);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::fputs("\n", stderr);
  }
  return password;
}

Json to_json(const feed::Feed::Reexecution& done) {
  const auto& decision = done.recorded.decision;
  Json json;
  json["request_id"] = decision.request.text();
  json["reexecuted"] = done.reexecuted;
  if (done.reexecuted) {
    json["same"] = done.same;
  } else {
    json["why_not"] = done.why_not;
  }
  json["mode"] = engine::to_string(decision.mode);
  json["at_ms"] = done.recorded.at_ms;
  json["log_position"] = decision.read_position;
  json["candidates"] = decision.candidates_count;
  json["items"] = Json::array();
  for (std::size_t i = 0; i < decision.items.size(); ++i) {
    const auto& item = decision.items[i];
    const auto& reason = done.recorded.reasons[i];
    Json row{{"video_id", item.video.text()},
             {"position", i},
             {"route", engine::to_string(item.route)},
             {"propensity", item.propensity},
             {"value", item.value},
             {"reason", {{"code", reason.code}, {"value", reason.value}, {"count", reason.count}}}};
    for (std::size_t head = 0; head < engine::kHeadsCount; ++head) {
      row["heads"].push_back({{"head", engine::to_string(static_cast<engine::Head>(head))},
                              {"probability", item.probabilities[head]},
                              {"weight", decision.weights[head]},
                              {"contribution", item.probabilities[head] * decision.weights[head]}});
    }
    json["items"].push_back(std::move(row));
  }
  json["again"] = Json::array();
  for (const auto video : done.again) json["again"].push_back(video.text());
  json["attended"] = Json::array();
  for (std::size_t i = 0; i < decision.history.size(); ++i) {
    const auto& caption = done.recorded.attended_captions[i];
    json["attended"].push_back({{"video_id", decision.history[i].video.text()},
                                {"caption", caption ? Json(*caption) : Json()},
                                {"action", done.recorded.attended_actions[i]},
                                {"weight", decision.history[i].weight}});
  }
  return json;
}

void print(const feed::Feed::Reexecution& done) {
  const auto& decision = done.recorded.decision;
  std::string outcome = "not made again, as recorded: " + done.why_not;
  if (done.reexecuted) {
    outcome =
        done.same ? "made again, it comes out the same" : "made again, it comes out DIFFERENT";
  }
  fmt::print("{}, {} candidates at log position {}: {}\n", engine::to_string(decision.mode),
             decision.candidates_count, decision.read_position, outcome);
  for (std::size_t i = 0; i < decision.items.size(); ++i) {
    const auto& item = decision.items[i];
    const auto& reason = done.recorded.reasons[i];
    fmt::print("{:3}  {}  {:11}  value {:+.4f}  {} {}\n", i + 1, item.video.text(),
               engine::to_string(item.route), item.value, reason.code, reason.value);
    if (done.reexecuted && !done.same) {
      fmt::print("     again: {}\n", i < done.again.size() ? done.again[i].text() : "nothing");
    }
  }
}

}  // namespace

int verify(const DataOptions& options) {
  auto opened = open_quietly(options.data, options.config_path);
  if (!opened) return fail(opened.error());
  auto& wiring = *opened->wiring;
  Json report;
  std::size_t findings_count = 0;
  ProgressBar bar;
  const auto check = [&](const char* name, double share, auto run) {
    bar.show(share, name);
    Result<std::vector<std::string>> findings = run();
    bar.clear();
    Json& part = report["checks"][name];
    part = Json::array();
    if (!findings) part.push_back("the check could not run: " + findings.error().message);
    if (findings) part = *findings;
    findings_count += part.size();
    for (const auto& finding : part) {
      fmt::print(stderr, "{}: {}\n", name, finding.get<std::string>());
    }
    if (part.empty() && options.json != "-") fmt::print("{}: good\n", name);
  };
  check("database", 0.0, [&] { return wiring.database().check(); });
  check("accounts", 0.1, [&] { return accounts::verify_accounts(wiring.database()); });
  check("social", 0.15, [&] { return social::verify_social(wiring.database()); });
  check("catalog", 0.2, [&] { return wiring.catalog().verify(); });
  check("blobs", 0.3, [&] {
    return wiring.blobs().verify([&](double share) { bar.show(0.3 + 0.2 * share, "blobs"); });
  });
  check("feed", 0.5, [&] { return wiring.feed().verify(); });
  const auto stats = wiring.feed().stats();
  report["good"] = findings_count == 0;
  report["findings"] = findings_count;
  report["log_position"] = stats.position;
  report["videos"] = stats.videos_count;
  report["people"] = stats.people_count;
  report["state_hash"] = fmt::format("{:016x}", wiring.feed().state_hash());
  if (auto done = write_json(options.json, report); !done) return fail(done.error());
  if (options.json != "-") {
    fmt::print("log position {}, state {}: {}\n", stats.position,
               report["state_hash"].get<std::string>(),
               findings_count == 0 ? "all good" : fmt::format("{} findings", findings_count));
  }
  return findings_count == 0 ? 0 : 1;
}

int explain(const DataOptions& options, const std::string& request_id) {
  const auto request = RequestId::parse(request_id);
  if (!request) return fail("\"" + request_id + "\" is not the id of a feed answer");
  auto opened = open_quietly(options.data, options.config_path);
  if (!opened) return fail(opened.error());
  const auto done = opened->wiring->feed().explain(*request);
  if (!done) return fail(done.error());
  if (options.json.empty()) print(*done);
  if (auto written = write_json(options.json, to_json(*done)); !written) {
    return fail(written.error());
  }
  if (!done->reexecuted) return kNotReexecuted;
  return done->same ? 0 : 1;
}

int engine_rebuild(const DataOptions& options, bool leave_out_unreadable) {
  auto config = load_config(options.config_path);
  if (!config) return fail(config.error());
  log::set_level(log::Level::warn);
  Wiring::Options wanted;
  wanted.data_folder = options.data;
  wanted.feed = false;
  auto opened = Wiring::open(wanted, *config);
  if (!opened) return fail(opened.error());
  auto& wiring = **opened;
  const auto restate = [&](const feed::EngineHost::Tell& tell) -> Result<void> {
    FILOSCOPE_DO(wiring.accounts().restate(tell));
    FILOSCOPE_DO(wiring.catalog().restate(tell));
    FILOSCOPE_DO(feed::restate_wishes(wiring.database(), wiring.accounts(), tell));
    return feed::restate_weights(wiring.database(), tell);
  };
  ProgressBar bar;
  const auto made = feed::EngineHost::rebuild(
      {wiring.database(), wiring.log(), wiring.clock(), *config, wiring.folder().path() / "engine",
       engine::EngineOptions()},
      restate, {leave_out_unreadable, [&](double share) { bar.show(share, "learning the log"); }});
  bar.clear();
  if (!made) return fail(made.error());
  fmt::print("the engine has learned {} facts and {} log records; replay begins at position {}\n",
             made->facts_count, made->records_count, made->position);
  for (const auto position : made->left_out)
    fmt::print("left out, because it cannot be read: the log record at position {}\n", position);
  return 0;
}

int engine_erase(const DataOptions& options) {
  auto opened = open_quietly(options.data, options.config_path);
  if (!opened) return fail(opened.error());
  auto& feed = opened->wiring->feed();
  if (auto done = feed.finish_erasures(); !done) return fail(done.error());
  fmt::print(
      "what erased people watched, liked and chose is gone from the event log; position {}\n",
      feed.stats().position);
  return 0;
}

int samples_remove(const DataOptions& options) {
  auto opened = open_quietly(options.data, options.config_path);
  if (!opened) return fail(opened.error());
  auto& wiring = *opened->wiring;
  if (auto done = remove_samples(wiring.accounts(), wiring.catalog()); !done) {
    return fail(done.error());
  }
  // Their influence goes with the snapshots that held it.
  if (auto done = wiring.feed().finish_erasures(); !done) return fail(done.error());
  fmt::print("the sample videos, their accounts and their influence are gone\n");
  return 0;
}

int account_create(const AccountOptions& options) {
  auto opened = open_quietly(options.data, options.config_path, DataFolder::Missing::make);
  if (!opened) return fail(opened.error());
  accounts::SignUp form;
  form.handle = options.handle;
  form.birth_date = options.birth_date;
  form.display_name = options.display_name;
  form.password = options.password.empty() ? read_password() : options.password;
  const auto made = opened->wiring->accounts().sign_up(form);
  if (!made) return fail(made.error());
  fmt::print("{}\n", made->token);
  return 0;
}

int account_recover(const AccountOptions& options) {
  auto opened = open_quietly(options.data, options.config_path);
  if (!opened) return fail(opened.error());
  const auto code = opened->wiring->accounts().issue_recovery_code(options.handle);
  if (!code) return fail(code.error());
  fmt::print(stderr, "Good for 24 hours and one new password; nobody else should see it.\n");
  fmt::print("{}\n", *code);
  return 0;
}

int account_role(const AccountOptions& options) {
  auto opened = open_quietly(options.data, options.config_path);
  if (!opened) return fail(opened.error());
  const auto role = accounts::parse_role(options.role).value_or(accounts::Role::none);
  const auto changed = opened->wiring->accounts().set_role(options.handle, role);
  if (!changed) return fail(changed.error());
  fmt::print("@{} has {}\n", changed->handle,
             role == accounts::Role::none ? "no role" : "the role " + options.role);
  return 0;
}

}  // namespace filoscope::app
