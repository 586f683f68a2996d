#include "eval/npy.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "eval/line_reader.h"
#include "eval/reasons.h"

namespace filoscope::eval {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

static_assert(std::endian::native == std::endian::little);

struct NpyHeader {
  std::size_t item_bytes = 0, rows = 0, columns = 0;
  std::size_t data_at = 0;
};

float half_to_float(std::uint16_t half) {
  const float sign = (half & 0x8000U) != 0 ? -1.0F : 1.0F;
  const int exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent == 31)
    return fraction == 0 ? sign * std::numeric_limits<float>::infinity()
                         : std::numeric_limits<float>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

float value_at(const std::uint8_t* data, std::size_t item_bytes) {
  if (item_bytes == 2) {
    std::uint16_t half = 0;
    std::memcpy(&half, data, sizeof half);
    return half_to_float(half);
  }
  if (item_bytes == 4) {
    float value = 0;
    std::memcpy(&value, data, sizeof value);
    return value;
  }
  double value = 0;
  std::memcpy(&value, data, sizeof value);
  return static_cast<float>(value);
}

/// What follows `'key':` in the header's dictionary.
std::string_view entry_of(std::string_view header, std::string_view key) {
  const auto at = header.find("'" + std::string(key) + "'");
  if (at == std::string_view::npos) return {};
  const auto colon = header.find(':', at);
  if (colon == std::string_view::npos) return {};
  const auto begin = header.find_first_not_of(' ', colon + 1);
  return begin == std::string_view::npos ? std::string_view() : header.substr(begin);
}

/// Of "(rows, columns)".
bool parse_shape(std::string_view text, NpyHeader& header) {
  if (!text.starts_with('(')) return false;
  const auto* end = text.data() + text.size();
  auto [after, problem] = std::from_chars(text.data() + 1, end, header.rows);
  if (problem != std::errc()) return false;
  while (after != end && (*after == ',' || *after == ' ')) ++after;
  const auto [last, second] = std::from_chars(after, end, header.columns);
  return second == std::errc() && last != end && *last == ')';
}

/// The text of the header, or nothing.
std::optional<std::string_view> header_of(std::span<const std::uint8_t> bytes,
                                          std::size_t& data_at) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (bytes.size() < 12 || !text.starts_with(kMagic)) return std::nullopt;
  const auto version = bytes[6];
  if (version < 1 || version > 3) return std::nullopt;
  const std::size_t begin = version == 1 ? 10 : 12;
  std::size_t length = bytes[8] | (std::size_t{bytes[9]} << 8);
  if (version > 1) length |= (std::size_t{bytes[10]} << 16) | (std::size_t{bytes[11]} << 24);
  if (length > bytes.size() - begin) return std::nullopt;
  data_at = begin + length;
  return text.substr(begin, length);
}

/// A problem, or nothing.
std::optional<std::string> parse_header(std::span<const std::uint8_t> bytes, NpyHeader& header) {
  const auto text = header_of(bytes, header.data_at);
  if (!text) return "it is no .npy file of version 1, 2 or 3";
  const auto type = entry_of(*text, "descr");
  for (const auto& [name, size] : {std::pair{"'<f2'", 2}, {"'<f4'", 4}, {"'<f8'", 8}})
    if (type.starts_with(name)) header.item_bytes = static_cast<std::size_t>(size);
  if (header.item_bytes == 0)
    return "its numbers are not float16, float32 or float64 (<f2, <f4, <f8)";
  if (!entry_of(*text, "fortran_order").starts_with("False")) return "it is not in C order";
  if (!parse_shape(entry_of(*text, "shape"), header) || header.rows == 0 || header.columns == 0)
    return "its shape is not (rows, columns)";
  const auto there = (bytes.size() - header.data_at) / header.item_bytes;
  if (header.rows > there / header.columns || header.rows * header.columns != there ||
      there * header.item_bytes != bytes.size() - header.data_at)
    return "it does not hold as many numbers as its shape says";
  return std::nullopt;
}

}  // namespace

Result<NpyMatrix> read_npy(const std::filesystem::path& path) {
  FILOSCOPE_TRY(const auto bytes, read_unpacked(path, kNpyBytesMax));
  NpyHeader header;
  if (const auto problem = parse_header(bytes, header))
    return Error(reason("eval_file_malformed"), path.string(), *problem);
  NpyMatrix matrix{header.rows, header.columns, {}};
  matrix.values.resize(header.rows * header.columns);
  for (std::size_t i = 0; i < matrix.values.size(); ++i) {
    const auto* data = bytes.data() + header.data_at + i * header.item_bytes;
    matrix.values[i] = value_at(data, header.item_bytes);
    if (!std::isfinite(matrix.values[i]))
      return Error(
          reason("eval_file_malformed"), path.string(),
          "row " + std::to_string(i / header.columns) + " has a number that is not finite");
  }
  return matrix;
}

}  // namespace filoscope::eval
