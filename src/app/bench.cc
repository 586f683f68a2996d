#include "app/commands.h"
#include "app/feed_bench.h"
#include "app/output.h"

namespace filoscope::app {

int bench(const BenchOptions& options) {
  if (options.name == "feed") return bench_feed(options);
  return fail("there is no bench \"" + options.name + "\"; there are: feed");
}

}  // namespace filoscope::app
