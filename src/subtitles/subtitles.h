#pragma once

/// What is said in a clip, and when: subtitles that its owner gives, in several languages. Source
/// of languages: BCP 47 (RFC 5646), spelt as its section 2.1.1 says.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/accounts.h"
#include "catalog/catalog.h"
#include "ports/database.h"
#include "subtitles/cues.h"

namespace filoscope::subtitles {

inline constexpr std::size_t kLanguagesMax = 20;
inline constexpr std::size_t kLabelCharactersMax = 60;

struct Track {
  std::string language;  ///< BCP 47
  std::string label;     ///< what its owner calls it; "" as a rule
  std::int64_t cues_count = 0;
  std::int64_t changed_ms = 0;
  std::string revision;  ///< of what `file` gives, of the characters of base64url
};

struct Taken {
  Track track;
  std::int64_t dropped_count = 0;  ///< of cues that begin behind the clip's end
};

struct File {
  std::string webvtt;
  std::string revision;
};

/// Of one language.
struct Said {
  std::string language;
  std::vector<Cue> cues;  ///< in the order of their beginnings
};

/// "EN-us" as "en-US". Errors: invalid_argument (subtitles_without_language; accounts'
/// not_a_language).
Result<std::string> clean_language(std::string_view language);

/// Threads: any; calls may block on the database. Parts outlive it, and so do those who gave it
/// hooks. Errors, where nothing else is said: those of the database, corrupt.
class Subtitles {
 public:
  struct Parts {
    Database& database;
    catalog::Catalog& catalog;
    const Clock& clock;
  };
  static Result<std::unique_ptr<Subtitles>> open(const Parts& parts);
  virtual ~Subtitles() = default;

  /// Replaces those of the language. Of a clip that is not processed yet the end is not known:
  /// what is behind it goes when it is published. Errors: not_found, denied (as Catalog::change);
  /// invalid_argument (file: those of read_cues, subtitles_behind_end; language, label);
  /// conflict (too_many_subtitles).
  virtual Result<Taken> set(AccountId owner, VideoId video, std::string_view language,
                            std::string_view label, std::string_view file) = 0;
  /// Errors: as set; not_found (no_such_subtitles).
  virtual Result<void> remove(AccountId owner, VideoId video, std::string_view language) = 0;

  /// In the order asked, each in the order of its languages; whether somebody may see a video is
  /// may_see's to say. One read for all.
  virtual Result<std::vector<std::vector<Track>>> tracks(std::span<const VideoId> videos) = 0;
  /// Errors: not_found, also for what may not be seen.
  virtual Result<File> file(const accounts::Viewer& viewer, VideoId video,
                            std::string_view language) = 0;
  /// All that is said in all languages, in their order.
  virtual Result<std::vector<Said>> said(Session& session, VideoId video) = 0;

  /// Called inside the transaction that changes the subtitles of a video, behind the change; a
  /// removal that can be undone changes none. May run more than once (Database::write).
  using ChangeHook = std::function<Result<void>(Session&, VideoId)>;
  virtual void on_change(ChangeHook hook) = 0;  ///< before serving starts
};

}  // namespace filoscope::subtitles
