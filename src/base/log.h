#pragma once

/// Structured logs: one JSON object a line on stderr, `{"time","level","event","request",…}`.
/// Threads: any.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace filoscope::log {

enum class Level { debug, info, warn, error, off };

using FieldValue = std::variant<std::int64_t, double, bool, std::string>;
using Field = std::pair<std::string_view, FieldValue>;

void set_level(Level level);
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::error, event, fields);
}

/// Lines written by this thread carry `request` while this lives.
class RequestScope {
 public:
  explicit RequestScope(std::string request);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  std::string previous_;
};

}  // namespace filoscope::log
