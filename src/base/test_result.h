#pragma once

/// For tests: values and codes out of Results.

#include <gtest/gtest.h>

#include <optional>

#include "base/result.h"

namespace filoscope {

/// The value of a Result that must have one.
template <typename T>
T must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().message << " (line " << result.error().where.line();
  FILOSCOPE_CHECK(result.has_value());
  return *std::move(result);
}
inline void must(const Result<void>& result) {
  if (!result) ADD_FAILURE() << result.error().message;
}

/// Why there is no value; nothing when there is one.
template <typename T>
std::optional<Code> code_of(const Result<T>& result) {
  return result.has_value() ? std::nullopt : std::optional(result.error().code);
}

}  // namespace filoscope
