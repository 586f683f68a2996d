#include "reading/reading.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "accounts/text.h"
#include "base/log.h"
#include "lookers/looker.h"
#include "media/sandbox.h"
#include "reading/schema.h"

namespace filoscope::reading {
namespace {

constexpr std::int64_t kMemoryMax = 3LL << 30;
constexpr int kJobsMax = 500, kTriesMax = 2;
constexpr std::int64_t kShownForMs = 1'000;  // a scene's text; when it goes is not known

constexpr std::array<Migration, 1> kMigrations{{
    {1, R"sql(
      CREATE TABLE reading_shown (
        video BIGINT NOT NULL PRIMARY KEY,
        cues BYTEA NOT NULL
      );
    )sql"},
}};

/// Each different text once, when it is first there.
std::vector<subtitles::Cue> cues_of(const std::vector<lookers::SceneText>& scenes) {
  std::vector<subtitles::Cue> cues;
  for (const auto& scene : scenes) {
    const auto clean = accounts::shown_text(scene.text, subtitles::kCueCharactersMax);
    const bool known =
        std::ranges::any_of(cues, [&](const subtitles::Cue& cue) { return cue.text == clean; });
    if (!clean.empty() && !known) cues.push_back({scene.at_ms, scene.at_ms + kShownForMs, clean});
  }
  return cues;
}

class ReadingImpl final : public Reading {
 public:
  explicit ReadingImpl(const Parts& parts)
      : parts_(parts),
        lookers_({.program = parts.program,
                  .text_languages = parts.config[kLanguages],
                  .memory_max_bytes = kMemoryMax,
                  .niceness = media::kWorkerNice,
                  .jobs_max = kJobsMax,
                  .stop = &stop_},
                 parts.read_at_once, kTriesMax) {}

  Result<void> start() {
    FILOSCOPE_DO(parts_.database.migrate("reading", migrations()));
    parts_.catalog.on_change([](Session& session, const catalog::Entry& entry) {
      const bool gone = entry.state == catalog::State::removed && entry.removed_ms == 0;
      return gone ? forget(session, entry.id) : Result<void>();
    });
    return {};
  }
  void stop() override { stop_ = true; }

  Result<std::vector<subtitles::Cue>> read(int rendition_fd) override {
    if (!parts_.config[kEnabled] || parts_.read_at_once == 0) return std::vector<subtitles::Cue>();
    std::vector<lookers::SceneText> scenes;
    const auto done = lookers_.with([&](lookers::Looker& looker) -> Result<void> {
      if (const auto& problem = looker.ready().text_problem; !problem.empty())
        return Error{Code::internal, problem};
      FILOSCOPE_TRY(scenes, looker.text(rendition_fd, static_cast<int>(parts_.config[kFramesMax])));
      return {};
    });
    if (!done && stop_) return done.error();
    if (!done) log::warn("reading.not_read", {{"reason", done.error().message}});
    return cues_of(scenes);
  }

  Result<void> keep(Session& session, VideoId video,
                    const std::vector<subtitles::Cue>& shown) override {
    FILOSCOPE_DO(forget(session, video));
    if (shown.empty()) return {};
    FILOSCOPE_DO(session.execute("INSERT INTO reading_shown (video, cues) VALUES (?, ?)",
                                 {video.db(), subtitles::encode_cues(shown)}));
    return {};
  }

  Result<std::vector<subtitles::Cue>> shown(Session& session, VideoId video) override {
    std::vector<subtitles::Cue> shown;
    FILOSCOPE_DO(session.query("SELECT cues FROM reading_shown WHERE video = ?", {video.db()},
                               [&](const Row& row) {
                                 auto cues = subtitles::decode_cues(row.bytes(0));
                                 if (cues) shown = *std::move(cues);
                                 if (!cues) log::warn("reading.damaged", {{"video", video.text()}});
                               }));
    return shown;
  }

 private:
  static Result<void> forget(Session& session, VideoId video) {
    FILOSCOPE_DO(session.execute("DELETE FROM reading_shown WHERE video = ?", {video.db()}));
    return {};
  }

  const Parts parts_;
  std::atomic<bool> stop_ = false;
  lookers::Lookers lookers_;
};

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<std::unique_ptr<Reading>> Reading::open(const Parts& parts) {
  auto reading = std::make_unique<ReadingImpl>(parts);
  FILOSCOPE_DO(reading->start());
  return std::unique_ptr<Reading>(std::move(reading));
}

}  // namespace filoscope::reading
