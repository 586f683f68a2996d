#pragma once

/// What the catalogue holds, of whatever kind: who it belongs to, who may see it, what is said of
/// it in words. What only one kind has (a video's renditions) stands in a type of its own that
/// begins with an Entry.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"

namespace filoscope::catalog {

/// The number is stored, in the catalogue, the event log and impression tokens.
enum class Kind : std::uint8_t { video = 0, live = 1, product = 2, ad = 3 };
inline constexpr std::size_t kKindsCount = 4;
std::string_view to_string(Kind kind);

/// The number is stored. `ended`: its time is over (Entry::available_until_ms); its owner still
/// sees it and can prolong it.
enum class State { received, checked, processing, published, failed, removed, ended };
enum class Visibility { everyone, followers, only_me };
std::string_view to_string(State state);
std::string_view to_string(Visibility visibility);
/// Errors: invalid_argument (not_a_visibility).
Result<Visibility> parse_visibility(std::string_view text);

/// What its owner has to disclose. The number is the bit by which it is stored.
enum class Label : std::uint8_t { ai_generated = 0, paid_partnership = 1 };
inline constexpr std::size_t kLabelsCount = 2;
std::string_view to_string(Label label);
/// A set of labels.
class Labels {
 public:
  Labels() = default;
  bool has(Label label) const { return (bits_ >> static_cast<unsigned>(label) & 1U) != 0; }
  void add(Label label) { bits_ |= 1U << static_cast<unsigned>(label); }
  std::vector<std::string_view> names() const;
  // Errors: invalid_argument (no_such_label).
  static Result<Labels> of(std::span<const std::string> names);
  static Result<Labels> parse(std::string_view names);  ///< with commas between; "" is none
  std::int64_t db() const { return bits_; }
  static Labels from_db(std::int64_t stored) {
    Labels labels;
    labels.bits_ = static_cast<std::uint32_t>(stored);
    return labels;
  }
  bool operator==(const Labels&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

struct Entry {
  EntryId id;
  Kind kind = Kind::video;
  AccountId owner;
  State state = State::received;
  bool draft = false;        ///< ready, not shown to anyone but its owner until published
  bool held = false;         ///< until somebody responsible for the server releases it, the same
  bool sensitive = false;    ///< not for everyone: in nobody's `for_you` who did not ask for such
  bool flashes = false;      ///< in it is what may trigger seizures (media/flashes.h)
  VideoId copy_of;           ///< the clip that it shows again, the first of them; none: of its own
  bool copies_part = false;  ///< an excerpt of that, or that beside something else
  Visibility visibility = Visibility::everyone;
  Labels labels{};
  std::int64_t available_until_ms = 0;  ///< nobody but its owner sees it from then on; 0: no end
  std::string caption;
  std::vector<std::string> hashtags;  ///< folded, without '#', in order
  std::vector<AccountId> mentions;
  std::string language;  ///< of the caption, BCP 47, "" unknown
  std::int64_t created_ms = 0, published_ms = 0;
  std::int64_t removed_ms = 0;   ///< of one that is removed and can be restored for a while, else 0
  std::int64_t duration_ms = 0;  ///< how long it plays; 0 where nothing ends by itself
  SoundId sound;                 ///< none when silent
};

struct EntryPage {
  std::vector<Entry> items;
  std::string next_cursor;
};

/// Made, with its files to be served: published or ended.
constexpr bool is_finished(State state) {
  return state == State::published || state == State::ended;
}
bool is_in_time(const Entry& entry, std::int64_t now_ms);
/// Ready, and not given out yet.
constexpr bool is_kept_back(const Entry& entry) { return entry.draft || entry.held; }
/// There to be seen by others than its owner, as far as state and time say.
bool is_out(const Entry& entry, std::int64_t now_ms);

}  // namespace filoscope::catalog
