#pragma once

/// What the engine learns from: the bodies of the event log's records, each with its binary format
/// (little-endian, versioned). People are pseudonyms here; nothing in a record names an account.
/// A record says the lowest version that can read it: fields that a newer release adds at the end
/// are passed over, a record that asks for a newer reader and an unknown kind are refused, never
/// skipped. What an earlier release wrote is decoded for good (`tests/data/formats`).

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/log_record.h"
#include "base/result.h"

namespace filoscope::engine {

enum class RecordKind : std::uint16_t {
  video_published =
      1,              ///< or published again with other features (edit): the same video id replaces
  video_removed = 2,  ///< gone from everywhere, or no longer for everyone
  person_changed = 10,  ///< language, age limit
  follow = 11,
  block = 12,
  mute = 13,
  withdraw = 14,           ///< she takes back what she did with some videos
  undo_withdraw = 15,      ///< and lets it count again
  wish = 16,               ///< she asks for more or less of something
  decision = 20,           ///< one answer: what was shown, and why
  event = 21,              ///< what a person did with one video
  decision_features = 22,  ///< what the model saw of an answer, to learn from: of use for a day
  erase_person = 30,
  weights_changed = 31,
};

/// The model's outputs. The order is part of the formats, which count them: new ones come last.
enum class Head : std::uint8_t {
  skip,
  watch_25,
  watch_50,
  watch_75,
  complete,
  like,
  share,
  follow,
  not_interested
};
inline constexpr std::size_t kHeadsCount = 9;
std::string_view to_string(Head head);
std::optional<Head> parse_head(std::string_view name);
using HeadValues = std::array<float, kHeadsCount>;

/// The number is stored.
enum class Route : std::uint8_t {
  fresh,
  trending,
  neighbours,
  following,
  content,
  exploration,
  repeat,
  recent,
  order,
  als,
  fold_in,
  sequence,
  popular,
  friends
};
inline constexpr std::size_t kRoutesCount = 14;
std::string_view to_string(Route route);
/// A route by what people of like taste took to.
bool is_taste(Route route);

enum class Mode : std::uint8_t { for_you, following, not_profiled };
std::string_view to_string(Mode mode);

/// Where something was shown; the number is stored.
enum class Surface : std::uint8_t {
  feed,
  following,
  video_page,
  profile,
  hashtag,
  search,
  other,
  imported,  ///< by an operator, from another system's log: of full weight in what is shared
};
inline constexpr std::size_t kSurfacesCount = 8;
std::string_view to_string(Surface surface);
Surface parse_surface(std::string_view name);  ///< other for an unknown name

/// Kinds of entries are numbers to the engine (0 is the video), which tells them apart only where
/// an answer is for some of them.
inline constexpr std::size_t kKindsMax = 16;
using KindSet = std::uint16_t;  ///< a bit for each
inline constexpr KindSet kVideosOnly = 1;

/// Stable 64-bit key of a hashtag, caption word or language: the same on every machine. REQUIRES:
/// `text` already folded.
std::uint64_t text_key(std::string_view text);
/// Of the primary language of a BCP 47 tag, in whatever case; 0 for none.
std::uint64_t language_key(std::string_view tag);

/// An entry that everyone may see. Only such entries are known to the engine (followers-only ones
/// go through `following` by visibility).
struct VideoPublished {
  EntryId video;
  std::uint8_t kind = 0;
  PersonKey author;
  SoundId sound;               ///< none when silent
  std::uint64_t language = 0;  ///< text_key of a BCP 47 primary tag, 0 unknown
  std::int64_t created_ms = 0;
  std::uint32_t duration_ms = 0;
  std::uint8_t age_min = 0;  ///< 0 or 18: then in nobody's `for_you` who did not ask for such
  bool followers_only = false;
  std::vector<std::uint64_t> hashtags;  ///< ≤ 30
  std::vector<std::uint64_t> words;     ///< caption words, ≤ 60
  EntryId copy_of;  ///< the clip that it shows again; none: it is one of its own
};

struct VideoRemoved {
  VideoId video;
};

struct PersonChanged {
  std::uint64_t language = 0;
  std::uint8_t age = 0;    ///< in years, capped at 99; 0 unknown counts as a minor
  bool sensitive = false;  ///< she asked for what has an `age_min`
};

struct Follow {
  PersonKey author;
  bool on = true;
};

struct Block {
  PersonKey other;  ///< holds both ways
  bool on = true;
};

enum class MuteKind : std::uint8_t { person, word, hashtag };
struct Mute {
  MuteKind kind = MuteKind::person;
  std::uint64_t key = 0;  ///< PersonKey value or text_key
  bool on = true;
};

enum class EventType : std::uint8_t {
  impression,
  watch,
  complete,
  like,
  unlike,
  comment,
  share,
  save,
  unsave,
  follow,
  profile,
  not_interested,
  undo_not_interested,
  report,
  product_click,
  ad_click,
};
std::string_view to_string(EventType type);
/// Nothing for a name that is not in CONTRACT's list.
Result<EventType> parse_event_type(std::string_view name);

enum class WatchEnd : std::uint8_t { unknown, swipe, ended, hidden, closed, error };

/// One thing a person did with one video. `request` is none outside the feed.
struct Event {
  VideoId video;
  RequestId request;
  EventType type = EventType::impression;
  Surface surface = Surface::feed;
  WatchEnd ended = WatchEnd::unknown;
  bool sound = false;
  std::uint16_t loops = 0;
  std::uint32_t watch_ms = 0;  ///< total time on screen and playing, loops included
  std::vector<std::array<std::uint32_t, 2>> watched;  ///< merged ranges [from_ms, to_ms), ≤ 32
};

/// What a person takes back: all she did with one video, with what has one content, since a time,
/// or everything. Facts that others see (likes, comments, follows) stay where they are.
enum class WithdrawKind : std::uint8_t { video, hashtag, word, sound, author, since, everything };
std::string_view to_string(WithdrawKind kind);
/// Nothing for an unknown name.
Result<WithdrawKind> parse_withdraw_kind(std::string_view name);
struct Withdraw {
  WithdrawalId id;  ///< drawn by whoever asks
  WithdrawKind kind = WithdrawKind::video;
  std::uint64_t key = 0;  ///< VideoId, text_key, SoundId, PersonKey, or milliseconds
};

/// What she can ask for more or less of. `length`: more is longer.
enum class WishKind : std::uint8_t { hashtag, author, new_people, length };
std::string_view to_string(WishKind kind);
/// Errors: invalid_argument.
Result<WishKind> parse_wish_kind(std::string_view name);
inline constexpr int kWishMost = 2;
inline constexpr std::size_t kWishesMax = 64;  ///< of a person
/// From -kWishMost (hardly any) to kWishMost; what it stood at before is replaced, 0 ends it.
struct Wish {
  WishKind kind = WishKind::hashtag;
  std::uint64_t key = 0;   ///< of a hashtag its text_key, an author's person key, else 0
  std::uint8_t level = 0;  ///< kWishMost lies at 0
  int steps() const { return level - kWishMost; }
};
struct UndoWithdraw {
  WithdrawalId id;
};

struct ErasePerson {};

struct WeightsChanged {
  HeadValues weights{};
};

/// Limits of the formats; a longer list is refused as corrupt.
inline constexpr std::size_t kHashtagsMax = 30;
inline constexpr std::size_t kWordsMax = 60;
inline constexpr std::size_t kWatchedRangesMax = 32;
inline constexpr std::size_t kDecisionItemsMax = 20;
inline constexpr std::size_t kDecisionFeaturesMax = 128;
inline constexpr std::size_t kDecisionHistoryMax = 64;
inline constexpr std::size_t kHeldMax = 64;
inline constexpr std::size_t kShownMax = 2000;
inline constexpr std::size_t kCursorBytesMax = 64;

/// Decision bodies are made and read by the engine alone (Engine::rank fills one); `Decision` is
/// their readable form.
struct DecisionItem {
  EntryId video;
  std::uint8_t kind = 0;
  Route route = Route::fresh;
  std::uint16_t routes = 0;  ///< bit per Route that proposed it
  bool repeat = false;
  float propensity = 1;  ///< probability that the policy put this video into this slot, given the
                         ///< slots above (Slot::propensity); 1 where there is no choice
  float value = 0;
  HeadValues probabilities{};
  /// The inputs the model saw; bfloat16 values (the low 16 bits of each float are 0), which the
  /// formats store in 2 bytes. In records before version 3; since then in DecisionFeatures.
  std::vector<float> features;
};
struct Attended {
  VideoId video;
  float weight = 0;  ///< share of the attention, sums to 1 over the list
};
struct Decision {
  RequestId request;
  Mode mode = Mode::for_you;
  std::uint64_t seed = 0;
  LogPosition read_position = 0;  ///< the one log position everything was read at
  std::uint32_t candidates_count = 0;
  HeadValues weights{};
  std::vector<DecisionItem> items;
  std::vector<Attended> history;  ///< the person's recent videos the model looked at

  // The rest of the request, so that the answer can be made again at `read_position`.
  std::int64_t at_ms = 0;
  std::uint32_t count = 0;
  std::uint64_t language = 0;
  std::uint8_t age = 0;
  KindSet kinds = kVideosOnly;
  std::vector<VideoId> held;
  std::vector<VideoId> shown;
  std::string cursor;
  bool exhausted = false;  ///< of the answer
};

/// Of one decision, as DecisionItem::features: of each video, and of the person.
struct DecisionFeatures {
  struct Item {
    VideoId video;
    std::vector<float> features;
  };
  RequestId request;
  std::vector<Item> items;
  std::vector<float> person;
};

/// Encoders give a record without position and time; `person` is whom it is about.
LogRecord encode(const VideoPublished& body);
LogRecord encode(const VideoRemoved& body);
LogRecord encode(PersonKey person, const PersonChanged& body);
LogRecord encode(PersonKey person, const Follow& body);
LogRecord encode(PersonKey person, const Block& body);
LogRecord encode(PersonKey person, const Mute& body);
LogRecord encode(PersonKey person, const Event& body);
LogRecord encode(PersonKey person, const Decision& body);
LogRecord encode(PersonKey person, const DecisionFeatures& body);
LogRecord encode(PersonKey person, const Withdraw& body);
LogRecord encode(PersonKey person, const UndoWithdraw& body);
LogRecord encode(PersonKey person, const Wish& body);
LogRecord encode(PersonKey person, const ErasePerson& body);
LogRecord encode(const WeightsChanged& body);

/// An erased record: its body was blanked by EventStream::blank. The engine passes over it.
inline bool is_blanked(const LogRecord& record) { return record.body.empty(); }

/// Errors: corrupt (wrong kind or length, a count above its limit, a blanked body), conflict (a
/// newer release wrote it; the sentence says what to do).
template <typename Body>
Result<Body> decode(const LogRecord& record);

}  // namespace filoscope::engine
