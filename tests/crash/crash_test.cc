/// Nothing acknowledged is lost and nothing half-written is seen: after kill -9, after a power cut,
/// on a full disk. FILOSCOPE_CRASH_SEED chooses other moments, FILOSCOPE_CRASH_ROUNDS more of them.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/crypto.h"
#include "base/random.h"
#include "contract/adapters.h"
#include "crash/child_process.h"
#include "crash/power_cut.h"
#include "crash/workload.h"

namespace filoscope::crash {
namespace {

using contract::Folder;
using contract::ok;

constexpr std::int64_t kLineWaitMs = 20'000;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::uint64_t seed() { return number_from("FILOSCOPE_CRASH_SEED", 1); }
std::uint64_t rounds(std::uint64_t otherwise) {
  const bool longer = std::getenv("FILOSCOPE_LONG_TESTS") != nullptr;
  return number_from("FILOSCOPE_CRASH_ROUNDS", longer ? otherwise * 10 : otherwise);
}

/// Kills the child after `count` acknowledgements and notes all that it said until its end.
void kill_after(ChildProcess& child, std::uint64_t count, Expected& expected) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto line = child.line(kLineWaitMs);
    ASSERT_TRUE(line) << (child.timed_out() ? "the writer hangs" : "the writer ended by itself");
    ASSERT_TRUE(expected.note(*line)) << *line;
  }
  child.kill();
  while (const auto line = child.line(kLineWaitMs)) ASSERT_TRUE(expected.note(*line)) << *line;
  const int status = child.wait();
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

TEST(Kill, NothingAcknowledgedIsLostAtAnyMoment) {
  const Folder folder;
  Expected expected;
  Random random(seed());
  for (std::uint64_t round = 0; round < rounds(20); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    // Every fourth round dies while it opens or recovers.
    const auto count = round % 4 == 3 ? random.below(3) : 1 + random.below(250);
    ChildProcess child({CRASH_WRITER, folder.path().string()}, {});
    ASSERT_NO_FATAL_FAILURE(kill_after(child, count, expected));
    ASSERT_TRUE(ok(expected.audit(folder.path())));
  }
  EXPECT_GT(expected.acknowledged_count(), 500);
}

class PowerCutTest : public ::testing::TestWithParam<Cut> {
 protected:
  std::filesystem::path root() const { return folder_.path() / "data"; }
  void SetUp() override { std::filesystem::create_directory(root()); }

  Folder folder_;
  PowerCut power_{folder_.path() / "data", folder_.path() / "shadow"};
};

TEST_P(PowerCutTest, NothingAcknowledgedIsLost) {
  Expected expected;
  Random random(seed() + 1000);
  for (std::uint64_t round = 0; round < rounds(6); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    ASSERT_TRUE(ok(power_.prepare()));
    const auto count = round % 4 == 3 ? random.below(3) : 1 + random.below(250);
    ChildProcess child({CRASH_WRITER, root().string()}, power_.environment(POWER_CUT_SHIM));
    ASSERT_NO_FATAL_FAILURE(kill_after(child, count, expected));
    ASSERT_TRUE(ok(power_.cut(GetParam(), random.next())));
    ASSERT_TRUE(ok(expected.audit(root())));
  }
  EXPECT_GT(expected.acknowledged_count(), 100);
}

TEST_P(PowerCutTest, FindsAFileThatWasNotSynced) {
  // The test of the test: the same writer, but its state files are renamed into place without
  // fsync.
  ASSERT_TRUE(ok(power_.prepare()));
  Expected expected;
  ChildProcess child({CRASH_WRITER, root().string(), "careless"},
                     power_.environment(POWER_CUT_SHIM));
  ASSERT_NO_FATAL_FAILURE(kill_after(child, 100, expected));
  ASSERT_TRUE(ok(power_.cut(GetParam(), seed())));
  const auto found = expected.audit(root());
  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().message.find("state file"), std::string::npos) << found.error().message;
}

INSTANTIATE_TEST_SUITE_P(Cuts, PowerCutTest, ::testing::Values(Cut::lazy, Cut::eager, Cut::torn),
                         [](const auto& test) {
                           return test.param == Cut::lazy    ? "lazy"
                                  : test.param == Cut::eager ? "eager"
                                                             : "torn";
                         });

/// Lets the child write until it has met the full disk, then frees space and lets it go on.
template <typename FreeSpace>
void meet_full_disk(ChildProcess& child, Expected& expected, FreeSpace free_space) {
  while (expected.full_count() < 20) {
    const auto line = child.line(kLineWaitMs);
    ASSERT_TRUE(line) << "the writer ended or hangs on the full disk";
    ASSERT_TRUE(expected.note(*line)) << *line;
  }
  free_space();
  const auto before = expected.acknowledged_count();
  while (expected.acknowledged_count() < before + 200) {
    const auto line = child.line(kLineWaitMs);
    ASSERT_TRUE(line) << "the writer does not go on after space was freed";
    ASSERT_TRUE(expected.note(*line)) << *line;
  }
}

/// What is on the flag's file says what fails (power_cut_shim.c).
class FullDisk : public ::testing::TestWithParam<std::string> {};

TEST_P(FullDisk, WritesFailWithASentenceAndGoOnWhenThereIsSpaceAgain) {
  const Folder folder;
  const auto root = folder.path() / "data";
  const auto flag = folder.path() / "full";
  std::filesystem::create_directory(root);
  PowerCut power(root, folder.path() / "shadow");
  Expected expected;
  Random random(seed() + 2000);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(ok(power.prepare()));
    auto environment = power.environment(POWER_CUT_SHIM);
    environment["FILOSCOPE_POWER_CUT_FULL"] = flag.string();
    ChildProcess child({CRASH_WRITER, root.string(), "full"}, environment);
    for (auto count = 1 + random.below(200); count > 0; --count) {
      const auto line = child.line(kLineWaitMs);
      ASSERT_TRUE(line && expected.note(*line)) << line.value_or("the writer ended");
    }
    std::ofstream(flag.string() + ".new") << GetParam();
    std::filesystem::rename(flag.string() + ".new", flag);
    ASSERT_NO_FATAL_FAILURE(
        meet_full_disk(child, expected, [&] { std::filesystem::remove(flag); }));
    ASSERT_NO_FATAL_FAILURE(kill_after(child, random.below(50), expected));
    ASSERT_TRUE(ok(power.cut(Cut::torn, random.next())));
    ASSERT_TRUE(ok(expected.audit(root)));
  }
}

INSTANTIATE_TEST_SUITE_P(Flags, FullDisk, ::testing::Values("", "sync"), [](const auto& test) {
  return test.param.empty() ? "when_writing" : "when_syncing";
});

TEST(FullFileSystem, LosesNothing) {
  const Folder folder;
  const auto root = folder.path() / "data";
  std::filesystem::create_directory(root);
  if (::mount("tmpfs", root.c_str(), "tmpfs", 0, "size=6m") != 0) {
    GTEST_SKIP() << "mounting a small file system needs the rights of root";
  }
  Expected expected;
  const auto ballast = root / "ballast";
  {
    std::ofstream(ballast) << std::string(2 << 20, 'x');
    ChildProcess child({CRASH_WRITER, root.string(), "full"}, {});
    EXPECT_NO_FATAL_FAILURE(meet_full_disk(child, expected, [&] {
      ::mount("tmpfs", root.c_str(), "tmpfs", MS_REMOUNT, "size=64m");
      std::filesystem::remove(ballast);
    }));
    EXPECT_NO_FATAL_FAILURE(kill_after(child, 10, expected));
  }
  EXPECT_TRUE(ok(expected.audit(root)));
  EXPECT_EQ(::umount(root.c_str()), 0);
}

}  // namespace
}  // namespace filoscope::crash
