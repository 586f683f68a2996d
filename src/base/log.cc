#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace filoscope::log {
namespace {

thread_local std::string current_request;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

spdlog::logger& sink() {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_mt("filoscope");
    made->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
    return made;
  }();
  return *logger;
}

}  // namespace

void set_level(Level level) { sink().set_level(to_spdlog(level)); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  const auto spd_level = to_spdlog(level);
  if (!sink().should_log(spd_level)) return;
  nlohmann::ordered_json line;
  line["event"] = event;
  if (!current_request.empty()) line["request"] = current_request;
  for (const auto& [name, value] : fields) {
    std::visit([&line, key = std::string(name)](const auto& v) { line[key] = v; }, value);
  }
  const auto text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  sink().log(spd_level, spdlog::string_view_t(text.data() + 1, text.size() - 2));
}

RequestScope::RequestScope(std::string request)
    : previous_(std::exchange(current_request, std::move(request))) {}
RequestScope::~RequestScope() { current_request = std::move(previous_); }

}  // namespace filoscope::log
