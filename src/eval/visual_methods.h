#pragma once

/// What `eval visual` measures: the product's way of describing and finding pictures, and plain
/// ones behind the same interface.

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "vision/descriptor.h"
#include "vision/projection.h"

namespace filoscope::eval {

/// A method and what it made of the pictures so far.
struct VisualMethod {
  std::unique_ptr<vision::Descriptor> descriptor;
  std::vector<vision::Description> db, query;
  double cpu_ms = 0;  ///< of describing all of both
  double ms_per_image() const;
};

/// The first is the product's; the others are baselines. Errors: those of vision::load_network.
Result<std::vector<VisualMethod>> visual_methods(const std::string& model);

/// Describes a picture by each method. Errors: those of Descriptor::describe.
Result<void> describe(std::vector<VisualMethod>& methods, const vision::Picture& picture,
                      std::vector<vision::Description> VisualMethod::*where);

/// Of each query the numbers of the database's pictures, the most alike first.
using Orders = std::vector<std::vector<std::uint32_t>>;
Orders orders_of(std::span<const std::vector<float>> queries,
                 std::span<const std::vector<float>> db);

/// What the product stores and compares, int8 codes with database augmentation and query expansion.
struct ProductAnswer {
  Orders orders;
  Orders plain_orders;   ///< without augmentation and expansion
  Orders served_orders;  ///< without augmentation, as the server answers; none with a SourceOf
  double embed_ms_per_image = 0;
  double learn_s = 0;
};
/// Which picture of the database a query was made of; it is as if it were not there, also for its
/// neighbours. Its place in an order means nothing.
using SourceOf = std::function<std::size_t(std::size_t query)>;
/// Errors: vision_nothing_to_learn.
Result<ProductAnswer> answer_as_product(const VisualMethod& method, const SourceOf& source_of = {});

/// Processor time of this thread.
double thread_cpu_ms();

}  // namespace filoscope::eval
