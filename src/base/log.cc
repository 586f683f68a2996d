#include "base/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log_output.h"
#include "base/mutex.h"
#include "base/reasons.h"

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

constexpr const char* kPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})";
constexpr std::size_t kFileBytesMax = 16U << 20, kFilesBesideMax = 2;

spdlog::logger& sink() {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_mt("filoscope");
    made->set_pattern(kPattern);
    return made;
  }();
  return *logger;
}

struct People {
  Mutex mutex;
  std::function<void(const std::string&)> tell FILOSCOPE_GUARDED_BY(mutex);
};
People& people() {
  static People one;
  return one;
}

std::string text_of(const FieldValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return std::visit([](const auto& v) { return nlohmann::json(v).dump(); }, value);
}

/// "Warning: sample clip refused (file a.mp4; problem the queue is full)"
std::string sentence(Level level, std::string_view event, std::initializer_list<Field> fields) {
  std::string text = level == Level::warn ? "Warning: " : "Error: ";
  text.append(event);
  std::replace(text.begin(), text.end(), '_', ' ');
  const char* before = " (";
  for (const auto& [name, value] : fields) {
    text.append(before).append(name).append(" ").append(text_of(value));
    before = "; ";
  }
  if (fields.size() > 0) text += ")";
  // What came from outside must not steer the terminal.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; }, ' ');
  return text;
}

void tell_people(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < Level::warn) return;
  auto& all = people();
  Lock lock(all.mutex);
  if (all.tell) all.tell(sentence(level, event, fields));
}

}  // namespace

void set_level(Level level) { sink().set_level(to_spdlog(level)); }

Result<void> set_output(Output output) {
  auto& sinks = sink().sinks();
  if (!output.json_on_stderr) sinks.clear();
  if (!output.json_file.empty()) {
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          output.json_file, kFileBytesMax, kFilesBesideMax));
    } catch (const spdlog::spdlog_ex& problem) {
      return Error(base_reason("log_file_not_written"), output.json_file, problem.what());
    }
  }
  sink().set_pattern(kPattern);
  sink().flush_on(spdlog::level::debug);
  auto& all = people();
  Lock lock(all.mutex);
  all.tell = std::move(output.people);
  return {};
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  const auto spd_level = to_spdlog(level);
  if (!sink().should_log(spd_level)) return;
  tell_people(level, event, fields);
  if (sink().sinks().empty()) return;
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
