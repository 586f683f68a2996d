#include "accounts/reread.h"
#include "accounts/text.h"
#include "base/log.h"
#include "catalog/catalog_impl.h"

namespace filoscope::catalog {

Result<void> CatalogImpl::reread(const std::atomic<bool>& stop) {
  return accounts::read_again(
      parts_.database, "catalog", accounts::kTextVersion, stop,
      [this](std::int64_t below, const accounts::SavePosition& save) -> Result<bool> {
        VideoId next;
        FILOSCOPE_DO(parts_.database.read([&](Session& session) {
          next = {};
          return session.query(
              "SELECT id FROM catalog_entries WHERE id < ? AND state <> 5 ORDER BY id DESC LIMIT 1",
              {below}, [&](const Row& row) { next = VideoId::from_db(row.integer(0)); });
        }));
        if (!next) return false;
        FILOSCOPE_DO(
            reread_video(next, [&](Session& session) { return save(session, next.db()); }));
        return true;
      });
}

Result<void> CatalogImpl::reread_video(VideoId id,
                                       const std::function<Result<void>(Session&)>& save) {
  Lock stripe(stripe_of(id));
  const auto loaded = load(id);
  if (!loaded) {
    // The older ones are read all the same.
    if (loaded.error().code != Code::corrupt && loaded.error().code != Code::not_found)
      return loaded.error();
    log::warn("catalog.not_read_again", {{"video", id.text()}, {"reason", loaded.error().message}});
    return parts_.database.write(save);
  }
  const Video& before = *loaded;
  Video after = before;
  const auto read = set_caption(after, before.caption);
  if (!read) {  // a caption from before a limit was lowered; an account that is being deleted
    log::warn("catalog.caption_stays", {{"video", id.text()}, {"reason", read.error().message}});
    after = before;
  }
  after.language = before.language;
  const bool changed = after.caption != before.caption || after.hashtags != before.hashtags ||
                       after.mentions != before.mentions;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(save(session));
    const auto living = parts_.accounts.need_account(session, before.owner);
    if (!living && living.error().code != Code::not_found) return living;
    if (before.state == State::removed || !living) return {};
    if (changed) {
      FILOSCOPE_DO(store(session, before, after));
    } else if (before.state == State::published) {
      FILOSCOPE_DO(store_hashtags(session, after));
      for (const auto& hook : hooks_) FILOSCOPE_DO(hook(session, after));
    }
    const bool names_its_sound = !before.sound_title.empty() && before.sound_owner == before.owner;
    if (names_its_sound) FILOSCOPE_DO(tell_sound(session, before.sound));
    return {};
  }));
  if (changed && before.state == State::published) remember(before, after);
  return {};
}

}  // namespace filoscope::catalog
