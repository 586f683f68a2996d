#pragma once

/// The files of one evaluation, read and divided into what is learned and what is tested.

#include "eval/evaluation.h"
#include "eval/interaction_log.h"
#include "eval/npy.h"

namespace filoscope::eval {

struct Inputs {
  Ids ids;
  InteractionLog log;
  std::optional<InteractionLog> test_log;
  std::vector<NpyMatrix> item_features;  ///< whose row is the item's id
  SocialPairs social;
  /// The log, or what is not held out of it; in the order of the file.
  std::vector<Interaction> train;
  /// The test file's, or the share held out; empty where the protocol divides the log itself.
  std::vector<Interaction> test;
};

/// Errors: those of `evaluate` that concern options and files.
Result<Inputs> read_inputs(const EvalOptions& options);

/// In an order drawn by `seed`.
void shuffle(std::vector<Interaction>& events, std::uint64_t seed);

}  // namespace filoscope::eval
