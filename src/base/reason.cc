#include "base/reason.h"

#include <nlohmann/json.hpp>

#include "base/quantity.h"

namespace filoscope {
namespace {

std::string plain_text(const ErrorArgument& argument) {
  if (const auto* text = std::get_if<std::string>(&argument.value)) return *text;
  return std::to_string(std::get<std::int64_t>(argument.value));
}

const ErrorArgument* find(std::span<const ErrorArgument> arguments, std::string_view name) {
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const auto& one) { return one.name == name; });
  return found == arguments.end() ? nullptr : &*found;
}

/// Another value of the same kind in the sentence, from which it has to differ.
std::int64_t other_of(std::string_view english, const Placeholder& one,
                      std::span<const ErrorArgument> arguments, std::int64_t value) {
  for (auto next = next_placeholder(english, 0); next.begin != std::string_view::npos;
       next = next_placeholder(english, next.end)) {
    if (next.kind != one.kind || next.name == one.name) continue;
    const auto* argument = find(arguments, next.name);
    if (argument == nullptr) continue;
    if (const auto* number = std::get_if<std::int64_t>(&argument->value)) return *number;
  }
  return value;
}

std::string said(std::string_view english, const Placeholder& one,
                 std::span<const ErrorArgument> arguments) {
  const auto* argument = find(arguments, one.name);
  if (argument == nullptr) return "?";
  const auto* number = std::get_if<std::int64_t>(&argument->value);
  if (number == nullptr || one.kind.empty()) return plain_text(*argument);
  const auto other = other_of(english, one, arguments, *number);
  if (one.kind == "bytes")
    return other == *number ? size_text(*number) : sizes_apart(*number, other).first;
  return other == *number ? duration_text(*number) : durations_apart(*number, other).first;
}

std::vector<ErrorArgument> named(std::string_view english,
                                 std::vector<std::variant<std::int64_t, std::string>> values) {
  std::vector<ErrorArgument> arguments;
  auto next = next_placeholder(english, 0);
  for (auto& value : values) {
    if (next.begin == std::string_view::npos) break;
    arguments.push_back({next.name, std::move(value)});
    next = next_placeholder(english, next.end);
  }
  return arguments;
}

}  // namespace

int http_status(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return 400;
    case Code::unauthenticated:
      return 401;
    case Code::denied:
      return 403;
    case Code::not_found:
      return 404;
    case Code::conflict:
      return 409;
    case Code::exhausted:
      return 429;
    case Code::unavailable:
      return 503;
    case Code::deadline:
      return 504;
    case Code::corrupt:
    case Code::internal:
      return 500;
  }
  return 500;
}

std::string_view to_string(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return "invalid_argument";
    case Code::unauthenticated:
      return "unauthenticated";
    case Code::denied:
      return "denied";
    case Code::not_found:
      return "not_found";
    case Code::conflict:
      return "conflict";
    case Code::exhausted:
      return "exhausted";
    case Code::unavailable:
      return "unavailable";
    case Code::deadline:
      return "deadline";
    case Code::corrupt:
      return "corrupt";
    case Code::internal:
      return "internal";
  }
  return "internal";
}

std::string sentence_of(std::string_view english, std::span<const ErrorArgument> arguments) {
  std::string sentence;
  std::size_t at = 0;
  for (auto next = next_placeholder(english, 0); next.begin != std::string_view::npos;
       next = next_placeholder(english, next.end)) {
    sentence.append(english.substr(at, next.begin - at)).append(said(english, next, arguments));
    at = next.end;
  }
  return sentence.append(english.substr(at));
}

Error::Error(const ErrorReason& r, std::vector<std::variant<std::int64_t, std::string>> values,
             std::source_location w)
    : code(r.code),
      reason(r.word),
      arguments(named(r.english, std::move(values))),
      message(sentence_of(r.english, arguments)),
      retry_after_s(r.retry_after_s),
      status(r.status != 0 ? r.status : http_status(r.code)),
      where(w) {}

Error::Error(Fault fault, std::string detail)
    : code(fault.code),
      reason(fault.code == Code::corrupt ? "stored_data_damaged" : "internal_error"),
      message(std::move(detail)),
      status(http_status(code)),
      where(fault.where) {}

Error Error::at(std::string_view name) && {
  field = name;
  return std::move(*this).during(name);
}

Error Error::during(std::string_view what) && {
  message.insert(0, ": ").insert(0, what);
  return std::move(*this);
}

Error Error::after_s(int seconds) && {
  retry_after_s = seconds;
  return std::move(*this);
}

std::string stored_text(const Error& error) {
  auto arguments = nlohmann::ordered_json::object();
  for (const auto& argument : error.arguments) {
    std::visit([&](const auto& value) { arguments[std::string(argument.name)] = value; },
               argument.value);
  }
  const nlohmann::ordered_json stored{
      {"reason", error.reason}, {"arguments", std::move(arguments)}, {"sentence", error.message}};
  return stored.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

StoredReason parse_stored(std::string_view text) {
  const StoredReason plain{"", {}, std::string(text)};
  const auto stored = nlohmann::ordered_json::parse(text, nullptr, false);
  const auto member = [&](const char* name) {
    return stored.is_object() && stored.contains(name) ? stored[name] : nlohmann::ordered_json();
  };
  const auto reason = member("reason"), arguments = member("arguments"),
             sentence = member("sentence");
  if (!reason.is_string() || !arguments.is_object() || !sentence.is_string()) return plain;
  StoredReason found{reason, {}, sentence};
  for (const auto& [name, value] : arguments.items()) {
    if (value.is_string()) {
      found.arguments.emplace_back(name, value.get<std::string>());
    } else if (value.is_number_integer()) {
      found.arguments.emplace_back(name, value.get<std::int64_t>());
    } else {
      return plain;
    }
  }
  return found;
}

}  // namespace filoscope
