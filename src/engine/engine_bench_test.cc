#include "engine/engine_bench.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace filoscope::engine {
namespace {

TEST(EngineBench, RunsAndKeepsItsSnapshotEqual) {
  BenchOptions options;
  if (std::getenv("FILOSCOPE_LONG_TESTS") == nullptr)
    options.videos_count = 2000, options.people_count = 100, options.answers_count = 50;
  const SystemClock clock;
  const auto report = run_bench(options, clock);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->snapshot_equal);
  EXPECT_GT(report->examples_per_s, 0);
  EXPECT_NE(to_json(*report).find("\"snapshot_equal\":true"), std::string::npos);
  std::fputs(to_table(*report).c_str(), stdout);
}

}  // namespace
}  // namespace filoscope::engine
