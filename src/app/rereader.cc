#include "app/rereader.h"

#include "base/guarded_thread.h"
#include "base/log.h"

namespace filoscope::app {
namespace {

constexpr std::int64_t kRetryMs = 10'000;

}  // namespace

Rereader::Rereader(accounts::Accounts& accounts, catalog::Catalog& catalog)
    : accounts_(accounts),
      catalog_(catalog),
      thread_(guarded_thread(
          "rereader", [this] { run(); }, [this] { return pause(); })) {}

Rereader::~Rereader() {
  {
    Lock lock(mutex_);
    stop_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void Rereader::run() {
  do {
    auto read = accounts_.reread(stop_);
    if (read) read = catalog_.reread(stop_);
    if (read) return;
    log::warn("reread_failed", {{"reason", read.error().message}});
  } while (pause());
}

bool Rereader::pause() {
  Lock lock(mutex_);
  wake_.wait_for_ms(mutex_, kRetryMs, [&] { return stop_.load(); });
  return !stop_;
}

}  // namespace filoscope::app
