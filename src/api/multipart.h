#pragma once

/// multipart/form-data (RFC 7578, RFC 2046) in a stream: parts of any size pass through, only part
/// heads are held.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace filoscope::api {

inline constexpr std::size_t kPartHeadBytesMax = 4096;
inline constexpr std::size_t kPartsMax = 32;

struct PartHead {
  std::string name;      ///< of the form field
  std::string filename;  ///< "" when none was given; in the bytes of the sender's encoding
  bool is_file = false;  ///< a filename was given, even an empty one
};

/// Receives the parts in order.
class PartHandler {
 public:
  virtual ~PartHandler() = default;
  virtual Result<void> begin_part(const PartHead& head) = 0;
  virtual Result<void> part_data(std::string_view bytes) = 0;
  virtual Result<void> end_part() = 0;
};

/// The boundary of a Content-Type field; nothing when it is no multipart/form-data with one.
std::optional<std::string> boundary_of(std::string_view content_type);
/// Name and filename of a part's head. Errors: invalid_argument.
Result<PartHead> parse_part_head(std::string_view head);

/// Threads: one. Holds at most the boundary and kPartHeadBytesMax besides what it is fed.
class MultipartParser {
 public:
  MultipartParser(std::string_view boundary, PartHandler& handler);
  /// Errors: invalid_argument (not multipart, a head too long, too many parts), the handler's.
  Result<void> feed(std::string_view bytes);
  /// Errors: invalid_argument (the closing boundary is missing).
  Result<void> finish() const;

 private:
  enum class State { preamble, after_delimiter, head, data, epilogue };
  Result<bool> step();
  Result<bool> step_delimiter_tail();
  Result<bool> step_head();
  Result<bool> step_data(bool deliver);

  const std::string delimiter_;  ///< "\r\n--" and the boundary
  PartHandler& handler_;
  std::string buffer_ = "\r\n";  ///< the first delimiter needs no line before it
  State state_ = State::preamble;
  std::size_t parts_count_ = 0;
};

}  // namespace filoscope::api
