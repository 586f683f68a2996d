#include "upload/schema.h"

#include <array>

#include "upload/upload_impl.h"

namespace filoscope::upload {
namespace {

constexpr std::array<Migration, 8> kMigrations{{
    {1, R"sql(
      CREATE TABLE upload_files (
        id BIGINT NOT NULL PRIMARY KEY,
        owner BIGINT NOT NULL,
        size_bytes BIGINT NOT NULL,
        stored_bytes BIGINT NOT NULL,
        filename TEXT NOT NULL,
        caption TEXT NOT NULL,
        visibility TEXT NOT NULL,
        draft BIGINT NOT NULL,
        fingerprint TEXT NOT NULL,
        expires_ms BIGINT NOT NULL,
        video BIGINT NOT NULL
      );
      CREATE INDEX upload_files_owner ON upload_files (owner, id);
      CREATE INDEX upload_files_expiry ON upload_files (expires_ms);
      CREATE TABLE upload_made (
        id BIGINT NOT NULL PRIMARY KEY,
        owner BIGINT NOT NULL,
        at_ms BIGINT NOT NULL
      );
      CREATE INDEX upload_made_owner ON upload_made (owner, at_ms);
      CREATE TABLE upload_jobs (
        video BIGINT NOT NULL PRIMARY KEY,
        owner BIGINT NOT NULL,
        file TEXT NOT NULL,
        size_bytes BIGINT NOT NULL,
        created_ms BIGINT NOT NULL,
        not_before_ms BIGINT NOT NULL,
        attempts_count BIGINT NOT NULL,
        running BIGINT NOT NULL
      );
      CREATE TABLE upload_imports (
        account BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        video BIGINT NOT NULL,
        PRIMARY KEY (account, sha256)
      );
    )sql"},
    {2, R"sql(
      ALTER TABLE upload_files ADD COLUMN metadata TEXT NOT NULL DEFAULT '';
    )sql"},
    {3, R"sql(
      CREATE INDEX upload_files_video ON upload_files (video);
    )sql"},
    {4, R"sql(
      ALTER TABLE upload_files ADD COLUMN cover_ms BIGINT;
      ALTER TABLE upload_jobs ADD COLUMN cover_ms BIGINT;
    )sql"},
    {5, R"sql(
      ALTER TABLE upload_files ADD COLUMN network BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE upload_jobs ADD COLUMN network BIGINT NOT NULL DEFAULT 0;
    )sql"},
    {6, R"sql(
      CREATE TABLE upload_late (
        video BIGINT NOT NULL PRIMARY KEY,
        owner BIGINT NOT NULL,
        network BIGINT NOT NULL,
        file TEXT NOT NULL,
        size_bytes BIGINT NOT NULL,
        created_ms BIGINT NOT NULL,
        attempts_count BIGINT NOT NULL
      );
    )sql"},
    {7, "ALTER TABLE upload_files ADD COLUMN labels BIGINT NOT NULL DEFAULT 0"},
    {8, R"sql(
      ALTER TABLE upload_files ADD COLUMN sound BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE upload_jobs ADD COLUMN sound BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE upload_late ADD COLUMN sound BIGINT NOT NULL DEFAULT 0;
    )sql"},
}};

}  // namespace

UploadRow read_upload(const Row& row) {
  UploadRow upload;
  upload.state.id = UploadId::from_db(row.integer(0));
  upload.owner = AccountId::from_db(row.integer(1));
  upload.state.size_bytes = row.integer(2);
  upload.state.offset = row.integer(3);
  upload.state.filename = row.text(4);
  upload.caption = row.text(5);
  upload.visibility = row.text(6);
  upload.draft = row.integer(7) != 0;
  upload.state.fingerprint = row.text(8);
  upload.state.expires_at_ms = row.integer(9);
  upload.state.video = VideoId::from_db(row.integer(10));
  upload.state.metadata = row.text(11);
  upload.cover_ms = read_optional(row, 12);
  upload.network = row.integer(13);
  upload.labels = catalog::Labels::from_db(row.integer(14));
  upload.sound = SoundId::from_db(row.integer(15));
  return upload;
}

std::optional<std::int64_t> read_optional(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

SqlValue sql_value(std::optional<std::int64_t> value) {
  return value ? SqlValue(*value) : SqlValue();
}

std::span<const Migration> migrations() { return kMigrations; }

Result<std::vector<std::string>> waiting_files(Session& session) {
  std::vector<std::string> names;
  FILOSCOPE_DO(session.query("SELECT file FROM upload_jobs UNION SELECT file FROM upload_late", {},
                             [&](const Row& row) { names.push_back(row.text(0)); }));
  return names;
}

}  // namespace filoscope::upload
