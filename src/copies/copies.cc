#include "copies/copies.h"

#include <set>

#include "accounts/text.h"
#include "base/blake2b.h"
#include "base/log.h"
#include "base/mutex.h"
#include "catalog/sound_match.h"
#include "copies/reasons.h"
#include "copies/schema.h"
#include "copies/store.h"
#include "prints/compare.h"

namespace filoscope::copies {
namespace {

/// Prints that are compared with a new one, after they were looked up.
constexpr std::size_t kComparedMax = 16;

using Digest = crypto::Digest;

/// By which an entry is known again.
Digest digest_of(std::string_view why, const Bytes& print) {
  crypto::Blake2b hash;
  hash.update(crypto::as_bytes(why));
  hash.update(print);
  return hash.finish();
}

class CopiesImpl final : public Copies {
 public:
  explicit CopiesImpl(const Parts& parts) : parts_(parts), store_(parts.database) {}
  Result<void> start();

  Result<Verdict> judge(const prints::ClipPrint& print, SoundPrint sound) override;
  std::unique_lock<std::mutex> turn() override { return std::unique_lock(turn_); }
  Result<Verdict> judge_rest(Verdict verdict, const prints::ClipPrint& print,
                             SoundPrint sound) override;
  Result<void> keep(Session& session, VideoId video, const prints::ClipPrint& print,
                    SoundPrint sound, const Verdict& verdict) override;

  Result<Blocked> block(VideoId video, BlockedKind kind, std::string_view reason) override;
  Result<Blocked> block_picture(const prints::Grid& picture, std::string_view reason) override;
  Result<void> unblock(BlockedId id) override;
  Result<std::vector<Blocked>> blocked(std::int64_t offset, std::int64_t limit) override {
    return store_.blocked(offset, limit);
  }
  Result<std::string> blocked_csv() override;
  Result<std::int64_t> add_csv(std::string_view csv) override;

 private:
  Result<void> on_change(Session& session, const catalog::Entry& entry);
  Result<std::optional<Blocked>> find_blocked(const prints::ClipPrint& print, SoundPrint sound);
  Result<void> compare(Verdict& verdict, VideoId with, const prints::ClipPrint& print,
                       SoundPrint sound) const;
  Result<Blocked> add(const BlockedPrint& print, std::string_view why);
  std::pair<std::vector<VideoId>, std::int64_t> kept_since(std::int64_t known_count);

  const Parts parts_;
  const Store store_;
  prints::HashIndex index_;
  BlockList block_list_;
  Mutex list_mutex_;  ///< rows and memory of the block list change together
  std::mutex turn_;
  Mutex mutex_;
  std::vector<VideoId> kept_ FILOSCOPE_GUARDED_BY(mutex_);  ///< since the start
};

Result<void> CopiesImpl::start() {
  FILOSCOPE_DO(parts_.database.migrate("copies", migrations()));
  parts_.catalog.on_change(
      [this](Session& session, const catalog::Entry& entry) { return on_change(session, entry); });
  if (!parts_.judges) return {};
  FILOSCOPE_DO(store_.each_entry([this](VideoId video, prints::IndexEntry entry) {
    index_.put(video.value, std::move(entry));
  }));
  return store_.each_blocked([this](const Blocked& one, const Bytes& bytes) {
    const auto print = decode_blocked(one.kind, bytes);
    if (print) return block_list_.put(one.id, *print);
    log::warn("copies.blocked_damaged", {{"id", one.id.text()}});
  });
}

Result<void> CopiesImpl::on_change(Session& session, const catalog::Entry& entry) {
  if (entry.kind != catalog::Kind::video) return {};
  if (entry.state != catalog::State::removed || entry.removed_ms != 0) return {};
  FILOSCOPE_DO(Store::forget(session, entry.id));
  session.on_commit([this, id = entry.id] { index_.erase(id.value); });
  return {};
}

/// Two stills under different sounds are no copies: a cover that many songs stand under.
bool sound_fits(const prints::Likeness& like, SoundPrint one, SoundPrint other) {
  if (!like.still || one.empty() || other.empty()) return true;
  return catalog::is_part_of(one, other) || catalog::is_part_of(other, one);
}

Result<void> CopiesImpl::compare(Verdict& verdict, VideoId with, const prints::ClipPrint& print,
                                 SoundPrint sound) const {
  FILOSCOPE_TRY(const auto stored, store_.print(with));
  if (!stored) return {};
  const auto like = prints::compare(print, stored->print);
  if (!like.copy || !sound_fits(like, sound, stored->sound)) return {};
  const bool better = !verdict.copy_of || (verdict.part && like.mutual) ||
                      (verdict.part != like.mutual && stored->root < verdict.copy_of);
  if (!better) return {};
  verdict.copy_of = like.mutual ? stored->root : with;
  verdict.part = !like.mutual;
  return {};
}

std::pair<std::vector<VideoId>, std::int64_t> CopiesImpl::kept_since(std::int64_t known_count) {
  Lock lock(mutex_);
  return {{kept_.begin() + known_count, kept_.end()}, std::ssize(kept_)};
}

Result<Verdict> CopiesImpl::judge(const prints::ClipPrint& print, SoundPrint sound) {
  Verdict verdict;
  {
    Lock lock(mutex_);
    verdict.known_count = std::ssize(kept_);
  }
  const auto near = index_.near(print, kComparedMax);
  for (const auto& one : near) FILOSCOPE_DO(compare(verdict, VideoId{one.key}, print, sound));
  FILOSCOPE_TRY(verdict.blocked, find_blocked(print, sound));
  return verdict;
}

Result<Verdict> CopiesImpl::judge_rest(Verdict verdict, const prints::ClipPrint& print,
                                       SoundPrint sound) {
  const auto [kept, count] = kept_since(verdict.known_count);
  for (const auto video : kept) FILOSCOPE_DO(compare(verdict, video, print, sound));
  verdict.known_count = count;
  return verdict;
}

Result<std::optional<Blocked>> CopiesImpl::find_blocked(const prints::ClipPrint& print,
                                                        SoundPrint sound) {
  for (const auto id : block_list_.shown_or_heard(print, sound)) {
    FILOSCOPE_TRY(const auto found, store_.blocked(id));
    if (found) return std::optional(found->first);
  }
  for (const auto id : block_list_.likely_clips(print)) {
    FILOSCOPE_TRY(const auto found, store_.blocked(id));
    if (!found) continue;
    const auto known = prints::decode_print(found->second);
    if (known && prints::compare(print, *known).copy) return std::optional(found->first);
  }
  return std::optional<Blocked>();
}

Result<void> CopiesImpl::keep(Session& session, VideoId video, const prints::ClipPrint& print,
                              SoundPrint sound, const Verdict& verdict) {
  const auto root = verdict.copy_of && !verdict.part ? verdict.copy_of : video;
  FILOSCOPE_DO(Store::keep(session, video, {root, print, {sound.begin(), sound.end()}}));
  session.on_commit([this, video, entry = prints::index_entry(print)] {
    index_.put(video.value, entry);
    Lock lock(mutex_);
    kept_.push_back(video);
  });
  return {};
}

Result<Blocked> CopiesImpl::block(VideoId video, BlockedKind kind, std::string_view why) {
  FILOSCOPE_TRY(const auto stored, store_.print(video));
  const bool by_sound = kind == BlockedKind::sound;
  const bool known =
      stored && (by_sound ? !stored->sound.empty() : stored->print.frames_count() > 0);
  if (!known || kind == BlockedKind::picture) return Error(reason("no_print_to_block"));
  if (by_sound && catalog::lookup_values(stored->sound).empty())
    return Error(reason("sound_too_plain_to_block"));
  return by_sound ? add(stored->sound, why) : add(stored->print, why);
}

Result<Blocked> CopiesImpl::block_picture(const prints::Grid& picture, std::string_view why) {
  const auto hash = prints::signs(prints::waves_of(picture, prints::Area{}));
  if (prints::is_none(hash)) return Error(reason("picture_too_plain_to_block"));
  return add(hash, why);
}

Result<Blocked> CopiesImpl::add(const BlockedPrint& print, std::string_view why) {
  Blocked one;
  one.kind = kind_of(print);
  one.created_ms = parts_.clock.now_ms();
  one.id = new_id_of<BlockedId>(one.created_ms);
  FILOSCOPE_TRY(one.reason, accounts::clean_name("reason", why, kReasonCharactersMax));
  if (one.reason.empty()) return Error(reason("blocked_without_reason")).at("reason");
  const std::pair row(one, encode(print));
  Lock lock(list_mutex_);
  const auto max = parts_.config[kBlockedMax];
  FILOSCOPE_TRY(const bool fits, store_.add_blocked(std::span(&row, 1), max));
  if (!fits) return Error(reason("block_list_full"), max);
  block_list_.put(one.id, print);
  return one;
}

Result<void> CopiesImpl::unblock(BlockedId id) {
  Lock lock(list_mutex_);
  FILOSCOPE_TRY(const bool removed, store_.remove_blocked(id));
  if (!removed) return Error(reason("no_such_blocked"));
  block_list_.erase(id);
  return {};
}

Result<std::string> CopiesImpl::blocked_csv() {
  std::vector<CsvLine> lines;
  FILOSCOPE_DO(store_.each_blocked([&](const Blocked& one, const Bytes& print) {
    lines.push_back({one.kind, one.reason, one.created_ms, print});
  }));
  return to_csv(lines);
}

Result<std::int64_t> CopiesImpl::add_csv(std::string_view csv) {
  FILOSCOPE_TRY(auto lines, from_csv(csv));
  Lock lock(list_mutex_);
  std::set<Digest> there;
  FILOSCOPE_DO(store_.each_blocked(
      [&](const Blocked& one, const Bytes& print) { there.insert(digest_of(one.reason, print)); }));
  std::vector<std::pair<Blocked, Bytes>> rows;
  for (auto& line : lines) {
    if (!there.insert(digest_of(line.reason, line.print)).second) continue;
    const auto id = new_id_of<BlockedId>(parts_.clock.now_ms());
    rows.emplace_back(Blocked{id, line.kind, std::move(line.reason), line.created_ms},
                      std::move(line.print));
  }
  const auto max = parts_.config[kBlockedMax];
  FILOSCOPE_TRY(const bool fits, store_.add_blocked(rows, max));
  if (!fits) return Error(reason("block_list_full"), max);
  for (const auto& [one, bytes] : rows)
    if (const auto print = decode_blocked(one.kind, bytes)) block_list_.put(one.id, *print);
  return std::ssize(rows);
}

}  // namespace

Result<std::unique_ptr<Copies>> Copies::open(const Parts& parts) {
  auto copies = std::make_unique<CopiesImpl>(parts);
  FILOSCOPE_DO(copies->start());
  return std::unique_ptr<Copies>(std::move(copies));
}

}  // namespace filoscope::copies
