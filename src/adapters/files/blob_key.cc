#include "adapters/files/blob_key.h"

#include "adapters/files/reasons.h"

namespace filoscope::files {
namespace {

constexpr char kMark = '~';

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

Result<void> check_prefix(std::string_view prefix) {
  if (prefix.size() > kKeyMax) {
    return Error(reason("blob_key_too_long"), kKeyMax, prefix.size());
  }
  for (const char c : prefix) {
    if (!allowed(c)) return Error(reason("blob_key_characters"));
  }
  if (prefix.find("..") != std::string_view::npos) return Error(reason("blob_key_double_dot"));
  if (prefix.starts_with('/')) return Error(reason("blob_key_begins_with_slash"));
  if (prefix.find("//") != std::string_view::npos) return Error(reason("blob_key_empty_part"));
  if (prefix.starts_with("./") || prefix.find("/./") != std::string_view::npos) {
    return Error(reason("blob_key_dot_part"));
  }
  return {};
}

Result<void> check_key(std::string_view key) {
  if (key.empty()) return Error(reason("blob_key_empty"));
  FILOSCOPE_DO(check_prefix(key));
  if (key.ends_with('/')) return Error(reason("blob_key_ends_with_slash"));
  if (key == "." || key.ends_with("/.")) return Error(reason("blob_key_dot_part"));
  return {};
}

std::string path_of_key(std::string_view key) { return std::string(key) + kMark; }

std::string_view key_of_path(std::string_view path) {
  if (!path.ends_with(kMark)) return {};
  path.remove_suffix(1);
  return check_key(path).has_value() ? path : std::string_view();
}

}  // namespace filoscope::files
