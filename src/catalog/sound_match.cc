#include "catalog/sound_match.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <unordered_map>

#include "base/random.h"

namespace filoscope::catalog {
namespace {

constexpr std::size_t kLookupValuesMin = 8;
constexpr double kWrongBitsMax = 0.15;   ///< unrelated prints differ in half of their bits
constexpr double kHeardShareMin = 0.75;  ///< of `heard` that has to lie inside `sound`
constexpr std::size_t kPlacesMax = 8;    ///< of one value in one print
constexpr std::size_t kOffsetsTried = 4;

using Offset = std::ptrdiff_t;

/// Where `heard` may lie in `sound`: the offsets at which most values are equal, best first.
std::vector<Offset> likely_offsets(SoundPrint heard, SoundPrint sound) {
  std::unordered_map<std::uint32_t, std::vector<Offset>> places;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    auto& of_value = places[sound[i]];
    if (of_value.size() < kPlacesMax) of_value.push_back(static_cast<Offset>(i));
  }
  std::unordered_map<Offset, int> votes;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const auto at = places.find(heard[i]);
    if (at == places.end()) continue;
    for (const Offset place : at->second) ++votes[place - static_cast<Offset>(i)];
  }
  std::vector<std::pair<int, Offset>> order;
  for (const auto& [offset, count] : votes) order.emplace_back(-count, offset);
  std::sort(order.begin(), order.end());
  std::vector<Offset> offsets;
  for (const auto& [count, offset] : order)
    if (offsets.size() < kOffsetsTried) offsets.push_back(offset);
  return offsets;
}

bool fits_at(SoundPrint heard, SoundPrint sound, Offset offset) {
  const auto from = std::max<Offset>(0, -offset);
  const auto to = std::min(std::ssize(heard), std::ssize(sound) - offset);
  if (static_cast<double>(to - from) < kHeardShareMin * static_cast<double>(heard.size()))
    return false;
  std::int64_t wrong = 0;
  for (auto i = from; i < to; ++i)
    wrong += std::popcount(heard[static_cast<std::size_t>(i)] ^
                           sound[static_cast<std::size_t>(i + offset)]);
  return static_cast<double>(wrong) <= kWrongBitsMax * 32.0 * static_cast<double>(to - from);
}

}  // namespace

std::vector<std::uint32_t> lookup_values(SoundPrint print) {
  std::vector<std::uint32_t> values;
  for (std::size_t i = 0; i < print.size(); ++i)
    if (i == 0 || print[i] != print[i - 1]) values.push_back(print[i]);
  const auto before = [](std::uint32_t a, std::uint32_t b) { return mix64(a) < mix64(b); };
  std::sort(values.begin(), values.end(), before);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() < kLookupValuesMin) return {};
  if (values.size() > kLookupValuesMax) values.resize(kLookupValuesMax);
  return values;
}

bool is_part_of(SoundPrint heard, SoundPrint sound) {
  const auto offsets = likely_offsets(heard, sound);
  return std::any_of(offsets.begin(), offsets.end(),
                     [&](Offset offset) { return fits_at(heard, sound, offset); });
}

}  // namespace filoscope::catalog
