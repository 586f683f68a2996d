#pragma once

/// The baselines by name, and the protocols that take them.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/ranker.h"

namespace filoscope::eval {

enum class Protocol { prequential, temporal, split, ctr, ope };
std::optional<Protocol> parse_protocol(std::string_view name);
std::string_view to_string(Protocol protocol);

struct RankingMethod {
  std::string_view name;
  std::unique_ptr<Ranker> (*make)();
  bool online;   ///< in `prequential`
  bool offline;  ///< in `split` and `temporal`
  bool timed;    ///< needs an order of time: not in `split`
  /// Why it can't be run on so many, as the end of a sentence; nothing when it can.
  std::optional<std::string> (*too_large)(std::size_t people, std::size_t items) = nullptr;
};
/// None for a protocol that does not rank.
std::vector<RankingMethod> ranking_methods(Protocol protocol);

}  // namespace filoscope::eval
