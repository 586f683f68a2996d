#include <algorithm>

#include "catalog/catalog_impl.h"

namespace filoscope::catalog {
namespace {

/// Sounds looked at per value of a print: a value that more sounds share tells little.
constexpr std::int64_t kSoundsPerValueMax = 64;
constexpr std::size_t kSoundsComparedMax = 8;

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

Result<SoundId> CatalogImpl::take_sound(Session& session, VideoId video, SoundPrint print) {
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
  if (!origin) {  // a title must not tell who has a video that not everyone may see
    FILOSCOPE_DO(
        session.query("SELECT MIN(id), MIN(owner), MAX(owner) FROM catalog_entries WHERE sound = "
                      "? AND (state IN (3, 6) OR removed_ms > 0)",
                      {sound.db()}, take));
  }
  if (!origin) {
    FILOSCOPE_DO(session.execute("DELETE FROM catalog_sound_values WHERE sound = ?", {sound.db()}));
    FILOSCOPE_DO(session.execute("DELETE FROM catalog_sounds WHERE id = ?", {sound.db()}));
    return {};
  }
  std::string title = "Original sound";
  if (const auto account = parts_.accounts.get(owner); owner && account.has_value())
    title += " · @" + account->handle;
  FILOSCOPE_DO(session.execute("UPDATE catalog_sounds SET video = ?, title = ? WHERE id = ?",
                               {origin.db(), title, sound.db()}));
  if (after.sound == sound) after.sound_title = title;
  return {};
}

}  // namespace filoscope::catalog
