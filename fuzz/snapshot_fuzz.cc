/// Engine snapshots whose head and checksum are right and whose contents are anything: refused, or
/// loaded and saved again as the same bytes.

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/crypto.h"
#include "engine/engine.h"

namespace {

using namespace filoscope;
using namespace filoscope::engine;

constexpr std::size_t kDigestBytes = 32;

EngineOptions small_options() {
  EngineOptions options;
  options.videos_max = options.people_max = 64;
  return options;
}

/// Magic and options, as every snapshot of these options begins: where two states' bytes part.
const Bytes& head() {
  static const Bytes kHead = [] {
    const auto empty = Engine::create(small_options()).value();
    auto other = Engine::create(small_options()).value();
    VideoPublished video;
    video.video = {1}, video.author = {2}, video.duration_ms = 2000;
    auto record = encode(video);
    record.position = 0x0101010101010101, record.at_ms = 0x0202020202020202;
    other->apply(record).value();
    const auto a = empty->save(), b = other->save();
    const auto parted = std::mismatch(a.begin(), a.end(), b.begin()).first;
    return Bytes(a.begin(), parted);
  }();
  return kHead;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 20) return 0;
  Bytes snapshot = head();
  snapshot.insert(snapshot.end(), data, data + size);
  const auto digest = crypto::sha256(snapshot);
  snapshot.insert(snapshot.end(), digest.begin(), digest.end());
  const auto engine = Engine::load(small_options(), snapshot);
  if (!engine) return 0;
  FILOSCOPE_CHECK((*engine)->save() == snapshot);
  static_cast<void>((*engine)->state_hash());
  return 0;
}
