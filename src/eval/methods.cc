#include "eval/methods.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "eval/baselines.h"
#include "eval/dense_baselines.h"

namespace filoscope::eval {
namespace {

constexpr std::array<std::pair<std::string_view, Protocol>, 5> kProtocols{
    {{"prequential", Protocol::prequential},
     {"temporal", Protocol::temporal},
     {"split", Protocol::split},
     {"ctr", Protocol::ctr},
     {"ope", Protocol::ope}}};

std::optional<std::string> too_large_for_ease(std::size_t people, std::size_t items) {
  if (std::min(people, items) <= kEaseSideMax) return std::nullopt;
  return "it inverts a matrix of the people or the items, at most " + std::to_string(kEaseSideMax) +
         " of one of them";
}

constexpr RankingMethod kRankingMethods[] = {
    {"popularity", make_popularity, true, true, false},
    {"decayed_popularity", make_decayed_popularity, true, true, true},
    {"item_knn", make_item_knn, false, true, false},
    {"ease", make_ease, false, true, false, too_large_for_ease},
    {"implicit_als", make_implicit_als, false, true, false},
    {"recent_item_knn", make_recent_item_knn, true, false, true},
    {"recent_item_knn_by_popularity", make_recent_item_knn_by_popularity, true, false, true},
};

}  // namespace

std::optional<Protocol> parse_protocol(std::string_view name) {
  for (const auto& [word, protocol] : kProtocols)
    if (word == name) return protocol;
  return std::nullopt;
}

std::string_view to_string(Protocol protocol) {
  for (const auto& [word, known] : kProtocols)
    if (known == protocol) return word;
  return {};
}

std::vector<RankingMethod> ranking_methods(Protocol protocol) {
  std::vector<RankingMethod> methods;
  if (protocol == Protocol::ctr || protocol == Protocol::ope) return methods;
  for (const auto& method : kRankingMethods) {
    const bool taken = protocol == Protocol::prequential ? method.online : method.offline;
    if (taken && (protocol != Protocol::split || !method.timed)) methods.push_back(method);
  }
  return methods;
}

}  // namespace filoscope::eval
