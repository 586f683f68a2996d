// `bench search.text`: searches with words, and completions while typing, over a large catalogue's
// captions; the same captions in SQLite's own full-text index (FTS5, in the order of bm25) beside
// them. Words follow Zipf's law, as those of a language do.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/feed_load.h"
#include "app/fts_rival.h"
#include "app/output.h"
#include "app/wiring.h"
#include "base/log.h"
#include "base/random.h"
#include "catalog/text.h"
#include "catalog/video_row.h"
#include "search/postings.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAuthor = "author";
constexpr double kSearchMs = 50, kSuggestMs = 20;
constexpr std::size_t kWords = 400'000, kTags = 20'000, kBatch = 20;
constexpr std::size_t kQueriesOfEach = 200;
constexpr int kWordsOfCaption = 9, kTagsOfCaption = 2;

/// Draws of 0 … count - 1, the first ones most often.
class Zipf {
 public:
  explicit Zipf(std::size_t count) : sums_(count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i)
      sums_[i] = sum += std::pow(static_cast<double>(i) + 2, -1.05);
  }
  std::size_t draw(Random& random) const {
    const double at = random.unit() * sums_.back();
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), at);
    return std::min<std::size_t>(static_cast<std::size_t>(found - sums_.begin()), sums_.size() - 1);
  }

 private:
  std::vector<double> sums_;
};

/// A word of syllables, longer the rarer it is.
std::string word_of(std::size_t number) {
  static constexpr std::string_view kFirst = "bdfghjklmnprstvwz", kSecond = "aeiou";
  std::string word;
  std::uint64_t bits = mix64(number);
  const std::size_t syllables =
      2 + static_cast<std::size_t>(std::log10(static_cast<double>(number) + 1) / 2);
  for (std::size_t i = 0; i < syllables; ++i) {
    word += kFirst[bits % kFirst.size()], bits /= kFirst.size();
    word += kSecond[bits % kSecond.size()], bits /= kSecond.size();
  }
  return word;
}

class Captions {
 public:
  std::string draw(Random& random) const {
    std::string caption;
    for (int i = 0; i < kWordsOfCaption; ++i) caption += word_of(words_.draw(random)) + " ";
    for (int i = 0; i < kTagsOfCaption; ++i) caption += "#" + tag(random) + " ";
    return caption;
  }
  std::string tag(Random& random) const { return word_of(kWords + tags_.draw(random)); }
  std::string word(Random& random) const { return word_of(words_.draw(random)); }

 private:
  Zipf words_{kWords}, tags_{kTags};
};

catalog::Video entry_of(std::int64_t number, const std::string& caption, AccountId owner) {
  catalog::Video video;
  video.id = {static_cast<std::uint64_t>(number)};
  video.owner = owner;
  video.state = catalog::State::published;
  video.caption = caption;
  for (std::size_t at = caption.find('#'); at != std::string::npos; at = caption.find('#', at + 1))
    video.hashtags.push_back(caption.substr(at + 1, caption.find(' ', at) - at - 1));
  video.created_ms = video.published_ms = number;
  return video;
}

Result<void> store(Session& session, const catalog::Video& video, int standing) {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO catalog_entries (id, kind, owner, state, draft, visibility, sample, caption, "
      "language, created_ms, published_ms, error, media_key, sound, facts) VALUES (?, 0, ?, 3, 0, "
      "0, 1, ?, '', ?, ?, '', '', 0, ?)",
      {video.id.db(), video.owner.db(), video.caption, video.created_ms, video.published_ms,
       catalog::encode_facts(video)}));
  for (const auto& tag : video.hashtags) {
    FILOSCOPE_DO(session.execute(
        "INSERT INTO catalog_hashtags (tag, term, videos_count) VALUES (?, ?, 1) ON CONFLICT (tag) "
        "DO UPDATE SET videos_count = catalog_hashtags.videos_count + 1",
        {tag, catalog::hashtag_term_of(tag)}));
  }
  FILOSCOPE_DO(search::index(session, video));
  return standing == 0 ? Result<void>() : search::set_standing(session, video.id, standing);
}

Result<void> fill(Wiring& wiring, FtsRival& rival, const Captions& captions, std::int64_t count) {
  if (wiring.accounts().find(kAuthor)) return {};  // a folder that was kept
  accounts::SignUp form;
  form.handle = kAuthor, form.display_name = "Author", form.birth_date = "1990-01-01";
  form.sample = true;
  FILOSCOPE_TRY(const auto owner, wiring.accounts().sign_up(form));
  ProgressBar bar;
  for (std::int64_t from = 1; from <= count; from += kBatch) {
    bar.show(static_cast<double>(from) / static_cast<double>(count), "indexing captions");
    FILOSCOPE_DO(rival.begin());
    FILOSCOPE_DO(wiring.database().write([&](Session& session) -> Result<void> {
      Random random(static_cast<std::uint64_t>(from));
      for (std::int64_t i = from; i < from + std::int64_t{kBatch} && i <= count; ++i) {
        const auto likes = std::pow(random.unit(), -.7) - 1;
        const auto entry = entry_of(i, captions.draw(random), owner.account.id);
        FILOSCOPE_DO(store(session, entry, search::standing_of(likes)));
        FILOSCOPE_DO(rival.add(i, entry.caption));
      }
      return {};
    }));
    FILOSCOPE_DO(rival.commit());
  }
  bar.clear();
  return {};
}

using Queries = std::vector<std::string>;

std::string with_typo(std::string word, Random& random) {
  word.erase(1 + random.below(word.size() - 2), 1);
  return word;
}

/// By what they are: one word, several of one caption, and so on.
std::map<std::string, Queries> searches(const Captions& captions) {
  Random random(77);
  std::map<std::string, Queries> kinds;
  for (std::size_t i = 0; i < kQueriesOfEach; ++i) {
    const auto caption = captions.draw(random);
    std::vector<std::string> words;
    for (auto rest = caption; rest.find(' ') != std::string::npos;) {
      words.push_back(rest.substr(0, rest.find(' ')));
      rest = rest.substr(rest.find(' ') + 1);
    }
    kinds["one word"].push_back(words[0]);
    kinds["two words"].push_back(words[0] + " " + words[1]);
    kinds["three words, the last begun"].push_back(words[2] + " " + words[3] + " " +
                                                   words[4].substr(0, 3));
    kinds["a hashtag"].push_back(words.back());
    kinds["one letter"].push_back(words[5].substr(0, 1));
    kinds["two common words"].push_back(word_of(i % 20) + " " + word_of((i * 7 + 3) % 20));
    kinds["misspelt"].push_back(with_typo(words[6] + words[7], random));
    kinds["nothing has all words"].push_back(words[0] + " " + captions.word(random) + " " +
                                             captions.word(random) + " " + captions.word(random));
  }
  return kinds;
}

Queries typed(const Captions& captions) {
  Random random(78);
  Queries queries;
  for (std::size_t i = 0; i < kQueriesOfEach; ++i) {
    const auto word = i % 2 == 0 ? captions.word(random) : captions.tag(random);
    queries.push_back(word.substr(0, 1 + i % 5));
    if (word.size() > 4) queries.push_back(with_typo(word, random));
  }
  return queries;
}

Result<std::vector<double>> time_each(const Queries& queries,
                                      const std::function<Result<void>(const std::string&)>& call) {
  std::vector<double> times_ms;
  for (const auto& query : queries) {
    const auto from_us = now_us();
    FILOSCOPE_DO(call(query));
    times_ms.push_back(static_cast<double>(now_us() - from_us) / 1000);
  }
  std::ranges::sort(times_ms);
  return times_ms;
}

Result<BenchReport> measure_text(const BenchOptions& options) {
  log::set_level(log::Level::warn);
  const BenchFolder folder(options.data);
  FILOSCOPE_TRY(const auto config, load_config(""));
  Wiring::Options wanted;
  wanted.data_folder = folder.path().string();
  wanted.missing = DataFolder::Missing::make;
  wanted.feed = false;
  FILOSCOPE_TRY(const auto wiring, Wiring::open(wanted, config));
  const Captions captions;
  FILOSCOPE_TRY(auto rival, FtsRival::make(folder.path() / "fts.sqlite"));
  FILOSCOPE_DO(fill(*wiring, rival, captions, options.videos_count));
  Json json{{"captions", options.videos_count}};
  std::string table = fmt::format("{} captions\n", options.videos_count);
  Verdict verdict;
  std::vector<double> all_ms;
  const auto report = [&](const std::string& name, const std::vector<double>& ms, double limit,
                          const std::vector<double>& fts_ms) {
    const double p99 = quantile(ms, .99), fts = quantile(fts_ms, .99);
    json["times"][name] = {{"p50_ms", quantile(ms, .5)},
                           {"p99_ms", p99},
                           {"fts5_p50_ms", quantile(fts_ms, .5)},
                           {"fts5_p99_ms", fts}};
    table +=
        fmt::format("{:<30} p50 {:7.2f} ms  p99 {:7.2f} ms (limit {:.0f})  FTS5 {:7.2f} {:8.2f}\n",
                    name, quantile(ms, .5), p99, limit, quantile(fts_ms, .5), fts);
    verdict.at_most(name + ", p99 (ms)", p99, limit);
  };
  for (const auto& [name, queries] : searches(captions)) {
    FILOSCOPE_TRY(const auto ms, time_each(queries, [&](const std::string& query) -> Result<void> {
                    FILOSCOPE_TRY(const auto found, wiring->search().entries({}, {.text = query}));
                    static_cast<void>(found);
                    return {};
                  }));
    FILOSCOPE_TRY(const auto fts_ms,
                  time_each(queries, [&](const std::string& query) { return rival.ask(query); }));
    report(name, ms, kSearchMs, fts_ms);
    all_ms.insert(all_ms.end(), ms.begin(), ms.end());
  }
  std::ranges::sort(all_ms);
  report("all searches", all_ms, kSearchMs, {});
  FILOSCOPE_TRY(const auto suggest_ms,
                time_each(typed(captions), [&](const std::string& query) -> Result<void> {
                  FILOSCOPE_TRY(const auto found, wiring->search().suggest({}, query, 8));
                  static_cast<void>(found);
                  return {};
                }));
  report("completions while typing", suggest_ms, kSuggestMs, {});
  verdict.write(json);
  return BenchReport{json, table + verdict.sentence() + "\n"};
}

}  // namespace

int bench_search_text(const BenchOptions& options) {
  return finish_bench(options, measure_text(options));
}

}  // namespace filoscope::app
