#include "base/trouble.h"

#include <map>

#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"

namespace filoscope::trouble {
namespace {

struct Troubles {
  Mutex mutex;
  std::map<std::string, std::string, std::less<>> standing FILOSCOPE_GUARDED_BY(mutex);
  metrics::Gauge count{"filoscope_troubles", "What is wrong right now, as /readyz says it."};
};

Troubles& troubles() {
  static Troubles all;
  return all;
}

}  // namespace

void begin(std::string_view name, std::string_view sentence) {
  auto& all = troubles();
  Lock lock(all.mutex);
  const auto [at, fresh] = all.standing.try_emplace(std::string(name), sentence);
  if (!fresh) return;
  all.count.set(static_cast<double>(all.standing.size()));
  log::error("trouble", {{"what", at->first}, {"sentence", at->second}});
}

void end(std::string_view name) {
  auto& all = troubles();
  Lock lock(all.mutex);
  const auto at = all.standing.find(name);
  if (at == all.standing.end()) return;
  log::info("trouble_over", {{"what", at->first}});
  all.standing.erase(at);
  all.count.set(static_cast<double>(all.standing.size()));
}

std::vector<std::string> sentences() {
  auto& all = troubles();
  Lock lock(all.mutex);
  std::vector<std::string> found;
  for (const auto& [name, sentence] : all.standing) found.push_back(sentence);
  return found;
}

}  // namespace filoscope::trouble
