# INPUT (bytes) as the C++ function filoscope::vision::shipped_codebook_file() in OUTPUT.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "#include <cstdint>
#include <span>

namespace filoscope::vision {

std::span<const std::uint8_t> shipped_codebook_file();

std::span<const std::uint8_t> shipped_codebook_file() {
  static constexpr std::uint8_t bytes[] = {${bytes}};
  return bytes;
}

}  // namespace filoscope::vision
")
