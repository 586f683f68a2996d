#pragma once

/// Broken invariants abort, always on. Input from outside never reaches one.

namespace filoscope {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define FILOSCOPE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::filoscope::check_failed(#condition, __FILE__, __LINE__))
