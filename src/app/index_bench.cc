// `bench visual.index`: the nearest ten of many packed embeddings by brute force, by the graph and
// by hnswlib in float32, each at the beam that gives the same recall; and searches in the graph
// while vectors come and go. The vectors are mixtures of those of real pictures with noise.

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <functional>
#include <queue>
#include <thread>

#include "app/bench_figures.h"
#include "app/benches.h"
#include "app/feed_load.h"
#include "app/hnsw_rival.h"
#include "app/output.h"
#include "base/random.h"
#include "eval/visual_files.h"
#include "vision/descriptor.h"
#include "visual/graph_index.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;
using vision::PackedEmbedding;

constexpr double kRecallLeast = .95, kRatioLeast = 1, kMemoryShareMax = .4, kBesideLeast = .85;
constexpr std::size_t kNearest = 10, kQueries = 500, kRounds = 5;
constexpr std::array<std::size_t, 12> kBeams{16, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384};
constexpr std::size_t kBuildBeam = 128, kDrawnPictures = 900, kHiddenDim = 48;
constexpr double kSeconds = 2;
constexpr std::int64_t kChangeEveryUs = 10'000;  ///< an insert and a removal
constexpr const char* kPictures = "../shared/images";

/// Sum of uniform values, of deviation 1, about.
float bell(Random& random) {
  double sum = 0;
  for (int i = 0; i < 6; ++i) sum += random.unit();
  return static_cast<float>((sum - 3) * std::sqrt(2.0));
}

void make_unit(vision::Embedding& vector) {
  double sum = 0;
  for (const float x : vector) sum += double{x} * x;
  for (float& x : vector) x = static_cast<float>(x / std::sqrt(sum));
}

std::vector<vision::Embedding> drawn_pictures() {
  Random random(3);
  std::vector<vision::Embedding> axes(kHiddenDim, vision::Embedding(vision::kEmbeddingDim));
  for (auto& axis : axes) std::ranges::generate(axis, [&] { return bell(random); });
  std::vector<vision::Embedding> out(kDrawnPictures, vision::Embedding(vision::kEmbeddingDim));
  for (auto& picture : out) {
    for (const auto& axis : axes) {
      const float share = bell(random);
      for (std::size_t i = 0; i < picture.size(); ++i) picture[i] += share * axis[i];
    }
    make_unit(picture);
  }
  return out;
}

Result<std::vector<vision::Embedding>> described_pictures(const std::string& folder,
                                                          ProgressBar& bar) {
  FILOSCOPE_TRY(const auto files, eval::picture_files(folder));
  const auto descriptor = vision::make_builtin_descriptor();
  std::vector<vision::Description> descriptions;
  for (std::size_t i = 0; i < files.size(); ++i) {
    bar.show(static_cast<double>(i) / static_cast<double>(files.size()), "describing pictures");
    FILOSCOPE_TRY(const auto picture, eval::load_picture(files[i]));
    FILOSCOPE_TRY(auto description, descriptor->describe(picture));
    descriptions.push_back(std::move(description));
  }
  FILOSCOPE_TRY(const auto projection, vision::Projection::learn(descriptor->info(), descriptions));
  std::vector<vision::Embedding> out;
  for (const auto& one : descriptions) out.push_back(projection.embed(one));
  return out;
}

/// Between three pictures, most of one, with noise of 3/10 of its length.
class Vectors {
 public:
  explicit Vectors(std::vector<vision::Embedding> pictures) : pictures_(std::move(pictures)) {}
  PackedEmbedding draw(Random& random) const {
    const auto& a = any(random);
    const auto& b = any(random);
    const auto& c = any(random);
    const auto to_b = static_cast<float>(.6 * random.unit());
    const auto to_c = static_cast<float>(.3 * random.unit());
    vision::Embedding out(vision::kEmbeddingDim);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = (1 - to_b) * a[i] + to_b * b[i] + to_c * c[i] + .3F / 16 * bell(random);
    make_unit(out);
    return vision::pack(out);
  }

 private:
  const vision::Embedding& any(Random& random) const {
    return pictures_[random.below(pictures_.size())];
  }
  std::vector<vision::Embedding> pictures_;
};

std::vector<PackedEmbedding> draw(const Vectors& vectors, std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<PackedEmbedding> out(count);
  for (auto& code : out) code = vectors.draw(random);
  return out;
}

/// As the allocator tells, which a sanitizer's does not.
double allocated_bytes() {
  const auto info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

double seconds_of(const std::function<void()>& work) {
  const auto from_us = now_us();
  work();
  return static_cast<double>(now_us() - from_us) / 1e6;
}

/// One way to the nearest: products of what it finds.
struct Way {
  std::string name;
  std::function<void(std::size_t)> set_beam;
  std::function<std::vector<std::int32_t>(const PackedEmbedding&)> search;
  double build_s = 0, bytes_of_vector = 0, recall = 0;
  std::size_t beam = 0;
  std::vector<double> per_s;  ///< of each round

  double round(const std::vector<PackedEmbedding>& queries) const {
    return static_cast<double>(queries.size()) / seconds_of([&] {
             for (const auto& query : queries) static_cast<void>(search(query));
           });
  }
  Json json() const {
    return {{"queries_per_s", median(per_s)},
            {"recall_at_10", recall},
            {"beam", beam},
            {"bytes_of_vector", bytes_of_vector},
            {"build_s", build_s}};
  }
};

class IndexBench {
 public:
  IndexBench(const BenchOptions& options, Vectors vectors)
      : vectors_(std::move(vectors)),
        codes_(draw(vectors_, 7, static_cast<std::size_t>(options.videos_count))),
        queries_(draw(vectors_, 8, kQueries)),
        seconds_(options.seconds > 0 ? static_cast<double>(options.seconds) : kSeconds) {}

  Result<BenchReport> run() {
    compare_all();
    build_graph();
    auto rival = build_rival();
    ways_ = {of_graph()};
    if (rival) ways_.push_back(of_rival(**rival));
    for (auto& way : ways_) set_to_recall(way);
    for (std::size_t round = 0; round < kRounds; ++round)
      for (auto& way : ways_) {
        bar_.show(static_cast<double>(round) / kRounds, "searching");
        way.per_s.push_back(way.round(queries_));
      }
    measure_beside();
    bar_.clear();
    return report(rival ? "" : rival.error().message);
  }

 private:
  /// The product with the kNearest-th of all.
  std::int32_t farthest_of_nearest(const vision::PackedEmbedding& query) const {
    const auto product = visual::code_product();
    std::priority_queue<std::int32_t, std::vector<std::int32_t>, std::greater<>> nearest;
    for (const auto& code : codes_) {
      const auto found = product(query.data(), code.data());
      if (nearest.size() == kNearest && found <= nearest.top()) continue;
      nearest.push(found);
      if (nearest.size() > kNearest) nearest.pop();
    }
    return nearest.top();
  }

  void compare_all() {
    bar_.show(0, "comparing with all");
    const auto took_s = seconds_of([&] {
      for (const auto& query : queries_) farthest_.push_back(farthest_of_nearest(query));
    });
    brute_per_s_ = static_cast<double>(queries_.size()) / took_s;
  }

  void build_graph() {
    graph_ = std::make_unique<visual::GraphIndex>(
        visual::GraphIndex::Options{.seed = 1, .build_beam = kBuildBeam});
    graph_s_ = seconds_of([&] {
      for (std::size_t i = 0; i < codes_.size(); ++i) {
        slots_.push_back(graph_->insert({{i + 1}, 0}, codes_[i]));
        if (i % 1'000 == 0) bar_.show(share(i), "building the graph");
      }
    });
    graph_bytes_ = static_cast<double>(graph_->memory_bytes()) / static_cast<double>(codes_.size());
  }

  Result<std::unique_ptr<HnswRival>> build_rival() {
    const double before = allocated_bytes();
    FILOSCOPE_TRY(auto rival, HnswRival::make(codes_.size(), kBuildBeam));
    rival_s_ = seconds_of([&] {
      for (std::size_t i = 0; i < codes_.size(); ++i) {
        rival->add(i, codes_[i]);
        if (i % 1'000 == 0) bar_.show(share(i), "building hnswlib's");
      }
    });
    rival_bytes_ = (allocated_bytes() - before) / static_cast<double>(codes_.size());
    return rival;
  }

  Way of_graph() {
    Way way;
    way.name = "graph", way.build_s = graph_s_, way.bytes_of_vector = graph_bytes_;
    way.set_beam = [this](std::size_t beam) { beam_ = beam; };
    way.search = [this](const PackedEmbedding& query) {
      std::vector<std::int32_t> out;
      for (const auto& one : graph_->search(query, kNearest, beam_)) out.push_back(one.product);
      return out;
    };
    return way;
  }

  Way of_rival(HnswRival& rival) {
    Way way;
    way.name = "hnswlib", way.build_s = rival_s_, way.bytes_of_vector = rival_bytes_;
    way.set_beam = [&](std::size_t beam) { rival.set_beam(beam); };
    way.search = [&](const PackedEmbedding& query) {
      std::vector<std::int32_t> out;
      for (const auto id : rival.search(query, kNearest))
        out.push_back(visual::code_product()(query.data(), codes_[id].data()));
      return out;
    };
    return way;
  }

  /// The narrowest beam with which enough is found.
  void set_to_recall(Way& way) const {
    for (const auto beam : kBeams) {
      way.beam = beam;
      way.set_beam(beam);
      double hits = 0;
      for (std::size_t i = 0; i < queries_.size(); ++i)
        for (const auto product : way.search(queries_[i])) hits += product >= farthest_[i] ? 1 : 0;
      way.recall = hits / static_cast<double>(kNearest * queries_.size());
      if (way.recall >= kRecallLeast) return;
    }
  }

  /// Searches a second, alone and while vectors come and go, in turns.
  void measure_beside() {
    Random random(9);
    for (std::size_t round = 0; round < kRounds; ++round) {
      bar_.show(static_cast<double>(round) / kRounds, "searching while vectors come and go");
      alone_per_s_.push_back(searches_per_s());
      std::atomic<bool> done{false};
      std::thread writer([&] { change(random, done); });
      beside_per_s_.push_back(searches_per_s());
      done = true;
      writer.join();
    }
  }

  double searches_per_s() const {
    const auto from_us = now_us();
    const auto until_us = from_us + static_cast<std::int64_t>(seconds_ * 1e6);
    std::size_t count = 0;
    for (; now_us() < until_us; ++count)
      static_cast<void>(graph_->search(queries_[count % kQueries], kNearest, beam_));
    return static_cast<double>(count) / (static_cast<double>(now_us() - from_us) / 1e6);
  }

  void change(Random& random, const std::atomic<bool>& done) {
    const auto from_us = now_us();
    for (std::int64_t i = 0; !done; ++i) {
      const auto wait_us = from_us + i * kChangeEveryUs - now_us();
      if (wait_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
      auto& slot = slots_[random.below(slots_.size())];
      graph_->erase(slot);
      slot = graph_->insert({{1}, 0}, vectors_.draw(random));
      ++changes_count_;
    }
  }

  double share(std::size_t i) const {
    return static_cast<double>(i) / static_cast<double>(codes_.size());
  }

  Result<BenchReport> report(const std::string& without_rival) const {
    Json json{{"vectors", codes_.size()}, {"brute_force", {{"queries_per_s", brute_per_s_}}}};
    std::string table = fmt::format("{} vectors; the nearest {} of each of {} queries\n",
                                    codes_.size(), kNearest, kQueries);
    table += fmt::format("{:<12} {:8.0f} queries/s\n", "brute force", brute_per_s_);
    for (const auto& way : ways_) {
      json[way.name] = way.json();
      table += fmt::format(
          "{:<12} {:8.0f} queries/s  {:5.0f} bytes a vector  recall {:.3f} at beam {}, built in "
          "{:.0f} s\n",
          way.name, median(way.per_s), way.bytes_of_vector, way.recall, way.beam, way.build_s);
    }
    const double beside = median(beside_per_s_) / median(alone_per_s_);
    const double changes_per_s = static_cast<double>(changes_count_) / (seconds_ * kRounds);
    json["beside"] = {{"alone_queries_per_s", median(alone_per_s_)},
                      {"queries_per_s", median(beside_per_s_)},
                      {"ratio", beside},
                      {"inserts_per_s", changes_per_s}};
    table += fmt::format(
        "beside {:.0f} inserts and as many removals a second: {:.0f} queries/s, {:.2f} of {:.0f}\n",
        changes_per_s, median(beside_per_s_), beside, median(alone_per_s_));
    Verdict verdict;
    verdict.at_least("recall of the graph", ways_[0].recall, kRecallLeast);
    verdict.at_least("queries beside changes / alone", beside, kBesideLeast);
    if (ways_.size() == 2) {
      verdict.at_least("queries of the graph / hnswlib's",
                       median(ways_[0].per_s) / median(ways_[1].per_s), kRatioLeast);
      verdict.at_most("bytes a vector of the graph", ways_[0].bytes_of_vector,
                      kMemoryShareMax * ways_[1].bytes_of_vector);
    } else {
      json["without_rival"] = without_rival;
      table += "without hnswlib: " + without_rival + "\n";
    }
    verdict.write(json);
    return BenchReport{json, table + verdict.sentence() + "\n"};
  }

  ProgressBar bar_;
  const Vectors vectors_;
  const std::vector<PackedEmbedding> codes_, queries_;
  const double seconds_;
  std::vector<std::int32_t> farthest_;  ///< of each query, the product of its tenth nearest
  std::unique_ptr<visual::GraphIndex> graph_;
  std::vector<visual::GraphIndex::Slot> slots_;
  std::size_t beam_ = 0;
  std::int64_t changes_count_ = 0;
  double brute_per_s_ = 0, graph_s_ = 0, graph_bytes_ = 0;
  double rival_s_ = 0, rival_bytes_ = 0;
  std::vector<Way> ways_;
  std::vector<double> alone_per_s_, beside_per_s_;
};

Result<BenchReport> measure_index(const BenchOptions& options) {
  const std::string folder = options.arguments.empty() ? kPictures : options.arguments.front();
  if (!std::filesystem::is_directory(folder))
    return IndexBench(options, Vectors(drawn_pictures())).run();
  ProgressBar bar;
  FILOSCOPE_TRY(auto pictures, described_pictures(folder, bar));
  bar.clear();
  return IndexBench(options, Vectors(std::move(pictures))).run();
}

}  // namespace

int bench_visual_index(const BenchOptions& options) {
  return finish_bench(options, measure_index(options));
}

}  // namespace filoscope::app
