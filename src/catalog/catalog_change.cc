#include <algorithm>

#include "accounts/reasons.h"
#include "base/log.h"
#include "catalog/caption.h"
#include "catalog/catalog_impl.h"
#include "catalog/reasons.h"
#include "catalog/text.h"
#include "catalog/video_row.h"
#include "engine/records.h"
#include "ports/makes_space.h"

namespace filoscope::catalog {
namespace {

constexpr std::size_t kMentionsMax = 30;
constexpr std::size_t kRecordWordsMax = 60;
constexpr std::size_t kRecordHashtagsMax = 30;

template <typename Enum>
std::int64_t number(Enum value) {
  return static_cast<std::int64_t>(value);
}

std::vector<std::uint64_t> keys_of(const std::vector<std::string>& texts, std::size_t count_max) {
  std::vector<std::uint64_t> keys;
  for (std::size_t i = 0; i < texts.size() && i < count_max; ++i)
    keys.push_back(engine::text_key(texts[i]));
  return keys;
}

/// Processing may write files of it even after its removal: its key stays among the dead ones until
/// processing says that it has ended, or the next start.
bool in_flight(const Video& video) {
  return video.state == State::received || video.state == State::checked ||
         video.state == State::processing;
}

/// Whose dead files these are: an account's, or (negative) those of one video that is being
/// processed.
std::int64_t pending_owner(const Video& video) {
  return in_flight(video) ? -video.id.db() : video.owner.db();
}

/// What stays of a video that was removed for good.
bool is_tombstone(const Video& video) {
  return video.state == State::removed && video.removed_ms == 0;
}

}  // namespace

Reach reach_of(const Entry& entry) {
  if (entry.state != State::published || is_kept_back(entry)) return Reach::nobody;
  if (entry.visibility == Visibility::everyone) return Reach::everyone;
  return entry.visibility == Visibility::followers ? Reach::followers : Reach::nobody;
}

Result<void> CatalogImpl::set_caption(Entry& entry, std::string_view caption) {
  FILOSCOPE_TRY(entry.caption, clean_caption(parts_.config, caption));
  auto parts = parse_caption(entry.caption);
  const auto tags_max = static_cast<std::size_t>(parts_.config[kHashtagsMax]);
  if (parts.hashtags.size() > tags_max) parts.hashtags.resize(tags_max);
  entry.hashtags = std::move(parts.hashtags);
  entry.mentions.clear();
  for (const auto& handle : parts.mentions) {
    if (entry.mentions.size() == kMentionsMax) break;
    const auto person = parts_.accounts.find(handle);
    if (person) entry.mentions.push_back(person->id);
  }
  FILOSCOPE_TRY(const auto owner, parts_.accounts.get(entry.owner));
  entry.language = guess_language(entry.caption, owner.language);
  return {};
}

Result<Video> CatalogImpl::create_with(
    const NewVideo& form, const std::function<Result<void>(Session&, const Video&)>& also) {
  if (!parts_.accounts.person_of(form.owner)) return Error(accounts::reason("no_such_account"));
  Video video;
  video.created_ms = parts_.clock.now_ms();
  video.id = new_id_of<VideoId>(video.created_ms);
  video.owner = form.owner;
  video.draft = form.draft;
  video.visibility = form.visibility;
  video.labels = form.labels;
  video.sample = form.sample;
  video.media_key = new_media_key();
  FILOSCOPE_DO(set_caption(video, form.caption));
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(parts_.accounts.need_account(session, form.owner));
    FILOSCOPE_DO(session.execute(
        "INSERT INTO catalog_entries (id, kind, owner, state, draft, visibility, labels, sample, "
        "caption, language, created_ms, published_ms, error, media_key, sound, facts) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', ?, 0, ?)",
        {video.id.db(), number(video.kind), video.owner.db(), number(video.state),
         kept_back_column(video), number(video.visibility), video.labels.db(),
         std::int64_t{video.sample}, video.caption, video.language, video.created_ms,
         video.media_key, encode_facts(video)}));
    return also ? also(session, video) : Result<void>();
  }));
  return video;
}

Result<void> CatalogImpl::set_state(VideoId id, State state, int progress_percent,
                                    std::string_view error) {
  if (state == State::published || state == State::removed)
    return Error(reason("video_state_of_other_call"));
  const int percent = std::clamp(progress_percent, 0, 99);
  if (state == State::processing && note_progress(id, percent)) return {};
  Lock stripe(stripe_of(id));
  FILOSCOPE_TRY(const auto before, load_video(id));
  const bool failed = state == State::failed;
  if (before.state == State::removed) {
    if (failed) FILOSCOPE_DO(discard_files(id));
    return no_such_video();
  }
  if (is_finished(before.state)) return Error(reason("video_already_published"));
  // What a failed try has left in the folder goes; another try begins in a new one.
  const std::string key = failed ? new_media_key() : before.media_key;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto changed,
                  session.execute("UPDATE catalog_entries SET state = ?, error = ?, media_key = ? "
                                  "WHERE id = ? AND state = ?",
                                  {number(state), std::string(failed ? error : ""), key, id.db(),
                                   number(before.state)}));
    if (changed == 0) return no_such_video();
    if (!failed) return {};
    FILOSCOPE_DO(session.execute("INSERT INTO catalog_dead_media (media_key, author) VALUES (?, ?)",
                                 {before.media_key, before.owner.db()}));
    return {};
  }));
  {
    Lock lock(progress_mutex_);
    progress_.erase(id);
    if (state == State::processing) progress_[id] = {percent, before.owner};
  }
  steps_.tell({id, before.owner, state, percent});
  return failed ? delete_pending(before.media_key) : Result<void>();
}

bool CatalogImpl::note_progress(VideoId id, int percent) {
  Lock lock(progress_mutex_);  // also while it is told: its end is told behind it
  const auto at = progress_.find(id);
  if (at == progress_.end()) return false;
  at->second.percent = percent;
  steps_.tell({id, at->second.owner, State::processing, percent});
  return true;
}

Result<Video> CatalogImpl::publish_with(VideoId id, const Processed& processed,
                                        const std::function<Result<void>(Session&)>& also) {
  Lock stripe(stripe_of(id));
  FILOSCOPE_TRY(const auto before, load_video(id));
  if (before.state == State::removed) {
    FILOSCOPE_DO(discard_files(id));
    return no_such_video();
  }
  if (is_finished(before.state)) return before;
  Video after = before;
  after.state = State::published;
  after.progress_percent = 100;
  after.error.clear();
  after.duration_ms = processed.duration_ms;
  after.width = processed.width;
  after.height = processed.height;
  after.placeholder = processed.placeholder;
  after.renditions = processed.renditions;
  after.covers_count = processed.covers_count;
  after.copy_of = processed.copy_of;
  after.copies_part = processed.copies_part;
  after.held = processed.held;
  after.sensitive = processed.sensitive;
  after.flashes = processed.flashes;
  settle_state(after);
  FILOSCOPE_DO(commit(before, after, [&](Session& session) -> Result<void> {
    after.sound = before.sound;
    after.sound_title = before.sound_title;
    after.sound_owner = before.sound_owner;
    FILOSCOPE_DO(session.execute("INSERT INTO catalog_processing (video, facts_json) VALUES (?, ?)",
                                 {id.db(), processed.facts_json}));
    if (processed.has_audio) {
      FILOSCOPE_TRY(after.sound, take_sound(session, id, processed));
    }
    if (also) FILOSCOPE_DO(also(session));
    return store(session, before, after);
  }));
  return after;
}

Result<Video> CatalogImpl::add_rendition(VideoId id, LateRendition made,
                                         const std::function<Result<void>(Session&)>& also) {
  Lock stripe(stripe_of(id));
  FILOSCOPE_TRY(const auto before, load_video(id));
  if (before.state == State::removed) return no_such_video();
  const auto& renditions = before.renditions;
  const auto larger = std::find_if(renditions.begin(), renditions.end(), [&](const auto& other) {
    return other.height <= made.rendition.height;
  });
  const bool known = larger != renditions.end() && larger->name == made.rendition.name;
  if (!is_finished(before.state) || known) return Error(reason("rendition_not_taken"));
  Video after = before;
  after.renditions.insert(after.renditions.begin() + (larger - renditions.begin()), made.rendition);
  auto stored = put_late(after, made);
  if (stored) {
    stored = commit(before, after, [&](Session& session) -> Result<void> {
      FILOSCOPE_DO(parts_.accounts.need_account(session, before.owner));
      FILOSCOPE_DO(store_row(session, before, after));
      FILOSCOPE_DO(store_media(session, before, after));
      return also(session);
    });
  }
  if (!stored) {
    static_cast<void>(remove_late(after));
    return stored.error();
  }
  return after;
}

Result<Video> CatalogImpl::change(AccountId owner, VideoId id, const VideoChange& change) {
  Lock stripe(stripe_of(id));
  FILOSCOPE_TRY(const auto before, load_video(id));
  accounts::Viewer viewer;
  viewer.account = owner;
  if (!may_see(viewer, before)) return no_such_video();
  if (before.owner != owner) return Error(reason("video_change_denied"));
  Video after = before;
  if (change.caption) FILOSCOPE_DO(set_caption(after, *change.caption));
  if (change.visibility) after.visibility = *change.visibility;
  if (change.labels) after.labels = *change.labels;
  if (change.available_until_ms) FILOSCOPE_DO(set_end(after, *change.available_until_ms));
  if (change.credits) after.credits = *change.credits;
  if (change.cover_index) {
    if (*change.cover_index < 0 || *change.cover_index >= std::max(1, before.covers_count))
      return Error(reason("no_such_cover"), before.covers_count).at("cover_index");
    after.cover_index = *change.cover_index;
  }
  if (change.publish_draft) after.draft = false;
  settle_state(after);
  const bool move = is_finished(before.state) && after.visibility != before.visibility;
  if (move) {
    after.media_key = new_media_key();
    FILOSCOPE_DO(mark_pending(before, after.media_key));
    auto copied = copy_files(before, after.media_key);
    if (!copied) {
      FILOSCOPE_DO(delete_pending(after.media_key));
      return copied.error();
    }
  }
  auto stored =
      commit(before, after, [&](Session& session) { return store(session, before, after); });
  if (!stored) {
    if (move) FILOSCOPE_DO(delete_pending(after.media_key));
    return stored.error();
  }
  if (move) FILOSCOPE_DO(delete_pending(before.media_key));
  return after;
}

Result<Video> CatalogImpl::release(VideoId id, std::optional<bool> sensitive) {
  Lock stripe(stripe_of(id));
  FILOSCOPE_TRY(const auto before, load_video(id));
  if (!is_finished(before.state) || !before.held) return Error(reason("not_held"));
  Video after = before;
  after.held = false;
  after.sensitive = sensitive.value_or(before.sensitive);
  settle_state(after);
  FILOSCOPE_DO(
      commit(before, after, [&](Session& session) { return store(session, before, after); }));
  return after;
}

Result<Video> CatalogImpl::set_sensitive(VideoId id, bool sensitive) {
  Lock stripe(stripe_of(id));
  FILOSCOPE_TRY(const auto before, load_video(id));
  if (!is_finished(before.state)) return no_such_video();
  Video after = before;
  after.sensitive = sensitive;
  FILOSCOPE_DO(
      commit(before, after, [&](Session& session) { return store(session, before, after); }));
  return after;
}

Result<Video> CatalogImpl::refuse(VideoId id) {
  Lock stripe(stripe_of(id));
  FILOSCOPE_TRY(const auto video, load_video(id));
  if (!is_finished(video.state) || !video.held) return Error(reason("not_held"));
  FILOSCOPE_DO(remove_loaded(video));
  return video;
}

Result<void> CatalogImpl::set_end(Video& video, std::int64_t until_ms) const {
  const bool passed = until_ms != 0 && until_ms <= parts_.clock.now_ms();
  if (passed && until_ms != video.available_until_ms)
    return Error(reason("end_in_the_past")).at("available_until_ms");
  video.available_until_ms = until_ms;
  return {};
}

void CatalogImpl::settle_state(Video& video) const {
  if (!is_finished(video.state)) return;
  const auto now_ms = parts_.clock.now_ms();
  const bool kept = is_kept_back(video);  // nobody's but hers
  const bool lasts = kept || is_in_time(video, now_ms);
  video.state = lasts ? State::published : State::ended;
  if (lasts && !kept && video.published_ms == 0) video.published_ms = now_ms;
}

Video CatalogImpl::tombstone(const Video& video) {
  Video gone;
  gone.id = video.id;
  gone.state = State::removed;
  return gone;
}

Result<void> CatalogImpl::remove(AccountId owner, VideoId id) {
  Lock stripe(stripe_of(id));
  FILOSCOPE_TRY(const auto before, load_video(id));
  accounts::Viewer viewer;
  viewer.account = owner;
  if (!may_see(viewer, before)) return no_such_video();
  if (before.owner != owner) return Error(reason("video_delete_denied"));
  return is_finished(before.state) ? set_aside(before) : remove_loaded(before);
}

Result<void> CatalogImpl::remove_loaded(const Video& video) {
  const MakesSpace by_its_files;
  Video gone = tombstone(video);
  FILOSCOPE_DO(commit(video, gone, [&](Session& session) { return store(session, video, gone); }));
  return in_flight(video) ? delete_files(video.media_key) : delete_pending(video.media_key);
}

Result<void> CatalogImpl::remove_where(std::string_view sql, std::span<const SqlValue> arguments) {
  std::vector<VideoId> ids;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    ids.clear();
    return session.query(sql, arguments,
                         [&](const Row& row) { ids.push_back(VideoId::from_db(row.integer(0))); });
  }));
  for (const auto id : ids) {
    Lock stripe(stripe_of(id));
    FILOSCOPE_TRY(const auto video, load(id));
    if (is_tombstone(video)) continue;
    FILOSCOPE_DO(remove_loaded(video));
  }
  return {};
}

Result<void> CatalogImpl::remove_all_of(AccountId owner) {
  const SqlValue argument = owner.db();
  return remove_where("SELECT id FROM catalog_entries WHERE owner = ?", std::span(&argument, 1));
}

Result<void> CatalogImpl::remove_samples() {
  return remove_where("SELECT id FROM catalog_entries WHERE sample = 1", {});
}

Result<void> CatalogImpl::store(Session& session, const Video& before, Video& after) {
  if (after.state != State::removed)
    FILOSCOPE_DO(parts_.accounts.need_account(session, before.owner));
  FILOSCOPE_DO(store_row(session, before, after));
  FILOSCOPE_DO(settle_sound(session, before, after));
  FILOSCOPE_DO(store_hashtags(session, after));
  FILOSCOPE_DO(store_media(session, before, after));
  Video told = after.state == State::removed ? before : after;
  told.state = after.state;
  told.removed_ms = after.removed_ms;
  for (const auto& hook : hooks_) FILOSCOPE_DO(hook(session, told));
  return store_record(session, before, after);
}

Result<void> CatalogImpl::store_row(Session& session, const Video& before, const Video& after) {
  FILOSCOPE_TRY(
      const auto changed,
      session.execute(
          "UPDATE catalog_entries SET owner = ?, state = ?, draft = ?, visibility = ?, labels = ?, "
          "available_until_ms = ?, sample = ?, caption = ?, language = ?, created_ms = ?, "
          "published_ms = ?, error = ?, media_key = ?, sound = ?, facts = ?, removed_ms = ?, "
          "credits = ?, copy_of = ?, copies_part = ?, notices = ? WHERE id = ? AND state = ? AND "
          "media_key = ?",
          {after.owner.db(),
           number(after.state),
           kept_back_column(after),
           number(after.visibility),
           after.labels.db(),
           after.available_until_ms,
           std::int64_t{after.sample},
           after.caption,
           after.language,
           after.created_ms,
           after.published_ms,
           after.error,
           after.media_key,
           after.sound.db(),
           encode_facts(after),
           after.removed_ms,
           after.credits,
           after.copy_of.db(),
           std::int64_t{after.copies_part},
           notices_column(after),
           before.id.db(),
           number(before.state),
           before.media_key}));
  if (changed == 0) return no_such_video();
  if (!is_tombstone(after)) return {};
  FILOSCOPE_DO(session.execute("DELETE FROM catalog_processing WHERE video = ?", {before.id.db()}));
  return {};
}

Result<void> CatalogImpl::store_hashtags(Session& session, const Entry& after) {
  const std::int64_t id = after.id.db();
  FILOSCOPE_DO(
      session.execute("UPDATE catalog_hashtags SET videos_count = videos_count - 1 WHERE tag IN "
                      "(SELECT tag FROM catalog_video_hashtags WHERE video = ? AND counted = 1)",
                      {id}));
  FILOSCOPE_DO(
      session.execute("DELETE FROM catalog_hashtags WHERE videos_count = 0 AND tag IN "
                      "(SELECT tag FROM catalog_video_hashtags WHERE video = ?)",
                      {id}));
  FILOSCOPE_DO(session.execute("DELETE FROM catalog_video_hashtags WHERE video = ?", {id}));
  if (after.state != State::published || is_kept_back(after)) return {};
  const bool counted = reach_of(after) == Reach::everyone;
  for (const auto& tag : after.hashtags) {
    FILOSCOPE_DO(
        session.execute("INSERT INTO catalog_video_hashtags (tag, video, counted) VALUES (?, ?, ?)",
                        {tag, id, std::int64_t{counted}}));
    if (!counted) continue;
    FILOSCOPE_DO(session.execute(
        "INSERT INTO catalog_hashtags (tag, term, videos_count) VALUES (?, ?, 1) ON CONFLICT (tag) "
        "DO UPDATE SET term = excluded.term, videos_count = catalog_hashtags.videos_count + 1",
        {tag, hashtag_term_of(tag)}));
  }
  return {};
}

Result<void> CatalogImpl::store_media(Session& session, const Video& before, const Video& after) {
  if (after.media_key != before.media_key) {
    FILOSCOPE_DO(session.execute("INSERT INTO catalog_dead_media (media_key, author) VALUES (?, ?)",
                                 {before.media_key, pending_owner(before)}));
    FILOSCOPE_DO(
        session.execute("DELETE FROM catalog_dead_media WHERE media_key = ?", {after.media_key}));
    FILOSCOPE_DO(
        session.execute("DELETE FROM catalog_media WHERE media_key = ?", {before.media_key}));
  } else if (after.state == State::removed) {
    FILOSCOPE_DO(
        session.execute("DELETE FROM catalog_media WHERE media_key = ?", {before.media_key}));
  }
  if (!is_finished(after.state)) return {};
  const auto entry = media_entry(after);
  std::string renditions;
  for (const auto name : entry.renditions)
    if (name != 0) renditions += std::to_string(name) + " ";
  FILOSCOPE_DO(session.execute(
      "INSERT INTO catalog_media (media_key, video, restricted, renditions, covers_count) "
      "VALUES (?, ?, ?, ?, ?) ON CONFLICT (media_key) DO UPDATE SET restricted = "
      "excluded.restricted, renditions = excluded.renditions",
      {after.media_key, after.id.db(), std::int64_t{entry.restricted}, renditions,
       std::int64_t{entry.covers_count}}));
  return {};
}

Result<void> CatalogImpl::store_record(Session& session, const Video& before, const Video& after) {
  LogRecord record;
  if (reach_of(after) == Reach::nobody) {
    if (reach_of(before) == Reach::nobody) return {};
    record = engine::encode(engine::VideoRemoved{after.id});
  } else {
    FILOSCOPE_TRY(record, record_of(after));
  }
  FILOSCOPE_DO(parts_.log.append(session, std::span(&record, 1)));
  return {};
}

/// REQUIRES: somebody else may see it.
Result<LogRecord> CatalogImpl::record_of(const Entry& entry) const {
  const auto person = parts_.accounts.person_of(entry.owner);
  if (!person) return no_such_entry();
  engine::VideoPublished body;
  body.video = entry.id;
  body.kind = static_cast<std::uint8_t>(entry.kind);
  body.author = *person;
  body.sound = entry.sound;
  body.language = engine::language_key(entry.language);
  body.created_ms = entry.published_ms;
  body.duration_ms = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(entry.duration_ms, 0, std::numeric_limits<std::uint32_t>::max()));
  body.followers_only = reach_of(entry) == Reach::followers;
  body.hashtags = keys_of(entry.hashtags, kRecordHashtagsMax);
  body.words = keys_of(words_of(entry.caption), kRecordWordsMax);
  if (!entry.copies_part) body.copy_of = entry.copy_of;
  if (entry.sensitive) body.age_min = accounts::kAgeOfSensitive;
  return engine::encode(body);
}

Result<void> CatalogImpl::restate(const std::function<Result<void>(const LogRecord&)>& tell) {
  return each([&](const Entry& entry) -> Result<void> {
    if (reach_of(entry) == Reach::nobody) return {};
    auto record = record_of(entry);
    if (!record && record.error().code == Code::not_found) return {};  // its owner has just gone
    if (!record) return record.error();
    record->at_ms = entry.published_ms;
    return tell(*record);
  });
}

Result<void> CatalogImpl::commit(const Video& before, Video& after,
                                 const std::function<Result<void>(Session&)>& work) {
  if (is_finished(after.state)) media_.insert(after.media_key, media_entry(after));
  auto stored = parts_.database.write(work);
  if (stored) {
    remember(before, after);
    return {};
  }
  if (before.media_key == after.media_key && is_finished(before.state)) {
    media_.insert(before.media_key, media_entry(before));
  } else if (is_finished(after.state)) {
    media_.erase(after.media_key);
  }
  return stored;
}

void CatalogImpl::remember(const Video& before, const Video& after) {
  if (before.media_key != after.media_key || after.state == State::removed)
    media_.erase(before.media_key);
  if (after.state != State::processing) {
    Lock lock(progress_mutex_);
    progress_.erase(after.id);
  }
  if (const auto sound = resettled_sound(before, after)) cache_.erase_sounds({sound});
  if (after.state == State::published) {
    cache_.replace(after);
  } else {
    cache_.erase(after.id);
  }
  steps_.tell({after.id, before.owner, after.state, after.progress_percent});
}

Result<void> CatalogImpl::forget_owner(Session& session, AccountId owner) {
  if (!owner) return {};  // a guest has no videos
  const std::string sql =
      std::string("SELECT ") + std::string(kVideoColumns) + " FROM catalog_entries WHERE owner = ?";
  std::vector<Video> videos;
  Result<void> outcome;
  FILOSCOPE_DO(session.query(sql, {owner.db()}, [&](const Row& row) {
    auto video = read_video(row);
    if (video) {
      videos.push_back(*std::move(video));
    } else {
      outcome = video.error();
    }
  }));
  FILOSCOPE_DO(outcome);
  FILOSCOPE_DO(session.execute(
      "UPDATE catalog_sounds SET title = '', titled_by = 0 WHERE titled_by = ?", {owner.db()}));
  for (const auto& video : videos) {
    Video gone = tombstone(video);
    FILOSCOPE_DO(store(session, video, gone));
  }
  session.on_commit(
      [this, owner, videos = std::move(videos)] { finish_forgetting(owner, videos); });
  return {};
}

void CatalogImpl::finish_forgetting(AccountId owner, const std::vector<Video>& videos) {
  std::unordered_set<SoundId> sounds;
  for (const auto& video : videos) {
    Lock stripe(stripe_of(video.id));  // a change that was committed before is in memory now
    if (video.sound) sounds.insert(video.sound);
    media_.erase(video.media_key);
    cache_.erase(video.id);
    steps_.tell({video.id, owner, State::removed, 0});
  }
  // Files that stay because the queue is full go at the next start.
  const auto posted = reaper_.post([this, owner, sounds = std::move(sounds)] {
    cache_.erase_sounds(sounds);
    if (const auto swept = sweep_pending(owner); !swept)
      log::error("catalog.forget_failed", {{"reason", swept.error().message}});
  });
  if (!posted) log::warn("catalog.reaper_full", {{"reason", posted.error().message}});
}

}  // namespace filoscope::catalog
