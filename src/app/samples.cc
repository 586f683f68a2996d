#include "app/samples.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include "base/guarded_thread.h"
#include "base/log.h"
#include "base/mutex.h"

namespace filoscope::app {
namespace {

constexpr std::int64_t kLookEveryMs = 500;
constexpr std::size_t kRowsMax = 1000;
constexpr int kVideosPerAccountMax = 100;

using Cells = std::vector<std::string>;

std::vector<Cells> read_tsv(const std::filesystem::path& path) {
  std::vector<Cells> rows;
  std::ifstream in(path);
  for (std::string line; rows.size() < kRowsMax && std::getline(in, line);) {
    Cells cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, '\t');) cells.push_back(cell);
    if (cells.size() >= 3) rows.push_back(std::move(cells));
  }
  return rows;
}

class SamplesImpl final : public Samples {
 public:
  explicit SamplesImpl(Parts parts)
      : parts_(std::move(parts)),
        thread_(guarded_thread(
            "samples", [this] { run(); },
            [this] {
              report({}, true);  // nobody waits for the rest; the next start goes on
              return false;
            })) {}

  ~SamplesImpl() override {
    {
      Lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  api::SamplesProgress progress() const override {
    Lock lock(mutex_);
    return progress_;
  }

  void wait_for_ready(int count, std::int64_t timeout_ms) override {
    Lock lock(mutex_);
    changed_.wait_for_ms(mutex_, timeout_ms, [&]() FILOSCOPE_REQUIRES(mutex_) {
      return stopping_ || progress_.done || progress_.ready >= count;
    });
  }

 private:
  struct Clip {
    std::string file, handle, caption, credits;
    VideoId video;
    bool settled = false;  ///< published, failed, or never made
    bool published = false;
  };

  std::filesystem::path path(const std::string& name) const {
    return std::filesystem::path(parts_.folder) / name;
  }

  /// Also false where nobody may look.
  bool there(const std::string& name) const {
    std::error_code unknown;
    return std::filesystem::exists(path(name), unknown);
  }

  /// False when stopping.
  bool pause() {
    Lock lock(mutex_);
    changed_.wait_for_ms(mutex_, kLookEveryMs,
                         [this]() FILOSCOPE_REQUIRES(mutex_) { return stopping_; });
    return !stopping_;
  }

  void run() {
    if (there("imported")) return part_credits(manifest());
    std::error_code unreadable;
    if (!std::filesystem::exists(path("manifest.tsv"), unreadable) && unreadable) {
      log::warn("the samples cannot be read", {{"problem", unreadable.message()}});
      return report({}, true);
    }
    report({}, false);
    while (!there("manifest.tsv")) {
      if (no_more_come() || !pause()) return report({}, true);
    }
    auto clips = manifest();
    part_credits(clips);
    bool all_settled = false;
    while (!all_settled) {
      const bool no_more = no_more_come();
      all_settled = true;
      for (auto& clip : clips) {
        advance(clip, no_more);
        all_settled = all_settled && clip.settled;
      }
      report(clips, all_settled);
      if (!all_settled && !pause()) return;
    }
    if (!there("done")) return;  // the next start goes on
    std::ofstream(path("imported")) << "taken in; nothing here is needed any more\n";
    std::error_code ignored;
    for (const auto& clip : clips) std::filesystem::remove(path(clip.file), ignored);
  }

  bool no_more_come() const { return there("done") || there("stopped"); }

  std::vector<Clip> manifest() const {
    std::vector<Clip> clips;
    for (auto& row : read_tsv(path("manifest.tsv")))
      clips.push_back({row[0], row[1], row[2], row.size() > 3 ? row[3] : "", {}, false, false});
    return clips;
  }

  /// A data folder whose samples have their credits at the end of the caption gets them apart.
  void part_credits(const std::vector<Clip>& clips) {
    for (const auto& clip : clips) {
      if (clip.credits.empty()) continue;
      const auto account = parts_.accounts.find(clip.handle);
      if (!account) continue;
      const auto videos = parts_.catalog.own(account->id, "", kVideosPerAccountMax);
      if (!videos) return;
      for (const auto& video : videos->items) {
        if (!video.sample || video.caption != clip.caption + ". " + clip.credits) continue;
        give_credits(account->id, video.id, {.caption = clip.caption, .credits = clip.credits});
      }
    }
  }

  void give_credits(AccountId account, VideoId video, const catalog::VideoChange& change) {
    const auto changed = parts_.catalog.change(account, video, change);
    if (!changed) log::warn("sample without its credits", {{"problem", changed.error().message}});
  }

  void advance(Clip& clip, bool no_more) {
    if (clip.settled) return;
    if (!clip.video) return take_in(clip, no_more);
    const auto video = parts_.catalog.get(clip.video);
    if (!video.has_value()) {
      clip.settled = true;
      return;
    }
    clip.published = video->state == catalog::State::published;
    clip.settled = clip.published || video->state == catalog::State::failed;
  }

  void take_in(Clip& clip, bool no_more) {
    if (!there(clip.file)) {
      clip.settled = no_more;
      return;
    }
    const auto account = account_of(clip.handle);
    if (!account.has_value()) {
      log::warn("sample account refused",
                {{"handle", clip.handle}, {"problem", account.error().message}});
      clip.settled = true;
      return;
    }
    const auto video =
        parts_.uploads.import_file(*account, path(clip.file).string(), clip.caption, true);
    if (video.has_value()) {
      clip.video = *video;
      give_credits(*account, *video, {.credits = clip.credits});
    } else if (video.error().code != Code::exhausted) {  // a full queue: try again at the next look
      log::warn("sample clip refused", {{"file", clip.file}, {"problem", video.error().message}});
      clip.settled = true;
    }
  }

  Result<AccountId> account_of(const std::string& handle) {
    if (const auto known = accounts_by_handle_.find(handle); known != accounts_by_handle_.end())
      return known->second;
    auto found = parts_.accounts.find(handle);
    if (!found.has_value()) {
      accounts::SignUp form;
      form.handle = handle;
      form.birth_date = "1990-01-01";
      form.language = "en";
      form.sample = true;
      accounts::ProfileChange profile;
      for (const auto& row : read_tsv(path("accounts.tsv"))) {
        if (row[0] != handle) continue;
        form.display_name = row[1];
        profile.bio = row[2];
      }
      FILOSCOPE_TRY(auto made, parts_.accounts.sign_up(form));
      FILOSCOPE_TRY(auto changed, parts_.accounts.change_profile(made.account.id, profile));
      found = std::move(changed);
    }
    return accounts_by_handle_.emplace(handle, found->id).first->second;
  }

  void report(const std::vector<Clip>& clips, bool done) {
    api::SamplesProgress now;
    now.total = static_cast<int>(clips.size());
    now.done = done;
    for (const auto& clip : clips) now.ready += clip.published ? 1 : 0;
    {
      Lock lock(mutex_);
      progress_ = now;
    }
    changed_.notify_all();
  }

  const Parts parts_;
  std::map<std::string, AccountId> accounts_by_handle_;  ///< of thread_ only
  mutable Mutex mutex_;
  Condition changed_;
  api::SamplesProgress progress_ FILOSCOPE_GUARDED_BY(mutex_);
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Samples> Samples::start(const Parts& parts) {
  return std::make_unique<SamplesImpl>(parts);
}

Result<void> remove_samples(accounts::Accounts& accounts, catalog::Catalog& catalog) {
  FILOSCOPE_DO(catalog.remove_samples());
  return accounts.remove_sample_accounts();
}

}  // namespace filoscope::app
