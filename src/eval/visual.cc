#include "eval/visual.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eval/reasons.h"
#include "eval/visual_clips.h"
#include "eval/visual_files.h"
#include "eval/visual_score.h"
#include "eval/visual_similar.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;
using Files = std::vector<std::filesystem::path>;

Error wrong(const char* option, const std::string& problem) {
  return {reason("eval_option_wrong"), option, problem};
}

Result<void> check(const VisualOptions& options) {
  const bool pictures = !options.db.empty() || !options.query.empty();
  if (!options.clips.empty())
    return pictures ? wrong("--clips", "give it or --db and --query, not both") : Result<void>();
  if (options.db.empty()) return wrong("--db", "give the folder that is searched, or --clips");
  if (options.query.empty()) return wrong("--query", "give the folder of what is looked for");
  if (options.labels.empty()) return wrong("--labels", "give the file that says what is right");
  return {};
}

Result<void> describe_files(const Files& files, std::vector<VisualMethod>& methods,
                            std::vector<vision::Description> VisualMethod::*where, double& read_ms,
                            const std::function<void()>& told) {
  for (const auto& file : files) {
    const double before_ms = thread_cpu_ms();
    FILOSCOPE_TRY(const auto picture, load_picture(file));
    read_ms += thread_cpu_ms() - before_ms;
    FILOSCOPE_DO(describe(methods, picture, where));
    told();
  }
  return {};
}

/// The scores of all methods; labels come in only here.
struct Judge {
  std::vector<PictureLabel> db, query;

  VisualScore fine(const Orders& orders) const {
    return score_of(
        orders, [&](auto q, auto d) { return query[q].fine == db[d].fine; }, none);
  }
  VisualScore coarse(const Orders& orders) const {
    return score_of(
        orders, [&](auto q, auto d) { return query[q].coarse == db[d].coarse; }, none);
  }
  /// Each picture has a coarse class.
  bool has_coarse() const {
    const auto has = [](const PictureLabel& label) { return !label.coarse.empty(); };
    return std::all_of(db.begin(), db.end(), has) && std::all_of(query.begin(), query.end(), has);
  }
  static bool none(std::size_t, std::size_t) { return false; }
};

Result<Json> evaluate_pictures(const VisualOptions& options, const Report& report) {
  FILOSCOPE_TRY(const Files db, picture_files(options.db));
  FILOSCOPE_TRY(const Files query, picture_files(options.query));
  if (std::ranges::find_first_of(db, query) != db.end())
    return Error(reason("eval_nothing_to_measure"), "a picture of --query is in --db, too");
  FILOSCOPE_TRY(auto methods, visual_methods(options.model));
  double read_ms = 0, done = 0;
  const auto all = static_cast<double>(db.size() + query.size());
  const auto told = [&] { report("describing pictures", ++done / all); };
  FILOSCOPE_DO(describe_files(db, methods, &VisualMethod::db, read_ms, told));
  FILOSCOPE_DO(describe_files(query, methods, &VisualMethod::query, read_ms, told));
  report("learning and answering", 0);
  FILOSCOPE_TRY(const ProductAnswer answer, answer_as_product(methods.front()));
  std::vector<Orders> baselines;
  for (std::size_t i = 1; i < methods.size(); ++i)
    baselines.push_back(orders_of(methods[i].query, methods[i].db));

  FILOSCOPE_TRY(const PictureLabels labels, read_labels(options.labels));
  Judge judge;
  FILOSCOPE_TRY(judge.db, labels_of(db, labels, options.labels));
  FILOSCOPE_TRY(judge.query, labels_of(query, labels, options.labels));
  const VisualScore score = judge.fine(answer.orders);
  if (score.measured_count == 0)
    return Error(reason("eval_nothing_to_measure"), "no query is of a class that --db has");
  Json json{{"protocol", "visual"},
            {"descriptor", methods.front().descriptor->info().name},
            {"db_count", db.size()},
            {"query_count", query.size()},
            {"measured_count", score.measured_count}};
  write_score(json, score);
  if (judge.has_coarse()) write_score(json["coarse"], judge.coarse(answer.orders));
  write_costs(json, methods.front(), answer);
  json["read_ms_per_image"] = read_ms / all;
  write_score(json["without_expansion"], judge.fine(answer.plain_orders));
  write_score(json["as_served"], judge.fine(answer.served_orders));
  if (!options.strangers.empty()) {
    FILOSCOPE_TRY(const auto strangers, describe_strangers(methods.front(), options.strangers));
    FILOSCOPE_TRY(json["similar"], similar_shares(methods.front(), strangers));
  }
  for (std::size_t i = 1; i < methods.size(); ++i) {
    auto& one = json["baselines"][methods[i].descriptor->info().name];
    write_score(one, judge.fine(baselines[i - 1]));
    write_costs(one, methods[i]);
  }
  return json;
}

}  // namespace

Result<Json> evaluate_visual(const VisualOptions& options, const Report& report) {
  FILOSCOPE_DO(check(options));
  if (!options.clips.empty()) return evaluate_clips(options, report);
  return evaluate_pictures(options, report);
}

}  // namespace filoscope::eval
