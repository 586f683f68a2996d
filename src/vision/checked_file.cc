#include "vision/checked_file.h"

#include <algorithm>

#include "base/crypto.h"

namespace filoscope::vision {

Bytes seal(std::string_view format, std::span<const std::uint8_t> body) {
  Bytes file(format.begin(), format.end());
  file.push_back('\n');
  file.insert(file.end(), body.begin(), body.end());
  const auto digest = crypto::sha256(file);
  file.insert(file.end(), digest.begin(), digest.end());
  return file;
}

Result<std::span<const std::uint8_t>> unseal(std::string_view format,
                                             std::span<const std::uint8_t> file) {
  const auto head = format.size() + 1;
  const std::string name(format);
  if (file.size() < head + crypto::Digest().size() || file[head - 1] != '\n' ||
      !std::equal(format.begin(), format.end(), file.begin()))
    return Error{Code::corrupt, "it is no " + name};
  const auto content = file.first(file.size() - crypto::Digest().size());
  const auto digest = crypto::sha256(content);
  if (!std::ranges::equal(digest, file.last(digest.size())))
    return Error{Code::corrupt, "a " + name + " whose checksum does not fit: it is damaged"};
  return content.subspan(head);
}

}  // namespace filoscope::vision
