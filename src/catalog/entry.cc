#include "catalog/entry.h"

#include <algorithm>
#include <array>

#include "catalog/reasons.h"

namespace filoscope::catalog {
namespace {

constexpr std::array<std::string_view, kKindsCount> kKindNames{"video", "live", "product", "ad"};
constexpr std::array<std::string_view, kLabelsCount> kLabelNames{"ai_generated",
                                                                 "paid_partnership"};

}  // namespace

std::string_view to_string(Kind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return number < kKindsCount ? kKindNames[number] : "unknown";  // of a newer release
}
std::string_view to_string(Label label) { return kLabelNames[static_cast<std::size_t>(label)]; }

std::string_view to_string(State state) {
  switch (state) {
    case State::received:
      return "received";
    case State::checked:
      return "checked";
    case State::processing:
      return "processing";
    case State::published:
      return "published";
    case State::failed:
      return "failed";
    case State::removed:
      return "removed";
    case State::ended:
      return "ended";
  }
  return "removed";
}

std::string_view to_string(Visibility visibility) {
  switch (visibility) {
    case Visibility::everyone:
      return "everyone";
    case Visibility::followers:
      return "followers";
    case Visibility::only_me:
      return "only_me";
  }
  return "only_me";
}

Result<Visibility> parse_visibility(std::string_view text) {
  for (const auto value : {Visibility::everyone, Visibility::followers, Visibility::only_me})
    if (to_string(value) == text) return value;
  return Error(reason("not_a_visibility")).at("visibility");
}

std::vector<std::string_view> Labels::names() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kLabelsCount; ++i) {
    if (has(static_cast<Label>(i))) names.push_back(kLabelNames[i]);
  }
  return names;
}

Result<Labels> Labels::of(std::span<const std::string> names) {
  Labels labels;
  for (const auto& name : names) {
    const auto* found = std::find(kLabelNames.begin(), kLabelNames.end(), name);
    if (found == kLabelNames.end()) return Error(reason("no_such_label")).at("labels");
    labels.add(static_cast<Label>(found - kLabelNames.begin()));
  }
  return labels;
}

Result<Labels> Labels::parse(std::string_view names) {
  std::vector<std::string> parts;
  while (!names.empty() && parts.size() <= kLabelsCount) {
    const auto comma = std::min(names.find(','), names.size());
    parts.emplace_back(names.substr(0, comma));
    if (comma + 1 == names.size()) parts.emplace_back();  // nothing behind the last comma
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return of(parts);
}

bool is_in_time(const Entry& entry, std::int64_t now_ms) {
  return entry.available_until_ms == 0 || now_ms < entry.available_until_ms;
}

bool is_out(const Entry& entry, std::int64_t now_ms) {
  return entry.state == State::published && !is_kept_back(entry) && is_in_time(entry, now_ms);
}

}  // namespace filoscope::catalog
