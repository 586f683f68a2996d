#include "backup/parts.h"

#include <string_view>
#include <variant>

#include "base/crypto.h"

namespace filoscope::backup {
namespace {

constexpr std::size_t kPartBytesMin = 32 << 10;
constexpr std::size_t kPartBytesMax = 4 << 20;
constexpr std::uint64_t kRowsACut = 512;  ///< behind the least size, on average

enum class Cell : std::uint8_t { null, integer, number, text, bytes };

void put_cell(ByteWriter& out, const SqlValue& value) {
  out.put(static_cast<Cell>(value.index()));
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    out.put(*whole);
  } else if (const auto* real = std::get_if<double>(&value)) {
    out.put(*real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.put_text(*text);
  } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
    out.put_array(std::span<const std::uint8_t>(*bytes));
  }
}

/// False for a kind that is none.
bool get_cell(ByteReader& in, SqlValue& value) {
  switch (in.get<Cell>()) {
    case Cell::null:
      return true;
    case Cell::integer:
      value = in.get<std::int64_t>();
      return true;
    case Cell::number:
      value = in.get<double>();
      return true;
    case Cell::text:
      value = in.get_text();
      return true;
    case Cell::bytes:
      value = in.get_array<std::uint8_t>();
      return true;
  }
  return false;
}

std::uint64_t hash_of(std::span<const std::uint8_t> row) {
  constexpr std::array<std::uint8_t, 16> kNoKey{};  // the same on every machine
  return crypto::siphash(kNoKey, {reinterpret_cast<const char*>(row.data()), row.size()});
}

Result<Rows> rows_of(const Bytes& data, std::size_t columns_count) {
  Rows rows;
  ByteReader in(data);
  bool good = true;
  while (good && in.ok() && in.remaining() > 0) {
    auto& row = rows.emplace_back(columns_count);
    for (auto& value : row) good = good && get_cell(in, value);
  }
  if (!good || !in.ok()) return Error(Code::corrupt, "an object of the backup holds no rows");
  return rows;
}

}  // namespace

Result<void> PartWriter::add(std::span<const SqlValue> row) {
  const auto begin = bytes_.bytes().size();
  for (const auto& value : row) put_cell(bytes_, value);
  ++parts_.rows_count;
  const auto size = bytes_.bytes().size();
  const bool due =
      size >= kPartBytesMin && hash_of(std::span(bytes_.bytes()).subspan(begin)) % kRowsACut == 0;
  return due || size >= kPartBytesMax ? cut() : Result<void>();
}

Result<void> PartWriter::cut() {
  FILOSCOPE_TRY(auto object, store_.put(bytes_.bytes()));
  parts_.objects.push_back(std::move(object));
  bytes_ = ByteWriter();
  return {};
}

Result<Parts> PartWriter::finish() {
  if (!bytes_.bytes().empty()) FILOSCOPE_DO(cut());
  return std::move(parts_);
}

Result<void> read_parts(const ObjectStore& store, const Parts& parts, std::size_t columns_count,
                        const std::function<Result<void>(Rows)>& each) {
  for (const auto& object : parts.objects) {
    FILOSCOPE_TRY(const auto data, store.read(object));
    FILOSCOPE_TRY(auto rows, rows_of(data, columns_count));
    FILOSCOPE_DO(each(std::move(rows)));
  }
  return {};
}

}  // namespace filoscope::backup
