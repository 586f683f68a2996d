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

}  // namespace filoscope
