#pragma once

/// Why something failed, as a stable word with a sentence: one table a module (`reasons.h`), from
/// which come the English sentences, docs/problems.md and the `type` of a problem (RFC 9457); the
/// app's other languages are keyed by the word. A word that was released never changes its meaning.

#include <algorithm>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace filoscope {

/// The kind of a failure. Each maps to one HTTP status (`http_status`).
enum class Code {
  invalid_argument,  ///< 400: the input is wrong; the sentence says what and the limit
  unauthenticated,   ///< 401: sign in first
  denied,            ///< 403: known, but not allowed
  not_found,         ///< 404: does not exist, or may not be known to exist
  conflict,          ///< 409: contradicts what is stored
  exhausted,         ///< 429: a quota, queue or rate is full; try later
  unavailable,       ///< 503: a part is down or out of space; try later
  deadline,          ///< 504: took too long
  corrupt,           ///< 500: stored data fails its checks
  internal,          ///< 500: our fault
};

int http_status(Code code);
std::string_view to_string(Code code);

struct ErrorReason {
  std::string_view word;  ///< snake_case, unique in the program
  Code code;
  /// A sentence for a person: what was wrong, the limit, what to do. `{name}` is the argument of
  /// that name, in the order in which they are given; `{name:bytes}` and `{name:ms}` are whole
  /// numbers that are said as a size and as a duration.
  std::string_view english;
  int retry_after_s = 0;  ///< when trying again makes sense; 0 = by its code
  int status = 0;         ///< of HTTP (RFC 9110), where it is another than its code's
};

/// A value in the sentence.
struct ErrorArgument {
  std::string_view name;  ///< points into the reason's sentence
  std::variant<std::int64_t, std::string> value;

  friend bool operator==(const ErrorArgument&, const ErrorArgument&) = default;
};

/// The next `{name}` or `{name:kind}` of a sentence from `at` on.
struct Placeholder {
  std::size_t begin = std::string_view::npos;  ///< npos: there is none
  std::size_t end = 0;                         ///< behind its brace
  std::string_view name, kind;
};
constexpr Placeholder next_placeholder(std::string_view sentence, std::size_t at) {
  const auto begin = sentence.find('{', at);
  if (begin == std::string_view::npos) return {};
  const auto end = sentence.find('}', begin);
  const auto inside = sentence.substr(begin + 1, end - begin - 1);
  const auto colon = inside.find(':');
  return {begin, end + 1, inside.substr(0, colon),
          colon == std::string_view::npos ? std::string_view() : inside.substr(colon + 1)};
}

constexpr std::size_t placeholders_count(std::string_view sentence) {
  std::size_t count = 0;
  for (auto next = next_placeholder(sentence, 0); next.begin != std::string_view::npos;
       next = next_placeholder(sentence, next.end))
    ++count;
  return count;
}

/// The reason of that word; one that the table lacks does not compile.
consteval ErrorReason find_reason(std::span<const ErrorReason> table, std::string_view word) {
  for (const auto& reason : table)
    if (reason.word == word) return reason;
  throw "the table has no such reason";
}

/// The sentence with its values; a size or duration that would read like another of the sentence is
/// said exactly.
std::string sentence_of(std::string_view english, std::span<const ErrorArgument> arguments);

/// A reason at the place where it is given. A number of values that is not the number of its
/// placeholders does not compile.
template <typename... Values>
struct GivenReason {
  consteval GivenReason(const ErrorReason& r,  // NOLINT: implicit by design
                        std::source_location w = std::source_location::current())
      : reason(r), where(w) {
    if (placeholders_count(r.english) != sizeof...(Values)) throw "give each placeholder a value";
  }
  ErrorReason reason;
  std::source_location where;
};

/// A failure that has a log's detail, not a reason of its own: a person is told `Code`'s sentence.
struct Fault {
  consteval Fault(Code c, std::source_location w = std::source_location::current())  // NOLINT
      : where(w), code(c) {
    if (c != Code::internal && c != Code::corrupt) throw "give a reason of the module's table";
  }
  std::source_location where;  ///< first: clang 14 emits such a constant without its padding
  Code code;
};

/// What went wrong and why.
struct [[nodiscard]] Error {
  template <typename... Values>
  Error(GivenReason<std::type_identity_t<Values>...> given, const Values&... values)
      : Error(given.reason, std::vector<std::variant<std::int64_t, std::string>>{valued(values)...},
              given.where) {}
  /// As many values as the reason has placeholders; those that lack are left out.
  Error(const ErrorReason& r, std::vector<std::variant<std::int64_t, std::string>> values,
        std::source_location w = std::source_location::current());
  /// `detail` is for the log.
  Error(Fault fault, std::string detail);

  /// The same at a field of the input, whose name comes before the sentence.
  Error at(std::string_view name) &&;
  /// The same with what was being done before the sentence.
  Error during(std::string_view what) &&;
  Error after_s(int seconds) &&;

  Code code;
  std::string_view reason;  ///< its word
  std::string field;        ///< of the input, or empty
  std::vector<ErrorArgument> arguments;
  std::string message;    ///< the English sentence, behind the field's name
  int retry_after_s = 0;  ///< 0 = by its code
  int status = 0;         ///< of HTTP, always set
  std::source_location where;

 private:
  template <typename Value>
  static std::variant<std::int64_t, std::string> valued(const Value& value) {
    if constexpr (std::is_integral_v<Value>)
      return static_cast<std::int64_t>(value);
    else
      return std::string(value);
  }
};

/// A failure that was kept, read back.
struct StoredReason {
  std::string reason;  ///< its word; empty where only a sentence was kept
  std::vector<std::pair<std::string, std::variant<std::int64_t, std::string>>> arguments;
  std::string sentence;  ///< in English

  friend bool operator==(const StoredReason&, const StoredReason&) = default;
};

/// An error as one line of JSON, {"reason": …, "arguments": {…}, "sentence": …}. Its sentence will
/// be shown: not for a `Fault`.
std::string stored_text(const Error& error);
/// What `stored_text` gave; any other text is a sentence.
StoredReason parse_stored(std::string_view text);

}  // namespace filoscope
