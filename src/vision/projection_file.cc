#include "base/crypto.h"
#include "vision/checked_file.h"
#include "vision/projection.h"

namespace filoscope::vision {
namespace {

constexpr std::string_view kProjectionFormat = "filoscope projection 1";
constexpr std::uint64_t kPartsMax = 16;
constexpr std::size_t kNameHexDigits = 12;

void put_matrix(ByteWriter& out, const Matrix& matrix) {
  out.put_varint(matrix.rows);
  out.put_varint(matrix.columns);
  out.put_array<float>(matrix.values);
}

Matrix get_matrix(ByteReader& in) {
  Matrix matrix;
  matrix.rows = in.get_varint(), matrix.columns = in.get_varint();
  matrix.values = in.get_array<float>();
  return matrix;
}

bool is_whole(const Matrix& matrix, std::size_t columns) {
  return matrix.columns == columns && matrix.rows <= matrix.values.size() &&
         matrix.values.size() == matrix.rows * columns;
}

}  // namespace

bool Projection::fits() const {
  std::size_t joined_floats = 0;
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    const auto& shape = info_.parts[p];
    if (shape.dim == 0 || shape.views == 0) return false;
    const auto& part = parts_[p];
    if (!part.is_plain() && (part.mean.size() != shape.dim || !is_whole(part.axes, shape.dim)))
      return false;
    joined_floats += part.is_plain() ? shape.dim : part.axes.rows;
  }
  return last_.rows == kEmbeddingDim && is_whole(last_, joined_floats);
}

std::string Projection::name() const {
  return info_.name + "/" + crypto::hex(crypto::sha256(encode())).substr(0, kNameHexDigits);
}

Bytes Projection::encode() const {
  ByteWriter out;
  out.put_text(info_.name);
  out.put_varint(info_.parts.size());
  for (std::size_t p = 0; p < info_.parts.size(); ++p) {
    out.put_varint(info_.parts[p].dim);
    out.put_varint(info_.parts[p].views);
    out.put(info_.parts[p].weight);
    out.put_array<float>(parts_[p].mean);
    put_matrix(out, parts_[p].axes);
  }
  put_matrix(out, last_);
  return seal(kProjectionFormat, out.bytes());
}

Result<Projection> Projection::decode(std::span<const std::uint8_t> file) {
  FILOSCOPE_TRY(const auto body, unseal(kProjectionFormat, file));
  ByteReader in(body);
  Projection out;
  out.info_.name = in.get_text();
  const auto count = in.get_varint();
  for (std::uint64_t p = 0; p < std::min(count, kPartsMax) && in.ok(); ++p) {
    PartShape shape;
    shape.dim = in.get_varint(), shape.views = in.get_varint(), shape.weight = in.get<float>();
    out.info_.parts.push_back(shape);
    Axes axes;
    axes.mean = in.get_array<float>();
    axes.axes = get_matrix(in);
    out.parts_.push_back(std::move(axes));
  }
  out.last_ = get_matrix(in);
  if (!in.at_end() || !out.fits())
    return Error{Code::corrupt, "a projection whose sizes do not fit"};
  return out;
}

}  // namespace filoscope::vision
