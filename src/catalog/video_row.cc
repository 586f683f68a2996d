#include "catalog/video_row.h"

#include <array>

#include "catalog/reasons.h"
#include "catalog/schema.h"

namespace filoscope::catalog {
namespace {

constexpr std::uint8_t kFactsVersion = 2, kFactsVersionWithTitle = 1;
constexpr std::uint64_t kListMax = 1000;
/// Of the column draft.
constexpr std::int64_t kDraftBit = 1, kHeldBit = 2;
constexpr std::int64_t kSensitiveBit = 1, kFlashesBit = 2;

constexpr std::array<Migration, 9> kMigrations{{
    {1, R"sql(
      CREATE TABLE catalog_videos (
        id BIGINT NOT NULL PRIMARY KEY,
        author BIGINT NOT NULL,
        state BIGINT NOT NULL,
        draft BIGINT NOT NULL,
        visibility BIGINT NOT NULL,
        sample BIGINT NOT NULL,
        caption TEXT NOT NULL,
        language TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        published_ms BIGINT NOT NULL,
        error TEXT NOT NULL,
        media_key TEXT NOT NULL,
        sound BIGINT NOT NULL,
        facts BYTEA NOT NULL
      );
      CREATE INDEX catalog_videos_author ON catalog_videos (author, id, state, draft, visibility);
      CREATE INDEX catalog_videos_sample ON catalog_videos (id) WHERE sample = 1;
      CREATE TABLE catalog_processing (
        video BIGINT NOT NULL PRIMARY KEY,
        frame_hashes BYTEA NOT NULL,
        facts_json TEXT NOT NULL
      );
      CREATE TABLE catalog_media (
        media_key TEXT NOT NULL PRIMARY KEY,
        video BIGINT NOT NULL,
        restricted BIGINT NOT NULL,
        renditions TEXT NOT NULL,
        covers_count BIGINT NOT NULL
      );
      CREATE TABLE catalog_dead_media (
        media_key TEXT NOT NULL PRIMARY KEY,
        author BIGINT NOT NULL
      );
      CREATE TABLE catalog_sounds (
        id BIGINT NOT NULL PRIMARY KEY,
        video BIGINT NOT NULL,
        title TEXT NOT NULL,
        print BYTEA NOT NULL,
        created_ms BIGINT NOT NULL
      );
      CREATE INDEX catalog_sounds_video ON catalog_sounds (video);
      CREATE TABLE catalog_hashtags (
        tag TEXT NOT NULL PRIMARY KEY,
        videos_count BIGINT NOT NULL
      );
      CREATE TABLE catalog_video_hashtags (
        tag TEXT NOT NULL,
        video BIGINT NOT NULL,
        counted BIGINT NOT NULL,
        PRIMARY KEY (tag, video)
      );
      CREATE INDEX catalog_video_hashtags_video ON catalog_video_hashtags (video);
    )sql"},
    {2, R"sql(
      CREATE TABLE catalog_sound_values (
        value BIGINT NOT NULL,
        sound BIGINT NOT NULL,
        PRIMARY KEY (value, sound)
      );
      CREATE INDEX catalog_sound_values_sound ON catalog_sound_values (sound);
      CREATE INDEX catalog_videos_sound ON catalog_videos (sound, published_ms, id);
      DROP INDEX catalog_sounds_video;
    )sql"},
    {3, R"sql(
      ALTER TABLE catalog_hashtags ADD COLUMN term TEXT NOT NULL DEFAULT '';
      UPDATE catalog_hashtags SET term = tag;
      CREATE INDEX catalog_hashtags_term ON catalog_hashtags (term);
    )sql"},
    {4, R"sql(
      ALTER TABLE catalog_videos ADD COLUMN removed_ms BIGINT NOT NULL DEFAULT 0;
      CREATE INDEX catalog_videos_removed ON catalog_videos (removed_ms) WHERE removed_ms > 0;
    )sql"},
    {5, "ALTER TABLE catalog_videos ADD COLUMN credits TEXT NOT NULL DEFAULT ''"},
    {6, R"sql(
      ALTER TABLE catalog_videos RENAME TO catalog_entries;
      ALTER TABLE catalog_entries RENAME COLUMN author TO owner;
      ALTER TABLE catalog_entries ADD COLUMN kind BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE catalog_entries ADD COLUMN labels BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE catalog_entries ADD COLUMN available_until_ms BIGINT NOT NULL DEFAULT 0;
      DROP INDEX catalog_videos_author;
      CREATE INDEX catalog_entries_owner ON catalog_entries
        (owner, id, kind, state, draft, visibility);
      CREATE INDEX catalog_entries_ending ON catalog_entries (available_until_ms)
        WHERE available_until_ms > 0 AND state = 3;
    )sql"},
    {7, R"sql(
      ALTER TABLE catalog_entries ADD COLUMN copy_of BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE catalog_entries ADD COLUMN copies_part BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE catalog_processing DROP COLUMN frame_hashes;
    )sql"},
    {8, R"sql(
      ALTER TABLE catalog_sounds ADD COLUMN owner BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE catalog_sounds ADD COLUMN titled_by BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE catalog_sounds ADD COLUMN videos_count BIGINT NOT NULL DEFAULT 0;
      UPDATE catalog_sounds SET owner = COALESCE(
        (SELECT e.owner FROM catalog_entries e WHERE e.id = catalog_sounds.video), 0)
        WHERE title LIKE '%@%';
      UPDATE catalog_sounds SET title = '', videos_count =
        (SELECT COUNT(*) FROM catalog_entries e WHERE e.sound = catalog_sounds.id
          AND e.state = 3 AND e.draft = 0 AND e.visibility = 0);
      CREATE INDEX catalog_sounds_owner ON catalog_sounds (owner, videos_count);
      CREATE INDEX catalog_sounds_titled_by ON catalog_sounds (titled_by) WHERE titled_by <> 0;
      CREATE INDEX catalog_entries_sound ON catalog_entries (sound, id);
    )sql"},
    {9, "ALTER TABLE catalog_entries ADD COLUMN notices BIGINT NOT NULL DEFAULT 0"},
}};

void put_range(ByteWriter& out, const ByteRange& range) {
  out.put_varint(static_cast<std::uint64_t>(range.first));
  out.put_varint(static_cast<std::uint64_t>(range.last));
}

ByteRange get_range(ByteReader& in) {
  ByteRange range;
  range.first = static_cast<std::int64_t>(in.get_varint());
  range.last = static_cast<std::int64_t>(in.get_varint());
  return range;
}

int get_int(ByteReader& in) { return static_cast<int>(in.get_varint()); }

/// Calls `each` as often as the list says; stops where the data end.
template <typename Each>
void get_list(ByteReader& in, Each each) {
  const auto count = in.get_varint();
  for (std::uint64_t i = 0; i < count && i < kListMax && in.ok(); ++i) each();
}

Rendition get_rendition(ByteReader& in) {
  Rendition rendition;
  rendition.name = in.get_text();
  rendition.width = get_int(in);
  rendition.height = get_int(in);
  rendition.fps = in.get<double>();
  rendition.bitrate_bps = static_cast<std::int64_t>(in.get_varint());
  rendition.size_bytes = static_cast<std::int64_t>(in.get_varint());
  rendition.codecs = in.get_text();
  rendition.init = get_range(in);
  get_list(in, [&] { rendition.segments_head.push_back(get_range(in)); });
  return rendition;
}

void put_rendition(ByteWriter& out, const Rendition& rendition) {
  out.put_text(rendition.name);
  out.put_varint(static_cast<std::uint64_t>(rendition.width));
  out.put_varint(static_cast<std::uint64_t>(rendition.height));
  out.put(rendition.fps);
  out.put_varint(static_cast<std::uint64_t>(rendition.bitrate_bps));
  out.put_varint(static_cast<std::uint64_t>(rendition.size_bytes));
  out.put_text(rendition.codecs);
  put_range(out, rendition.init);
  out.put_varint(rendition.segments_head.size());
  for (const auto& range : rendition.segments_head) put_range(out, range);
}

template <typename Enum>
bool is_of(std::int64_t stored, Enum last) {
  return stored >= 0 && stored <= static_cast<std::int64_t>(last);
}

}  // namespace

std::int64_t kept_back_column(const Entry& entry) {
  return (entry.draft ? kDraftBit : 0) | (entry.held ? kHeldBit : 0);
}

std::int64_t notices_column(const Entry& entry) {
  return (entry.sensitive ? kSensitiveBit : 0) | (entry.flashes ? kFlashesBit : 0);
}

Bytes encode_facts(const Video& video) {
  ByteWriter out;
  out.put(kFactsVersion);
  out.put_varint(static_cast<std::uint64_t>(video.duration_ms));
  out.put_varint(static_cast<std::uint64_t>(video.width));
  out.put_varint(static_cast<std::uint64_t>(video.height));
  out.put(video.gain_db);
  out.put_text(video.placeholder);
  out.put_varint(static_cast<std::uint64_t>(video.covers_count));
  out.put_varint(static_cast<std::uint64_t>(video.cover_index));
  out.put_varint(video.renditions.size());
  for (const auto& rendition : video.renditions) put_rendition(out, rendition);
  out.put_varint(video.hashtags.size());
  for (const auto& tag : video.hashtags) out.put_text(tag);
  out.put_varint(video.mentions.size());
  for (const auto mention : video.mentions) out.put_varint(mention.value);
  return out.take();
}

Result<void> decode_facts(std::span<const std::uint8_t> facts, Video& video) {
  ByteReader in(facts);
  const auto version = in.get<std::uint8_t>();
  video.duration_ms = static_cast<std::int64_t>(in.get_varint());
  video.width = get_int(in);
  video.height = get_int(in);
  video.gain_db = in.get<double>();
  video.placeholder = in.get_text();
  if (version == kFactsVersionWithTitle) in.get_text();
  video.covers_count = get_int(in);
  video.cover_index = get_int(in);
  get_list(in, [&] { video.renditions.push_back(get_rendition(in)); });
  get_list(in, [&] { video.hashtags.push_back(in.get_text()); });
  get_list(in, [&] { video.mentions.push_back(AccountId{in.get_varint()}); });
  if (version < kFactsVersionWithTitle || version > kFactsVersion || !in.at_end())
    return Error(Code::corrupt, "the stored facts of video " + video.id.text() + " are damaged");
  return {};
}

Result<Video> read_video(const Row& row) {
  Video video;
  video.id = VideoId::from_db(row.integer(0));
  video.owner = AccountId::from_db(row.integer(1));
  const auto state = row.integer(2), visibility = row.integer(4), kind = row.integer(17);
  if (kind >= static_cast<std::int64_t>(kKindsCount))
    return Error(reason("entry_too_new"), video.id.text());
  if (!is_of(state, State::ended) || !is_of(visibility, Visibility::only_me) || kind < 0) {
    return Error(Code::corrupt, "the row of video " + video.id.text() + " is damaged");
  }
  video.state = static_cast<State>(state);
  video.draft = (row.integer(3) & kDraftBit) != 0;
  video.held = (row.integer(3) & kHeldBit) != 0;
  video.visibility = static_cast<Visibility>(visibility);
  video.sample = row.integer(5) != 0;
  video.caption = row.text(6);
  video.language = row.text(7);
  video.created_ms = row.integer(8);
  video.published_ms = row.integer(9);
  video.error = row.text(10);
  video.media_key = row.text(11);
  video.sound = SoundId::from_db(row.integer(12));
  if (video.state == State::published) video.progress_percent = 100;
  FILOSCOPE_DO(decode_facts(row.bytes(13), video));
  video.sound_title = row.text(14);
  video.removed_ms = row.integer(15);
  video.credits = row.text(16);
  video.kind = static_cast<Kind>(kind);
  video.labels = Labels::from_db(row.integer(18));
  video.available_until_ms = row.integer(19);
  video.copy_of = VideoId::from_db(row.integer(20));
  video.copies_part = row.integer(21) != 0;
  video.sound_owner = AccountId::from_db(row.integer(22));
  video.sensitive = (row.integer(23) & kSensitiveBit) != 0;
  video.flashes = (row.integer(23) & kFlashesBit) != 0;
  return video;
}

std::span<const Migration> migrations() { return kMigrations; }

}  // namespace filoscope::catalog
