/// How many durable appends a second the event log takes, and how long one waits. Prints; asserts
/// only that all arrived.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "contract/adapters.h"

namespace filoscope::contract {
namespace {

/// Latencies of appends of one 200-byte record, in microseconds, sorted.
std::vector<std::int64_t> append_many(Database& database, EventLog& log, int threads_count,
                                      int each_count, std::int64_t pause_us) {
  std::mutex mutex;
  std::vector<std::int64_t> all;
  std::vector<std::thread> threads;
  const SystemClock clock;
  const auto start_us = clock.mono_us();
  for (int t = 0; t < threads_count; ++t) {
    threads.emplace_back([&, t] {
      Random random(static_cast<std::uint64_t>(t) + 1);
      std::vector<std::int64_t> mine;
      for (int n = 0; n < each_count; ++n) {
        // Open loop: when the schedule asks for it, whether or not the last one was slow.
        const auto due_us = start_us + n * pause_us + t * pause_us / threads_count;
        const auto early_us = due_us - clock.mono_us();
        if (pause_us > 0 && early_us > 0) {
          std::this_thread::sleep_for(std::chrono::microseconds(early_us));
        }
        const auto from_us = pause_us > 0 ? due_us : clock.mono_us();
        LogRecord record{0, 1, 1, 1, 1, PersonKey{random.next() >> 1}, {}};
        record.body.assign(200, static_cast<std::uint8_t>(n));
        const auto result = database.write([&](Session& session) -> Result<void> {
          FILOSCOPE_DO(log.append(session, {&record, 1}));
          return {};
        });
        EXPECT_TRUE(ok(result));
        mine.push_back(clock.mono_us() - from_us);
      }
      const std::lock_guard lock(mutex);
      all.insert(all.end(), mine.begin(), mine.end());
    });
  }
  for (auto& thread : threads) thread.join();
  const auto took_us = clock.mono_us() - start_us;
  std::sort(all.begin(), all.end());
  const auto at = [&](double share) {
    return static_cast<double>(
               all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))]) *
           1e-3;
  };
  std::printf("%2d writers%s: %8.0f durable appends/s; p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
              threads_count, pause_us > 0 ? " at a fixed rate" : "",
              static_cast<double>(all.size()) * 1e6 / static_cast<double>(took_us), at(0.5),
              at(0.99), at(1.0));
  return all;
}

class LogAppendBench : public ::testing::TestWithParam<RecordsAdapter> {};

TEST_P(LogAppendBench, DurableAppends) {
  const Folder folder;
  auto database = GetParam().open(folder.path());
  ASSERT_TRUE(ok(database));
  auto log = GetParam().open_log(**database);
  ASSERT_TRUE(ok(log));
  append_many(**database, **log, 1, 300, 0);
  append_many(**database, **log, 64, 50, 0);
  append_many(**database, **log, 64, 16, 64'000);  // 1,000 a second in all
  EXPECT_EQ((*log)->last_position().value(), 300 + 64 * 50 + 64 * 16);
}

INSTANTIATE_TEST_SUITE_P(Adapters, LogAppendBench, ::testing::ValuesIn(records_adapters()),
                         kAdapterName);

}  // namespace
}  // namespace filoscope::contract
