#include "base/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"

namespace filoscope {
namespace {

Process started(const std::string& script) {
  auto process = Process::start({{"sh", "-c", script}});
  EXPECT_TRUE(process.has_value());
  return *std::move(process);
}

TEST(Process, TellsAGoodEndFromABadOneAndFromNone) {
  EXPECT_TRUE(started("exit 0").wait(20'000));
  const auto bad = started("exit 3").wait(20'000);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Code::internal);
  EXPECT_NE(bad.error().message.find("status 3"), std::string::npos);
  auto endless = started("exec sleep 60");
  const auto still = endless.wait(30);
  ASSERT_FALSE(still);
  EXPECT_EQ(still.error().reason, "program_still_runs");
}

TEST(Process, IsGoneAfterStop) {
  auto process = started("exec sleep 60");
  const pid_t pid = process.pid();
  EXPECT_EQ(::kill(pid, 0), 0);
  process.stop();
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(Process, AMissingProgramIsAnErrorThatNamesIt) {
  const auto missing = Process::start({{"no-such-program-here"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason, "program_not_run");
  EXPECT_NE(missing.error().message.find("no-such-program-here"), std::string::npos);
  EXPECT_EQ(find_program("no-such-program-here").error().reason, "program_missing");
  EXPECT_TRUE(find_program("sh"));
}

TEST(Process, OutputGoesToTheLog) {
  const auto log = std::filesystem::temp_directory_path() /
                   ("filoscope-process-test-" + std::to_string(::getpid()));
  {
    auto process = Process::start_logged({"sh", "-c", "echo out; echo err >&2"}, log.string());
    ASSERT_TRUE(process);
    ASSERT_TRUE(process->wait(20'000));
  }
  std::ifstream in(log);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "out\nerr\n");
  std::filesystem::remove(log);
}

TEST(Process, ProcessorTimeCountsChildren) {
  const double before = cpu_s(::getpid());
  auto child = started("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");
  ASSERT_TRUE(child.wait(100'000));
  EXPECT_GT(cpu_s(::getpid()), before + 0.05);
  EXPECT_EQ(cpu_s(-1), 0);
}

}  // namespace
}  // namespace filoscope
