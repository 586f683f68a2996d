#include "eval/visual_similar.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eval/visual_clips.h"
#include "eval/visual_files.h"
#include "vision/similar.h"
#include "vision/vectors.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;
using Descriptions = std::span<const vision::Description>;

/// As they are stored and compared.
std::vector<vision::Embedding> stored_of(const vision::Projection& projection,
                                         Descriptions descriptions) {
  std::vector<vision::Embedding> out;
  for (const auto& one : descriptions)
    out.push_back(vision::unpack(vision::pack(projection.embed(one))));
  return out;
}

double share_found(const std::vector<vision::Embedding>& queries,
                   const std::vector<vision::Embedding>& db, double least) {
  const auto found = std::ranges::count_if(queries, [&](const auto& query) {
    return std::ranges::any_of(db,
                               [&](const auto& one) { return vision::dot(query, one) >= least; });
  });
  return static_cast<double>(found) / static_cast<double>(queries.size());
}

Json shares_of(const VisualMethod& method, Descriptions strangers,
               const vision::Projection& projection, std::int64_t learned_count) {
  const auto db = stored_of(projection, method.db);
  const double least = vision::least_similar(projection.info(), learned_count);
  return {{"least", least},
          {"queries_found", share_found(stored_of(projection, method.query), db, least)},
          {"strangers_found", share_found(stored_of(projection, strangers), db, least)}};
}

}  // namespace

Result<std::vector<vision::Description>> describe_strangers(VisualMethod& method,
                                                            const std::filesystem::path& folder) {
  std::vector<vision::Picture> pictures;
  if (const auto files = picture_files(folder)) {
    for (const auto& file : *files) {
      FILOSCOPE_TRY(auto picture, load_picture(file));
      pictures.push_back(std::move(picture));
    }
  } else {
    FILOSCOPE_TRY(const auto clips, clip_files(folder));
    for (const auto& clip : clips) {
      FILOSCOPE_TRY(auto frames, load_frames(clip, kFramesOfClip));
      std::ranges::move(frames, std::back_inserter(pictures));
    }
  }
  std::vector<vision::Description> out;
  for (const auto& picture : pictures) {
    FILOSCOPE_TRY(auto description, method.descriptor->describe(picture));
    out.push_back(std::move(description));
  }
  return out;
}

Result<Json> similar_shares(const VisualMethod& method, Descriptions strangers) {
  const auto& info = method.descriptor->info();
  FILOSCOPE_TRY(const auto learned, vision::Projection::learn(info, method.db));
  return Json{{"strangers_count", strangers.size()},
              {"learned", shares_of(method, strangers, learned, std::ssize(method.db))},
              {"drawn", shares_of(method, strangers, vision::Projection::drawn(info), 0)}};
}

}  // namespace filoscope::eval
