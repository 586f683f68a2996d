#pragma once

/// The rows that search finds by: words of entries, how each entry stands, titles of sounds. All
/// within a transaction. Errors: those of the session.

#include "catalog/catalog.h"
#include "ports/database.h"
#include "subtitles/subtitles.h"

namespace filoscope::search {

/// How much is made of an entry, in quarters of doublings: 0 of nothing, 4 of one like, 40 of a
/// thousand.
int standing_of(double acts);

/// Replaces what is stored of an entry's own words; nothing is of one that is not out.
Result<void> index(Session& session, const catalog::Entry& entry);
/// Replaces what is stored of what is said in it, the first words at most; nothing of one that is
/// not indexed.
Result<void> index_said(Session& session, EntryId entry, std::span<const subtitles::Said> said);
Result<void> set_standing(Session& session, EntryId entry, int standing);
/// Replaces what is stored of a sound's title.
Result<void> index_title(Session& session, const catalog::Sound& sound);

}  // namespace filoscope::search
