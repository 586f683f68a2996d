#pragma once

/// Reads stored text again in the background when the rules for text have changed (accounts::
/// kTextVersion); what fails, as on a full disk, is tried again until it is done.

#include <atomic>
#include <thread>

#include "accounts/accounts.h"
#include "base/mutex.h"
#include "catalog/catalog.h"

namespace filoscope::app {

/// Threads: made and destroyed by one; owns one. The destructor stops after the row at hand.
/// REQUIRES: all that hooks into the catalogue's changes has done so.
class Rereader {
 public:
  Rereader(accounts::Accounts& accounts, catalog::Catalog& catalog);
  ~Rereader();
  Rereader(const Rereader&) = delete;
  Rereader& operator=(const Rereader&) = delete;

 private:
  void run();
  /// Until the next try; false when stopping.
  bool pause();

  accounts::Accounts& accounts_;
  catalog::Catalog& catalog_;
  std::atomic<bool> stop_{false};
  Mutex mutex_;
  Condition wake_;
  std::thread thread_;
};

}  // namespace filoscope::app
