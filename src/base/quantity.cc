#include "base/quantity.h"

#include <fmt/format.h>

namespace filoscope {

std::string size_text(std::int64_t bytes) {
  if (bytes == 1) return "1 byte";
  if (bytes < 1'000) return fmt::format("{} bytes", bytes);
  const auto count = static_cast<double>(bytes);
  if (bytes < 999'500) return fmt::format("{:.0f} kB", count / 1e3);
  if (bytes < 999'950'000) return fmt::format("{:.1f} MB", count / 1e6);
  return fmt::format("{:.2f} GB", count / 1e9);
}

std::pair<std::string, std::string> sizes_apart(std::int64_t bytes, std::int64_t others) {
  auto texts = std::pair(size_text(bytes), size_text(others));
  if (texts.first == texts.second)
    texts = {fmt::format("{} bytes", bytes), fmt::format("{} bytes", others)};
  return texts;
}

std::string duration_text(std::int64_t ms) {
  if (ms < 59'950) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const auto seconds = (ms + 500) / 1000;
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

std::pair<std::string, std::string> durations_apart(std::int64_t ms, std::int64_t others_ms) {
  auto texts = std::pair(duration_text(ms), duration_text(others_ms));
  if (texts.first != texts.second) return texts;
  const auto precise = [](std::int64_t length_ms) {
    const auto seconds = static_cast<double>(length_ms % 60'000) / 1000;
    return length_ms < 60'000 ? fmt::format("{} s", seconds)
                              : fmt::format("{} min {} s", length_ms / 60'000, seconds);
  };
  return {precise(ms), precise(others_ms)};
}

}  // namespace filoscope
