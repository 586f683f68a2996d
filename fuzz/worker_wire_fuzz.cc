/// What a media worker, which reads hostile files, may say to the server, and the other way round:
/// each message is refused, or understood and then encodes to what is understood the same.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "media/outside.h"
#include "media/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace filoscope;
  namespace wire = media::wire;
  if (size > wire::kMessageMaxBytes) return 0;
  const Bytes body(data, data + size);
  if (const auto facts = wire::decode_facts(body)) {
    FILOSCOPE_CHECK(facts->renditions.size() <= 3);
    const auto once = wire::encode_facts(*facts);
    const auto again = wire::decode_facts(once);
    FILOSCOPE_CHECK(again && wire::encode_facts(*again) == once);
    // Nothing lies in the outputs: nothing is believed.
    FILOSCOPE_CHECK(!media::check_facts(*facts, {}, {}));
  }
  if (const auto job = wire::decode_job(body)) {
    FILOSCOPE_CHECK(job->covers_count <= media::kCoversMax);
    FILOSCOPE_CHECK(job->options.cover_ms.value_or(0) <= media::kCoverMsMax);
  }
  if (const auto features = wire::decode_features(body)) {
    FILOSCOPE_CHECK(wire::decode_features(wire::encode_features(*features)).has_value());
  }
  const auto error = wire::decode_error(body);
  FILOSCOPE_CHECK(wire::decode_error(wire::encode_error(error)).code == error.code);
  return 0;
}
