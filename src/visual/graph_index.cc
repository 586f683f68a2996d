#include "visual/graph_index.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <new>

namespace filoscope::visual {
namespace {

using vision::PackedEmbedding;

constexpr std::size_t kLevelMax = 12;
/// Nodes that a walk above level 0 keeps in sight.
constexpr std::size_t kUpperBeam = 64;
constexpr std::size_t kLargePageBytes = 2 << 20;
/// Links that a node keeps when others give theirs up.
constexpr std::size_t kLinksLeast = 6;
/// New links of a node where one next to it was taken out.
constexpr int kMendedMax = 3;
/// A walk ends past one product for so many nodes and so many for each it keeps in sight.
constexpr std::size_t kNodesOfProduct = 32, kProductsOfKept = 64;

void prefetch_code(const std::int8_t* code) {
  for (std::size_t at = 0; at < vision::kEmbeddingDim; at += 64) __builtin_prefetch(code + at);
}

/// Up to kNone.
std::span<const std::uint32_t> used(std::span<const std::uint32_t> links) {
  const auto end = std::ranges::find(links, ~std::uint32_t{0});
  return links.first(static_cast<std::size_t>(end - links.begin()));
}

void append(std::span<std::uint32_t> links, std::uint32_t slot) {
  links[used(links).size()] = slot;
}

void remove(std::span<std::uint32_t> links, std::uint32_t slot) {
  std::fill(std::remove(links.begin(), links.end(), slot), links.end(), ~std::uint32_t{0});
}

}  // namespace

/// What a walk needs, kept between walks.
struct GraphIndex::Scratch {
  /// A node is seen when it has the number of the walk: cleared once in 255 walks.
  std::vector<std::uint8_t> seen;
  std::uint8_t walk = 0;
  std::vector<Key> open;  ///< a heap, the nearest on top
  std::vector<Key> best;  ///< a heap, the farthest on top; sorted when a walk has ended
  std::vector<Key> from;  ///< where the next walk begins
  std::size_t products_count = 0;

  void begin(std::size_t slots_count) {
    if (seen.size() < slots_count) seen.resize(slots_count + kBlockSlots);
    if (++walk == 0) {
      std::ranges::fill(seen, 0);
      walk = 1;
    }
    open.clear(), best.clear();
    products_count = 0;
  }
  bool see(Slot slot) { return std::exchange(seen[slot], walk) != walk; }
  void open_up(Key key) {
    open.push_back(key);
    std::ranges::push_heap(open);
  }
  Key take_nearest() {
    std::ranges::pop_heap(open);
    const Key key = open.back();
    open.pop_back();
    return key;
  }
  void keep(Key key, std::size_t beam) {
    best.push_back(key);
    std::ranges::push_heap(best, std::greater());
    if (best.size() <= beam) return;
    std::ranges::pop_heap(best, std::greater());
    best.pop_back();
  }
};

/// What a change will make of lists of links; the graph stays as it is.
class GraphIndex::Draft {
 public:
  struct List {
    std::size_t level;
    Slot slot;
    std::size_t links_max;
    std::array<Slot, kLinksMax> links;
    std::span<Slot> span() { return std::span(links).first(links_max); }
    std::span<const Slot> span() const { return std::span(links).first(links_max); }
  };
  explicit Draft(const GraphIndex& graph) : graph_(graph) { lists_.reserve(kLinksMax * 4); }

  void add_empty(std::size_t level, Slot slot) {
    lists_.push_back({level, slot, level == 0 ? kLinksMax : kUpperLinksMax, {}});
    lists_.back().links.fill(kNone);
  }
  std::span<const Slot> links(std::size_t level, Slot slot) const {
    const auto found = find(level, slot);
    return used(found < lists_.size() ? lists_[found].span()
                                      : std::span<const Slot>(graph_.links(level, slot)));
  }
  void link(std::size_t level, Slot a, Slot b) {
    append(edit(level, a), b);
    append(edit(level, b), a);
  }
  void unlink(std::size_t level, Slot a, Slot b) {
    remove(edit(level, a), b);
    remove(edit(level, b), a);
  }
  bool has_room(std::size_t level, Slot slot) const {
    return links(level, slot).size() < (level == 0 ? kLinksMax : kUpperLinksMax);
  }
  const std::vector<List>& lists() const { return lists_; }

 private:
  std::size_t find(std::size_t level, Slot slot) const {
    const auto found = std::ranges::find_if(
        lists_, [&](const List& list) { return list.slot == slot && list.level == level; });
    return static_cast<std::size_t>(found - lists_.begin());
  }
  std::span<Slot> edit(std::size_t level, Slot slot) {
    const auto found = find(level, slot);
    if (found == lists_.size()) {
      const auto before = graph_.links(level, slot);
      lists_.push_back({level, slot, before.size(), {}});
      std::ranges::copy(before, lists_.back().links.begin());
    }
    return lists_[found].span();
  }
  const GraphIndex& graph_;
  std::vector<List> lists_;
};

GraphIndex::GraphIndex(const Options& options)
    : options_(options), product_(code_product()), random_(options.seed) {}

GraphIndex::~GraphIndex() = default;

/// Larger: nearer, or as near with the lower slot.
GraphIndex::Key GraphIndex::key_of(std::int32_t product, Slot slot) {
  return (static_cast<Key>(static_cast<std::uint32_t>(product) ^ 0x8000'0000U) << 32) |
         static_cast<Slot>(~slot);
}

GraphIndex::Slot GraphIndex::slot_of(Key key) { return ~static_cast<Slot>(key); }

std::int32_t GraphIndex::product_of(Key key) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(key >> 32) ^ 0x8000'0000U);
}

void GraphIndex::Free::operator()(Vectors* vectors) const { std::free(vectors); }

GraphIndex::Block GraphIndex::make_block() {
  static_assert(sizeof(Vectors) % kLargePageBytes == 0 && std::is_trivial_v<Vectors>);
  void* memory = std::aligned_alloc(kLargePageBytes, sizeof(Vectors));
  if (memory == nullptr) throw std::bad_alloc();
  ::madvise(memory, sizeof(Vectors), MADV_HUGEPAGE);  // without them it is slower, not wrong
  return {std::unique_ptr<Vectors, Free>(static_cast<Vectors*>(memory)),
          std::make_unique<std::array<Node, kBlockSlots>>()};
}

const std::int8_t* GraphIndex::code(Slot slot) const {
  return blocks_[slot / kBlockSlots].vectors->codes[slot % kBlockSlots].data();
}

GraphIndex::Node& GraphIndex::node(Slot slot) const {
  return (*blocks_[slot / kBlockSlots].nodes)[slot % kBlockSlots];
}

std::span<GraphIndex::Slot> GraphIndex::links(std::size_t level, Slot slot) const {
  if (level == 0) return blocks_[slot / kBlockSlots].vectors->links[slot % kBlockSlots];
  auto upper = node(slot).upper;
  for (std::size_t at = 1; at < level; ++at) upper = uppers_[upper].above;
  return const_cast<Upper&>(uppers_[upper]).links;
}

std::size_t GraphIndex::level_of(Slot slot) const {
  std::size_t level = 0;
  for (auto upper = node(slot).upper; upper != kNone; upper = uppers_[upper].above) ++level;
  return level;
}

std::unique_ptr<GraphIndex::Scratch> GraphIndex::borrow() const {
  Lock lock(scratch_mutex_);
  if (scratches_.empty()) return std::make_unique<Scratch>();
  auto scratch = std::move(scratches_.back());
  scratches_.pop_back();
  return scratch;
}

void GraphIndex::give_back(std::unique_ptr<Scratch> scratch) const {
  Lock lock(scratch_mutex_);
  scratches_.push_back(std::move(scratch));
}

/// Fills scratch.from with nodes from which a walk on level `until` begins: from level to level the
/// nearest. One alone would be caught in the wrong cluster. REQUIRES: there is a node.
void GraphIndex::descend(Scratch& scratch, const std::int8_t* query, std::size_t until) const {
  scratch.from.assign(1, key_of(product_(query, code(entry_)), entry_));
  for (std::size_t level = top_; level > until; --level) {
    walk(scratch, query, level, scratch.from, kUpperBeam, nullptr, ~std::size_t{0});
    scratch.from = scratch.best;
  }
}

/// Looks at what `slot` links to.
void GraphIndex::spread(Scratch& scratch, const std::int8_t* query, std::size_t level, Slot slot,
                        std::size_t beam, const Accepts* accepts) const {
  std::array<Slot, kLinksMax> fresh;
  std::size_t count = 0;
  for (const Slot near : links(level, slot)) {
    if (near == kNone) break;
    if (!scratch.see(near)) continue;
    fresh[count++] = near;
    prefetch_code(code(near));
  }
  scratch.products_count += count;
  for (const Slot near : std::span(fresh).first(count)) {
    const Key key = key_of(product_(query, code(near)), near);
    if (scratch.best.size() == beam && key < scratch.best.front()) continue;
    scratch.open_up(key);
    if (accepts == nullptr || (*accepts)(node(near).label)) scratch.keep(key, beam);
  }
  if (!scratch.open.empty() && level == 0)
    __builtin_prefetch(links(0, slot_of(scratch.open.front())).data());
}

/// Fills scratch.best, the nearest first; false when it took more than `products_max`.
bool GraphIndex::walk(Scratch& scratch, const std::int8_t* query, std::size_t level,
                      std::span<const Key> from, std::size_t beam, const Accepts* accepts,
                      std::size_t products_max) const {
  scratch.begin(slots_count_);
  for (const Key key : from) {
    scratch.see(slot_of(key));
    scratch.open_up(key);
    if (accepts == nullptr || (*accepts)(node(slot_of(key)).label)) scratch.keep(key, beam);
  }
  while (!scratch.open.empty() && scratch.products_count <= products_max) {
    const Key nearest = scratch.take_nearest();
    if (scratch.best.size() == beam && nearest < scratch.best.front()) break;
    spread(scratch, query, level, slot_of(nearest), beam, accepts);
  }
  std::ranges::sort(scratch.best, std::greater());
  return scratch.products_count <= products_max;
}

std::vector<GraphIndex::Key> GraphIndex::scan_keys(const std::int8_t* query, std::size_t count,
                                                   const Accepts* accepts) const {
  Scratch best;
  for (Slot slot = 0; slot < slots_count_ && count > 0; ++slot) {
    const auto& its = node(slot);
    if (!its.live) continue;
    const Key key = key_of(product_(query, code(slot)), slot);
    if (best.best.size() == count && key < best.best.front()) continue;
    if (accepts == nullptr || (*accepts)(its.label)) best.keep(key, count);
  }
  std::ranges::sort(best.best, std::greater());
  return std::move(best.best);
}

std::vector<GraphIndex::Found> GraphIndex::found_of(std::span<const Key> keys) const {
  std::vector<Found> out;
  out.reserve(keys.size());
  for (const Key key : keys)
    out.push_back({slot_of(key), node(slot_of(key)).label, product_of(key)});
  return out;
}

std::vector<GraphIndex::Found> GraphIndex::search(const PackedEmbedding& query, std::size_t count,
                                                  std::size_t beam, const Accepts& accepts) const {
  const auto* asked = accepts ? &accepts : nullptr;
  auto scratch = borrow();
  { const std::lock_guard turn(gate_); }
  std::vector<Found> out;
  {
    const std::shared_lock lock(lock_);
    count = std::min(count, live_count_);
    if (count > 0) {
      beam = std::max(beam, count);
      const auto products_max = live_count_ / kNodesOfProduct + kProductsOfKept * beam;
      descend(*scratch, query.data(), 0);
      const bool ended = walk(*scratch, query.data(), 0, scratch->from, beam, asked, products_max);
      if (ended && scratch->best.size() >= count)
        out = found_of(std::span(scratch->best).first(count));
      else
        out = found_of(scan_keys(query.data(), count, asked));
    }
  }
  give_back(std::move(scratch));
  return out;
}

std::vector<GraphIndex::Found> GraphIndex::scan(const PackedEmbedding& query, std::size_t count,
                                                const Accepts& accepts) const {
  { const std::lock_guard turn(gate_); }
  const std::shared_lock lock(lock_);
  return found_of(
      scan_keys(query.data(), std::min(count, live_count_), accepts ? &accepts : nullptr));
}

std::optional<PackedEmbedding> GraphIndex::code_of(const Found& found) const {
  { const std::lock_guard turn(gate_); }
  const std::shared_lock lock(lock_);
  if (found.slot >= slots_count_) return {};
  const auto& its = node(found.slot);
  if (!its.live || its.label != found.label) return {};
  return blocks_[found.slot / kBlockSlots].vectors->codes[found.slot % kBlockSlots];
}

std::size_t GraphIndex::draw_level() {
  const double level = -std::log(1 - random_.unit()) / std::log(double{kUpperLinksMax});
  return std::min(static_cast<std::size_t>(level), kLevelMax);
}

GraphIndex::Slot GraphIndex::take_slot() {
  if (!unused_.empty()) {
    const Slot slot = unused_.back();
    unused_.pop_back();
    return slot;
  }
  const auto slot = static_cast<Slot>(slots_count_);
  if (slots_count_ % kBlockSlots == 0) {
    auto block = make_block();
    const std::lock_guard turn(gate_);
    const std::unique_lock lock(lock_);
    blocks_.push_back(std::move(block));
  }
  return slot;
}

/// Of candidates, the nearest first, those that are nearer to what they are compared with than to
/// any that was chosen before them: links in many directions.
std::vector<GraphIndex::Slot> GraphIndex::diverse(std::span<const Key> candidates,
                                                  std::size_t count) const {
  std::vector<Slot> chosen;
  for (const Key key : candidates) {
    if (chosen.size() == count) break;
    const bool apart = std::ranges::none_of(
        chosen, [&](Slot other) { return product(other, slot_of(key)) > product_of(key); });
    if (apart) chosen.push_back(slot_of(key));
  }
  return chosen;
}

/// Which of the links of `of` and of `added` it can do without: the farthest of those that are
/// nearer to another one of them, else the farthest; none that has few links itself.
GraphIndex::Slot GraphIndex::weakest(const Draft& draft, std::size_t level, Slot of,
                                     Slot added) const {
  std::vector<Key> all{key_of(product(of, added), added)};
  for (const Slot near : draft.links(level, of)) all.push_back(key_of(product(of, near), near));
  std::ranges::sort(all, std::greater());
  const auto chosen = diverse(all, all.size());
  Slot last = added;
  bool found = false;
  for (auto key = all.rbegin(); key != all.rend(); ++key) {
    const Slot slot = slot_of(*key);
    if (draft.links(level, slot).size() < kLinksLeast) continue;
    if (std::ranges::find(chosen, slot) == chosen.end()) return slot;
    if (!found) last = slot, found = true;
  }
  return last;
}

void GraphIndex::connect(Draft& draft, std::size_t level, Slot slot, Slot other) const {
  if (!draft.has_room(level, other)) {
    const Slot loser = weakest(draft, level, other, slot);
    if (loser == slot) return;
    draft.unlink(level, other, loser);
  }
  draft.link(level, slot, other);
}

/// Links `slot`, whose embedding is there, on all levels up to its own.
void GraphIndex::join(Draft& draft, Slot slot, std::size_t level) {
  for (std::size_t at = 0; at <= level; ++at) draft.add_empty(at, slot);
  if (entry_ == kNone) return;
  auto scratch = borrow();
  descend(*scratch, code(slot), level);
  for (std::size_t at = std::min(level, top_) + 1; at-- > 0;) {
    walk(*scratch, code(slot), at, scratch->from, options_.build_beam, nullptr, ~std::size_t{0});
    scratch->from = scratch->best;
    for (const Slot near : diverse(scratch->best, kUpperLinksMax)) connect(draft, at, slot, near);
  }
  give_back(std::move(scratch));
}

std::uint32_t GraphIndex::add_uppers(std::size_t count) {
  std::uint32_t above = kNone;
  for (std::size_t i = 0; i < count; ++i) {
    if (unused_uppers_.empty()) {
      unused_uppers_.push_back(static_cast<std::uint32_t>(uppers_.size()));
      uppers_.emplace_back();
    }
    const auto upper = unused_uppers_.back();
    unused_uppers_.pop_back();
    uppers_[upper].above = above;
    above = upper;
  }
  return above;
}

void GraphIndex::free_uppers(std::uint32_t first) {
  for (auto upper = first; upper != kNone; upper = uppers_[upper].above)
    unused_uppers_.push_back(upper);
}

void GraphIndex::commit(const Draft& draft) {
  for (const auto& list : draft.lists())
    std::ranges::copy(list.span(), links(list.level, list.slot).begin());
}

GraphIndex::Slot GraphIndex::insert(const Label& label, const PackedEmbedding& code) {
  Lock writer(writer_);
  const Slot slot = take_slot();
  blocks_[slot / kBlockSlots].vectors->codes[slot % kBlockSlots] = code;
  const auto level = draw_level();
  Draft draft(*this);
  join(draft, slot, level);
  const std::lock_guard turn(gate_);
  const std::unique_lock lock(lock_);
  node(slot) = {label, add_uppers(level), true};
  commit(draft);
  slots_count_ = std::max<std::size_t>(slots_count_, slot + 1);
  ++live_count_;
  if (entry_ == kNone || level > top_) entry_ = slot, top_ = level;
  return slot;
}

/// Links those that lost one to each other, the nearest pairs first.
void GraphIndex::mend(Draft& draft, std::size_t level, std::span<const Slot> around) const {
  struct Pair {
    std::int32_t product;
    std::uint8_t a, b;
  };
  std::vector<Pair> pairs;
  for (std::uint8_t a = 0; a < around.size(); ++a)
    for (auto b = static_cast<std::uint8_t>(a + 1); b < around.size(); ++b)
      pairs.push_back({product(around[a], around[b]), a, b});
  std::ranges::sort(pairs, [](const Pair& x, const Pair& y) {
    return std::tuple(y.product, x.a, x.b) < std::tuple(x.product, y.a, y.b);
  });
  std::array<int, kLinksMax> mended{};
  for (const auto& pair : pairs) {
    const Slot a = around[pair.a], b = around[pair.b];
    if (mended[pair.a] == kMendedMax || mended[pair.b] == kMendedMax) continue;
    if (!draft.has_room(level, a) || !draft.has_room(level, b)) continue;
    if (std::ranges::count(draft.links(level, a), b) > 0) continue;
    draft.link(level, a, b);
    ++mended[pair.a], ++mended[pair.b];
  }
}

/// Of the live nodes, the first of the highest level.
GraphIndex::Slot GraphIndex::highest_but(Slot but) const {
  Slot best = kNone;
  for (Slot slot = 0; slot < slots_count_; ++slot) {
    if (slot == but || !node(slot).live) continue;
    if (best == kNone || level_of(slot) > level_of(best)) best = slot;
  }
  return best;
}

void GraphIndex::erase(Slot slot) {
  Lock writer(writer_);
  Draft draft(*this);
  for (std::size_t level = level_of(slot) + 1; level-- > 0;) {
    const auto near = used(links(level, slot));
    const std::vector<Slot> around(near.begin(), near.end());
    for (const Slot other : around) draft.unlink(level, slot, other);
    mend(draft, level, around);
  }
  const Slot entry = entry_ == slot ? highest_but(slot) : entry_;
  unused_.push_back(slot);
  const std::lock_guard turn(gate_);
  const std::unique_lock lock(lock_);
  commit(draft);
  free_uppers(node(slot).upper);
  node(slot) = {};
  --live_count_;
  entry_ = entry;
  top_ = entry == kNone ? 0 : level_of(entry);
}

std::size_t GraphIndex::size() const {
  const std::shared_lock lock(lock_);
  return live_count_;
}

std::size_t GraphIndex::reachable_count() const {
  const std::shared_lock lock(lock_);
  if (live_count_ == 0) return 0;
  Scratch scratch;
  const Key first = key_of(0, entry_);
  walk(scratch, code(entry_), 0, {&first, 1}, live_count_, nullptr, ~std::size_t{0});
  return scratch.best.size();
}

std::size_t GraphIndex::memory_bytes() const {
  Lock writer(writer_);
  std::size_t bytes = blocks_.size() * (sizeof(Vectors) + kBlockSlots * sizeof(Node)) +
                      uppers_.size() * sizeof(Upper) + unused_uppers_.capacity() * sizeof(Slot) +
                      unused_.capacity() * sizeof(Slot);
  Lock lock(scratch_mutex_);
  for (const auto& scratch : scratches_) bytes += scratch->seen.capacity();
  return bytes;
}

std::uint64_t GraphIndex::state_hash() const {
  const std::shared_lock lock(lock_);
  std::uint64_t hash = entry_;
  const auto add = [&](std::uint64_t value) { hash = mix64(hash ^ value); };
  for (Slot slot = 0; slot < slots_count_; ++slot) {
    if (!node(slot).live) continue;
    add(slot), add(node(slot).label.video.value), add(level_of(slot));
    for (std::size_t level = 0; level <= level_of(slot); ++level)
      for (const Slot near : used(links(level, slot))) add(near);
  }
  return hash;
}

}  // namespace filoscope::visual
