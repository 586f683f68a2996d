#include "app/schema.h"

#include <array>

#include "accounts/schema.h"
#include "adapters/files/checked_blob_store.h"
#include "adapters/postgres/postgres_event_log.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "catalog/schema.h"
#include "copies/schema.h"
#include "feed/schema.h"
#include "reading/schema.h"
#include "safety/schema.h"
#include "search/schema.h"
#include "social/schema.h"
#include "subtitles/schema.h"
#include "upload/schema.h"
#include "visual/schema.h"

namespace filoscope::app {
namespace {

constexpr std::array kInstallation = {Migration{1, R"(
  CREATE TABLE installation (
    id TEXT NOT NULL PRIMARY KEY
  );
)"}};

constexpr std::array kImports = {Migration{1, R"(
  CREATE TABLE app_imports (
    account BIGINT NOT NULL,
    mark TEXT NOT NULL,
    video BIGINT NOT NULL,
    PRIMARY KEY (account, mark)
  );
)"}};

}  // namespace

std::span<const Migration> installation_migrations() { return kInstallation; }
std::span<const Migration> import_migrations() { return kImports; }

std::vector<backup::Module> all_modules(const records::Dialect& dialect) {
  return {{"installation", installation_migrations()},
          {"event_log",
           dialect.tokens ? postgres_event_log_migrations() : sqlite_event_log_migrations()},
          {"blobs", blob_sums_migrations()},
          {"accounts", accounts::migrations()},
          {"catalog", catalog::migrations()},
          {"social", social::migrations()},
          {"search", search::migrations()},
          {"feed", feed::migrations()},
          {"upload", upload::migrations()},
          {"visual", visual::migrations()},
          {"copies", copies::migrations()},
          {"safety", safety::migrations()},
          {"reading", reading::migrations()},
          {"subtitles", subtitles::migrations()},
          {"app", import_migrations()}};
}

}  // namespace filoscope::app
