#include "eval/copies.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "eval/reasons.h"
#include "eval/visual_files.h"
#include "media/passed_on.h"
#include "prints/compare.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;
using prints::ClipPrint;

struct Change {
  const char* name;
  std::string filters;  ///< behind the clip
  int crf = 26;
  double recall_least = .95;
  bool in_a_picture = false;
};

/// Block letters on a darkened band: two lines over four fifths of the width.
std::string text_over() {
  std::string filters = "drawbox=x=iw*0.1:y=ih*0.66:w=iw*0.8:h=ih*0.18:color=black@0.5:t=fill";
  const auto box = [&](double x, double y, double w, double h) {
    filters += ",drawbox=x=iw*" + std::to_string(x) + ":y=ih*" + std::to_string(y) + ":w=iw*" +
               std::to_string(w) + ":h=ih*" + std::to_string(h) + ":color=white:t=fill";
  };
  for (int line = 0; line < 2; ++line)
    for (int letter = 0; letter < 11; ++letter) {
      const double x = .14 + .066 * letter, y = .68 + .08 * line;
      if ((letter + line) % 6 == 5) continue;  // between words
      box(x, y, .012, .06);
      if (letter % 2 == 0) box(x + .034, y, .012, .06);
      box(x, y + .022 * (letter % 3), .046, .014);
    }
  return filters;
}

std::vector<Change> changes() {
  return {
      {"encoded_again", "null", 35},
      {"cropped", "crop=trunc(iw*0.45)*2:trunc(ih*0.45)*2"},
      {"bordered", "pad=trunc(iw*0.6)*2:trunc(ih*0.65)*2:(ow-iw)/2:(oh-ih)/2:color=0x202020"},
      {"text_over", text_over(), 26, .85},
      {"mirrored", "hflip"},
      {"faster", "setpts=PTS/1.05"},
      {"slower", "setpts=PTS/0.95"},
      {"cut_out", "", 26},  // of three seconds, see filters_of
      {"brighter", "eq=brightness=0.12:contrast=1.1"},
      {"picture_in_picture", "", 26, .75, true},
  };
}

std::string first_seconds(double seconds) {
  return "[clip]trim=duration=" + std::to_string(seconds) +
         ",setpts=PTS-STARTPTS,scale=trunc(iw/2)*2:trunc(ih/2)*2";
}

/// The clip at two thirds of the width of an upright one.
std::string in_a_picture(const std::string& clip, double seconds) {
  return "[ground]fps=25,scale=432:768:force_original_aspect_ratio=increase,crop=432:768,"
         "loop=loop=-1:size=125,setpts=N/25/TB,trim=duration=" +
         std::to_string(seconds) + "[behind];" + clip +
         ",scale=288:-2[inside];[behind][inside]overlay=(W-w)/2:(H-h)*0.6:shortest=1";
}

media::PassingOn passing_on(const Change& change, const std::filesystem::path& ground,
                            double seconds, double clip_s, Random& random) {
  media::PassingOn how{first_seconds(seconds) + "," + change.filters, {}, change.crf};
  if (change.in_a_picture)
    return {in_a_picture(first_seconds(seconds), clip_s), ground, change.crf};
  if (change.filters.empty()) {
    const double begin_s = random.unit() * std::max(0.0, clip_s - 3);
    how.filters = first_seconds(seconds) + ",trim=start=" + std::to_string(begin_s) +
                  ":duration=3,setpts=PTS-STARTPTS";
  }
  return how;
}

/// One file in two formats: equal frame by frame, all the way.
bool is_one_file(const ClipPrint& a, const ClipPrint& b) {
  constexpr double kEqualBits = 10;
  const auto frames = std::min(a.frames_count(), b.frames_count());
  if (std::max(a.frames_count(), b.frames_count()) > frames + 1 || frames == 0) return false;
  double bits = 0;
  for (std::size_t i = 0; i < frames; ++i)
    bits += prints::distance(a.views[0].looks[i], b.views[0].looks[i]);
  return bits <= kEqualBits * static_cast<double>(frames);
}

/// The plain method: of every second's first frame the nearest in the other clip, mean of the
/// better half.
double plain_distance(const ClipPrint& one, const ClipPrint& other) {
  std::vector<int> least;
  for (std::size_t i = 0; i < one.frames_count(); i += prints::kFramesPerSecond) {
    least.push_back(prints::kBits);
    for (std::size_t j = 0; j < other.frames_count(); j += prints::kFramesPerSecond)
      least.back() =
          std::min(least.back(), prints::distance(one.views[0].looks[i], other.views[0].looks[j]));
  }
  std::ranges::sort(least);
  least.resize((least.size() + 1) / 2);
  double sum = 0;
  for (const int bits : least) sum += bits;
  return least.empty() ? prints::kBits : sum / static_cast<double>(least.size());
}

struct Clip {
  std::filesystem::path file;
  ClipPrint print;
};

struct Tally {
  std::size_t found = 0, false_pairs = 0;
  std::vector<double> plain_own;
  Json missed = Json::array(), wrong = Json::array();
};

void judge(const ClipPrint& copy, std::size_t of, const std::vector<Clip>& clips, Tally& tally,
           double& plain_other) {
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const bool own = i == of;
    if (!own && is_one_file(clips[of].print, clips[i].print)) continue;
    const auto like = prints::compare(copy, clips[i].print);
    const double plain = plain_distance(copy, clips[i].print);
    const auto name = clips[of].file.filename().string();
    if (own) {
      tally.found += like.copy ? 1 : 0;
      tally.plain_own.push_back(plain);
      if (!like.copy)
        tally.missed.push_back(
            {{"clip", name}, {"distance", like.distance}, {"moves", like.moves}});
    } else {
      plain_other = std::min(plain_other, plain);
      if (!like.copy) continue;
      ++tally.false_pairs;
      tally.wrong.push_back({{"copy_of", name},
                             {"taken_for", clips[i].file.filename().string()},
                             {"distance", like.distance},
                             {"moves", like.moves}});
    }
  }
}

Result<std::vector<Clip>> read_clips(const CopiesOptions& options, const Report& report) {
  FILOSCOPE_TRY(const auto files, clip_files(options.clips));
  std::vector<Clip> clips;
  for (const auto& file : files) {
    report("reading clips", static_cast<double>(clips.size()) / static_cast<double>(files.size()));
    auto print = media::print_passed_on(file, {first_seconds(options.seconds_max), {}, -1});
    if (!print) return Error(reason("eval_file_malformed"), file.string(), print.error().message);
    clips.push_back({file, *std::move(print)});
  }
  return clips;
}

Json one_file_names(const std::vector<Clip>& clips) {
  Json names = Json::array();
  for (std::size_t a = 0; a < clips.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      if (is_one_file(clips[a].print, clips[b].print))
        names.push_back({clips[b].file.filename().string(), clips[a].file.filename().string()});
  return names;
}

}  // namespace

Result<Json> evaluate_copies(const CopiesOptions& options, const Report& report) {
  FILOSCOPE_TRY(const auto clips, read_clips(options, report));
  const auto all = changes();
  std::vector<Tally> tallies(all.size());
  double plain_other = prints::kBits;
  Random random(1);
  for (std::size_t c = 0; c < all.size(); ++c)
    for (std::size_t i = 0; i < clips.size(); ++i) {
      report(all[c].name, static_cast<double>(i) / static_cast<double>(clips.size()));
      const double clip_s =
          static_cast<double>(clips[i].print.frames_count()) / prints::kFramesPerSecond;
      const auto& ground = clips[(i + clips.size() / 2) % clips.size()].file;
      const auto how = passing_on(all[c], ground, options.seconds_max, clip_s, random);
      const auto copy = media::print_passed_on(clips[i].file, how);
      if (!copy)
        return Error(reason("eval_file_malformed"), clips[i].file.string(), copy.error().message);
      judge(*copy, i, clips, tallies[c], plain_other);
    }
  Json json{{"protocol", "copies"}, {"clips_count", clips.size()}};
  std::size_t false_pairs = 0;
  for (std::size_t c = 0; c < all.size(); ++c) {
    const auto& tally = tallies[c];
    const auto count = static_cast<double>(clips.size());
    const auto plain =
        std::ranges::count_if(tally.plain_own, [&](double own) { return own < plain_other; });
    json["recall"][all[c].name] = {{"recall", static_cast<double>(tally.found) / count},
                                   {"must", all[c].recall_least},
                                   {"plain_at_no_false_pair", static_cast<double>(plain) / count},
                                   {"missed", tally.missed}};
    false_pairs += tally.false_pairs;
    for (const auto& one : tally.wrong) json["false"].push_back(one);
  }
  json["false_pairs_count"] = false_pairs;
  json["one_file"] = one_file_names(clips);
  return json;
}

}  // namespace filoscope::eval
