#include "eval/visual_methods.h"

#include <time.h>

#include <algorithm>
#include <numeric>

#include "vision/expansion.h"
#include "vision/vectors.h"

namespace filoscope::eval {
namespace {

/// As it comes out of storage.
vision::Embedding stored(const vision::Embedding& embedding) {
  return vision::unpack(vision::pack(embedding));
}

std::vector<vision::Embedding> stored(std::vector<vision::Embedding> embeddings) {
  for (auto& one : embeddings) one = stored(one);
  return embeddings;
}

Orders expanded_orders(std::vector<vision::Embedding> queries,
                       const std::vector<vision::Embedding>& db) {
  const auto wider = stored(vision::augmented(db));
  for (auto& query : queries) query = vision::expanded(query, wider);
  return orders_of(queries, wider);
}

/// The same of each query with its source out of the database.
Orders expanded_orders_without(const std::vector<vision::Embedding>& queries,
                               const std::vector<vision::Embedding>& db,
                               const SourceOf& source_of) {
  Orders all;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    auto others = db;
    const auto source = static_cast<std::uint32_t>(source_of(q));
    others.erase(others.begin() + source);
    auto order = std::move(expanded_orders({queries[q]}, others).front());
    for (auto& picture : order) picture += picture >= source ? 1 : 0;
    order.push_back(source);
    all.push_back(std::move(order));
  }
  return all;
}

}  // namespace

double thread_cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double VisualMethod::ms_per_image() const {
  return cpu_ms / static_cast<double>(std::max<std::size_t>(db.size() + query.size(), 1));
}

Result<std::vector<VisualMethod>> visual_methods(const std::string& model) {
  std::vector<VisualMethod> methods;
  const auto add = [&](std::unique_ptr<vision::Descriptor> descriptor) {
    methods.push_back({std::move(descriptor), {}, {}, 0});
  };
  if (model == "none") {
    add(vision::make_builtin_descriptor());
  } else {
    FILOSCOPE_TRY(auto network, vision::load_network(model));
    FILOSCOPE_TRY(auto plain, vision::load_plain_network(model));
    add(std::move(network));
    add(std::move(plain));
  }
  add(vision::make_lab_descriptor());
  add(vision::make_hsv_descriptor());
  return methods;
}

Result<void> describe(std::vector<VisualMethod>& methods, const vision::Picture& picture,
                      std::vector<vision::Description> VisualMethod::*where) {
  for (auto& method : methods) {
    const double before_ms = thread_cpu_ms();
    FILOSCOPE_TRY(auto description, method.descriptor->describe(picture));
    method.cpu_ms += thread_cpu_ms() - before_ms;
    (method.*where).push_back(std::move(description));
  }
  return {};
}

Orders orders_of(std::span<const std::vector<float>> queries,
                 std::span<const std::vector<float>> db) {
  Orders orders;
  for (const auto& query : queries) {
    std::vector<double> likeness;
    for (const auto& one : db) likeness.push_back(vision::dot(query, one));
    auto& order = orders.emplace_back(db.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return likeness[a] > likeness[b]; });
  }
  return orders;
}

Result<ProductAnswer> answer_as_product(const VisualMethod& method, const SourceOf& source_of) {
  ProductAnswer answer;
  double before_ms = thread_cpu_ms();
  FILOSCOPE_TRY(const auto projection,
                vision::Projection::learn(method.descriptor->info(), method.db));
  answer.learn_s = (thread_cpu_ms() - before_ms) / 1e3;
  before_ms = thread_cpu_ms();
  std::vector<vision::Embedding> db, queries;
  for (const auto& one : method.db) db.push_back(stored(projection.embed(one)));
  for (const auto& one : method.query) queries.push_back(stored(projection.embed(one)));
  answer.embed_ms_per_image =
      (thread_cpu_ms() - before_ms) / static_cast<double>(db.size() + queries.size());
  answer.plain_orders = orders_of(queries, db);
  std::vector<vision::Embedding> moved;
  for (std::size_t q = 0; q < queries.size() && !source_of; ++q)
    moved.push_back(vision::expanded(queries[q], db));
  answer.served_orders = orders_of(moved, db);
  answer.orders =
      source_of ? expanded_orders_without(queries, db, source_of) : expanded_orders(queries, db);
  return answer;
}

}  // namespace filoscope::eval
