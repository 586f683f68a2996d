#include "vision/codebook.h"

#include "base/check.h"
#include "vision/checked_file.h"
#include "vision/half.h"
#include "vision/local_features.h"

namespace filoscope::vision {

std::span<const std::uint8_t> shipped_codebook_file();  // made of codebook.bin by the build

namespace {

constexpr std::string_view kCodebookFormat = "filoscope codebook 1";
constexpr std::size_t kDimMax = 4096;

void put_halves(ByteWriter& out, std::span<const float> values) {
  std::vector<std::uint16_t> halves;
  for (const float value : values) halves.push_back(half_of(value));
  out.put_array<std::uint16_t>(halves);
}

std::vector<float> get_halves(ByteReader& in) {
  std::vector<float> values;
  for (const auto half : in.get_array<std::uint16_t>()) values.push_back(float_of_half(half));
  return values;
}

void put_vocabulary(ByteWriter& out, const Vocabulary& vocabulary) {
  out.put_varint(vocabulary.dim);
  out.put_varint(vocabulary.short_dim);
  out.put_varint(vocabulary.words_count);
  put_halves(out, vocabulary.mean);
  put_halves(out, vocabulary.axes);
  put_halves(out, vocabulary.words);
}

Vocabulary get_vocabulary(ByteReader& in) {
  Vocabulary vocabulary;
  vocabulary.dim = in.get_varint();
  vocabulary.short_dim = in.get_varint();
  vocabulary.words_count = in.get_varint();
  vocabulary.mean = get_halves(in);
  vocabulary.axes = get_halves(in);
  vocabulary.words = get_halves(in);
  return vocabulary;
}

bool fits(const Vocabulary& v, std::size_t dim) {
  return v.dim == dim && v.short_dim >= 1 && v.short_dim <= dim && v.words_count >= 1 &&
         v.words_count <= kDimMax && v.mean.size() == dim && v.axes.size() == v.short_dim * dim &&
         v.words.size() == v.words_count * v.short_dim;
}

}  // namespace

Bytes encode_codebook(const Codebook& codebook) {
  ByteWriter out;
  put_vocabulary(out, codebook.edges);
  put_vocabulary(out, codebook.colours);
  return seal(kCodebookFormat, out.bytes());
}

Result<Codebook> decode_codebook(std::span<const std::uint8_t> file) {
  FILOSCOPE_TRY(const auto body, unseal(kCodebookFormat, file));
  ByteReader in(body);
  Codebook codebook{get_vocabulary(in), get_vocabulary(in)};
  if (!in.at_end() || !fits(codebook.edges, kSiftDim) || !fits(codebook.colours, kColourDim))
    return Error{Code::corrupt, "the codebook's sizes do not fit"};
  return codebook;
}

const Codebook& shipped_codebook() {
  static const Codebook codebook = [] {
    auto decoded = decode_codebook(shipped_codebook_file());
    FILOSCOPE_CHECK(decoded.has_value());  // a part of the program
    return *std::move(decoded);
  }();
  return codebook;
}

}  // namespace filoscope::vision
