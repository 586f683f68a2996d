#include "app/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/file.h"
#include "base/product.h"

namespace filoscope::app {

int fail(const std::string& message) {
  std::fprintf(stderr, "%s: %s\n", kProgramName, message.c_str());
  return 1;
}

int fail(const Error& problem) { return fail(problem.message); }

Result<void> write_json(const std::string& where, const nlohmann::ordered_json& value) {
  if (where.empty()) return {};
  const std::string text =
      value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (where != "-")
    return write_file_durably(std::filesystem::absolute(where), crypto::as_bytes(text));
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  return {};
}

ProgressBar::ProgressBar() : terminal_(::isatty(STDERR_FILENO) != 0) {}

void ProgressBar::show(double share, const std::string& text) {
  constexpr int kWidth = 30;
  const int filled = std::clamp(static_cast<int>(share * kWidth + 0.5), 0, kWidth);
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < filled ? "█" : "·";
  tell(fmt::format("{} {:3.0f} %  {}", bar, std::clamp(share, 0.0, 1.0) * 100, text));
}

void ProgressBar::tell(const std::string& text) {
  if (!terminal_) return;
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
  shown_ = text;
}

void ProgressBar::clear() {
  if (shown_.empty()) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  shown_.clear();
}

void ProgressBar::above(const std::string& line) {
  const auto standing = shown_;
  clear();
  fmt::print(stderr, "{}\n", line);
  if (!standing.empty()) tell(standing);
}

}  // namespace filoscope::app
