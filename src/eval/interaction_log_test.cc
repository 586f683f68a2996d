#include "eval/interaction_log.h"

#include <gtest/gtest.h>

#include "base/test_result.h"
#include "eval/line_reader.h"
#include "eval/test_files.h"

namespace filoscope::eval {
namespace {

TEST(InteractionLog, TakesTheFirstFourColumnsWithoutAHeader) {
  const TestFiles files;
  Ids ids;
  const auto log = must(read_log(
      files.write("log.tsv", "ann\tcat\t12.5\t4\tmore\n# a comment\nbob\tcat\t0\nann\tdög\t3\t\n"),
      ids));
  ASSERT_EQ(log.events.size(), 3U);
  EXPECT_EQ(ids.people.text(log.events[1].person), "bob");
  EXPECT_EQ(ids.items.text(log.events[2].item), "dög");
  EXPECT_EQ(log.events[0].item, log.events[1].item);
  EXPECT_EQ(log.events[0].at_s, 12.5);
  EXPECT_EQ(log.events[0].value, 4);
  EXPECT_EQ(log.events[1].value, 1) << "missing";
  EXPECT_EQ(log.events[2].value, 1) << "empty";
  EXPECT_EQ(log.lines, (std::vector<std::size_t>{1, 3, 4}));
}

TEST(InteractionLog, NamesAndTypesColumnsInTheFirstLine) {
  const TestFiles files;
  Ids ids;
  const auto log =
      must(read_log(files.write_gzip("log.tsv.gz",
                                     "# columns: item user place:cat p:prob price:num value\r\n"
                                     "i\tu\there\t0.25\t-3e2\t7\r\ni\tu\tthere\t1\t0\r\n"),
                    ids));
  ASSERT_EQ(log.events.size(), 2U);
  EXPECT_EQ(ids.people.text(0), "u");
  EXPECT_EQ(log.events[0].value, 7);
  EXPECT_EQ(log.events[1].value, 1);
  const auto* place = log.column("place");
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(place->names.text(place->categories[1]), "there");
  EXPECT_EQ(log.column("p")->numbers[0], 0.25);
  EXPECT_EQ(log.column("price")->numbers[0], -300);
  EXPECT_EQ(log.column("nothing"), nullptr);
}

struct Malformed {
  std::string content, problem;
};

TEST(InteractionLog, SaysWhichLineIsMalformedAndWhy) {
  const std::string header = "# columns: user item timestamp value p:prob\n";
  const Malformed cases[] = {
      {"u\ti\t0\t1\nu\n", "line 2: it has 1 fields"},
      {"u\t\t0\t1\n", "line 1: the item is empty"},
      {"\ti\t0\t1\n", "line 1: the user is empty"},
      {"u\ti\tsoon\t1\n", "line 1: the timestamp must be"},
      {"u\ti\tnan\t1\n", "line 1: the timestamp must be"},
      {"u\ti\t-1\t1\n", "line 1: the timestamp must be seconds"},
      {"u\ti\t1700000000000\t1\n", "line 1: the timestamp must be seconds"},
      {"u\ti\t0\tnan\n", "line 1: the value must be"},
      {"u\ti\t0\tinf\n", "line 1: the value must be"},
      {"u\ti\t0\t1e300\n", "line 1: the value must be"},
      {"u\ti\t0\t1,5\n", "line 1: the value must be"},
      {"u\ti\t0\t1\n\nu\ti\t0\t1\n", "line 2: it has 1 fields"},
      {"u\ti\t0\t\xC3\x28\n", "line 1: the line is not UTF-8"},
      {std::string(kLineBytesMax + 1, 'a'), "line 1: the line is longer than 65536 bytes"},
      {std::string(300, 'a') + "\ti\t0\t1\n", "line 1: the user is longer than 256 bytes"},
      {header + "u\ti\t0\t1\n", "line 2: it has 4 fields, not 5"},
      {header + "u\ti\t0\t1\t0.5\tx\n", "line 2: it has 6 fields, not 5"},
      {header + "u\ti\t0\t1\t0\n", "line 2: p must be above 0"},
      {header + "u\ti\t0\t1\t1.5\n", "line 2: p must be above 0"},
      {header + "u\ti\t0\t1\tnan\n", "line 2: p must be a finite"},
      {header + "u\ti\t0\t1\t\n", "line 2: p must be a finite"},
      {"u\ti\t0\t1\n" + header, "line 2: the columns are named in the first line"},
      {"# columns: user timestamp\nu\t0\n", "line 1: there is no column item"},
      {"# columns: user item colour\n", "line 1: the column colour needs a type"},
      {"# columns: user item colour:rgb\n", "line 1: the column colour:rgb needs a type"},
      {"# columns: user item user\n", "line 1: the column user is named twice"},
      {"# columns: user item a:cat a:num\n", "line 1: the column a is named twice"},
      {"# nothing\n", "there is no interaction in it"},
      {"", "there is no interaction in it"},
  };
  const TestFiles files;
  for (const auto& [content, problem] : cases) {
    Ids ids;
    const auto log = read_log(files.write("log.tsv", content), ids);
    ASSERT_FALSE(log) << problem;
    EXPECT_NE(log.error().message.find(problem), std::string::npos)
        << log.error().message << "\nnot: " << problem;
  }
}

TEST(InteractionLog, RefusesAGzipFileThatEndsEarlyOrIsDamaged) {
  const TestFiles files;
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += "u" + std::to_string(i * 7919) + "\ti\t0\t1\n";
  Ids ids;
  for (const std::uintmax_t missing : {1U, 8U, 20'000U}) {
    const auto log = read_log(files.write_gzip("log.tsv.gz", content, missing), ids);
    ASSERT_FALSE(log) << missing;
    EXPECT_NE(log.error().message.find("ends early"), std::string::npos) << log.error().message;
  }
  EXPECT_EQ(must(read_log(files.write_gzip("log.tsv.gz", content), ids)).events.size(), 50'000U);
}

TEST(InteractionLog, SaysThatAFileIsMissing) {
  Ids ids;
  EXPECT_EQ(code_of(read_log("/nonexistent/log.tsv", ids)), Code::not_found);
  EXPECT_EQ(code_of(read_log("/", ids)), Code::not_found);
}

TEST(SocialPairs, AreTwoPeopleBetweenATab) {
  const TestFiles files;
  Names people;
  const auto pairs = must(read_social(files.write("s.tsv", "a\tb\n# no\nb\ta\n"), people));
  EXPECT_EQ(pairs, (SocialPairs{{0, 1}, {1, 0}}));
  const auto wrong = read_social(files.write("s.tsv", "a\tb\na b\n"), people);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace filoscope::eval
