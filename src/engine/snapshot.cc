#include "engine/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>

#include "base/blake2b.h"
#include "base/crypto.h"
#include "engine/apply_event.h"
#include "engine/archive.h"
#include "engine/numbers.h"
#include "engine/reasons.h"

namespace filoscope::engine {
namespace {

constexpr std::array<std::uint8_t, 7> kMagic{'F', 'I', 'L', 'O', 'E', 'N', 'G'};
constexpr std::uint8_t kOneWalk = 1;
constexpr std::uint8_t kInSections = 2;
constexpr std::uint8_t kFasterDigest = 3;  ///< sections too
constexpr std::size_t kDigestBytes = 32;
/// Format 1 does not say which engine wrote it: one of the rules before they had a version here.
constexpr std::int64_t kBeforeVersions = 3;

constexpr std::int64_t kOutcomesSince = 7;  ///< engines before it did not count outcomes
constexpr std::int64_t kGuardSince = 9;     ///< engines before it had none

enum class Tag : std::uint32_t {
  options = 1,
  base,
  videos,
  people,
  embeddings,
  model,
  pending,
  everyone,
  collaborative,
  next_head,
  outcome_factors,
  guard
};

struct Section {
  Tag tag;
  std::string_view name;
  std::uint16_t version = 1;  ///< written
  std::uint16_t reader = 1;   ///< the lowest that can read what is written
  std::int64_t since = 0;     ///< the engine that wrote it first
};
constexpr std::array kSections{Section{Tag::options, "options"},
                               Section{Tag::base, "base", 2, 2},
                               Section{Tag::videos, "videos", 4, 4},
                               Section{Tag::people, "people", 7, 7},
                               Section{Tag::embeddings, "embeddings"},
                               Section{Tag::model, "model", 5, 5},
                               Section{Tag::pending, "pending", 3, 3},
                               Section{Tag::everyone, "everyone", 2, 2},
                               Section{Tag::collaborative, "collaborative", 1, 1, 6},
                               Section{Tag::next_head, "next", 2, 2, 6},
                               Section{Tag::outcome_factors, "factors", 1, 1, kOutcomesSince},
                               Section{Tag::guard, "guard", 2, 2, kGuardSince}};

/// The options that state depends on. Not the weights: the state has its own, which
/// `weights_changed` records move.
template <typename A>
void visit_options(A& a, EngineOptions& o) {
  std::uint32_t numbers = kNumbersVersion;
  std::uint64_t videos = o.videos_max, people = o.people_max;
  a(numbers), a(o.seed), a(videos), a(people);
  a(o.fresh_impressions), a(o.guest_state_ttl_ms);
}

struct BytesSink {
  Bytes bytes;
  void put(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::uint8_t*>(data);
    bytes.insert(bytes.end(), from, from + size);
  }
};

Bytes options_bytes(EngineOptions options) {
  BytesSink sink;
  sink.bytes.reserve(64);  // without it GCC 12 warns of a copy into nothing
  Walker walker(sink);
  visit_options(walker, options);
  return std::move(sink.bytes);
}

/// Digests what is written, and gives it on in parts; after the first error nothing.
class DigestingSink {
 public:
  explicit DigestingSink(const Write& write) : write_(write) { part_.reserve(kPartBytes); }
  void put(const void* data, std::size_t size) {
    if (part_.size() + size > kPartBytes) give();
    const auto* from = static_cast<const std::uint8_t*>(data);
    part_.insert(part_.end(), from, from + size);
  }
  Result<void> finish() {
    give();
    const auto digest = digest_.finish();
    if (done_) done_ = write_(digest);
    return std::move(done_);
  }

 private:
  static constexpr std::size_t kPartBytes = 1 << 20;
  void give() {
    digest_.update(part_);
    if (done_) done_ = write_(part_);
    part_.clear();
  }
  const Write& write_;
  Bytes part_;
  crypto::Blake2b digest_;
  Result<void> done_;
};

template <typename A>
void visit_section(A& a, Tag tag, State& state) {
  switch (tag) {
    case Tag::options:
      return;
    case Tag::base:
      return state.visit_base(a);
    case Tag::videos:
      return state.videos.visit(a);
    case Tag::people:
      return state.people.visit(a);
    case Tag::embeddings:
      return state.embeddings.visit(a);
    case Tag::model:
      return state.model.visit(a);
    case Tag::pending:
      return state.pending.visit(a);
    case Tag::everyone:
      return state.visit_everyone(a);
    case Tag::collaborative:
      return state.collaborative.visit(a);
    case Tag::next_head:
      return state.next_head.visit(a);
    case Tag::outcome_factors:
      return state.outcome_factors.visit(a);
    case Tag::guard:
      return state.guard.visit(a);
  }
}

Error misfit() { return {Code::corrupt, "the snapshot's contents do not fit its format"}; }

/// For what an engine saved that did not count outcomes.
Result<void> begin_outcomes(State& state) {
  state.outcome_factors.grow_to(state.videos.numbers_end());
  if (!state.fits()) return misfit();
  count_outcomes_anew(state);
  return {};
}

Error other_options() { return Error(reason("snapshot_of_other_options")); }
Error newer(const std::string& part) { return Error(reason("snapshot_too_new"), part); }

crypto::Digest digest_of(std::span<const std::uint8_t> content, std::uint8_t format) {
  if (format < kFasterDigest) return crypto::sha256(content);
  crypto::Blake2b digest;
  digest.update(content);
  return digest.finish();
}

/// The digest and the magic are right: what is between them, and the format.
Result<std::pair<std::uint8_t, std::span<const std::uint8_t>>> open_envelope(
    std::span<const std::uint8_t> snapshot) {
  const std::size_t head = kMagic.size() + 1;
  if (snapshot.size() < head + kDigestBytes ||
      !std::equal(kMagic.begin(), kMagic.end(), snapshot.begin())) {
    return Error{Code::corrupt, "this is no engine snapshot"};
  }
  const auto content = snapshot.first(snapshot.size() - kDigestBytes);
  const auto format = snapshot[kMagic.size()];
  const auto digest = digest_of(content, format);
  if (!std::equal(digest.begin(), digest.end(), snapshot.end() - kDigestBytes))
    return Error{Code::corrupt, "the engine snapshot is damaged: its checksum does not match"};
  if (format > kFasterDigest) return newer(fmt::format("format {}", format));
  return std::pair(format, content.subspan(head));
}

Result<void> read_one_walk(std::span<const std::uint8_t> content, const EngineOptions& options,
                           State& state) {
  const auto own = options_bytes(options);
  if (content.size() < own.size()) return misfit();
  if (!std::equal(own.begin(), own.end(), content.begin())) return other_options();
  Loader loader(content.subspan(own.size()), 1);
  state.visit(loader);
  if (!loader.at_end()) return misfit();
  return {};
}

Result<void> read_section(const Section& known, std::uint16_t version,
                          std::span<const std::uint8_t> content, const EngineOptions& options,
                          State& state) {
  if (known.tag == Tag::options) {
    const auto own = options_bytes(options);
    if (!std::equal(own.begin(), own.end(), content.begin(), content.end())) return other_options();
    return {};
  }
  Loader loader(content, std::min(version, known.version));
  visit_section(loader, known.tag, state);
  const bool later_fields = version > known.version;
  if (!loader.ok() || (!later_fields && !loader.at_end())) return misfit();
  return {};
}

struct Written {
  const Section* known = nullptr;
  std::uint16_t version = 0;
  std::span<const std::uint8_t> content;
};

/// Each section once, in their order.
Result<std::vector<Written>> find_sections(ByteReader& reader, std::int64_t made_by,
                                           std::span<const std::uint8_t> content) {
  std::vector<Written> found;
  while (reader.ok() && reader.remaining() != 0) {
    const auto tag = reader.get<std::uint32_t>();
    const auto version = reader.get<std::uint16_t>();
    const auto lowest = reader.get<std::uint16_t>();
    const auto size = reader.get<std::uint64_t>();
    if (!reader.ok() || size > reader.remaining()) return misfit();
    const auto bytes = content.subspan(content.size() - reader.remaining(), size);
    reader.skip(size);
    const auto* known = std::find_if(kSections.begin(), kSections.end(), [&](const Section& one) {
      return static_cast<std::uint32_t>(one.tag) == tag;
    });
    if (known == kSections.end() && lowest == 0) continue;
    if (known == kSections.end()) return newer(fmt::format("its section {}", tag));
    if (lowest > known->version)
      return newer(fmt::format("its section \"{}\" {}", known->name, version));
    if (found.size() >= kSections.size() || known != &kSections[found.size()]) return misfit();
    found.push_back({known, version, bytes});
  }
  const auto had = std::count_if(kSections.begin(), kSections.end(),
                                 [&](const Section& section) { return section.since <= made_by; });
  if (std::ssize(found) != had) return misfit();
  return found;
}

/// The largest by itself, beside the others: they touch different parts of the state.
Result<std::int64_t> read_sections(std::span<const std::uint8_t> content,
                                   const EngineOptions& options, State& state) {
  ByteReader reader(content);
  const auto made_by = reader.get<std::int64_t>();
  if (made_by > kEngineVersion) return newer(fmt::format("engine {}", made_by));
  FILOSCOPE_TRY(const auto sections, find_sections(reader, made_by, content));
  const auto read = [&](const Written& one) {
    return read_section(*one.known, one.version, one.content, options, state);
  };
  const auto largest = std::max_element(
      sections.begin(), sections.end(),
      [](const Written& a, const Written& b) { return a.content.size() < b.content.size(); });
  auto beside = std::async(std::launch::async | std::launch::deferred, read, *largest);
  Result<void> done;
  for (auto one = sections.begin(); done && one != sections.end(); ++one)
    if (one != largest) done = read(*one);
  const auto largest_done = beside.get();
  if (!done) return done.error();
  if (!largest_done) return largest_done.error();
  return made_by;
}

}  // namespace

Result<void> write_snapshot(const State& frozen, const EngineOptions& options, const Write& write) {
  // `visit` serves reading and writing with one list of fields and is therefore not const; a Walker
  // changes nothing.
  auto& state = const_cast<State&>(frozen);
  DigestingSink sink(write);
  Walker out(sink);
  out(kMagic), out(kFasterDigest), out(kEngineVersion);
  const auto named = options_bytes(options);
  for (const auto& section : kSections) {
    CountingSink counted;
    Walker counter(counted);
    visit_section(counter, section.tag, state);
    const bool is_options = section.tag == Tag::options;
    out(section.tag), out(section.version), out(section.reader);
    out(is_options ? std::uint64_t{named.size()} : counted.size);
    if (is_options) sink.put(named.data(), named.size());
    visit_section(out, section.tag, state);
  }
  return sink.finish();
}

std::uint64_t hash_of(const State& frozen) {
  HashingSink sink;
  Walker walker(sink);
  const_cast<State&>(frozen).visit(walker);  // as above
  return sink.value();
}

Result<std::int64_t> read_snapshot(std::span<const std::uint8_t> snapshot,
                                   const EngineOptions& options, State& state) {
  FILOSCOPE_TRY(const auto envelope, open_envelope(snapshot));
  const auto [format, content] = envelope;
  if (format == kInSections || format == kFasterDigest) {
    FILOSCOPE_TRY(const auto made_by, read_sections(content, options, state));
    if (made_by < kGuardSince)
      state.guard.begin(state.model.heads, state.next_head, state.position);
    if (made_by >= kOutcomesSince) return state.fits() ? Result<std::int64_t>(made_by) : misfit();
    FILOSCOPE_DO(begin_outcomes(state));
    return made_by;
  }
  if (format != kOneWalk) return misfit();
  FILOSCOPE_DO(read_one_walk(content, options, state));
  state.guard.begin(state.model.heads, state.next_head, state.position);
  FILOSCOPE_DO(begin_outcomes(state));
  return kBeforeVersions;
}

}  // namespace filoscope::engine
