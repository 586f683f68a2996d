#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "accounts/reread.h"
#include "accounts/text.h"
#include "base/log.h"
#include "catalog/catalog_impl.h"
#include "catalog/schema.h"
#include "catalog/video_row.h"
#include "ports/blob_read.h"
#include "ports/makes_space.h"

namespace filoscope::catalog {
namespace {

constexpr std::size_t kFindingsMax = 100;
constexpr std::size_t kReaperQueueMax = 4096;
constexpr std::int64_t kVerifyBatch = 200;

void add_finding(std::vector<std::string>& findings, std::string text) {
  if (findings.size() < kFindingsMax) findings.push_back(std::move(text));
}

std::array<std::uint16_t, 4> parse_renditions(std::string_view text) {
  std::array<std::uint16_t, 4> names{};
  for (std::size_t i = 0; i < names.size() && !text.empty(); ++i) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), names[i]);
    if (problem != std::errc()) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return names;
}

bool is_late(const Rendition& rendition) { return rendition.name == kLateRendition; }

}  // namespace

const Rendition& plain_rendition(const Video& video) {
  const auto& all = video.renditions;
  const auto first = std::find_if_not(all.begin(), all.end(), is_late);
  return first != all.end() ? *first : all.front();
}

std::string_view master_file(const Video& video) {
  const bool late = std::any_of(video.renditions.begin(), video.renditions.end(), is_late);
  return late ? kLateMaster : kFirstMaster;
}

std::vector<std::string> files_of(const Video& video) {
  std::vector<std::string> files;
  if (!video.renditions.empty()) files.emplace_back(kFirstMaster);
  if (master_file(video) != kFirstMaster) files.emplace_back(master_file(video));
  for (const auto& rendition : video.renditions) {
    files.push_back(rendition.name + ".mp4");
    files.push_back(rendition.name + ".m3u8");
  }
  for (int i = 0; i < video.covers_count; ++i)
    files.push_back("cover" + std::to_string(i) + ".jpg");
  return files;
}

CatalogImpl::CatalogImpl(const Parts& parts)
    : parts_(parts),
      media_(parts.key, parts.clock, parts.config[kPublicCacheS]),
      cache_(static_cast<std::size_t>(parts.config[kVideosCachedMax])),
      reaper_("catalog-reaper", 1, kReaperQueueMax) {}

CatalogImpl::~CatalogImpl() { reaper_.stop(); }

Result<void> CatalogImpl::start() {
  FILOSCOPE_DO(parts_.database.migrate("catalog", migrations()));
  FILOSCOPE_DO(accounts::begin_at_version(parts_.database, "catalog", accounts::kTextVersion,
                                          "catalog_entries"));
  if (const auto swept = sweep_pending({}); !swept)
    log::warn("catalog.sweep_failed", {{"reason", swept.error().message}});
  FILOSCOPE_DO(load_media_keys());
  parts_.accounts.on_delete([this](Session& session, AccountId owner, PersonKey) {
    return forget_owner(session, owner);
  });
  return {};
}

Result<std::unique_ptr<Catalog>> Catalog::open(const Parts& parts) {
  auto catalog = std::make_unique<CatalogImpl>(parts);
  FILOSCOPE_DO(catalog->start());
  return std::unique_ptr<Catalog>(std::move(catalog));
}

Result<void> CatalogImpl::load_media_keys() {
  return parts_.database.read([&](Session& session) {
    return session.query(
        "SELECT m.media_key, m.video, v.owner, m.restricted, m.renditions, m.covers_count, "
        "v.visibility, v.draft, v.state "
        "FROM catalog_media m JOIN catalog_entries v ON v.id = m.video",
        {}, [&](const Row& row) {
          MediaEntry entry;
          entry.video = VideoId::from_db(row.integer(1));
          entry.owner = AccountId::from_db(row.integer(2));
          entry.restricted = row.integer(3) != 0;
          entry.renditions = parse_renditions(row.text(4));
          entry.covers_count = static_cast<std::uint8_t>(row.integer(5));
          entry.followers = row.integer(6) == static_cast<std::int64_t>(Visibility::followers) &&
                            row.integer(7) == 0 &&
                            row.integer(8) == static_cast<std::int64_t>(State::published);
          media_.insert(row.text(0), entry);
        });
  });
}

Result<void> CatalogImpl::sweep_pending(AccountId owner) {
  std::vector<std::string> keys;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    keys.clear();
    return session.query("SELECT media_key FROM catalog_dead_media WHERE author = ? OR ? = 0",
                         {owner.db(), owner.db()},
                         [&](const Row& row) { keys.push_back(row.text(0)); });
  }));
  for (const auto& key : keys) {
    media_.erase(key);
    FILOSCOPE_DO(delete_pending(key));
  }
  return {};
}

Result<void> CatalogImpl::delete_files(std::string_view media_key) {
  std::vector<std::string> keys;
  FILOSCOPE_DO(parts_.blobs.list(media_folder(media_key),
                                 [&](std::string_view key) { keys.emplace_back(key); }));
  for (const auto& key : keys) FILOSCOPE_DO(parts_.blobs.remove(key));
  return {};
}

Result<void> CatalogImpl::delete_pending(std::string_view media_key) {
  const MakesSpace files_and_rows;
  FILOSCOPE_DO(delete_files(media_key));
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM catalog_dead_media WHERE media_key = ?",
                                 {std::string(media_key)}));
    return {};
  });
}

Result<void> CatalogImpl::discard_files(VideoId id) {
  std::vector<std::string> keys;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    keys.clear();
    return session.query("SELECT media_key FROM catalog_dead_media WHERE author = ?", {-id.db()},
                         [&](const Row& row) { keys.push_back(row.text(0)); });
  }));
  for (const auto& key : keys) FILOSCOPE_DO(delete_pending(key));
  return {};
}

Result<void> CatalogImpl::mark_pending(const Video& video, std::string_view media_key) {
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO catalog_dead_media (media_key, author) VALUES (?, ?)",
                                 {std::string(media_key), video.owner.db()}));
    return {};
  });
}

Result<void> CatalogImpl::put_text(const std::string& key, std::string_view text) {
  FILOSCOPE_TRY(auto file, parts_.blobs.make_temporary());
  FILOSCOPE_DO(write_all(file.get(), crypto::as_bytes(text), 0));
  return parts_.blobs.put(key, std::move(file));
}

Result<void> CatalogImpl::put_late(const Video& after, LateRendition& made) {
  FILOSCOPE_DO(remove_late(after));  // of a try that a crash ended
  FILOSCOPE_TRY(const auto first, parts_.blobs.open(blob_key(after, kFirstMaster)));
  FILOSCOPE_TRY(const auto bytes, read_whole(*first));
  std::string text(bytes.begin(), bytes.end());
  const auto entries = text.find("#EXT-X-STREAM-INF");
  text.insert(std::min(entries, text.size()), made.master_entry);
  const auto& name = made.rendition.name;
  FILOSCOPE_DO(parts_.blobs.put(blob_key(after, name + ".mp4"), std::move(made.mp4)));
  FILOSCOPE_DO(put_text(blob_key(after, name + ".m3u8"), made.playlist));
  return put_text(blob_key(after, kLateMaster), text);
}

Result<void> CatalogImpl::remove_late(const Video& video) {
  const std::string name(kLateRendition);
  for (const auto& file : {name + ".mp4", name + ".m3u8", std::string(kLateMaster)})
    FILOSCOPE_DO(parts_.blobs.remove(blob_key(video, file)));
  return {};
}

Result<void> CatalogImpl::copy_files(const Video& video, std::string_view new_key) {
  const std::string from = media_folder(video.media_key), to = media_folder(new_key);
  std::vector<std::string> keys;
  FILOSCOPE_DO(parts_.blobs.list(from, [&](std::string_view key) { keys.emplace_back(key); }));
  for (const auto& key : keys) FILOSCOPE_DO(parts_.blobs.copy(key, to + key.substr(from.size())));
  return {};
}

Result<std::vector<std::string>> CatalogImpl::verify() {
  std::vector<std::string> findings;
  FILOSCOPE_DO(verify_media(findings));
  FILOSCOPE_DO(verify_hashtags(findings));
  FILOSCOPE_DO(verify_sounds(findings));
  return findings;
}

Result<void> CatalogImpl::verify_media(std::vector<std::string>& findings) {
  std::unordered_set<std::string> stored;
  FILOSCOPE_DO(parts_.blobs.list(kMediaFolder, [&](std::string_view key) { stored.emplace(key); }));
  FILOSCOPE_DO(each_video([&](const Video& video) -> Result<void> {
    for (const auto& file : files_of(video)) {
      if (!stored.erase(blob_key(video, file)))
        add_finding(findings, "video " + video.id.text() + " has lost its file " + file);
    }
    return {};
  }));
  FILOSCOPE_DO(verify_removed(stored, findings));
  // What processing writes now, a kept original, and what the next sweep deletes are no orphans.
  std::unordered_set<std::string> known;
  const auto take = [&](const Row& row) { known.insert(media_folder(row.text(0))); };
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.query("SELECT media_key FROM catalog_dead_media", {}, take));
    return session.query("SELECT media_key FROM catalog_entries WHERE media_key <> ''", {}, take);
  }));
  for (const auto& key : stored) {
    const auto folder = key.substr(0, key.rfind('/') + 1);
    if (!known.contains(folder)) add_finding(findings, "the file " + key + " belongs to no video");
  }
  return {};
}

Result<void> CatalogImpl::verify_removed(std::unordered_set<std::string>& stored,
                                         std::vector<std::string>& findings) {
  Result<void> damaged;
  for (std::int64_t after = 0;;) {
    FILOSCOPE_TRY(const auto videos, removed_where("removed_ms > 0 AND id > ? ORDER BY id",
                                                   {after, kVerifyBatch}, damaged));
    FILOSCOPE_DO(std::move(damaged));
    for (const auto& video : videos) {
      for (const auto& file : files_of(video)) {
        // The files of one that is due go before its row.
        if (stored.erase(blob_key(video, file)) == 0 && is_restorable(video))
          add_finding(findings, "deleted video " + video.id.text() + " has lost its file " + file);
      }
    }
    if (videos.empty()) return {};
    after = videos.back().id.db();
  }
}

Result<void> CatalogImpl::verify_hashtags(std::vector<std::string>& findings) {
  return parts_.database.read([&](Session& session) {
    return session.query(
        "SELECT t.tag, t.truth, COALESCE(h.videos_count, 0) FROM (SELECT tag, SUM(counted) AS "
        "truth FROM catalog_video_hashtags GROUP BY tag) t LEFT JOIN catalog_hashtags h ON h.tag = "
        "t.tag WHERE t.truth <> COALESCE(h.videos_count, 0) UNION ALL SELECT h.tag, 0, "
        "h.videos_count FROM catalog_hashtags h WHERE NOT EXISTS (SELECT 1 FROM "
        "catalog_video_hashtags v WHERE v.tag = h.tag AND v.counted = 1)",
        {}, [&](const Row& row) {
          add_finding(findings, "hashtag #" + row.text(0) + " counts " +
                                    std::to_string(row.integer(2)) + " videos and has " +
                                    std::to_string(row.integer(1)));
        });
  });
}

Result<void> CatalogImpl::verify_sounds(std::vector<std::string>& findings) {
  return parts_.database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.query(
        "SELECT v.id FROM catalog_entries v WHERE v.sound <> 0 AND NOT EXISTS (SELECT 1 FROM "
        "catalog_sounds s WHERE s.id = v.sound)",
        {}, [&](const Row& row) {
          add_finding(findings, "the sound of video " + VideoId::from_db(row.integer(0)).text() +
                                    " does not exist");
        }));
    FILOSCOPE_DO(session.query(
        "SELECT s.id, s.videos_count FROM catalog_sounds s WHERE s.videos_count <> (SELECT "
        "COUNT(*) "
        "FROM catalog_entries v WHERE v.sound = s.id AND v.state = 3 AND v.draft = 0 AND "
        "v.visibility = 0)",
        {}, [&](const Row& row) {
          add_finding(findings, "sound " + SoundId::from_db(row.integer(0)).text() + " counts " +
                                    std::to_string(row.integer(1)) +
                                    " videos and has another number");
        }));
    return session.query(
        "SELECT s.id FROM catalog_sounds s WHERE NOT EXISTS (SELECT 1 FROM catalog_entries v WHERE "
        "v.id = s.video AND v.sound = s.id AND (v.state IN (3, 6) OR v.removed_ms > 0))",
        {}, [&](const Row& row) {
          add_finding(findings, "sound " + SoundId::from_db(row.integer(0)).text() +
                                    " belongs to a video that does not carry it");
        });
  });
}

}  // namespace filoscope::catalog
