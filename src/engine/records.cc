#include "engine/records.h"

#include <algorithm>
#include <bit>

#include "base/random.h"
#include "engine/reasons.h"

namespace filoscope::engine {
namespace {

/// How many heads there were before their number stood in the records.
constexpr std::size_t kHeadsOfVersion1 = 9;
constexpr std::size_t kHeadsMax = 64;

/// Of a kind's body: what is written, and the lowest version whose decoder reads that.
struct Versions {
  std::uint16_t written = 1;
  std::uint16_t reader = 1;
};

constexpr std::array<std::string_view, kHeadsCount> kHeadNames{
    "skip", "watch_25", "watch_50", "watch_75",      "complete",
    "like", "share",    "follow",   "not_interested"};
constexpr std::array<std::string_view, kRoutesCount> kRouteNames{
    "fresh",  "trending", "neighbours", "following", "content",  "exploration", "repeat",
    "recent", "order",    "als",        "fold_in",   "sequence", "popular",     "friends"};
constexpr std::array<std::string_view, kSurfacesCount> kSurfaceNames{
    "feed", "following", "video_page", "profile", "hashtag", "search", "other", "imported"};
constexpr std::array<std::string_view, 3> kModeNames{"for_you", "following", "not_profiled"};
constexpr std::array<std::string_view, 4> kWishNames{"hashtag", "author", "new_people", "length"};
constexpr std::array<std::string_view, 7> kWithdrawNames{"video",  "hashtag", "word",      "sound",
                                                         "author", "since",   "everything"};
constexpr std::array<std::string_view, 16> kEventNames{"impression",
                                                       "watch",
                                                       "complete",
                                                       "like",
                                                       "unlike",
                                                       "comment",
                                                       "share",
                                                       "save",
                                                       "unsave",
                                                       "follow",
                                                       "profile",
                                                       "not_interested",
                                                       "undo_not_interested",
                                                       "report",
                                                       "product_click",
                                                       "ad_click"};

Error damaged(const char* what) {
  return {Code::corrupt, std::string("a log record does not decode: ") + what};
}

/// Of a newer program; the engine must not pass over it.
Error newer(const LogRecord& record, std::uint16_t known) {
  return Error(reason("log_record_too_new"), record.position, record.kind, record.version, known);
}

/// Kind, versions, and `visit(archive, body)`, which reads or writes each field in order. A field
/// that came with version N is visited where `archive.version >= N`.
template <typename Body>
struct Format;

/// Writes fields.
struct Out {
  std::uint16_t version;
  ByteWriter writer{};
  template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void operator()(const T& value) { writer.put(value); }
  template <typename Tag>
  void operator()(const Id<Tag>& id) {
    writer.put(id.value);
  }
  void heads(const HeadValues& values) {
    writer.put_varint(values.size());
    for (const float value : values) writer.put(value);
  }
  void text(const std::string& value, std::size_t) { writer.put_text(value); }
  template <typename T, typename Each>
  void list(const std::vector<T>& values, std::size_t, Each each) {
    writer.put_varint(values.size());
    for (const auto& value : values) each(value);
  }
  void narrow(const std::vector<float>& values, std::size_t) {
    writer.put_varint(values.size());
    for (const float value : values)
      writer.put(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16));
  }
  template <typename E>
  void choice(const E& value, std::size_t) {
    writer.put(static_cast<std::uint8_t>(value));
  }
  void flag(const bool& value) { writer.put(static_cast<std::uint8_t>(value ? 1 : 0)); }
};

/// Reads fields; `fine` turns false at the first one out of range.
struct In {
  std::uint16_t version;
  ByteReader reader;
  bool fine = true;
  template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void operator()(T& value) { value = reader.get<T>(); }
  template <typename Tag>
  void operator()(Id<Tag>& id) {
    id.value = reader.get<std::uint64_t>();
  }
  /// A head that the record does not have stays 0; one that this program does not know is passed
  /// over.
  void heads(HeadValues& values) {
    const auto count = version >= 2 ? reader.get_varint() : kHeadsOfVersion1;
    fine = fine && count <= kHeadsMax;
    for (std::size_t i = 0; fine && i < count; ++i) {
      const auto value = reader.get<float>();
      fine = value - value == 0;  // neither infinite nor NaN
      if (i < values.size()) values[i] = value;
    }
  }
  void text(std::string& value, std::size_t size_max) {
    value = reader.get_text();
    fine = fine && value.size() <= size_max;
  }
  template <typename T, typename Each>
  void list(std::vector<T>& values, std::size_t count_max, Each each) {
    const auto count = reader.get_varint();
    if (count > count_max || count > reader.remaining()) {
      fine = false;
      return;
    }
    values.resize(static_cast<std::size_t>(count));
    for (auto& value : values) each(value);
  }
  void narrow(std::vector<float>& values, std::size_t count_max) {
    const auto count = reader.get_varint();
    if (count > count_max || count > reader.remaining() / 2) {
      fine = false;
      return;
    }
    values.resize(static_cast<std::size_t>(count));
    for (float& value : values) {
      value = std::bit_cast<float>(static_cast<std::uint32_t>(reader.get<std::uint16_t>()) << 16);
      fine = fine && value - value == 0;
    }
  }
  template <typename E>
  void choice(E& value, std::size_t count) {
    const auto raw = reader.get<std::uint8_t>();
    fine = fine && raw < count;
    value = static_cast<E>(raw);
  }
  void flag(bool& value) {
    const auto raw = reader.get<std::uint8_t>();
    fine = fine && raw <= 1;
    value = raw == 1;
  }
};

template <>
struct Format<VideoPublished> {
  static constexpr auto kind = RecordKind::video_published;
  static constexpr Versions versions{3, 2};
  static void visit(auto& a, auto& b) {
    a(b.video), a(b.author), a(b.sound), a(b.language), a(b.created_ms), a(b.duration_ms);
    a(b.age_min), a.flag(b.followers_only);
    a.list(b.hashtags, kHashtagsMax, [&](auto& key) { a(key); });
    a.list(b.words, kWordsMax, [&](auto& key) { a(key); });
    if (a.version >= 2) a.choice(b.kind, kKindsMax);
    if (a.version >= 3) a(b.copy_of);
  }
};
template <>
struct Format<VideoRemoved> {
  static constexpr auto kind = RecordKind::video_removed;
  static void visit(auto& a, auto& b) { a(b.video); }
};
template <>
struct Format<PersonChanged> {
  static constexpr auto kind = RecordKind::person_changed;
  static constexpr Versions versions{2, 1};
  static void visit(auto& a, auto& b) {
    a(b.language), a(b.age);
    if (a.version >= 2) a.flag(b.sensitive);
  }
};
template <>
struct Format<Follow> {
  static constexpr auto kind = RecordKind::follow;
  static void visit(auto& a, auto& b) { a(b.author), a.flag(b.on); }
};
template <>
struct Format<Block> {
  static constexpr auto kind = RecordKind::block;
  static void visit(auto& a, auto& b) { a(b.other), a.flag(b.on); }
};
template <>
struct Format<Mute> {
  static constexpr auto kind = RecordKind::mute;
  static void visit(auto& a, auto& b) { a.choice(b.kind, 3), a(b.key), a.flag(b.on); }
};
template <>
struct Format<Withdraw> {
  static constexpr auto kind = RecordKind::withdraw;
  static void visit(auto& a, auto& b) {
    a(b.id), a.choice(b.kind, kWithdrawNames.size()), a(b.key);
  }
};
template <>
struct Format<Wish> {
  static constexpr auto kind = RecordKind::wish;
  static void visit(auto& a, auto& b) {
    a.choice(b.kind, kWishNames.size()), a(b.key), a.choice(b.level, 2 * kWishMost + 1);
  }
};
template <>
struct Format<UndoWithdraw> {
  static constexpr auto kind = RecordKind::undo_withdraw;
  static void visit(auto& a, auto& b) { a(b.id); }
};
template <>
struct Format<Event> {
  static constexpr auto kind = RecordKind::event;
  static void visit(auto& a, auto& b) {
    a(b.video), a(b.request), a.choice(b.type, kEventNames.size());
    a.choice(b.surface, kSurfacesCount);
    a.choice(b.ended, 6), a.flag(b.sound), a(b.loops), a(b.watch_ms);
    a.list(b.watched, kWatchedRangesMax, [&](auto& range) { a(range[0]), a(range[1]); });
  }
};
template <>
struct Format<ErasePerson> {
  static constexpr auto kind = RecordKind::erase_person;
  static void visit(auto& a, auto&) {
    std::uint8_t mark = 1;  // a body of its own, so that it is told from a blanked record
    a(mark);
  }
};
template <>
struct Format<WeightsChanged> {
  static constexpr auto kind = RecordKind::weights_changed;
  static constexpr Versions versions{2, 2};
  static void visit(auto& a, auto& b) { a.heads(b.weights); }
};
template <>
struct Format<Decision> {
  static constexpr auto kind = RecordKind::decision;
  static constexpr Versions versions{5, 5};
  static void visit(auto& a, auto& b) {
    a(b.request), a.choice(b.mode, kModeNames.size()), a(b.seed), a(b.read_position);
    a(b.candidates_count), a.heads(b.weights);
    a.list(b.items, kDecisionItemsMax, [&](auto& item) {
      a(item.video), a.choice(item.route, kRoutesCount), a(item.routes), a.flag(item.repeat);
      a(item.propensity), a(item.value), a.heads(item.probabilities);
      if (a.version < 3) a.narrow(item.features, kDecisionFeaturesMax);
      if (a.version >= 4) a.choice(item.kind, kKindsMax);
    });
    a.list(b.history, kDecisionHistoryMax, [&](auto& seen) { a(seen.video), a(seen.weight); });
    a(b.at_ms), a(b.count), a(b.language), a(b.age), a.flag(b.exhausted);
    a.list(b.held, kHeldMax, [&](auto& id) { a(id); });
    a.list(b.shown, kShownMax, [&](auto& id) { a(id); });
    a.text(b.cursor, kCursorBytesMax);
    if (a.version >= 4) a(b.kinds);
  }
};

template <>
struct Format<DecisionFeatures> {
  static constexpr auto kind = RecordKind::decision_features;
  static constexpr Versions versions{2, 1};
  static void visit(auto& a, auto& b) {
    a(b.request);
    a.list(b.items, kDecisionItemsMax,
           [&](auto& item) { a(item.video), a.narrow(item.features, kDecisionFeaturesMax); });
    if (a.version >= 2) a.narrow(b.person, kDecisionFeaturesMax);
  }
};

template <typename Body>
constexpr Versions versions_of() {
  if constexpr (requires { Format<Body>::versions; }) return Format<Body>::versions;
  return {};
}

template <typename Body>
LogRecord make(PersonKey person, const Body& body) {
  Out out{versions_of<Body>().written};
  Format<Body>::visit(out, body);
  LogRecord record;
  record.kind = static_cast<std::uint16_t>(Format<Body>::kind);
  record.version = versions_of<Body>().written;
  record.reader_version = versions_of<Body>().reader;
  record.person = person;
  record.body = out.writer.take();
  return record;
}

}  // namespace

std::string_view to_string(Head head) { return kHeadNames[static_cast<std::size_t>(head)]; }
std::optional<Head> parse_head(std::string_view name) {
  const auto* found = std::find(kHeadNames.begin(), kHeadNames.end(), name);
  if (found == kHeadNames.end()) return std::nullopt;
  return static_cast<Head>(found - kHeadNames.begin());
}
std::string_view to_string(Route route) { return kRouteNames[static_cast<std::size_t>(route)]; }
bool is_taste(Route route) {
  return route == Route::neighbours || (route >= Route::recent && route <= Route::sequence);
}
std::string_view to_string(Surface surface) {
  return kSurfaceNames[static_cast<std::size_t>(surface)];
}
std::string_view to_string(Mode mode) { return kModeNames[static_cast<std::size_t>(mode)]; }
std::string_view to_string(EventType type) { return kEventNames[static_cast<std::size_t>(type)]; }

std::string_view to_string(WishKind kind) { return kWishNames[static_cast<std::size_t>(kind)]; }
Result<WishKind> parse_wish_kind(std::string_view name) {
  const auto* found = std::find(kWishNames.begin(), kWishNames.end(), name);
  if (found == kWishNames.end()) return Error(reason("no_such_wish_kind"));
  return static_cast<WishKind>(found - kWishNames.begin());
}
std::string_view to_string(WithdrawKind kind) {
  return kWithdrawNames[static_cast<std::size_t>(kind)];
}
Result<WithdrawKind> parse_withdraw_kind(std::string_view name) {
  const auto* found = std::find(kWithdrawNames.begin(), kWithdrawNames.end(), name);
  if (found == kWithdrawNames.end()) return Error(reason("no_such_withdraw_kind"));
  return static_cast<WithdrawKind>(found - kWithdrawNames.begin());
}

Surface parse_surface(std::string_view name) {
  const auto* found = std::find(kSurfaceNames.begin(), kSurfaceNames.end(), name);
  const auto surface = static_cast<Surface>(found - kSurfaceNames.begin());
  const bool said_by_people = found != kSurfaceNames.end() && surface != Surface::imported;
  return said_by_people ? surface : Surface::other;
}

Result<EventType> parse_event_type(std::string_view name) {
  const auto* found = std::find(kEventNames.begin(), kEventNames.end(), name);
  if (found == kEventNames.end() || name == to_string(EventType::undo_not_interested))
    return Error(reason("no_such_event"));
  return static_cast<EventType>(found - kEventNames.begin());
}

std::uint64_t text_key(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a, then mixed so that all bits count
  for (const char c : text) {
    hash ^= static_cast<std::uint8_t>(c);
    hash *= 0x100000001B3ULL;
  }
  const auto key = mix64(hash);
  return key == 0 ? 1 : key;  // 0 means "unknown" everywhere
}

std::uint64_t language_key(std::string_view tag) {
  std::string primary(tag.substr(0, tag.find_first_of("-_")));
  for (char& c : primary) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return primary.empty() ? 0 : text_key(primary);
}

LogRecord encode(const VideoPublished& body) { return make({}, body); }
LogRecord encode(const VideoRemoved& body) { return make({}, body); }
LogRecord encode(PersonKey person, const PersonChanged& body) { return make(person, body); }
LogRecord encode(PersonKey person, const Follow& body) { return make(person, body); }
LogRecord encode(PersonKey person, const Block& body) { return make(person, body); }
LogRecord encode(PersonKey person, const Mute& body) { return make(person, body); }
LogRecord encode(PersonKey person, const Event& body) { return make(person, body); }
LogRecord encode(PersonKey person, const Decision& body) { return make(person, body); }
LogRecord encode(PersonKey person, const DecisionFeatures& body) { return make(person, body); }
LogRecord encode(PersonKey person, const Withdraw& body) { return make(person, body); }
LogRecord encode(PersonKey person, const UndoWithdraw& body) { return make(person, body); }
LogRecord encode(PersonKey person, const Wish& body) { return make(person, body); }
LogRecord encode(PersonKey person, const ErasePerson& body) { return make(person, body); }
LogRecord encode(const WeightsChanged& body) { return make({}, body); }

template <typename Body>
Result<Body> decode(const LogRecord& record) {
  if (record.kind != static_cast<std::uint16_t>(Format<Body>::kind))
    return damaged("it is of another kind");
  const auto known = versions_of<Body>().written;
  if (record.version == 0) return damaged("it has no version");
  if (record.reader_version > known) return newer(record, known);
  if (is_blanked(record)) return damaged("its body was erased");
  In in{std::min(record.version, known), ByteReader(record.body)};
  Body body;
  Format<Body>::visit(in, body);
  if (!in.fine) return damaged("a value or a count is out of range");
  const bool later_fields = record.version > known;
  if (!in.reader.ok() || (!later_fields && !in.reader.at_end()))
    return damaged("its length is wrong");
  return body;
}

template Result<VideoPublished> decode(const LogRecord&);
template Result<VideoRemoved> decode(const LogRecord&);
template Result<PersonChanged> decode(const LogRecord&);
template Result<Follow> decode(const LogRecord&);
template Result<Block> decode(const LogRecord&);
template Result<Mute> decode(const LogRecord&);
template Result<Event> decode(const LogRecord&);
template Result<Decision> decode(const LogRecord&);
template Result<DecisionFeatures> decode(const LogRecord&);
template Result<Withdraw> decode(const LogRecord&);
template Result<UndoWithdraw> decode(const LogRecord&);
template Result<Wish> decode(const LogRecord&);
template Result<ErasePerson> decode(const LogRecord&);
template Result<WeightsChanged> decode(const LogRecord&);

}  // namespace filoscope::engine
