#pragma once

/// Fills an installation with made-up people, videos and what they watched, through the modules'
/// own public functions. The same seed gives the same topics, captions and tastes.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "ports/database.h"
#include "ports/outbox.h"

namespace filoscope::sim {

struct SeedOptions {
  std::size_t videos_count = 100'000;
  std::size_t people_count = 20'000;
  std::size_t authors_count = 500;
  std::size_t plays_per_person = 10;
  std::size_t topics_count = 60;
  std::uint64_t seed = 1;
  int threads_count = 16;  ///< writes that share a commit
};

struct Seeded {
  std::vector<std::string> tokens;  ///< one guest token per person
};

/// `progress` is called now and then with a share of all, on the calling thread's behalf. Blocks
/// for minutes. Errors: those of the modules.
Result<Seeded> seed_installation(const SeedOptions& options, Database& database, Outbox& log,
                                 accounts::Accounts& accounts, catalog::Catalog& catalog,
                                 const Clock& clock,
                                 const std::function<void(double, const char*)>& progress);

}  // namespace filoscope::sim
