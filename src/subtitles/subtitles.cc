#include "subtitles/subtitles.h"

#include <algorithm>

#include "accounts/text.h"
#include "base/crypto.h"
#include "base/log.h"
#include "catalog/reasons.h"
#include "subtitles/reasons.h"
#include "subtitles/schema.h"
#include "subtitles/store.h"

namespace filoscope::subtitles {
namespace {

constexpr std::size_t kRevisionBytes = 9;

std::string revision_of(std::span<const Cue> cues) {
  const auto digest = crypto::sha256(webvtt_of(cues));
  return crypto::base64url(std::span(digest).first(kRevisionBytes));
}

/// REQUIRES: cues.
StoredTrack stored_track(std::string language, std::string label, std::span<const Cue> cues,
                         std::int64_t now_ms) {
  return {{std::move(language), std::move(label), std::ssize(cues), now_ms, revision_of(cues)},
          encode_cues(cues),
          cues.back().from_ms};
}

/// Without what begins behind the clip's end; its length is 0 where it is not known. Gives how many
/// went.
std::int64_t drop_behind(std::vector<Cue>& cues, std::int64_t duration_ms) {
  if (duration_ms == 0) return 0;
  return static_cast<std::int64_t>(
      std::erase_if(cues, [&](const Cue& cue) { return cue.from_ms >= duration_ms; }));
}

/// Nothing of what is damaged, which the log says: a clip is not kept from being changed by it.
std::vector<Cue> readable_cues(VideoId video, const StoredTrack& stored) {
  auto cues = decode_cues(stored.cues);
  if (cues) return *std::move(cues);
  log::warn("subtitles.damaged", {{"video", video.text()}, {"language", stored.track.language}});
  return {};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

class SubtitlesImpl final : public Subtitles {
 public:
  explicit SubtitlesImpl(const Parts& parts) : parts_(parts), store_(parts.database) {}
  Result<void> start();

  Result<Taken> set(AccountId owner, VideoId video, std::string_view language,
                    std::string_view label, std::string_view file) override;
  Result<void> remove(AccountId owner, VideoId video, std::string_view language) override;
  Result<std::vector<std::vector<Track>>> tracks(std::span<const VideoId> videos) override {
    return store_.tracks(videos);
  }
  Result<File> file(const accounts::Viewer& viewer, VideoId video,
                    std::string_view language) override;
  Result<std::vector<Said>> said(Session& session, VideoId video) override;
  void on_change(ChangeHook hook) override { hooks_.push_back(std::move(hook)); }

 private:
  Result<catalog::Video> own_video(AccountId owner, VideoId video);
  Result<void> on_entry(Session& session, const catalog::Entry& entry);
  Result<void> shorten(Session& session, const catalog::Entry& entry);
  Result<void> put(Session& session, VideoId video, const StoredTrack& stored);
  Result<void> forget_orphan(AccountId owner, VideoId video);
  Result<void> tell(Session& session, VideoId video);

  const Parts parts_;
  const Store store_;
  std::vector<ChangeHook> hooks_;
};

Result<void> SubtitlesImpl::start() {
  FILOSCOPE_DO(parts_.database.migrate("subtitles", migrations()));
  parts_.catalog.on_change(
      [this](Session& session, const catalog::Entry& entry) { return on_entry(session, entry); });
  return {};
}

Result<void> SubtitlesImpl::tell(Session& session, VideoId video) {
  for (const auto& hook : hooks_) FILOSCOPE_DO(hook(session, video));
  return {};
}

Result<void> SubtitlesImpl::on_entry(Session& session, const catalog::Entry& entry) {
  if (entry.kind != catalog::Kind::video) return {};
  const bool gone = entry.state == catalog::State::removed && entry.removed_ms == 0;
  if (!gone) return catalog::is_finished(entry.state) ? shorten(session, entry) : Result<void>();
  FILOSCOPE_TRY(const auto count, Store::forget(session, entry.id));
  return count > 0 ? tell(session, entry.id) : Result<void>();
}

/// Takes away what was given before the clip's end was known and is behind it.
Result<void> SubtitlesImpl::shorten(Session& session, const catalog::Entry& entry) {
  if (entry.duration_ms == 0) return {};
  FILOSCOPE_TRY(const auto all, Store::all(session, entry.id, entry.duration_ms));
  for (const auto& one : all) {
    auto cues = readable_cues(entry.id, one);
    drop_behind(cues, entry.duration_ms);
    FILOSCOPE_DO(Store::remove(session, entry.id, one.track.language));
    if (cues.empty()) continue;
    FILOSCOPE_DO(
        Store::put(session, entry.id,
                   stored_track(one.track.language, one.track.label, cues, one.track.changed_ms)));
  }
  return all.empty() ? Result<void>() : tell(session, entry.id);
}

Result<catalog::Video> SubtitlesImpl::own_video(AccountId owner, VideoId id) {
  accounts::Viewer viewer;
  viewer.account = owner;
  FILOSCOPE_TRY(auto video, parts_.catalog.get_visible(viewer, id));
  if (video.owner != owner) return Error(catalog::reason("video_change_denied"));
  return video;
}

Result<void> SubtitlesImpl::put(Session& session, VideoId video, const StoredTrack& stored) {
  FILOSCOPE_TRY(const auto there, Store::languages(session, video));
  const bool replaces = std::find(there.begin(), there.end(), stored.track.language) != there.end();
  if (!replaces && there.size() >= kLanguagesMax)
    return Error(reason("too_many_subtitles"), kLanguagesMax);
  FILOSCOPE_DO(Store::put(session, video, stored));
  return tell(session, video);
}

/// Where the video went for good after it was looked at: its hook ran before the row was there.
Result<void> SubtitlesImpl::forget_orphan(AccountId owner, VideoId id) {
  const auto video = parts_.catalog.get(id);
  if (video || video.error().code != Code::not_found) return {};
  FILOSCOPE_TRY(const auto removed, parts_.catalog.removed(owner));
  const bool restorable =
      std::any_of(removed.begin(), removed.end(), [&](const auto& one) { return one.id == id; });
  if (restorable) return {};
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(Store::forget(session, id));
    return tell(session, id);
  });
}

Result<Taken> SubtitlesImpl::set(AccountId owner, VideoId id, std::string_view language,
                                 std::string_view label, std::string_view file) {
  FILOSCOPE_TRY(const auto video, own_video(owner, id));
  FILOSCOPE_TRY(auto tag, clean_language(language));
  FILOSCOPE_TRY(auto name,
                accounts::clean_text("label", label, accounts::Lines::one, kLabelCharactersMax));
  FILOSCOPE_TRY(auto cues, read_cues(file));
  const auto dropped = drop_behind(cues, video.duration_ms);
  if (cues.empty()) return Error(reason("subtitles_behind_end"), video.duration_ms);
  const auto stored = stored_track(std::move(tag), std::move(name), cues, parts_.clock.now_ms());
  FILOSCOPE_TRY(const auto before, store_.find(id, stored.track.language));
  if (before && before->track.revision == stored.track.revision &&
      before->track.label == stored.track.label)
    return Taken{before->track, dropped};  // whoever is told reads all tracks again
  FILOSCOPE_DO(parts_.database.write([&](Session& session) { return put(session, id, stored); }));
  FILOSCOPE_DO(forget_orphan(owner, id));
  return Taken{stored.track, dropped};
}

Result<void> SubtitlesImpl::remove(AccountId owner, VideoId id, std::string_view language) {
  FILOSCOPE_DO(own_video(owner, id));
  FILOSCOPE_TRY(const auto tag, clean_language(language));
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const bool removed, Store::remove(session, id, tag));
    if (!removed) return Error(reason("no_such_subtitles"));
    return tell(session, id);
  });
}

Result<File> SubtitlesImpl::file(const accounts::Viewer& viewer, VideoId id,
                                 std::string_view language) {
  FILOSCOPE_DO(parts_.catalog.get_visible(viewer, id));
  const auto tag = clean_language(language);
  if (!tag) return Error(reason("no_such_subtitles"));
  FILOSCOPE_TRY(const auto stored, store_.find(id, *tag));
  if (!stored) return Error(reason("no_such_subtitles"));
  FILOSCOPE_TRY(const auto cues, decode_cues(stored->cues));
  return File{webvtt_of(cues), stored->track.revision};
}

Result<std::vector<Said>> SubtitlesImpl::said(Session& session, VideoId video) {
  FILOSCOPE_TRY(const auto all, Store::all(session, video));
  std::vector<Said> said;
  for (const auto& one : all) said.push_back({one.track.language, readable_cues(video, one)});
  return said;
}

}  // namespace

Result<std::string> clean_language(std::string_view language) {
  if (language.empty()) return Error(reason("subtitles_without_language")).at("language");
  FILOSCOPE_DO(accounts::check_language(language));
  std::string clean;
  bool extended = false;  // behind a single letter all is lower case
  for (std::size_t begin = 0; begin < language.size();) {
    const auto end = std::min(language.find('-', begin), language.size());
    std::string part(language.substr(begin, end - begin));
    std::transform(part.begin(), part.end(), part.begin(), lower);
    const bool capital = begin > 0 && !extended;
    if (capital && part.size() == 2) std::transform(part.begin(), part.end(), part.begin(), upper);
    if (capital && part.size() == 4) part.front() = upper(part.front());
    extended = extended || part.size() == 1;
    clean.append(begin > 0 ? "-" : "").append(part);
    begin = end + 1;
  }
  return clean;
}

Result<std::unique_ptr<Subtitles>> Subtitles::open(const Parts& parts) {
  auto subtitles = std::make_unique<SubtitlesImpl>(parts);
  FILOSCOPE_DO(subtitles->start());
  return std::unique_ptr<Subtitles>(std::move(subtitles));
}

}  // namespace filoscope::subtitles
