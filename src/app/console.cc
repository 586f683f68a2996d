#include "app/console.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/guarded_thread.h"

namespace filoscope::app {
namespace {

constexpr std::int64_t kRedrawMs = 500;
constexpr int kQuietZone = 2;  // the standard wants 4 modules; every reader takes 2

/// The host and the port of "http://HOST:PORT".
std::pair<std::string, std::string> split_address(const std::string& address) {
  const auto start = address.find("://") + 3, colon = address.rfind(':');
  return {address.substr(start, colon - start), address.substr(colon)};
}

std::string in_brackets(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string box(const std::vector<std::string>& lines) {
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, line.size());
  std::string edge;
  for (std::size_t i = 0; i < width + 4; ++i) edge += "─";
  std::string text = "\n  ╭" + edge + "╮\n";
  for (const auto& line : lines) text += fmt::format("  │  {:<{}}  │\n", line, width);
  return text + "  ╰" + edge + "╯\n";
}

}  // namespace

void Console::line(const std::string& text) {
  if (quiet_) return;
  Lock lock(mutex_);
  bar_.above(text);
}

void Console::status(const std::string& text) {
  if (quiet_) return;
  Lock lock(mutex_);
  if (text.empty()) {
    bar_.clear();
  } else {
    bar_.tell(text);
  }
}

void Console::progress(double share, const std::string& text) {
  if (quiet_) return;
  Lock lock(mutex_);
  bar_.show(share, text);
}

PatienceLine::PatienceLine(Console& console, const Clock& clock, std::string what)
    : console_(console),
      clock_(clock),
      what_(std::move(what)),
      thread_(guarded_thread("patience", [this] { run(); })) {}

PatienceLine::~PatienceLine() {
  {
    Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  console_.status("");
}

void PatienceLine::run() {
  const auto since_us = clock_.mono_us();
  Lock lock(mutex_);
  while (!ending_) {
    const auto waited_s = (clock_.mono_us() - since_us) / 1'000'000;
    if (waited_s > 0) console_.status(fmt::format("{} … {} s", what_, waited_s));
    changed_.wait_for_ms(mutex_, kRedrawMs,
                         [this]() FILOSCOPE_REQUIRES(mutex_) { return ending_; });
  }
}

Place place_of(const std::string& address, const std::string& public_url,
               const std::vector<std::string>& own) {
  const auto [host, port] = split_address(address);
  const bool anywhere = host == "0.0.0.0" || host == "[::]";
  const bool loopback = host.rfind("127.", 0) == 0 || host == "localhost" || host == "[::1]";
  Place place;
  place.here = anywhere || host == "127.0.0.1" ? "http://localhost" + port : address;
  if (anywhere && !own.empty()) place.network = "http://" + in_brackets(own.front()) + port;
  if (!anywhere && !loopback) place.network = address;
  place.outside = public_url;
  return place;
}

std::string welcome(const Place& place) {
  std::vector<std::string> lines{"Filoscope is ready.", "", "On this computer  " + place.here};
  if (!place.network.empty()) lines.push_back("In your network   " + place.network);
  if (!place.outside.empty()) lines.push_back("For everyone      " + place.outside);
  lines.insert(lines.end(), {"", "Ctrl-C stops it; everything is kept for the next start."});
  auto text = box(lines);
  const auto& far = place.outside.empty() ? place.network : place.outside;
  if (far.empty()) return text;
  text += fmt::format("\n  A phone opens {} with this code:\n\n{}", far, qr_code(far));
  if (far.rfind("https:", 0) != 0) {
    text +=
        "\n  It has to be in the same network. Installing the app and opening it offline need "
        "HTTPS:\n  put a proxy with a certificate in front and name its address in "
        "api.public_url.\n";
  }
  return text;
}

std::string qr_code(const std::string& text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M), QRcode_free);
  if (!code) return "";
  const int width = code->width;
  const auto dark = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < width && y < width && (code->data[y * width + x] & 1) != 0;
  };
  std::string drawn;
  for (int y = -kQuietZone; y < width + kQuietZone; y += 2) {
    drawn += "  \033[30;107m";
    for (int x = -kQuietZone; x < width + kQuietZone; ++x) {
      const bool top = dark(x, y), bottom = dark(x, y + 1);
      drawn += top ? (bottom ? "█" : "▀") : (bottom ? "▄" : " ");
    }
    drawn += "\033[0m\n";
  }
  return drawn;
}

}  // namespace filoscope::app
