#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands.h"
#include "app/http_import.h"
#include "app/import_plan.h"
#include "app/output.h"
#include "app/reasons.h"
#include "app/schema.h"
#include "app/wiring.h"
#include "base/log.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kPoll = std::chrono::milliseconds(200);
constexpr std::size_t kWaitingMax = 16;  ///< files copied in ahead of their processing

/// Into the data folder of a server that does not run: this process is the server meanwhile.
class LocalTarget final : public ImportTarget {
 public:
  static Result<std::unique_ptr<ImportTarget>> open(const ImportOptions& options,
                                                    const Config& config) {
    Wiring::Options wanted;
    wanted.data_folder = options.data;
    wanted.uploads = true;
    FILOSCOPE_TRY(auto wiring, Wiring::open(wanted, config));
    FILOSCOPE_DO(wiring->database().migrate("app", import_migrations()));
    auto account = wiring->accounts().find(options.as);
    if (!account) {
      return Error(reason("import_account_missing"), options.as,
                   options.as + " --data " + options.data);
    }
    return std::unique_ptr<ImportTarget>(
        std::make_unique<LocalTarget>(std::move(wiring), account->id));
  }
  LocalTarget(std::unique_ptr<Wiring> wiring, AccountId account)
      : wiring_(std::move(wiring)), account_(account) {}

  Result<std::string> find(const std::string& mark) override {
    VideoId video;
    FILOSCOPE_DO(wiring_->database().read([&](Session& session) {
      return session.query("SELECT video FROM app_imports WHERE account = ? AND mark = ?",
                           {account_.db(), mark},
                           [&](const Row& row) { video = VideoId::from_db(row.integer(0)); });
    }));
    if (!video) return std::string();
    const auto known = wiring_->catalog().get(video);
    return known && known->state != catalog::State::removed ? video.text() : std::string();
  }

  Result<std::string> add(const ImportFile& file, const std::string& mark,
                          const Sent& sent) override {
    while (wiring_->uploads().waiting_count() >= kWaitingMax) std::this_thread::sleep_for(kPoll);
    FILOSCOPE_TRY(const auto video, wiring_->uploads().import_file(account_, file.path.string(),
                                                                   caption_of(file.path), false));
    FILOSCOPE_DO(wiring_->database().write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(
          session.execute("INSERT INTO app_imports (account, mark, video) VALUES (?, ?, ?) "
                          "ON CONFLICT (account, mark) DO UPDATE SET video = excluded.video",
                          {account_.db(), mark, video.db()}));
      return {};
    }));
    sent(file.size_bytes);
    return video.text();
  }

  Result<ImportState> state(const std::string& video_id) override {
    const auto id = VideoId::parse(video_id);
    FILOSCOPE_CHECK(id.has_value());
    FILOSCOPE_TRY(const auto video, wiring_->catalog().get(*id));
    return ImportState{std::string(catalog::to_string(video.state)), video.progress_percent,
                       parse_stored(video.error).sentence};
  }

 private:
  std::unique_ptr<Wiring> wiring_;
  const AccountId account_;
};

/// One file on its way.
struct Item {
  ImportFile file;
  std::string video_id;
  std::string problem;
  bool already = false, settled = false;
};

class Import {
 public:
  Import(std::unique_ptr<ImportTarget> target, std::vector<ImportFile> files)
      : target_(std::move(target)) {
    for (auto& file : files) {
      bytes_total_ += file.size_bytes;
      items_.push_back({std::move(file), {}, {}, false, false});
    }
  }

  void run() {
    for (auto& item : items_) {
      take(item);
      bytes_done_ += item.file.size_bytes;
      look();
    }
    while (look()) std::this_thread::sleep_for(kPoll);
    bar_.clear();
  }

  Json report() const {
    Json json{{"files", items_.size()}, {"published", 0}, {"already_there", 0}, {"failed", 0}};
    json["items"] = Json::array();
    for (const auto& item : items_) {
      const char* outcome = !item.problem.empty() ? "failed"
                            : item.already        ? "already_there"
                                                  : "published";
      json[outcome] = json[outcome].get<int>() + 1;
      Json row{{"file", item.file.path.string()}, {"outcome", outcome}};
      if (!item.video_id.empty()) row["video_id"] = item.video_id;
      if (!item.problem.empty()) row["problem"] = item.problem;
      json["items"].push_back(std::move(row));
    }
    return json;
  }

 private:
  void take(Item& item) {
    auto mark = content_mark(item.file.path);
    if (!mark) return fail_item(item, mark.error().message);
    auto known = target_->find(*mark);
    if (!known) return fail_item(item, known.error().message);
    if (!known->empty()) {
      item.already = true;
      item.video_id = *known;
      return;
    }
    auto video = target_->add(item.file, *mark, [&](std::int64_t sent_bytes) {
      show(bytes_done_ + sent_bytes, item.file.path.filename().string());
    });
    if (!video) return fail_item(item, video.error().message);
    item.video_id = *video;
  }

  /// Asks after what is being processed; false when all is settled.
  bool look() {
    bool open = false;
    for (auto& item : items_) {
      if (item.settled || item.video_id.empty()) continue;
      const auto state = target_->state(item.video_id);
      if (!state) {
        fail_item(item, state.error().message);
      } else if (state->state == "failed") {
        fail_item(item, state->error);
      } else if (state->state == "published") {
        item.settled = true;
        ++settled_count_;
      } else {
        open = true;
        show(bytes_done_, fmt::format("{}: {} {} %", item.file.path.filename().string(),
                                      state->state, state->progress_percent));
      }
    }
    return open;
  }

  void fail_item(Item& item, const std::string& problem) {
    item.problem = problem;
    item.settled = true;
    ++settled_count_;
    bar_.clear();
    fmt::print(stderr, "{}: {}\n", item.file.path.string(), problem);
  }

  void show(std::int64_t bytes, const std::string& text) {
    const double sent =
        bytes_total_ > 0 ? static_cast<double>(bytes) / static_cast<double>(bytes_total_) : 1;
    const double made = static_cast<double>(settled_count_) / static_cast<double>(items_.size());
    bar_.show((sent + made) / 2,
              fmt::format("{} of {} done, {}", settled_count_, items_.size(), text));
  }

  std::unique_ptr<ImportTarget> target_;
  std::vector<Item> items_;
  std::int64_t bytes_total_ = 0, bytes_done_ = 0;
  std::size_t settled_count_ = 0;
  ProgressBar bar_;
};

}  // namespace

int import_files(const ImportOptions& options) {
  if (options.data.empty() == options.url.empty()) {
    return fail("import needs either --data DIR --as HANDLE or --url URL --token T");
  }
  auto files = plan_import(options.paths);
  if (!files) return fail(files.error());
  const auto config = load_config(options.config_path);
  if (!config) return fail(config.error());
  log::set_level(log::Level::error);
  auto target = options.url.empty() ? LocalTarget::open(options, *config)
                                    : open_http_target(options.url, options.token);
  if (!target) return fail(target.error());
  Import import(*std::move(target), *std::move(files));
  import.run();
  const Json report = import.report();
  if (auto done = write_json(options.json, report); !done) return fail(done.error());
  if (options.json != "-") {
    fmt::print("{} files: {} published, {} were already there, {} failed\n",
               report["files"].get<int>(), report["published"].get<int>(),
               report["already_there"].get<int>(), report["failed"].get<int>());
  }
  return report["failed"].get<int>() == 0 ? 0 : 1;
}

}  // namespace filoscope::app
