#include "app/problems.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace filoscope::app {
namespace {

bool is_snake_case(std::string_view word) {
  return !word.empty() && word.front() >= 'a' && word.front() <= 'z' && word.back() != '_' &&
         word.find("__") == std::string_view::npos &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

TEST(Problems, AWordIsOfOneModuleAlone) {
  std::map<std::string_view, std::string_view> owners;
  for (const auto& [module, reasons] : all_reasons()) {
    EXPECT_FALSE(reasons.empty()) << module;
    for (const auto& one : reasons) {
      EXPECT_TRUE(is_snake_case(one.word)) << module << ": " << one.word;
      const auto [owner, fresh] = owners.emplace(one.word, module);
      EXPECT_TRUE(fresh) << one.word << " is of " << owner->second << " and of " << module;
    }
  }
}

TEST(Problems, EachHasASentenceWhoseValuesHaveNames) {
  for (const auto& [module, reasons] : all_reasons()) {
    for (const auto& one : reasons) {
      EXPECT_FALSE(one.english.empty()) << one.word;
      std::set<std::string_view> names;
      for (auto next = next_placeholder(one.english, 0); next.begin != std::string_view::npos;
           next = next_placeholder(one.english, next.end)) {
        EXPECT_TRUE(is_snake_case(next.name)) << one.word << ": " << next.name;
        EXPECT_TRUE(names.insert(next.name).second) << one.word << ": " << next.name << " twice";
        EXPECT_TRUE(next.kind.empty() || next.kind == "bytes" || next.kind == "ms")
            << one.word << ": " << next.kind;
      }
    }
  }
}

TEST(Problems, EachAnswersWithAStatusOfAnError) {
  for (const auto& [module, reasons] : all_reasons()) {
    for (const auto& one : reasons) {
      const auto status = Error(one, {}).status;
      EXPECT_GE(status, 400) << one.word;
      EXPECT_LE(status, 599) << one.word;
    }
  }
}

TEST(Problems, TheDocumentHasThemAll) {
  const auto document = problems_markdown();
  for (const auto& [module, reasons] : all_reasons()) {
    EXPECT_NE(document.find("\n## " + std::string(module) + "\n"), std::string::npos) << module;
    for (const auto& one : reasons) {
      const auto row =
          "\n| `" + std::string(one.word) + "` | " + std::to_string(Error(one, {}).status) + " | ";
      EXPECT_NE(document.find(row), std::string::npos) << one.word;
    }
  }
  EXPECT_NE(document.find("\"detail\": \"handle: use 2 to 24 characters\""), std::string::npos);
  EXPECT_EQ(document.find(":bytes}"), std::string::npos);
  EXPECT_EQ(document.find(":ms}"), std::string::npos);
}

}  // namespace
}  // namespace filoscope::app
