/// What a person was learned to like, in words, and taking it back.

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

#include "accounts/reasons.h"
#include "base/crypto.h"
#include "catalog/text.h"
#include "feed/feed_impl.h"

namespace filoscope::feed {
namespace {

using engine::WithdrawKind;

constexpr std::size_t kInterestsMax = 100;
constexpr double kMuchLiked = 4;         ///< of summed interests: two that she loves
constexpr std::int64_t kCostOfMany = 5;  ///< of what may be all of her, as videos

/// What an entry has, by the keys that the engine holds interests under.
struct Content {
  WithdrawKind kind;
  std::string value;
};
using Contents = std::map<std::uint32_t, Content>;

Contents contents_of(const catalog::Entry& entry, const std::string& handle, PersonKey author) {
  Contents contents;
  const auto add = [&](WithdrawKind kind, std::uint64_t key, const std::string& value) {
    contents.emplace(engine::interest_key(kind, key), Content{kind, value});
  };
  for (const auto& tag : entry.hashtags) add(WithdrawKind::hashtag, engine::text_key(tag), tag);
  for (const auto& word : catalog::words_of(entry.caption))
    add(WithdrawKind::word, engine::text_key(word), word);
  if (entry.sound) add(WithdrawKind::sound, entry.sound.value, entry.sound.text());
  add(WithdrawKind::author, author.value, handle);
  return contents;
}

const catalog::Entry* find_entry(const std::vector<catalog::Entry>& entries, EntryId id) {
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [id](const catalog::Entry& entry) { return entry.id == id; });
  return at == entries.end() ? nullptr : &*at;
}

Result<std::uint64_t> parse_time(std::string_view text) {
  std::uint64_t ms = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (problem != std::errc() || end != text.data() + text.size())
    return Error(reason("withdrawal_of_nothing"));
  return ms;
}

}  // namespace

Result<void> FeedImpl::name_interests(const accounts::Viewer& viewer,
                                      const engine::PersonSummary& summary, Learned& learned) {
  std::vector<EntryId> ids;
  for (const auto& interest : summary.interests) ids.push_back(interest.example);
  for (const auto& taken : summary.withdrawals) ids.push_back(taken.example);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  FILOSCOPE_TRY(auto entries, parts_.catalog.entries(ids));
  std::erase_if(entries, [&](const auto& entry) { return !parts_.catalog.may_see(viewer, entry); });
  std::map<EntryId, Contents> contents;
  for (const auto& entry : entries) {
    const auto author = parts_.accounts.person_of(entry.owner);
    const auto owner = parts_.accounts.get(entry.owner);
    if (author && owner) contents[entry.id] = contents_of(entry, owner->handle, *author);
  }
  const auto name = [&](EntryId example, std::uint32_t key) -> const Content* {
    const auto of = contents.find(example);
    if (of == contents.end()) return nullptr;
    const auto found = of->second.find(key);
    return found == of->second.end() ? nullptr : &found->second;
  };
  for (const auto& interest : summary.interests) {
    const Content* content = name(interest.example, interest.key);
    if (content == nullptr) {
      ++learned.unnamed_count;
    } else if (learned.interests.size() < kInterestsMax) {
      learned.interests.push_back({content->kind, content->value, interest.value, interest.count,
                                   interest.example,
                                   short_caption(*find_entry(entries, interest.example))});
    }
  }
  for (const auto& taken : summary.withdrawals) {
    std::string value;
    const auto* entry = find_entry(entries, taken.example);
    if (const auto* content = name(taken.example, engine::interest_key(taken.kind, taken.key)))
      value = content->value;
    else if (taken.kind == WithdrawKind::video && entry != nullptr)
      value = short_caption(*entry);
    learned.withdrawals.push_back({taken.id, taken.kind, value, taken.at_ms, taken.until_ms,
                                   static_cast<int>(taken.videos_count)});
  }
  return {};
}

Result<void> FeedImpl::list_watched(const accounts::Viewer& viewer,
                                    const engine::PersonSummary& summary, Learned& learned) {
  engine::Decision watched;
  for (const auto& encounter : summary.recent)
    watched.history.push_back({encounter.video, encounter.value});
  FILOSCOPE_TRY(const auto all, attended(viewer, watched));
  for (std::size_t i = 0; i < all.size(); ++i) {
    Learned::Watched& one = learned.watched.emplace_back();
    one.video = summary.recent[i].video;
    if (all[i].video) one.caption = short_caption(*all[i].video);
    one.action = attended_action(all[i]);
    one.at_ms = summary.recent[i].at_ms;
    one.weight = summary.recent[i].value;
  }
  return {};
}

Result<Learned> FeedImpl::learned(const accounts::Viewer& viewer) {
  if (!viewer.person) return Error(accounts::reason("sign_in_or_guest_first"));
  const auto summary = host_->engine().summary(viewer.person);
  Learned learned;
  learned.seen_count = static_cast<int>(summary.seen_count);
  FILOSCOPE_DO(name_interests(viewer, summary, learned));
  FILOSCOPE_DO(list_watched(viewer, summary, learned));
  return learned;
}

std::function<double(const catalog::Entry&)> FeedImpl::taste(const accounts::Viewer& viewer) {
  if (!viewer.person || viewer.feed_mode != "for_you") return {};
  const auto summary = host_->engine().summary(viewer.person);
  if (summary.interests.empty()) return {};
  std::unordered_map<std::uint32_t, double> liked;
  for (const auto& interest : summary.interests) liked[interest.key] = interest.value;
  return [this, liked = std::move(liked)](const catalog::Entry& entry) {
    const auto author = parts_.accounts.person_of(entry.owner);
    double sum = 0;
    for (const auto& [key, content] : contents_of(entry, "", author.value_or(PersonKey{}))) {
      const auto found = liked.find(key);
      if (found != liked.end()) sum += found->second;
    }
    return std::clamp(sum / kMuchLiked, -1.0, 1.0);
  };
}

/// The key by which the engine knows it.
Result<std::uint64_t> FeedImpl::withdrawal_key(WithdrawKind kind, std::string_view value) {
  const auto nothing = [] { return Error(reason("withdrawal_of_nothing")); };
  switch (kind) {
    case WithdrawKind::video: {
      const auto id = VideoId::parse(value);
      return id ? Result<std::uint64_t>(id->value) : nothing();
    }
    case WithdrawKind::hashtag:
    case WithdrawKind::word:
      return value.empty() ? nothing() : Result<std::uint64_t>(engine::text_key(value));
    case WithdrawKind::sound: {
      const auto id = SoundId::parse(value);
      return id ? Result<std::uint64_t>(id->value) : nothing();
    }
    case WithdrawKind::author: {
      FILOSCOPE_TRY(const auto account, parts_.accounts.find(value));
      const auto person = parts_.accounts.person_of(account.id);
      return person ? Result<std::uint64_t>(person->value) : nothing();
    }
    case WithdrawKind::since:
      return parse_time(value);
    case WithdrawKind::everything:
      return std::uint64_t{0};
  }
  return nothing();
}

Result<void> FeedImpl::append(const accounts::Viewer& viewer, LogRecord record) {
  record.at_ms = parts_.clock.now_ms();
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(parts_.accounts.need_person(session, viewer.person));
    FILOSCOPE_DO(parts_.log.append(session, std::span(&record, 1)));
    return {};
  });
}

bool FeedImpl::has_withdrawal(PersonKey person, WithdrawalId id) const {
  const auto summary = host_->engine().summary(person);
  return std::any_of(summary.withdrawals.begin(), summary.withdrawals.end(),
                     [id](const auto& taken) { return taken.id == id; });
}

Result<WithdrawalId> FeedImpl::withdraw(const accounts::Viewer& viewer, WithdrawKind kind,
                                        std::string_view value) {
  if (!viewer.person) return Error(accounts::reason("sign_in_or_guest_first"));
  FILOSCOPE_TRY(const auto key, withdrawal_key(kind, value));
  const auto cost = kind == WithdrawKind::video ? 1 : kCostOfMany;
  FILOSCOPE_DO(withdrawal_rates_.take(viewer.person, cost, parts_.clock.mono_us()));
  WithdrawalId id;
  while (!id) id.value = crypto::random_u64();
  if (!viewer.kept) return Error(reason("withdrawal_of_nothing"));  // nothing is known of her
  FILOSCOPE_DO(append(viewer, engine::encode(viewer.person, engine::Withdraw{id, kind, key})));
  if (host_->learns() && !has_withdrawal(viewer.person, id))
    return Error(reason("withdrawal_of_nothing"));
  return id;
}

Result<void> FeedImpl::undo_withdrawal(const accounts::Viewer& viewer, WithdrawalId id) {
  if (!viewer.person) return Error(accounts::reason("sign_in_or_guest_first"));
  if (!has_withdrawal(viewer.person, id)) return Error(reason("no_such_withdrawal"));
  FILOSCOPE_DO(withdrawal_rates_.take(viewer.person, kCostOfMany, parts_.clock.mono_us()));
  return append(viewer, engine::encode(viewer.person, engine::UndoWithdraw{id}));
}

}  // namespace filoscope::feed
