#pragma once

/// How a video lies in its row: the columns, and a compact versioned codec for its facts. Internal
/// to catalog.

#include <string_view>

#include "catalog/catalog.h"
#include "ports/database.h"

namespace filoscope::catalog {

/// In the order that read_video expects.
inline constexpr std::string_view kVideoColumns =
    "id, owner, state, draft, visibility, sample, caption, language, created_ms, published_ms, "
    "error, media_key, sound, facts, "
    "COALESCE((SELECT title FROM catalog_sounds WHERE catalog_sounds.id = sound AND "
    "catalog_sounds.titled_by = catalog_sounds.owner), ''), "
    "removed_ms, credits, kind, labels, available_until_ms, copy_of, copies_part, "
    "COALESCE((SELECT catalog_sounds.owner FROM catalog_sounds WHERE catalog_sounds.id = sound), "
    "0), notices";

/// Why it is kept back; 0: it is not. What the column `draft` holds.
std::int64_t kept_back_column(const Entry& entry);
/// What everybody is told before seeing it. What the column `notices` holds.
std::int64_t notices_column(const Entry& entry);
Bytes encode_facts(const Video& video);
/// Errors: corrupt.
Result<void> decode_facts(std::span<const std::uint8_t> facts, Video& video);
/// Errors: corrupt (says which video), conflict (of a kind that only a newer release knows).
Result<Video> read_video(const Row& row);

}  // namespace filoscope::catalog
