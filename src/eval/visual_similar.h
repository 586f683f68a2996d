#pragma once

/// How well the rule of vision/similar.h tells pictures of what is there from pictures of something
/// else.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "eval/visual_methods.h"

namespace filoscope::eval {

/// `method`'s descriptions of the pictures, or else of the clips' frames, of a folder.
/// Errors: those of picture_files and load_picture.
Result<std::vector<vision::Description>> describe_strangers(VisualMethod& method,
                                                            const std::filesystem::path& folder);

/// The shares of method.query and of `strangers` that find anything in method.db, with the
/// projection learned from db and with the drawn one, by packed vectors as they are.
/// Errors: vision_nothing_to_learn.
Result<nlohmann::ordered_json> similar_shares(const VisualMethod& method,
                                              std::span<const vision::Description> strangers);

}  // namespace filoscope::eval
