#include "adapters/files/blob_key.h"

namespace filoscope::files {
namespace {

constexpr char kMark = '~';

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '_' ||
         c == '-';
}

Error wrong(std::string_view rule) {
  return Error(Code::invalid_argument, "a blob's key " + std::string(rule));
}

}  // namespace

Result<void> check_prefix(std::string_view prefix) {
  if (prefix.size() > kKeyMax) {
    return wrong("has at most " + std::to_string(kKeyMax) + " characters, this one has " +
                 std::to_string(prefix.size()));
  }
  for (const char c : prefix) {
    if (!allowed(c)) return wrong("holds only a-z, 0-9 and the characters / . _ -");
  }
  if (prefix.find("..") != std::string_view::npos) return wrong("holds no \"..\"");
  if (prefix.starts_with('/')) return wrong("does not begin with /");
  if (prefix.find("//") != std::string_view::npos) return wrong("has no empty part");
  if (prefix.starts_with("./") || prefix.find("/./") != std::string_view::npos) {
    return wrong("has no part \".\"");
  }
  return {};
}

Result<void> check_key(std::string_view key) {
  if (key.empty()) return wrong("is not empty");
  FILOSCOPE_DO(check_prefix(key));
  if (key.ends_with('/')) return wrong("does not end with /");
  if (key == "." || key.ends_with("/.")) return wrong("has no part \".\"");
  return {};
}

std::string path_of_key(std::string_view key) { return std::string(key) + kMark; }

std::string_view key_of_path(std::string_view path) {
  if (!path.ends_with(kMark)) return {};
  path.remove_suffix(1);
  return check_key(path).has_value() ? path : std::string_view();
}

}  // namespace filoscope::files
