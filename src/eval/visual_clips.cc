#include "eval/visual_clips.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/random.h"
#include "eval/reasons.h"
#include "eval/visual_change.h"
#include "eval/visual_files.h"
#include "eval/visual_score.h"
#include "eval/visual_similar.h"
#include "vision/expansion.h"
#include "vision/vectors.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;

/// Clips whose colours are as alike as this (cosine of their mean Lab histograms) are of one scene:
/// a file in two formats, or a series in one room. Clips that have nothing to do with each other
/// reach .84. No label says so, and no method that is measured is asked, but for the plain one.
constexpr double kSceneLikeness = .88;

/// The frames of all clips, and what the methods made of them: `db` of the frames as they are,
/// `query` of the changed ones, first those cropped in the middle, then those off it.
struct Frames {
  std::vector<std::filesystem::path> clips;
  std::vector<std::size_t> clip_of;   ///< of each frame
  std::vector<std::size_t> scene_of;  ///< of each frame
  std::size_t count() const { return clip_of.size(); }
};

Result<Frames> read_all(const VisualOptions& options, std::vector<VisualMethod>& methods,
                        const Report& report) {
  Frames frames;
  FILOSCOPE_TRY(frames.clips, clip_files(options.clips));
  std::vector<vision::Description> VisualMethod::*const query = &VisualMethod::query;
  for (std::size_t clip = 0; clip < frames.clips.size(); ++clip) {
    report("describing frames",
           static_cast<double>(clip) / static_cast<double>(frames.clips.size()));
    FILOSCOPE_TRY(const auto pictures, load_frames(frames.clips[clip], kFramesOfClip));
    for (const auto& picture : pictures) {
      Random random(mix64(static_cast<std::uint64_t>(options.seed)) + frames.count());
      FILOSCOPE_DO(describe(methods, picture, &VisualMethod::db));
      FILOSCOPE_TRY(const auto middle_part, changed(picture, CropPlace::middle, random));
      FILOSCOPE_DO(describe(methods, middle_part, query));
      FILOSCOPE_TRY(const auto other_part, changed(picture, CropPlace::anywhere, random));
      FILOSCOPE_DO(describe(methods, other_part, query));
      frames.clip_of.push_back(clip);
    }
  }
  return frames;
}

/// Of each clip the first clip that it is joined with, over any number of steps.
std::vector<std::size_t> joined_clips(const std::vector<std::vector<float>>& looks) {
  std::vector<std::size_t> first(looks.size());
  std::iota(first.begin(), first.end(), std::size_t{0});
  for (std::size_t a = 0; a < looks.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      if (vision::dot(looks[a], looks[b]) >= kSceneLikeness) {
        const std::size_t from = std::max(first[a], first[b]), to = std::min(first[a], first[b]);
        std::replace(first.begin(), first.end(), from, to);
      }
  return first;
}

/// Of each clip the first clip whose line of the labels names the same scene.
Result<std::vector<std::size_t>> labelled_clips(const Frames& frames,
                                                const std::filesystem::path& path) {
  FILOSCOPE_TRY(const PictureLabels labels, read_labels(path));
  FILOSCOPE_TRY(const auto of_clips, labels_of(frames.clips, labels, path));
  std::map<std::string, std::size_t> first_of;
  std::vector<std::size_t> first;
  for (const auto& label : of_clips)
    first.push_back(first_of.emplace(label.fine, first.size()).first->second);
  return first;
}

std::vector<std::size_t> alike_clips(const Frames& frames, const VisualMethod& colours) {
  const auto dim = colours.descriptor->info().floats_count();
  std::vector<std::vector<float>> looks(frames.clips.size(), std::vector<float>(dim));
  for (std::size_t i = 0; i < frames.count(); ++i)
    vision::add(looks[frames.clip_of[i]], colours.db[i]);
  for (auto& look : looks) vision::make_unit(look);
  return joined_clips(looks);
}

Result<void> find_scenes(Frames& frames, const std::vector<VisualMethod>& methods,
                         const std::filesystem::path& labels) {
  std::vector<std::size_t> scenes;
  if (labels.empty()) {
    scenes = alike_clips(frames, *std::ranges::find_if(methods, [](const VisualMethod& method) {
                           return method.descriptor->info().name == "lab_histogram";
                         }));
  } else {
    FILOSCOPE_TRY(scenes, labelled_clips(frames, labels));
  }
  for (const auto clip : frames.clip_of) frames.scene_of.push_back(scenes[clip]);
  return {};
}

/// The names of clips that are one scene, of scenes with more than one.
Json joined_names(const Frames& frames) {
  std::map<std::size_t, std::vector<std::string>> scenes;
  std::size_t last = frames.clips.size();
  for (std::size_t i = 0; i < frames.count(); ++i) {
    if (frames.clip_of[i] == last) continue;
    last = frames.clip_of[i];
    scenes[frames.scene_of[i]].push_back(frames.clips[last].filename().string());
  }
  Json names = Json::array();
  for (const auto& [scene, clips] : scenes)
    if (clips.size() > 1) names.push_back(clips);
  return names;
}

std::size_t scenes_count(const Frames& frames) {
  return std::set<std::size_t>(frames.scene_of.begin(), frames.scene_of.end()).size();
}

/// Of the queries of even (middle) or odd (anywhere) number.
VisualScore score_part(const std::vector<std::size_t>& group_of, const Orders& orders,
                       std::size_t part) {
  Orders chosen;
  for (std::size_t i = part; i < orders.size(); i += 2) chosen.push_back(orders[i]);
  return score_of(
      chosen, [&](auto q, auto d) { return group_of[q] == group_of[d]; },
      [](auto q, auto d) { return q == d; });
}

/// A frame is right where `group_of` is that of the query's source.
void write_scores(Json& json, const std::vector<std::size_t>& group_of, const Orders& orders) {
  write_score(json, score_part(group_of, orders, 0));
  write_score(json["off_centre"], score_part(group_of, orders, 1));
}

}  // namespace

Result<Json> evaluate_clips(const VisualOptions& options, const Report& report) {
  FILOSCOPE_TRY(auto methods, visual_methods(options.model));
  FILOSCOPE_TRY(Frames frames, read_all(options, methods, report));
  report("learning and answering", 0);
  const auto source_of = [](std::size_t query) { return query / 2; };
  FILOSCOPE_TRY(const ProductAnswer answer, answer_as_product(methods.front(), source_of));
  FILOSCOPE_DO(find_scenes(frames, methods, options.labels));
  Json json{{"protocol", "visual clips"},
            {"descriptor", methods.front().descriptor->info().name},
            {"clips_count", frames.clips.size()},
            {"frames_count", frames.count()},
            {"scenes_count", scenes_count(frames)}};
  write_scores(json, frames.scene_of, answer.orders);
  write_costs(json, methods.front(), answer);
  write_scores(json["by_file"], frames.clip_of, answer.orders);
  write_scores(json["without_expansion"], frames.scene_of, answer.plain_orders);
  if (!options.strangers.empty()) {
    FILOSCOPE_TRY(const auto strangers, describe_strangers(methods.front(), options.strangers));
    FILOSCOPE_TRY(json["similar"], similar_shares(methods.front(), strangers));
  }
  for (std::size_t i = 1; i < methods.size(); ++i) {
    auto& one = json["baselines"][methods[i].descriptor->info().name];
    write_scores(one, frames.scene_of, orders_of(methods[i].query, methods[i].db));
    write_costs(one, methods[i]);
  }
  json["one_scene"] = joined_names(frames);
  return json;
}

}  // namespace filoscope::eval
