#pragma once

/// All parts of one installation, put together in one place: opened in the order of their layers,
/// closed in reverse.

#include <memory>
#include <optional>
#include <string>

#include "accounts/accounts.h"
#include "adapters/files/checked_blob_store.h"
#include "app/data_folder.h"
#include "app/rereader.h"
#include "base/bounded_clock.h"
#include "base/config.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "feed/feed.h"
#include "media/media.h"
#include "ports/blob_store.h"
#include "ports/database.h"
#include "ports/event_stream.h"
#include "reading/reading.h"
#include "safety/safety.h"
#include "search/search.h"
#include "social/social.h"
#include "subtitles/subtitles.h"
#include "upload/upload.h"
#include "visual/visual.h"

namespace filoscope::app {

/// Threads: opened and destroyed by one thread; the parts have their own rules. The members stand
/// in the order of opening, so the destructor closes them in reverse: first what makes work
/// (uploads), then the feed (which writes the engine's last snapshot), then what they stand on.
class Wiring {
 public:
  struct Options {
    std::string data_folder;
    DataFolder::Missing missing = DataFolder::Missing::fail;
    bool feed = true;
    bool uploads = false;  ///< also process waiting videos, look at new ones, and read older text
                           ///< again
  };
  /// `config` must outlive the wiring. Errors: those of the parts, with the part's name.
  static Result<std::unique_ptr<Wiring>> open(const Options& options, const Config& config);
  ~Wiring();
  Wiring(const Wiring&) = delete;
  Wiring& operator=(const Wiring&) = delete;

  const DataFolder& folder() const { return folder_; }
  const Clock& clock() const { return clock_; }
  const Config& config() const { return config_; }
  Database& database() { return *database_; }
  EventLog& log() { return *log_; }
  CheckedBlobStore& blobs() { return *blobs_; }
  accounts::Accounts& accounts() { return *accounts_; }
  catalog::Catalog& catalog() { return *catalog_; }
  social::Social& social() { return *social_; }
  subtitles::Subtitles& subtitles() { return *subtitles_; }
  search::Search& search() { return *search_; }
  visual::VisualSearch& visual() { return *visual_; }
  copies::Copies& copies() { return *copies_; }
  safety::Safety& safety() { return *safety_; }
  reading::Reading& reading() { return *reading_; }
  feed::Feed& feed() { return *feed_; }             ///< REQUIRES: Options::feed
  upload::Uploads& uploads() { return *uploads_; }  ///< REQUIRES: Options::uploads
  crypto::Key key_for(std::string_view purpose) const;

 private:
  Wiring(DataFolder folder, const Config& config);
  Result<void> open_stores();
  Result<void> hold_clock();
  Result<void> open_modules(const Options& options);

  DataFolder folder_;
  const SystemClock machine_clock_;
  BoundedClock clock_;
  const Config& config_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<CheckedBlobStore> blobs_;
  std::unique_ptr<accounts::Accounts> accounts_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<social::Social> social_;
  std::unique_ptr<subtitles::Subtitles> subtitles_;
  std::unique_ptr<reading::Reading> reading_;
  std::unique_ptr<search::Search> search_;
  std::unique_ptr<visual::VisualSearch> visual_;
  std::unique_ptr<copies::Copies> copies_;
  std::unique_ptr<safety::Safety> safety_;
  std::unique_ptr<feed::Feed> feed_;
  std::optional<media::MediaWorkers> workers_;
  std::unique_ptr<upload::Uploads> uploads_;
  std::optional<Rereader> rereader_;
};

}  // namespace filoscope::app
