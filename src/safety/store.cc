#include "safety/store.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "safety/schema.h"

namespace filoscope::safety {
namespace {

constexpr double kThousand = 1000;

constexpr std::array<Migration, 1> kMigrations{{
    {1, R"sql(
      ALTER TABLE copies_held RENAME TO safety_held;
      CREATE TABLE safety_judgements (
        video BIGINT NOT NULL PRIMARY KEY,
        verdict BIGINT NOT NULL,
        judged_by TEXT NOT NULL,
        explicit_thousandths BIGINT NOT NULL,
        suggestive_thousandths BIGINT NOT NULL,
        at_ms BIGINT NOT NULL
      );
    )sql"},
}};

template <typename Enum>
Enum stored_choice(std::int64_t stored, Enum last) {
  return static_cast<Enum>(std::clamp<std::int64_t>(stored, 0, static_cast<std::int64_t>(last)));
}

std::int64_t thousandths(double share) { return std::lround(share * kThousand); }

Judgement judgement_of(const Row& row) {
  Judgement out;
  out.verdict = stored_choice(row.integer(0), Verdict::hold);
  out.by = row.text(1);
  out.explicit_share = static_cast<double>(row.integer(2)) / kThousand;
  out.suggestive_share = static_cast<double>(row.integer(3)) / kThousand;
  out.at_ms = row.integer(4);
  return out;
}

std::optional<copies::Blocked> matched_of(const Row& row) {
  const auto id = copies::BlockedId::from_db(row.integer(1));
  if (!id) return std::nullopt;
  return copies::Blocked{id, stored_choice(row.integer(2), copies::BlockedKind::sound), row.text(3),
                         0};
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<void> Store::keep(Session& session, VideoId video, const Judgement& judgement) {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO safety_judgements (video, verdict, judged_by, explicit_thousandths, "
      "suggestive_thousandths, at_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (video) DO UPDATE SET "
      "verdict = EXCLUDED.verdict, judged_by = EXCLUDED.judged_by, explicit_thousandths = "
      "EXCLUDED.explicit_thousandths, suggestive_thousandths = EXCLUDED.suggestive_thousandths, "
      "at_ms = EXCLUDED.at_ms",
      {video.db(), static_cast<std::int64_t>(judgement.verdict), judgement.by,
       thousandths(judgement.explicit_share), thousandths(judgement.suggestive_share),
       judgement.at_ms}));
  return {};
}

Result<void> Store::hold(Session& session, VideoId video,
                         const std::optional<copies::Blocked>& matched, std::int64_t now_ms) {
  const auto by = matched.value_or(copies::Blocked{});
  FILOSCOPE_DO(session.execute(
      "INSERT INTO safety_held (video, blocked, kind, reason, held_ms, removed) VALUES (?, ?, ?, "
      "?, ?, 0) ON CONFLICT (video) DO NOTHING",
      {video.db(), by.id.db(), static_cast<std::int64_t>(by.kind), by.reason, now_ms}));
  return {};
}

Result<void> Store::let_go(Session& session, VideoId video) {
  FILOSCOPE_DO(session.execute("DELETE FROM safety_held WHERE video = ?", {video.db()}));
  return {};
}

Result<void> Store::set_removed(Session& session, VideoId video, bool removed) {
  FILOSCOPE_DO(session.execute("UPDATE safety_held SET removed = ? WHERE video = ?",
                               {std::int64_t{removed}, video.db()}));
  return {};
}

Result<void> Store::forget(Session& session, VideoId video) {
  FILOSCOPE_DO(let_go(session, video));
  FILOSCOPE_DO(session.execute("DELETE FROM safety_judgements WHERE video = ?", {video.db()}));
  return {};
}

Result<std::optional<Judgement>> Store::judgement(VideoId video) const {
  std::optional<Judgement> out;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    out.reset();
    return session.query(
        "SELECT verdict, judged_by, explicit_thousandths, suggestive_thousandths, at_ms FROM "
        "safety_judgements WHERE video = ?",
        {video.db()}, [&](const Row& row) { out = judgement_of(row); });
  }));
  return out;
}

Result<std::vector<Store::HeldRow>> Store::held(std::int64_t limit) const {
  std::vector<HeldRow> out;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    out.clear();
    return session.query(
        "SELECT video, blocked, kind, reason, held_ms FROM safety_held WHERE removed = 0 ORDER BY "
        "held_ms, video LIMIT ?",
        {limit}, [&](const Row& row) {
          out.push_back({VideoId::from_db(row.integer(0)), matched_of(row), row.integer(4)});
        });
  }));
  return out;
}

Result<std::int64_t> Store::held_count() const {
  std::int64_t count = 0;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    return session.query("SELECT COUNT(*) FROM safety_held WHERE removed = 0", {},
                         [&](const Row& row) { count = row.integer(0); });
  }));
  return count;
}

}  // namespace filoscope::safety
