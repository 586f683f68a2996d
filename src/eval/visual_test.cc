#include "eval/visual.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "eval/test_files.h"
#include "eval/visual_change.h"
#include "eval/visual_files.h"
#include "eval/visual_score.h"
#include "media/rgb.h"
#include "media/test_clips.h"
#include "vision/test_pictures.h"

namespace filoscope::eval {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using vision::Picture;

TEST(VisualScore, IsTheMeanPrecisionAtTheRightOnes) {
  // Right: 1 and 3 of the first query, none of the second, 0 of the third.
  const Orders orders{{1, 0, 3, 2}, {0, 1, 2, 3}, {3, 2, 1, 0}};
  const std::vector<std::vector<std::uint32_t>> right{{1, 3}, {}, {0}};
  const auto score = score_of(
      orders, [&](auto q, auto d) { return std::ranges::count(right[q], d) > 0; },
      [](auto, auto) { return false; });
  EXPECT_EQ(score.measured_count, 2U);
  EXPECT_NEAR(score.map, ((1 + 2.0 / 3) / 2 + 1.0 / 4) / 2, 1e-12);
  EXPECT_NEAR(score.recall_at_1, .5, 1e-12);
}

TEST(VisualScore, DoesNotCountWhatIsLeftOut) {
  const auto score = score_of(
      {{2, 0, 1}}, [](auto, auto d) { return d != 0; }, [](auto, auto d) { return d == 2; });
  EXPECT_NEAR(score.map, .5, 1e-12);
  EXPECT_EQ(score.recall_at_1, 0);
}

void write_picture(const TestFiles& files, const std::string& name, const Picture& picture) {
  const auto jpeg = media::jpeg_of({picture.width, picture.height, picture.rgb}, 3).value();
  const auto path = files.write("labels.tsv", "").parent_path() / name;
  std::filesystem::create_directories(path.parent_path());
  files.write(name, {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
}

/// Three parts of each of some things in db, another part of each in query, and their labels.
struct Shop {
  explicit Shop(int things = 1) {
    std::string text = "file\tfine\tcoarse\n";
    for (int thing = 0; thing < things; ++thing) {
      const Picture whole = vision::drawn_picture(static_cast<std::uint64_t>(thing) + 1);
      const auto add = [&](const std::string& name, double left, double light) {
        write_picture(files, name, vision::part_of(whole, left, left, .75, light));
        text += name + "\t" + std::to_string(thing) + "\t" + std::to_string(thing / 2) + "\n";
      };
      const auto number = std::to_string(thing);
      add("db/" + number + "_0.jpg", .1, 1), add("db/" + number + "_1.jpg", .2, .8);
      add("db/" + number + "_2.jpg", 0, .9), add("query/" + number + ".jpg", .15, 1.1);
    }
    options.labels = files.write("labels.tsv", text);
    options.db = options.labels.parent_path() / "db";
    options.query = options.labels.parent_path() / "query";
    options.model = "none";
  }
  Result<nlohmann::ordered_json> run() const {
    return evaluate_visual(options, [](const std::string&, double) {});
  }
  std::string refusal() const {
    const auto result = run();
    return result ? "it ran" : std::string(result.error().reason) + ": " + result.error().message;
  }
  TestFiles files;
  VisualOptions options;
};

TEST(EvalVisual, FindsTheThingsAndReportsTheBaselinesBeside) {
  constexpr int kThings = 3;
  const auto json = Shop(kThings).run().value();
  EXPECT_GT(json["map"].get<double>(), .9);
  EXPECT_EQ(json["recall_at_1"], 1.0);
  EXPECT_EQ(json["db_count"], 3 * kThings);
  EXPECT_EQ(json["measured_count"], kThings);
  EXPECT_EQ(json["bytes_per_image"], 256);
  EXPECT_GT(json["ms_per_image"].get<double>(), 0);
  for (const char* name : {"lab_histogram", "hsv_histogram"})
    for (const char* figure : {"map", "recall_at_1", "ms_per_image", "bytes_per_image"})
      EXPECT_TRUE(json["baselines"][name].contains(figure)) << name << figure;
}

TEST(EvalVisual, TellsStrangersFromWhatIsThere) {
  Shop shop(4);
  const TestFiles others;
  for (std::uint64_t i = 0; i < 6; ++i)
    write_picture(others, "strangers/" + std::to_string(i) + ".jpg",
                  vision::drawn_picture(100 + i));
  shop.options.strangers = others.write("labels.tsv", "").parent_path() / "strangers";
  const auto json = shop.run().value()["similar"];
  EXPECT_EQ(json["strangers_count"], 6);
  EXPECT_EQ(json["drawn"]["queries_found"], 1.0);
  EXPECT_LT(json["drawn"]["strangers_found"].get<double>(), .2);
  shop.options.strangers = shop.options.query;
  EXPECT_EQ(shop.run().value()["similar"]["drawn"]["strangers_found"], 1.0);
}

TEST(EvalVisual, GoesByTheLabels) {
  constexpr int kThings = 2;
  const Shop shop(kThings);
  std::string text;
  for (int thing = 0; thing < kThings; ++thing)  // each query is said to be the next thing
    for (const auto& [name, label] :
         {std::pair{"db/" + std::to_string(thing) + "_0.jpg", thing},
          {"db/" + std::to_string(thing) + "_1.jpg", thing},
          {"db/" + std::to_string(thing) + "_2.jpg", thing},
          {"query/" + std::to_string(thing) + ".jpg", (thing + 1) % kThings}})
      text += name + "\t" + std::to_string(label) + "\n";
  shop.files.write("labels.tsv", text);
  EXPECT_EQ(shop.run().value()["recall_at_1"], 0.0);
}

TEST(EvalVisual, NamesWhatIsMissing) {
  Shop shop;
  shop.options.db += "-not-there";
  EXPECT_THAT(shop.refusal(), AllOf(HasSubstr("eval_file_not_read"), HasSubstr("db-not-there")));
  Shop empty;
  std::filesystem::create_directories(empty.options.query = empty.options.query / "none");
  EXPECT_THAT(empty.refusal(), HasSubstr("eval_nothing_to_measure"));
  Shop unlabelled;
  unlabelled.options.labels.clear();
  EXPECT_THAT(unlabelled.refusal(), AllOf(HasSubstr("eval_option_wrong"), HasSubstr("--labels")));
  Shop both;
  both.options.clips = both.options.db;
  EXPECT_THAT(both.refusal(), HasSubstr("eval_option_wrong"));
  Shop model;
  model.options.model = "/no/such/model.onnx";
  EXPECT_THAT(model.refusal(), AllOf(HasSubstr("vision_model_not_found"), HasSubstr("model.onnx")));
}

TEST(EvalVisual, NamesAPictureThatCannotBeRead) {
  const Shop shop;
  shop.files.write("db/2_1.jpg", "no picture");
  EXPECT_THAT(shop.refusal(), AllOf(HasSubstr("eval_file_malformed"), HasSubstr("2_1.jpg")));
}

TEST(EvalVisual, NamesTheLineOfLabelsThatDoNotFit) {
  const Shop shop;
  shop.files.write("labels.tsv", "file\tfine\tcoarse\ndb/0_0.jpg\t0\t0\nonly a word\n");
  EXPECT_THAT(shop.refusal(), AllOf(HasSubstr("eval_line_malformed"), HasSubstr("line 3")));
  shop.files.write("labels.tsv", "db/0_0.jpg\t0\t0\ndb/0_0.jpg\t1\t0\n");
  EXPECT_THAT(shop.refusal(), AllOf(HasSubstr("eval_line_malformed"), HasSubstr("line 2")));
  shop.files.write("labels.tsv", "db/0_0.jpg\t0\t0\n");
  EXPECT_THAT(shop.refusal(), AllOf(HasSubstr("eval_file_malformed"), HasSubstr("0_1.jpg")));
}

TEST(Changed, IsAPartThatIsMirroredHalfOfTheTime) {
  const Picture picture = vision::drawn_picture(1, 100, 80);
  Random random(1);
  int mirrored_count = 0;
  std::set<std::uint8_t> firsts;
  for (int i = 0; i < 20; ++i) {
    const auto one = changed(picture, CropPlace::middle, random).value();
    ASSERT_EQ(one.width, 70);
    ASSERT_EQ(one.height, 56);
    const auto far = [&](const Picture& other) {
      double sum = 0;  // of what brightness leaves: the pixels' order
      for (std::size_t at = 3; at < one.rgb.size(); ++at)
        sum += (one.rgb[at] > one.rgb[at - 3]) != (other.rgb[at] > other.rgb[at - 3]);
      return sum;
    };
    const Picture part = vision::part_of(picture, .15, .15, .7);
    if (far(vision::mirrored_picture(part)) < far(part)) ++mirrored_count;
    firsts.insert(one.rgb.front());
  }
  EXPECT_GT(mirrored_count, 4);
  EXPECT_LT(mirrored_count, 16);
  EXPECT_GT(firsts.size(), 5U);
}

TEST(EvalVisual, FindsTheScenesOfChangedFrames) {
  const TestFiles files;
  const auto write_clip = [&](const std::string& name, std::vector<int> tints) {
    media::ClipOptions options;
    options.width = 64, options.height = 48, options.sound = false;
    options.frames_count = 3, options.fps = 10, options.tints = std::move(tints);
    const Bytes clip = media::make_clip(options);
    return files.write(name, {reinterpret_cast<const char*>(clip.data()), clip.size()});
  };
  VisualOptions options;
  options.model = "none";
  options.clips = write_clip("grey.mp4", {128}).parent_path();
  write_clip("red.mp4", {215}), write_clip("green.mp4", {40}), write_clip("red again.mp4", {215});
  const auto json = evaluate_visual(options, [](const std::string&, double) {}).value();
  EXPECT_EQ(json["clips_count"], 4);
  EXPECT_EQ(json["frames_count"], 8);
  EXPECT_EQ(json["scenes_count"], 3);
  EXPECT_THAT(json["one_scene"], ElementsAre(nlohmann::ordered_json{"red again.mp4", "red.mp4"}));
  EXPECT_GT(json["map"].get<double>(), .9);
  EXPECT_LT(json["by_file"]["map"].get<double>(), json["map"].get<double>());
  EXPECT_TRUE(json["off_centre"].contains("recall_at_1"));
  options.labels =
      files.write("scenes.tsv", "grey.mp4\ta\nred.mp4\tb\ngreen.mp4\ta\nred again.mp4\tb\n");
  const auto told = evaluate_visual(options, [](const std::string&, double) {}).value();
  EXPECT_EQ(told["scenes_count"], 2);
}

}  // namespace
}  // namespace filoscope::eval
