#pragma once

/// What the subcommands of the program do. Each returns the exit status and prints its own
/// problems.

#include <cstdint>
#include <string>
#include <vector>

#include "base/config.h"

namespace filoscope::app {

inline const Setting<std::string> kLogLevel{"app.log_level", "info",
                                            "What is logged: debug, info, warn, error or off."};
inline const Setting<std::int64_t> kClockStepDays{
    "app.clock_step_days_max", 7, 1, 36500,
    "Days that the machine's clock may go ahead at once; a larger step is not believed until it is "
    "undone or the server restarts."};
inline const Setting<std::int64_t> kClockPauseDays{
    "app.clock_pause_days_max", 180, 1, 36500,
    "Days that the machine's clock may be ahead of the last log record at a start; one further "
    "ahead is not believed."};
inline const Setting<std::int64_t> kDrainS{
    "app.drain_s", 10, 0, 600, "Seconds that requests in flight get to finish at shutdown."};

struct ServeOptions {
  std::string data, listen = "127.0.0.1:8080", config_path, web, samples;
  std::string log_format = "people", log_file;
};
int serve(const ServeOptions& options);

struct ImportOptions {
  std::string data, as, url, token, config_path, json;
  std::vector<std::string> paths;
};
int import_files(const ImportOptions& options);

struct DataOptions {
  std::string data, config_path, json;
};
int verify(const DataOptions& options);
int explain(const DataOptions& options, const std::string& request_id);
/// `leave_out_unreadable`: go on behind log records that this program cannot read.
int engine_rebuild(const DataOptions& options, bool leave_out_unreadable);
/// Blanks now what erased people left in the event log.
int engine_erase(const DataOptions& options);
int samples_remove(const DataOptions& options);
int doctor(const std::string& data, const std::string& json);

struct BackupOptions {
  std::string folder, data, config_path, json;
  std::int64_t keep_count = 0;  ///< of the newest backups; 0 keeps all
};
int back_up(const BackupOptions& options);

struct RestoreOptions {
  std::string folder, data, config_path;
  std::string at;             ///< a backup's name; "" takes the newest
  bool records_only = false;  ///< into the folder that the backup is of
};
int restore(const RestoreOptions& options);
/// What backups there are.
int list_backups(const RestoreOptions& options);
/// Reads all of a backup and changes nothing.
int check_backup(const RestoreOptions& options);

struct AccountOptions {
  std::string data, config_path, handle, password, birth_date = "2000-01-01", display_name, role;
};
int account_create(const AccountOptions& options);
/// Prints a one-time code with which the person sets a new password.
int account_recover(const AccountOptions& options);
/// Gives the account a role, or takes its role away.
int account_role(const AccountOptions& options);

struct ModerationOptions {
  std::string data, config_path;
  std::string command;
  std::string what;  ///< a video, an entry of the block list or a file
  std::string reason, picture;
  bool sound = false;
  bool sensitive = false, for_everyone = false;  ///< of what is released
};
int moderation(const ModerationOptions& options);

struct BenchOptions {
  std::string name, json;
  std::int64_t seconds = 0;                         ///< of one measurement; 0 takes the bench's own
  std::int64_t videos_count = 0, people_count = 0;  ///< as above
  std::string data;                                 ///< keep and reuse the seeded folder here
  std::vector<std::string> arguments;
};
int bench(const BenchOptions& options);

struct EvalCommand {
  std::string log, test, protocol, social, positive, json = "-", report;
  std::vector<std::string> item_features;
  std::string baselines;  ///< names between commas, "none", or "" for all
  double holdout = 0;
  std::int64_t passes = 5, k = 20, seed = 1;
  bool no_learning = false;
};
int eval(const EvalCommand& command);

struct EvalVisualCommand {
  std::string db, query, labels, clips, strangers, model, json = "-";
  std::int64_t seed = 1;
};
int eval_visual(const EvalVisualCommand& command);

struct EvalCopiesCommand {
  std::string clips, json = "-";
  double seconds_max = 30;
};
int eval_copies(const EvalCopiesCommand& command);

/// Learns the numbers that ship with the built-in descriptor of pictures from frames of clips.
struct LearnCodebookCommand {
  std::string clips, out;
};
int learn_codebook(const LearnCodebookCommand& command);

/// What a network from a file makes of pictures, as JSON: a classifier's shares, or the features of
/// an image network.
struct NetworkCommand {
  std::string model;
  std::vector<std::string> pictures;
};
int network_safety(const NetworkCommand& command);
int network_features(const NetworkCommand& command);

struct SimulateCommand {
  std::int64_t people = 100, videos = 1000, seed = 1, swipes = 100;
  std::int64_t days = 0;  ///< 0: until everybody has made her swipes
  bool no_content = false;
  std::vector<std::string> arms;  ///< by their names; empty: all
  std::string json = "-";
};
int simulate(const SimulateCommand& command);

/// The configuration from a file (when given) and the environment; also sets the log level.
Result<Config> load_config(const std::string& path);

}  // namespace filoscope::app
