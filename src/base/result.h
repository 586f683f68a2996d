#pragma once

/// A value or an error that a person can read; the interface follows std::expected (C++23).

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/reason.h"

namespace filoscope {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  /// REQUIRES: has_value().
  T& value() & { return FILOSCOPE_CHECK(has_value()), std::get<0>(state_); }
  const T& value() const& { return FILOSCOPE_CHECK(has_value()), std::get<0>(state_); }
  T&& value() && { return FILOSCOPE_CHECK(has_value()), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const& { return has_value() ? std::get<0>(state_) : std::move(other); }

  /// REQUIRES: !has_value().
  const Error& error() const& { return FILOSCOPE_CHECK(!has_value()), std::get<1>(state_); }
  Error&& error() && { return FILOSCOPE_CHECK(!has_value()), std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design
  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  void value() const { FILOSCOPE_CHECK(has_value()); }
  const Error& error() const& { return FILOSCOPE_CHECK(error_.has_value()), *error_; }
  Error&& error() && { return FILOSCOPE_CHECK(error_.has_value()), std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace filoscope

#define FILOSCOPE_CONCAT_(a, b) a##b
#define FILOSCOPE_CONCAT(a, b) FILOSCOPE_CONCAT_(a, b)

/// `FILOSCOPE_TRY(auto x, f());` binds the value or returns the error.
#define FILOSCOPE_TRY(declaration, expression) \
  FILOSCOPE_TRY_(declaration, expression, FILOSCOPE_CONCAT(result_, __LINE__))
#define FILOSCOPE_TRY_(declaration, expression, name)    \
  auto name = (expression);                              \
  if (!name.has_value()) return std::move(name).error(); \
  declaration = *std::move(name)

/// `FILOSCOPE_DO(f());` returns the error of a Result, ignores its value.
#define FILOSCOPE_DO(expression)                               \
  if (auto FILOSCOPE_CONCAT(result_, __LINE__) = (expression); \
      !FILOSCOPE_CONCAT(result_, __LINE__).has_value())        \
  return std::move(FILOSCOPE_CONCAT(result_, __LINE__)).error()
