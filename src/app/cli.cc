#include "app/cli.h"

#include <signal.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <optional>

#include "app/commands.h"
#include "app/output.h"
#include "app/problems.h"
#include "base/product.h"
#include "lookers/looker.h"
#include "media/media.h"

namespace filoscope::app {
namespace {

constexpr int kWrongWords = 2;  ///< exit status

/// Everything the command line can fill.
struct Words {
  ServeOptions serve;
  bool help_config = false;
  ImportOptions import;
  DataOptions data;
  std::string request_id;
  bool leave_out_unreadable = false;
  BackupOptions backup;
  RestoreOptions restore;
  bool list_backups = false, check_backup = false;
  AccountOptions account;
  ModerationOptions moderation;
  BenchOptions bench;
  EvalCommand eval;
  EvalVisualCommand eval_visual;
  EvalCopiesCommand eval_copies;
  LearnCodebookCommand learn_codebook;
  NetworkCommand network;
  SimulateCommand simulate;
  std::string database;
};

void add_database(CLI::App& command, Words& words) {
  command.add_option("--database", words.database,
                     "The PostgreSQL database of the records, as postgresql://user@host/name "
                     "(setting database.url); left out: SQLite in the data folder");
}

void add_data(CLI::App& command, Words& words, std::string& data, std::string& config_path) {
  command.add_option("--data", data, "The data folder")->required();
  command.add_option("--config", config_path, "A TOML file with settings");
  add_database(command, words);
}

void add_serve(CLI::App& app, Words& words) {
  auto& command = *app.add_subcommand("serve", "Serve the platform over HTTP");
  command.add_option("--data", words.serve.data, "The data folder; made when missing");
  command.add_option("--listen", words.serve.listen, "HOST:PORT; port 0 picks a free one")
      ->capture_default_str();
  command.add_option("--config", words.serve.config_path, "A TOML file with settings");
  add_database(command, words);
  command.add_option(
      "--web", words.serve.web,
      "The folder of the built web app; default: web/dist beside the program's build");
  command.add_option("--samples", words.serve.samples,
                     "A folder in which sample clips appear; they are taken in");
  command
      .add_option("--log-format", words.serve.log_format,
                  "What goes to stderr: people (problems as sentences) or json (every line)")
      ->check(CLI::IsMember({"people", "json"}))
      ->capture_default_str();
  command.add_option("--log-file", words.serve.log_file,
                     "Write every log line as JSON to this file too");
  command.add_flag("--help-config", words.help_config, "Print every setting as Markdown");
}

void add_import(CLI::App& app, Words& words) {
  auto& command = *app.add_subcommand("import", "Take files or folders of videos in");
  auto* data = command.add_option("--data", words.import.data,
                                  "The data folder of a server that is not running");
  auto* as = command.add_option("--as", words.import.as, "The handle whose videos they become");
  auto* url = command.add_option("--url", words.import.url, "The address of a running server");
  auto* token = command.add_option("--token", words.import.token, "A token of the account there");
  data->needs(as)->excludes(url);
  url->needs(token);
  command.add_option("--config", words.import.config_path, "A TOML file with settings");
  add_database(command, words);
  command.add_option("--json", words.import.json, "Write the result as JSON to a file or -");
  command.add_option("PATH", words.import.paths, "Files or folders")->required();
}

void add_backup(CLI::App& app, Words& words) {
  auto& make = *app.add_subcommand(
      "backup",
      "Copy an installation into a folder, also while it serves; only what is new is "
      "stored again");
  make.add_option("DIR", words.backup.folder, "The backups' folder; made when missing")->required();
  add_data(make, words, words.backup.data, words.backup.config_path);
  make.add_option("--keep", words.backup.keep_count, "Keep this many backups, the newest; else all")
      ->check(CLI::PositiveNumber);
  make.add_option("--json", words.backup.json, "Write the result as JSON to a file or -");

  auto& restore = *app.add_subcommand(
      "restore", "Make a data folder of a backup, on any machine and for either database");
  restore.add_option("DIR", words.restore.folder, "The backups' folder")->required();
  restore.add_option("--data", words.restore.data, "The data folder; new or empty");
  restore.add_option("--config", words.restore.config_path, "A TOML file with settings");
  add_database(restore, words);
  restore.add_option("--at", words.restore.at, "The backup's name; the newest when left out");
  restore.add_flag("--records", words.restore.records_only,
                   "Put the records alone back, into the folder that the backup is of");
  auto* list = restore.add_flag("--list", words.list_backups, "Only say what backups there are");
  restore.add_flag("--check", words.check_backup, "Only read all of the backup")->excludes(list);
}

void add_operator(CLI::App& app, Words& words) {
  auto& verify_command =
      *app.add_subcommand("verify", "Check every invariant of a data folder at rest");
  add_data(verify_command, words, words.data.data, words.data.config_path);
  verify_command.add_option("--json", words.data.json, "Write the result as JSON to a file or -");

  auto& explain_command =
      *app.add_subcommand("explain", "Make a served feed answer again and say why it was so");
  add_data(explain_command, words, words.data.data, words.data.config_path);
  explain_command.add_option("--json", words.data.json, "Write the result as JSON to a file or -");
  explain_command.add_option("REQUEST_ID", words.request_id, "Of the feed answer")->required();

  auto& engine = *app.add_subcommand("engine", "The learned state");
  engine.require_subcommand(1);
  auto& rebuild = *engine.add_subcommand(
      "rebuild",
      "Learn anew from catalogue, accounts and the event log, while the server is stopped");
  add_data(rebuild, words, words.data.data, words.data.config_path);
  rebuild.add_flag("--leave-out-unreadable", words.leave_out_unreadable,
                   "Go on behind log records that this program cannot read, and name them");

  add_data(*engine.add_subcommand("erase",
                                  "Blank now what deleted people left in the event log, while the "
                                  "server is stopped"),
           words, words.data.data, words.data.config_path);

  auto& samples = *app.add_subcommand("samples", "The sample catalogue");
  samples.require_subcommand(1);
  add_data(*samples.add_subcommand("remove", "Remove sample videos, accounts and their influence"),
           words, words.data.data, words.data.config_path);

  auto& doctor_command = *app.add_subcommand("doctor", "Say what this machine can and cannot do");
  doctor_command.add_option("--data", words.data.data, "The data folder");
  doctor_command.add_option("--json", words.data.json, "Write the result as JSON to a file or -");

  app.add_subcommand("problems", "Print what an answer can say is wrong, as Markdown");

  auto& account = *app.add_subcommand("account", "People of this installation");
  account.require_subcommand(1);
  auto& create = *account.add_subcommand("create", "Make an account; reads the password");
  add_data(create, words, words.account.data, words.account.config_path);
  create.add_option("HANDLE", words.account.handle, "2 to 24 of a-z, 0-9, . and _")->required();
  create.add_option("--birth-date", words.account.birth_date, "YYYY-MM-DD")->capture_default_str();
  create.add_option("--name", words.account.display_name, "The name that is shown");
  create.add_option("--password", words.account.password,
                    "Asked for when left out (others on this machine may see it here)");

  auto& recover = *account.add_subcommand(
      "recover", "Print a one-time code for a new password, good for 24 hours");
  add_data(recover, words, words.account.data, words.account.config_path);
  recover.add_option("HANDLE", words.account.handle, "Whose password is lost")->required();

  auto& role = *account.add_subcommand(
      "role", "Say what an account may do beyond its own things, while the server is stopped");
  add_data(role, words, words.account.data, words.account.config_path);
  role.add_option("HANDLE", words.account.handle, "Whose role")->required();
  role.add_option("ROLE", words.account.role, "operator, moderator, accountant or none")
      ->check(CLI::IsMember({"operator", "moderator", "accountant", "none"}))
      ->required();

  auto& bench_command = *app.add_subcommand("bench", "Measure, with the limit or rival beside it");
  bench_command.add_option("NAME", words.bench.name, "Which; without it they are listed");
  bench_command.add_option("--json", words.bench.json, "Write the result as JSON to a file or -");
  bench_command.add_option("--seconds", words.bench.seconds,
                           "Length of one measurement of feed, events (default 20), delivery (5)");
  bench_command.add_option(
      "--videos", words.bench.videos_count,
      "Of feed, events, visual.index, engine.rank, engine.train (default 100,000) and "
      "engine.snapshot (1,000,000)");
  bench_command.add_option("--people", words.bench.people_count,
                           "Of the same (default 20,000; 1,000,000)");
  bench_command.add_option("--data", words.bench.data,
                           "Keep the seeded folder of feed and events here, and use it again");
  add_database(bench_command, words);
  bench_command.add_option(
      "FILE", words.bench.arguments,
      "Clips of media.ladder and upload, files that delivery serves, a folder of "
      "pictures of visual.index; they find or make their own when left out");
}

void add_moderation(CLI::App& app, Words& words) {
  auto& group = *app.add_subcommand(
      "moderation", "What is held, blocked and hidden, while the server is stopped");
  group.require_subcommand(1);
  const auto add = [&](const char* name, const char* what, const char* argument = nullptr) {
    auto* command = group.add_subcommand(name, what);
    add_data(*command, words, words.moderation.data, words.moderation.config_path);
    if (argument != nullptr) command->add_option(argument, words.moderation.what);
    return command;
  };
  add("held", "List the videos that are held");
  auto* release = add("release", "Publish one that is held, as it was judged", "VIDEO");
  auto* sensitive = release->add_flag("--sensitive", words.moderation.sensitive,
                                      "Only for those who ask for such");
  release->add_flag("--for-everyone", words.moderation.for_everyone, "For everyone")
      ->excludes(sensitive);
  add("refuse", "Delete one that is held, for good", "VIDEO");
  add("limit", "Take a published one out of the feeds of those who did not ask for such", "VIDEO");
  add("unlimit", "End that", "VIDEO");
  add("blocked", "List what is blocked");
  auto* block = add("block", "Hold what shows or plays the same from now on", "VIDEO");
  block->add_option("--reason", words.moderation.reason, "Why")->required();
  block->add_flag("--sound", words.moderation.sound, "Its sound, not what it shows");
  block->add_option("--picture", words.moderation.picture, "A picture's file instead of a video");
  add("unblock", "Take an entry off the list", "ENTRY");
  add("export", "Write the list as CSV", "FILE");
  add("import", "Add the lines of a CSV file", "FILE");
  add("topics", "List the searches and #hashtags that nobody is told as rising or a completion");
  add("hide", "Hide a search or a #hashtag so", "TOPIC");
  add("show", "End that", "TOPIC");
}

void add_eval_visual(CLI::App& eval, EvalVisualCommand& words) {
  auto& command = *eval.add_subcommand(
      "visual",
      "Measure visual search on labelled pictures or on clips, with plain methods beside");
  auto* db = command.add_option("--db", words.db, "The folder of pictures that is searched");
  command.add_option("--query", words.query, "The folder of pictures that are looked for");
  command.add_option("--labels", words.labels,
                     "TSV of file (relative to this file), fine class, coarse class; with --clips, "
                     "of file and scene");
  command
      .add_option("--clips", words.clips,
                  "A folder of clips instead, whose frames are changed and looked for")
      ->excludes(db);
  command.add_option(
      "--strangers", words.strangers,
      "A folder of pictures or clips that show nothing of what is searched: how many "
      "of them find anything");
  command.add_option("--model", words.model,
                     "The network's file or folder, or none for the built-in descriptor; default: "
                     "the setting models (FILOSCOPE_MODELS), then ../shared/models");
  command.add_option("--seed", words.seed, "Of what is done to frames")->capture_default_str();
  command.add_option("--json", words.json, "Write the result as JSON to a file or -")
      ->capture_default_str();
}

void add_eval_copies(CLI::App& eval, EvalCopiesCommand& words) {
  auto& command = *eval.add_subcommand(
      "copies",
      "Measure whether clips are known again after they were cropped, mirrored, cut and so on");
  command.add_option("--clips", words.clips, "A folder of clips")->required();
  command.add_option("--seconds", words.seconds_max, "Of each clip, at most")
      ->check(CLI::Range(1.0, 600.0))
      ->capture_default_str();
  command.add_option("--json", words.json, "Write the result as JSON to a file or -")
      ->capture_default_str();
}

/// For who develops the program.
void add_vision(CLI::App& app, Words& words) {
  auto& vision = *app.add_subcommand("vision", "")->group("");
  vision.require_subcommand(1);
  auto& learn = *vision.add_subcommand(
      "learn-codebook", "Learn the numbers of the built-in descriptor from frames of clips");
  learn.add_option("--clips", words.learn_codebook.clips, "A folder of clips")->required();
  learn.add_option("OUT", words.learn_codebook.out, "src/vision/codebook.bin")->required();
  const auto add_network = [&](const char* name, const char* what, const char* model) {
    auto& command = *vision.add_subcommand(name, what);
    command.add_option("--model", words.network.model, model)->required();
    command.add_option("PICTURE", words.network.pictures, "Picture files")->required();
  };
  add_network("safety", "Print what a classifier sees in pictures, as JSON",
              "A .safety.onnx file, or a folder that holds one");
  add_network("features", "Print what an image network makes of pictures, as JSON",
              "An .embed.onnx file, or a folder that holds one");
}

void add_eval(CLI::App& app, Words& words) {
  auto& command = *app.add_subcommand(
      "eval", "Measure the recommender on an interaction log, with plain methods beside it");
  auto& eval = words.eval;
  add_eval_visual(command, words.eval_visual);
  add_eval_copies(command, words.eval_copies);
  command.add_option("--log", eval.log, "TSV, plain or gzip: user, item, timestamp, value");
  command
      .add_option("--protocol", eval.protocol,
                  "prequential: rank for each event of the last fifth, then learn it; temporal: "
                  "learn the first 80 % by time; split: learn the log, rank for --test; ctr: "
                  "predict each event, then learn it; ope: the value of the policy in --test, "
                  "from the log of another one")
      ->check(CLI::IsMember({"prequential", "temporal", "split", "ctr", "ope"}));
  auto* test = command.add_option("--test", eval.test, "What is tested on, in the same form");
  command.add_option("--holdout", eval.holdout, "A share of the log is the test, drawn by --seed")
      ->excludes(test);
  command.add_option("--item-features", eval.item_features,
                     "A NumPy matrix whose row is the item's number; may be repeated");
  command.add_option("--social", eval.social, "TSV of people who know each other: person, person");
  command.add_option("--positive", eval.positive,
                     "Of ctr: which events are positive, as value>=4 (default: value>0)");
  command.add_option("--passes", eval.passes, "Over the log, at most; what is used is reported")
      ->capture_default_str();
  command.add_option("--k", eval.k, "Length of the rankings")->capture_default_str();
  command.add_option("--seed", eval.seed, "Of every draw")->capture_default_str();
  command.add_flag("--no-learning", eval.no_learning,
                   "Also run the engine with its model at its priors");
  command.add_option("--baselines", eval.baselines,
                     "Which plain methods to run, between commas, or none; default: all that the "
                     "protocol takes");
  command.add_option("--report", eval.report, "Write an HTML page with plots to this file");
  command.add_option("--json", eval.json, "Write the result as JSON to a file or -")
      ->capture_default_str();
}

void add_simulate(CLI::App& app, Words& words) {
  auto& command = *app.add_subcommand("simulate",
                                      "Let a made-up crowd with hidden tastes swipe through the "
                                      "recommender, in memory, and measure "
                                      "how much of what perfect knowledge would give it reaches");
  auto& simulate = words.simulate;
  command.add_option("--people", simulate.people, "Of the crowd")->capture_default_str();
  command.add_option("--videos", simulate.videos, "That it can watch")->capture_default_str();
  command.add_option("--seed", simulate.seed, "Of every draw")->capture_default_str();
  command.add_flag("--no-content", simulate.no_content,
                   "The videos have no words, hashtags and sounds: only watching tells them apart");
  auto* swipes =
      command.add_option("--swipes", simulate.swipes, "Of each person")->capture_default_str();
  command
      .add_option("--days", simulate.days,
                  "A community for so many days instead: people come and go, videos keep coming")
      ->excludes(swipes);
  command
      .add_option("--arms", simulate.arms,
                  "Which to run, between commas: served, learning_off, not_profiled, hourly, "
                  "popularity, random, perfect; default: all")
      ->delimiter(',');
  command.add_option("--json", simulate.json, "Write the result as JSON to a file or -")
      ->capture_default_str();
}

int serve_command(const Words& words) {
  if (words.help_config) {
    std::fputs(settings_markdown().c_str(), stdout);
    return 0;
  }
  if (words.serve.data.empty()) return fail("serve needs --data DIR");
  return serve(words.serve);
}

int problems() {
  std::fputs(problems_markdown().c_str(), stdout);
  return 0;
}

/// A process that serves this program.
int worker(int (*serve)()) {
  sigset_t none;  // a parent may have blocked what ends us
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  return serve();
}

int restore_command(const Words& words) {
  if (words.list_backups) return list_backups(words.restore);
  if (words.check_backup) return check_backup(words.restore);
  return restore(words.restore);
}

int eval_command(const CLI::App& command, const Words& words) {
  if (!command.get_subcommands().empty())
    return command.get_subcommands().front()->get_name() == "copies"
               ? eval_copies(words.eval_copies)
               : eval_visual(words.eval_visual);
  if (words.eval.log.empty() || words.eval.protocol.empty()) {
    fail("eval needs --log FILE and --protocol, or a subcommand");
    return kWrongWords;
  }
  return eval(words.eval);
}

int dispatch(const CLI::App& app, const Words& words) {
  const auto& name = app.get_subcommands().front()->get_name();
  if (name == "serve") return serve_command(words);
  if (name == "media-worker") return worker(&media::media_worker_main);
  if (name == "vision-worker") return worker(&lookers::looker_main);
  if (name == "import") return import_files(words.import);
  if (name == "backup") return back_up(words.backup);
  if (name == "restore") return restore_command(words);
  if (name == "verify") return verify(words.data);
  if (name == "explain") return explain(words.data, words.request_id);
  if (name == "engine") {
    const auto& what = app.get_subcommand("engine")->get_subcommands().front()->get_name();
    return what == "erase" ? engine_erase(words.data)
                           : engine_rebuild(words.data, words.leave_out_unreadable);
  }
  if (name == "samples") return samples_remove(words.data);
  if (name == "doctor") return doctor(words.data.data, words.data.json);
  if (name == "problems") return problems();
  if (name == "account") {
    const auto& what = app.get_subcommand("account")->get_subcommands().front()->get_name();
    if (what == "role") return account_role(words.account);
    return what == "recover" ? account_recover(words.account) : account_create(words.account);
  }
  if (name == "moderation") {
    auto options = words.moderation;
    options.command = app.get_subcommand("moderation")->get_subcommands().front()->get_name();
    return moderation(options);
  }
  if (name == "eval") return eval_command(*app.get_subcommand("eval"), words);
  if (name == "vision") {
    const auto& what = app.get_subcommand("vision")->get_subcommands().front()->get_name();
    if (what == "learn-codebook") return learn_codebook(words.learn_codebook);
    return what == "safety" ? network_safety(words.network) : network_features(words.network);
  }
  if (name == "simulate") return simulate(words.simulate);
  return bench(words.bench);
}

std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// What `word` may have been meant to be among the commands of `command`, or all of them.
std::string suggestion(const CLI::App& command, const std::string& word) {
  std::string all, nearest;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto* known : command.get_subcommands([](const CLI::App* each) {
         return !each->get_group().empty();  // those without a group are not for people
       })) {
    const auto& name = known->get_name();
    all += (all.empty() ? "" : ", ") + name;
    const auto edits = name.starts_with(word) ? 0 : edits_between(word, name);
    if (edits < least) least = edits, nearest = name;
  }
  return nearest.empty() ? "there are " + all : "did you mean " + nearest + "?";
}

/// The sentence about the first word that should name a command and does not. Looked for before
/// anything else, because --help answers whatever stands beside it.
std::optional<std::string> unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (command->get_subcommands({}).empty()) return std::nullopt;
    if (word.empty()) continue;
    // Behind the first option of a command that does something itself stand values, not commands.
    if (word.front() == '-' && command->get_require_subcommand_min() == 0 && command != &app)
      return std::nullopt;
    if (word.front() == '-') continue;
    const auto named =
        command->get_subcommands([&](const CLI::App* each) { return each->get_name() == word; });
    if (named.empty()) return "there is no command \"" + word + "\"; " + suggestion(*command, word);
    command = named.front();
  }
  return std::nullopt;
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app(std::string(kProductName) + ": short videos, and a feed that learns from one swipe",
               kProgramName);
  app.set_version_flag("--version", std::string(kProgramName) + " " + kVersion);
  app.require_subcommand(1);
  ::umask(0077);  // what this program stores is nobody else's on the machine to read
  Words words;
  add_serve(app, words);
  add_import(app, words);
  add_backup(app, words);
  add_operator(app, words);
  add_moderation(app, words);
  add_eval(app, words);
  add_simulate(app, words);
  add_vision(app, words);
  app.add_subcommand("media-worker", "")->group("");
  app.add_subcommand("vision-worker", "")->group("");
  if (const auto unknown = unknown_command(app, argc, argv)) {
    fail(*unknown);
    return kWrongWords;
  }
  try {
    app.parse(argc, argv);
    // As a setting of the environment it also reaches the servers that a bench starts.
    if (!words.database.empty()) ::setenv("FILOSCOPE_DATABASE_URL", words.database.c_str(), 1);
    return dispatch(app, words);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : kWrongWords;
  } catch (const std::exception& problem) {
    return fail(std::string("it broke off: ") + problem.what());
  }
}

}  // namespace filoscope::app
