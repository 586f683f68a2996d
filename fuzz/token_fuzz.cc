/// Impression tokens and the cursors of paged answers: a foreign one is refused, and what carries a
/// good signature comes out as it went in.

#include <cstdint>
#include <string_view>

#include "accounts/page_cursor.h"
#include "base/check.h"
#include "engine/cursor.h"
#include "feed/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace filoscope;
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const crypto::Key key{5};
  FILOSCOPE_CHECK(!feed::read_token(key, text));  // nobody guesses a signature

  ByteReader in({data, size});
  feed::Impression impression;
  impression.request = RequestId{in.get<std::uint64_t>()};
  impression.entry = EntryId{in.get<std::uint64_t>()};
  impression.person = PersonKey{in.get<std::uint64_t>()};
  impression.surface = static_cast<feed::Surface>(in.get<std::uint8_t>() & 0x7F);
  impression.profiled = in.get<std::uint8_t>() % 2 == 0;
  impression.issued_ms = std::int64_t{in.get<std::uint32_t>()} * 1000;
  impression.kind = static_cast<catalog::Kind>(in.get<std::uint8_t>() % catalog::kKindsCount);
  const auto token = feed::make_token(key, impression);
  const auto read = feed::read_token(key, token);
  FILOSCOPE_CHECK(read && feed::make_token(key, *read) == token);
  static_cast<void>(feed::token_number(token));
  auto bent = token;
  bent[in.get<std::uint8_t>() % bent.size()] ^= 1;
  const auto other =
      feed::read_token(key, bent);  // base64url has more than one text for some bytes
  FILOSCOPE_CHECK(!other || feed::make_token(key, *other) == token);

  for (const char mark : {'f', 'n'}) {
    if (const auto cursor = engine::parse_cursor(text, mark)) {
      const auto again = engine::parse_cursor(engine::to_text(*cursor), mark);
      FILOSCOPE_CHECK(again && again->key == cursor->key && again->id == cursor->id);
    }
  }
  if (const auto cursor = accounts::PageCursor::parse(text); cursor && !text.empty()) {
    FILOSCOPE_CHECK(accounts::PageCursor::parse(cursor->text())->id == cursor->id);
  }
  return 0;
}
