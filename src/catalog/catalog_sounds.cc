#include <algorithm>
#include <bit>

#include "accounts/text.h"
#include "catalog/catalog_impl.h"
#include "catalog/reasons.h"
#include "ports/in_list.h"

namespace filoscope::catalog {
namespace {

/// Sounds looked at per value of a print: a value that more sounds share tells little.
constexpr std::int64_t kSoundsPerValueMax = 64;
constexpr std::size_t kSoundsComparedMax = 8;
constexpr std::size_t kTitleCharactersMax = 100;
constexpr std::size_t kSoundsBatchMax = 64;
constexpr std::int64_t kSoundsOfMax = 200;
/// Of the oldest videos with a sound, looked through for one that a person may see.
constexpr std::int64_t kSourcesLookedAtMax = 64;
/// A title goes with the person who gave it: whoever comes to own the sound begins without one.
constexpr std::string_view kSoundColumns =
    "id, CASE WHEN titled_by = owner THEN title ELSE '' END, owner, videos_count";

Sound read_sound(const Row& row) {
  return {SoundId::from_db(row.integer(0)), row.text(1), AccountId::from_db(row.integer(2)),
          row.integer(3)};
}

Error no_such_sound() { return Error(reason("no_such_sound")); }

bool is_heard_by_all(const Video& video) {
  return video.sound && reach_of(video) == Reach::everyone;
}

/// `ids` as the arguments of a list that has few lengths, and its placeholders.
template <typename Id>
std::string list_of(std::span<const Id> ids, std::vector<SqlValue>& arguments) {
  const auto slots = std::bit_ceil(ids.size());
  for (std::size_t i = 0; i < slots; ++i)
    arguments.emplace_back(ids[std::min(i, ids.size() - 1)].db());
  return placeholders(slots);
}

/// The sounds that share most values with a print, best first.
Result<std::vector<SoundId>> likely_sounds(Session& session, SoundPrint print) {
  std::unordered_map<std::int64_t, int> votes;
  for (const auto value : lookup_values(print)) {
    FILOSCOPE_DO(session.query("SELECT sound FROM catalog_sound_values WHERE value = ? LIMIT ?",
                               {std::int64_t{value}, kSoundsPerValueMax},
                               [&](const Row& row) { ++votes[row.integer(0)]; }));
  }
  std::vector<std::pair<int, std::int64_t>> order;
  for (const auto& [sound, count] : votes) order.emplace_back(-count, sound);
  std::sort(order.begin(), order.end());
  std::vector<SoundId> sounds;
  for (const auto& [count, sound] : order)
    if (sounds.size() < kSoundsComparedMax) sounds.push_back(SoundId::from_db(sound));
  return sounds;
}

}  // namespace

SoundId resettled_sound(const Video& before, const Video& after) {
  const auto sound = after.sound ? after.sound : before.sound;
  const bool carries_still =
      after.sound == before.sound &&
      (reach_of(before) == Reach::everyone) == (reach_of(after) == Reach::everyone);
  return carries_still ? SoundId{} : sound;
}

Result<SoundId> CatalogImpl::find_sound(Session& session, SoundPrint print) {
  FILOSCOPE_TRY(const auto sounds, likely_sounds(session, print));
  for (const auto sound : sounds) {
    bool same = false;
    FILOSCOPE_DO(session.query("SELECT print FROM catalog_sounds WHERE id = ?", {sound.db()},
                               [&](const Row& row) {
                                 const auto bytes = row.bytes(0);
                                 ByteReader in(bytes);
                                 const auto known = in.get_array<std::uint32_t>();
                                 same = is_part_of(print, known);
                               }));
    if (same) return sound;
  }
  return SoundId{};
}

Result<SoundId> CatalogImpl::take_sound(Session& session, VideoId video,
                                        const Processed& processed) {
  SoundId chosen;
  FILOSCOPE_DO(session.query("SELECT id FROM catalog_sounds WHERE id = ?", {processed.sound.db()},
                             [&](const Row& row) { chosen = SoundId::from_db(row.integer(0)); }));
  if (chosen) return chosen;
  const SoundPrint print = processed.sound_print;
  FILOSCOPE_TRY(const auto known, find_sound(session, print));
  if (known) return known;
  const auto now_ms = parts_.clock.now_ms();
  const auto sound = new_id_of<SoundId>(now_ms);
  ByteWriter bytes;
  bytes.put_array(print);
  FILOSCOPE_DO(session.execute(
      "INSERT INTO catalog_sounds (id, video, title, print, created_ms) VALUES (?, ?, '', ?, ?)",
      {sound.db(), video.db(), bytes.bytes(), now_ms}));
  for (const auto value : lookup_values(print)) {
    FILOSCOPE_DO(session.execute("INSERT INTO catalog_sound_values (value, sound) VALUES (?, ?)",
                                 {std::int64_t{value}, sound.db()}));
  }
  return sound;
}

Result<void> CatalogImpl::settle_sound(Session& session, const Video& before, Video& after) {
  const auto sound = resettled_sound(before, after);
  if (!sound) return {};
  VideoId origin;
  AccountId owner;
  const auto take = [&](const Row& row) {
    if (row.is_null(0)) return;
    origin = VideoId::from_db(row.integer(0));
    owner = row.integer(1) == row.integer(2) ? AccountId::from_db(row.integer(1)) : AccountId{};
  };
  FILOSCOPE_DO(session.query(
      "SELECT id, owner, owner FROM catalog_entries WHERE sound = ? AND state = 3 AND draft = 0 "
      "AND visibility = 0 ORDER BY published_ms, id LIMIT 1",
      {sound.db()}, take));
  if (!origin) {  // nothing must tell who has a video that not everyone may see
    FILOSCOPE_DO(
        session.query("SELECT MIN(id), MIN(owner), MAX(owner) FROM catalog_entries WHERE sound = "
                      "? AND (state IN (3, 6) OR removed_ms > 0)",
                      {sound.db()}, take));
  }
  if (!origin) {
    FILOSCOPE_DO(session.execute("DELETE FROM catalog_sound_values WHERE sound = ?", {sound.db()}));
    FILOSCOPE_DO(session.execute("DELETE FROM catalog_sounds WHERE id = ?", {sound.db()}));
    const Sound gone{sound, "", {}, 0};
    for (const auto& hook : sound_hooks_) FILOSCOPE_DO(hook(session, gone));
    return {};
  }
  const std::int64_t more = is_heard_by_all(after) - is_heard_by_all(before);
  FILOSCOPE_DO(
      session.execute("UPDATE catalog_sounds SET video = ?, owner = ?, videos_count = videos_count "
                      "+ ? WHERE id = ?",
                      {origin.db(), owner.db(), more, sound.db()}));
  FILOSCOPE_TRY(const auto settled, tell_sound(session, sound));
  if (after.sound != sound) return {};
  after.sound_title = settled.title;
  after.sound_owner = settled.owner;
  return {};
}

Result<Sound> CatalogImpl::tell_sound(Session& session, SoundId id) const {
  Sound sound;
  FILOSCOPE_DO(
      session.query("SELECT " + std::string(kSoundColumns) + " FROM catalog_sounds WHERE id = ?",
                    {id.db()}, [&](const Row& row) { sound = read_sound(row); }));
  if (!sound.id) return no_such_sound();
  for (const auto& hook : sound_hooks_) FILOSCOPE_DO(hook(session, sound));
  return sound;
}

Result<std::vector<Sound>> CatalogImpl::sounds(std::span<const SoundId> ids) {
  std::unordered_map<SoundId, Sound> found;
  for (auto rest = ids; !rest.empty();) {
    const auto batch = rest.first(std::min(rest.size(), kSoundsBatchMax));
    rest = rest.subspan(batch.size());
    std::vector<SqlValue> arguments;
    const auto list = list_of(batch, arguments);
    FILOSCOPE_DO(parts_.database.read([&](Session& session) {
      return session.query("SELECT " + std::string(kSoundColumns) +
                               " FROM catalog_sounds WHERE id IN (" + list + ")",
                           arguments, [&](const Row& row) {
                             auto sound = read_sound(row);
                             found.insert_or_assign(sound.id, std::move(sound));
                           });
    }));
  }
  std::vector<Sound> sounds;
  for (const auto id : ids)
    if (const auto at = found.find(id); at != found.end()) sounds.push_back(at->second);
  return sounds;
}

Result<std::vector<Sound>> CatalogImpl::sounds_of(std::span<const AccountId> owners, int limit) {
  std::vector<Sound> sounds;
  if (owners.empty()) return sounds;
  std::vector<SqlValue> arguments;
  const auto list = list_of(owners.first(std::min(owners.size(), kSoundsBatchMax)), arguments);
  arguments.emplace_back(std::clamp<std::int64_t>(limit, 1, kSoundsOfMax));
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    sounds.clear();
    return session.query("SELECT " + std::string(kSoundColumns) +
                             " FROM catalog_sounds WHERE owner IN (" + list +
                             ") AND videos_count > 0 ORDER BY videos_count DESC, id DESC LIMIT ?",
                         arguments, [&](const Row& row) { sounds.push_back(read_sound(row)); });
  }));
  return sounds;
}

Result<EntryPage> CatalogImpl::by_sound(const accounts::Viewer& viewer, SoundId id,
                                        std::string_view cursor, int limit) {
  return page(viewer,
              "SELECT id FROM catalog_entries WHERE sound = ? AND id < ? AND state = 3 "
              "AND draft = 0 ORDER BY id DESC LIMIT ?",
              id.db(), cursor, limit);
}

Result<Sound> CatalogImpl::sound(const accounts::Viewer& viewer, SoundId id) {
  FILOSCOPE_TRY(const auto heard, by_sound(viewer, id, "", 1));
  FILOSCOPE_TRY(auto found, sounds(std::span(&id, 1)));
  if (!id || heard.items.empty() || found.empty()) return no_such_sound();
  return std::move(found.front());
}

Result<Video> CatalogImpl::sound_source(const accounts::Viewer& viewer, SoundId id) {
  std::vector<VideoId> ids;
  if (!id) return no_such_sound();
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    ids.clear();
    return session.query(
        "SELECT id FROM catalog_entries WHERE sound = ? AND kind = 0 AND state = 3 AND draft = 0 "
        "AND visibility = 0 ORDER BY published_ms, id LIMIT ?",
        {id.db(), kSourcesLookedAtMax},
        [&](const Row& row) { ids.push_back(VideoId::from_db(row.integer(0))); });
  }));
  FILOSCOPE_TRY(auto videos, get_many(ids));
  const auto now_ms = parts_.clock.now_ms();
  for (auto& video : videos) {
    const bool open = is_out(video, now_ms) && is_heard_by_all(video);
    if (open && !video.renditions.empty() && may_see(viewer, video)) return std::move(video);
  }
  return no_such_sound();
}

Result<Sound> CatalogImpl::name_sound(AccountId owner, SoundId id, std::string_view title) {
  accounts::Viewer viewer;
  viewer.account = owner;
  FILOSCOPE_DO(sound(viewer, id));
  FILOSCOPE_TRY(const auto name, accounts::clean_name("title", title, kTitleCharactersMax));
  Sound named;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto changed,
                  session.execute("UPDATE catalog_sounds SET title = ?, titled_by = ? WHERE id = ? "
                                  "AND owner = ? AND owner <> 0",
                                  {name, owner.db(), id.db(), owner.db()}));
    if (changed == 0) return Error(reason("sound_name_denied"));
    FILOSCOPE_TRY(named, tell_sound(session, id));
    return {};
  }));
  cache_.erase_sounds({id});
  return named;
}

}  // namespace filoscope::catalog
