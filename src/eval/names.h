#pragma once

/// Opaque texts as dense numbers 0, 1, 2 … in the order in which they came.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace filoscope::eval {

/// Threads: one at a time.
class Names {
 public:
  /// The number of `text`, a new one where it is not known yet.
  std::uint32_t number_of(std::string_view text) {
    if (const auto known = numbers_.find(text); known != numbers_.end()) return known->second;
    const auto number = static_cast<std::uint32_t>(texts_.size());
    numbers_.emplace(texts_.emplace_back(text), number);
    return number;
  }
  std::optional<std::uint32_t> find(std::string_view text) const {
    const auto known = numbers_.find(text);
    return known == numbers_.end() ? std::nullopt : std::optional(known->second);
  }
  const std::string& text(std::uint32_t number) const { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // does not move them: the keys point there
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

}  // namespace filoscope::eval
