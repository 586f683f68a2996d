#pragma once

/// The sample catalogue: takes the clips that tools/make_samples.sh renders in, each as it appears,
/// under sample accounts of their own.

#include <memory>
#include <string>

#include "accounts/accounts.h"
#include "api/api.h"
#include "catalog/catalog.h"
#include "upload/upload.h"

namespace filoscope::app {

/// Threads: all methods from any thread. Works on one thread of its own between start and
/// destruction; goes on after a restart, adds nothing twice, and adds nothing back after `filoscope
/// samples remove`.
class Samples {
 public:
  struct Parts {
    accounts::Accounts& accounts;
    catalog::Catalog& catalog;
    upload::Uploads& uploads;
    std::string folder;  ///< manifest.tsv, accounts.tsv, the clips, and when no more will come
                         ///< `done`, or `stopped` until the next start
  };
  static std::unique_ptr<Samples> start(const Parts& parts);
  virtual ~Samples() = default;

  virtual api::SamplesProgress progress() const = 0;
  /// Waits until `count` clips are published, all are done, or the time is over.
  virtual void wait_for_ready(int count, std::int64_t timeout_ms) = 0;
};

/// Removes the sample videos, accounts and their influence.
Result<void> remove_samples(accounts::Accounts& accounts, catalog::Catalog& catalog);

}  // namespace filoscope::app
