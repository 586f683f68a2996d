#include "app/wiring.h"

#include "adapters/files/file_blob_store.h"
#include "app/commands.h"
#include "app/records.h"
#include "base/log.h"
#include "ports/makes_space.h"

namespace filoscope::app {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

/// Opens one part, says so, and names it in an error.
template <typename Open>
auto phase(const Clock& clock, const char* name, Open open) -> decltype(open()) {
  const auto start_us = clock.mono_us();
  auto opened = open();
  const auto took_ms = (clock.mono_us() - start_us) / 1000;
  if (!opened) return std::move(opened).error().during(name);
  log::info("start", {{"part", std::string(name)}, {"ms", took_ms}});
  return opened;
}

}  // namespace

Result<std::unique_ptr<Wiring>> Wiring::open(const Options& options, const Config& config) {
  const MakesSpace start;  // a full disk must not prevent it
  FILOSCOPE_TRY(auto folder, DataFolder::open(options.data_folder, options.missing));
  std::unique_ptr<Wiring> wiring(new Wiring(std::move(folder), config));
  FILOSCOPE_DO(wiring->open_stores());
  FILOSCOPE_DO(wiring->open_modules(options));
  return wiring;
}

Wiring::Wiring(DataFolder folder, const Config& config)
    : folder_(std::move(folder)),
      clock_(machine_clock_, config[kClockStepDays] * kDayMs),
      config_(config) {}

Wiring::~Wiring() {
  rereader_.reset();
  if (uploads_) uploads_->stop();
}

crypto::Key Wiring::key_for(std::string_view purpose) const {
  return crypto::derive_key(folder_.master_key(), purpose);
}

Result<void> Wiring::open_stores() {
  FILOSCOPE_TRY(database_,
                phase(clock_, "database", [&] { return open_database(folder_, config_); }));
  FILOSCOPE_TRY(log_,
                phase(clock_, "event log", [&] { return open_event_log(*database_, config_); }));
  FILOSCOPE_TRY(blobs_, phase(clock_, "blobs", [&]() -> Result<std::unique_ptr<CheckedBlobStore>> {
                  FILOSCOPE_TRY(auto files, open_file_blob_store(folder_.path() / "blobs"));
                  return open_checked_blob_store(std::move(files), *database_);
                }));
  return hold_clock();
}

/// What is logged never gets an earlier time again: a clock that is far ahead must not reach it.
Result<void> Wiring::hold_clock() {
  FILOSCOPE_TRY(const auto end, log_->last_position());
  FILOSCOPE_TRY(const auto last, log_->read(end - 1, 1));
  if (!last.empty()) clock_.go_on_from(last.front().at_ms, config_[kClockPauseDays] * kDayMs);
  return {};
}

Result<void> Wiring::open_modules(const Options& options) {
  FILOSCOPE_TRY(
      accounts_, phase(clock_, "accounts", [&] {
        return accounts::Accounts::open({*database_, *log_, clock_, config_, key_for("accounts")});
      }));
  FILOSCOPE_TRY(catalog_, phase(clock_, "catalog", [&] {
                  return catalog::Catalog::open({*database_, *log_, *blobs_, *accounts_, clock_,
                                                 config_, key_for("catalog")});
                }));
  FILOSCOPE_TRY(
      social_, phase(clock_, "social", [&] {
        return social::Social::open({*database_, *log_, *accounts_, *catalog_, clock_, config_});
      }));
  FILOSCOPE_TRY(subtitles_, phase(clock_, "subtitles", [&] {
                  return subtitles::Subtitles::open({*database_, *catalog_, clock_});
                }));
  const auto workers = options.uploads ? config_[upload::kWorkers] : 0;
  FILOSCOPE_TRY(reading_, phase(clock_, "reading", [&] {
                  return reading::Reading::open({*database_, *catalog_, config_, "/proc/self/exe",
                                                 static_cast<std::size_t>(workers)});
                }));
  FILOSCOPE_TRY(search_, phase(clock_, "search", [&] {
                  return search::Search::open({*database_, *log_, *accounts_, *catalog_, *social_,
                                               *subtitles_, *reading_, clock_, config_,
                                               key_for("search"), options.uploads});
                }));
  FILOSCOPE_TRY(visual_, phase(clock_, "visual search", [&] {
                  return visual::VisualSearch::open({*database_, *catalog_, *blobs_, clock_,
                                                     config_, "/proc/self/exe", options.uploads});
                }));
  FILOSCOPE_TRY(
      copies_, phase(clock_, "copies", [&] {
        return copies::Copies::open({*database_, *catalog_, clock_, config_, options.uploads});
      }));
  FILOSCOPE_TRY(
      safety_, phase(clock_, "safety", [&] {
        return safety::Safety::open({*database_, *catalog_, *social_, clock_, config_,
                                     "/proc/self/exe", static_cast<std::size_t>(workers)});
      }));
  if (!options.feed) return {};
  FILOSCOPE_TRY(
      feed_, phase(clock_, "feed", [&] {
        return feed::Feed::open({*database_, *log_, *accounts_, *catalog_, *social_, clock_,
                                 config_, key_for("feed"), folder_.path().string()});
      }));
  if (!options.uploads) return {};
  blobs_->note_older_ones();
  workers_.emplace();
  FILOSCOPE_TRY(uploads_, phase(clock_, "uploads", [&] {
                  return upload::Uploads::open({*database_, *blobs_, *accounts_, *catalog_,
                                                *social_, *copies_, *safety_, *reading_, *workers_,
                                                clock_, config_, folder_.path().string()});
                }));
  rereader_.emplace(*accounts_, *catalog_);
  return {};
}

}  // namespace filoscope::app
