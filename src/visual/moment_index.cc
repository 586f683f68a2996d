#include "visual/moment_index.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "base/guarded_thread.h"

namespace filoscope::visual {
namespace {

/// Moments taken away before the others move together.
constexpr std::size_t kDeadLeast = 4096;
/// Of making the graph.
constexpr int kBuildNice = 10;
/// Nodes that a walk keeps in sight, at least.
constexpr std::size_t kBeam = 128;
/// Nodes that are asked for at once, for each clip that is wanted.
constexpr std::size_t kNodesOfClip = 3;
/// Walks for ever more nodes before everything is compared.
constexpr int kWalksMax = 3;
constexpr std::size_t kMoreNodes = 4;
constexpr GraphIndex::Slot kNoNode = ~GraphIndex::Slot{0};
constexpr std::size_t kMapNodeBytes = 40;  ///< of a map's entry, with its bucket

bool nearer(const NearClip& a, const NearClip& b) {
  return a.cosine != b.cosine ? a.cosine > b.cosine : a.video < b.video;
}

/// A search in the graph; clips are asked about once, each at its nearest moment.
class GraphSearch {
 public:
  GraphSearch(const GraphIndex& graph, std::size_t count, float least,
              const std::function<bool(VideoId)>& takes)
      : graph_(graph), count_(count), least_(least), takes_(takes) {}

  std::vector<NearClip> run(const vision::PackedEmbedding& query) {
    const GraphIndex::Accepts is_new = [&](const GraphIndex::Label& label) {
      return !asked_.contains(label.video);
    };
    std::size_t wanted = std::max(kBeam / 2, count_ * kNodesOfClip);
    for (int walks = 0;; ++walks, wanted *= kMoreNodes) {
      const auto filter = asked_.empty() ? GraphIndex::Accepts{} : is_new;
      const auto found = walks < kWalksMax
                             ? graph_.search(query, wanted, std::max(wanted, kBeam), filter)
                             : graph_.scan(query, wanted, filter);
      if (is_enough(found) || found.size() < wanted) break;
    }
    std::ranges::sort(out_, nearer);
    return std::move(out_);
  }

 private:
  /// Whether what is farther is of no use.
  bool is_enough(std::span<const GraphIndex::Found> found) {
    for (const auto& one : found) {
      const float cosine = cosine_of(one.product);
      if (out_.size() == count_ || cosine < least_) return true;
      if (!asked_.insert(one.label.video).second || !takes_(one.label.video)) continue;
      if (const auto code = graph_.code_of(one))
        out_.push_back({one.label.video, one.label.at_ms, cosine, *code});
    }
    return out_.size() == count_;
  }
  const GraphIndex& graph_;
  const std::size_t count_;
  const float least_;
  const std::function<bool(VideoId)>& takes_;
  std::unordered_set<VideoId> asked_;
  std::vector<NearClip> out_;
};

}  // namespace

MomentIndex::~MomentIndex() {
  stop_ = true;
  std::thread thread;
  {
    Lock writer(writer_);
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void MomentIndex::Rows::append(VideoId video, std::span<const Moment> moments) {
  place_of[video] = static_cast<std::uint32_t>(places.size());
  places.push_back({video, static_cast<std::uint32_t>(codes.size()),
                    static_cast<std::uint32_t>(moments.size())});
  for (const auto& moment : moments) {
    codes.push_back(moment.code);
    at_ms.push_back(static_cast<std::int32_t>(moment.at_ms));
  }
}

void MomentIndex::Rows::take_away(VideoId video) {
  const auto found = place_of.find(video);
  if (found == place_of.end()) return;
  dead_count += places[found->second].count;
  places[found->second].count = 0;
  place_of.erase(found);
}

void MomentIndex::Rows::tidy() {
  std::uint32_t next = 0, next_place = 0;
  for (auto place : places) {
    if (place.count == 0) continue;
    for (std::uint32_t i = 0; i < place.count; ++i) {
      codes[next + i] = codes[place.first + i];
      at_ms[next + i] = at_ms[place.first + i];
    }
    place.first = next;
    next += place.count;
    place_of[place.video] = next_place;
    places[next_place++] = place;
  }
  places.resize(next_place);
  codes.resize(next);
  at_ms.resize(next);
  dead_count = 0;
}

void MomentIndex::put(VideoId video, std::span<const Moment> moments) {
  ++puts_waiting_;
  Lock writer(writer_);
  --puts_waiting_;
  if (graph_) return put_in_graph(video, moments);
  put_in_rows(video, moments);
  if (growing_ || rows_.live_count() < graph_from_) return;
  growing_ = std::make_shared<GraphIndex>();
  thread_ = guarded_thread("visual.graph", [this] { build(); });
}

void MomentIndex::put_in_rows(VideoId video, std::span<const Moment> moments) {
  if (const auto found = nodes_of_.find(video); found != nodes_of_.end()) {
    erase_nodes(found->second);
    nodes_of_.erase(found);
  }
  const std::unique_lock lock(mutex_);
  rows_.take_away(video);
  if (!moments.empty()) rows_.append(video, moments);
  // What is being added to the graph stays in its place.
  if (!growing_ && rows_.dead_count > kDeadLeast && rows_.dead_count * 4 > rows_.codes.size())
    rows_.tidy();
}

void MomentIndex::put_in_graph(VideoId video, std::span<const Moment> moments) {
  const auto found = nodes_of_.find(video);
  const auto before = found == nodes_of_.end() ? kNoNode : found->second;
  auto first = kNoNode;
  for (const auto& moment : moments) {
    const auto slot =
        growing_->insert({video, static_cast<std::int32_t>(moment.at_ms)}, moment.code);
    if (next_of_clip_.size() <= slot) next_of_clip_.resize(slot + std::size_t{1});
    next_of_clip_[slot] = std::exchange(first, slot);
  }
  erase_nodes(before);
  if (first != kNoNode)
    nodes_of_[video] = first;
  else if (found != nodes_of_.end())
    nodes_of_.erase(found);
}

void MomentIndex::erase_nodes(GraphIndex::Slot first) {
  for (auto slot = first; slot != kNoNode; slot = next_of_clip_[slot]) growing_->erase(slot);
}

/// On a thread of its own.
void MomentIndex::build() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kBuildNice);
  while (!stop_ && add_next())
    while (puts_waiting_ > 0 && !stop_) std::this_thread::yield();
}

/// Adds a clip to the graph; without one left, the graph answers from now on.
bool MomentIndex::add_next() {
  Lock writer(writer_);
  if (next_ == rows_.places.size()) {
    change_over();
    return false;
  }
  const auto place = rows_.places[next_++];
  if (place.count == 0) return true;
  std::vector<Moment> moments;
  for (auto i = place.first; i < place.first + place.count; ++i)
    moments.push_back({rows_.at_ms[i], rows_.codes[i]});
  put_in_graph(place.video, moments);
  return true;
}

void MomentIndex::change_over() {
  Rows before;
  {
    const std::unique_lock lock(mutex_);
    graph_ = growing_;
    std::swap(before, rows_);
  }
  changed_over_.notify_all();
}

bool MomentIndex::wait_for_graph(std::int64_t deadline_ms) const {
  Lock writer(writer_);
  return changed_over_.wait_for_ms(writer_, deadline_ms, [&] { return graph_ != nullptr; });
}

std::shared_ptr<GraphIndex> MomentIndex::graph() const {
  const std::shared_lock lock(mutex_);
  return graph_;
}

std::vector<NearClip> MomentIndex::all_above(const vision::PackedEmbedding& query,
                                             float least) const {
  const auto product = code_product();
  std::vector<NearClip> clips;
  for (const auto& place : rows_.places) {
    NearClip clip{place.video, -1, least, {}};
    std::uint32_t best = 0;
    for (std::uint32_t i = place.first; i < place.first + place.count; ++i) {
      const float cosine = cosine_of(product(query.data(), rows_.codes[i].data()));
      if (clip.at_ms < 0 ? cosine >= clip.cosine : cosine > clip.cosine)
        clip.cosine = cosine, clip.at_ms = rows_.at_ms[i], best = i;
    }
    if (clip.at_ms < 0) continue;
    clip.code = rows_.codes[best];
    clips.push_back(clip);
  }
  return clips;
}

std::vector<NearClip> MomentIndex::search(const vision::PackedEmbedding& query, std::size_t count,
                                          float least,
                                          const std::function<bool(VideoId)>& takes) const {
  std::vector<NearClip> clips;
  std::shared_ptr<GraphIndex> graph;
  {
    const std::shared_lock lock(mutex_);
    graph = graph_;
    if (!graph) clips = all_above(query, least);
  }
  if (graph) return GraphSearch(*graph, count, least, takes).run(query);
  const auto later = [](const NearClip& a, const NearClip& b) { return nearer(b, a); };
  std::ranges::make_heap(clips, later);
  std::vector<NearClip> out;
  while (!clips.empty() && out.size() < count) {
    std::ranges::pop_heap(clips, later);
    if (takes(clips.back().video)) out.push_back(clips.back());
    clips.pop_back();
  }
  return out;
}

std::size_t MomentIndex::clips_count() const {
  Lock writer(writer_);
  return graph_ ? nodes_of_.size() : rows_.place_of.size();
}

std::size_t MomentIndex::moments_count() const {
  Lock writer(writer_);
  return graph_ ? graph_->size() : rows_.live_count();
}

std::size_t MomentIndex::memory_bytes() const {
  Lock writer(writer_);
  const std::size_t of_graph = growing_
                                   ? growing_->memory_bytes() + nodes_of_.size() * kMapNodeBytes +
                                         next_of_clip_.capacity() * sizeof(GraphIndex::Slot)
                                   : 0;
  return of_graph + rows_.codes.capacity() * sizeof(vision::PackedEmbedding) +
         rows_.at_ms.capacity() * sizeof(std::int32_t) + rows_.places.capacity() * sizeof(Place) +
         rows_.place_of.size() * kMapNodeBytes;
}

}  // namespace filoscope::visual
