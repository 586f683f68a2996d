#include "sim/bulk_seeder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "base/mutex.h"
#include "base/random.h"
#include "engine/records.h"

namespace filoscope::sim {
namespace {

constexpr std::size_t kPlaysPerWrite = 4'000;
constexpr std::array<const char*, 6> kWordEnds{"a", "o", "en", "ik", "ul", "ese"};

/// Runs `work(i)` for all i < count on several threads; the first error ends it.
class Crew {
 public:
  Crew(int threads_count, const std::function<void(double, const char*)>& progress)
      : threads_count_(threads_count), progress_(progress) {}

  Result<void> run(std::size_t count, const char* what, double from, double to,
                   const std::function<Result<void>(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::atomic<int> running{threads_count_};
    std::vector<std::thread> threads;
    Mutex mutex;
    Condition changed;
    std::optional<Error> problem;
    for (int t = 0; t < threads_count_; ++t) {
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < count; i = next++) {
          if (auto done = work(i); !done) {
            Lock lock(mutex);
            if (!problem) problem = done.error();
            next = count;
          }
        }
        Lock lock(mutex);
        --running;
        changed.notify_all();
      });
    }
    {
      Lock lock(mutex);
      while (running > 0) {
        changed.wait_for_ms(mutex, 200, [&] { return running == 0; });
        const double share =
            static_cast<double>(std::min(next.load(), count)) / static_cast<double>(count);
        progress_(from + (to - from) * share, what);
      }
    }
    for (auto& thread : threads) thread.join();
    if (problem) return *problem;
    return {};
  }

 private:
  const int threads_count_;
  const std::function<void(double, const char*)>& progress_;
};

std::string word_of(std::size_t topic, std::size_t number) {
  return "w" + std::to_string(topic) + "x" + std::to_string(number) +
         kWordEnds[number % kWordEnds.size()];
}

std::string caption_of(std::size_t topic, Random& random) {
  std::string caption;
  for (int i = 0; i < 5; ++i) caption += word_of(topic, random.below(40)) + " ";
  caption += "#topic" + std::to_string(topic);
  if (random.below(3) == 0) caption += " #tag" + std::to_string(random.below(400));
  return caption;
}

catalog::Processed processed_of(Random& random) {
  catalog::Processed processed;
  processed.duration_ms = 4'000 + static_cast<std::int64_t>(random.below(26'000));
  processed.width = 720;
  processed.height = 1280;
  processed.placeholder = "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA";
  processed.covers_count = 1;
  for (const int width : {720, 540, 360}) {
    catalog::Rendition rendition;
    rendition.name = std::to_string(width);
    rendition.width = width;
    rendition.height = width * 16 / 9;
    rendition.fps = 30;
    rendition.bitrate_bps = width * 2'000;
    rendition.size_bytes = rendition.bitrate_bps / 8 * processed.duration_ms / 1000;
    rendition.codecs = "avc1.64001f,mp4a.40.2";
    rendition.init = {0, 1'400};
    rendition.segments_head = {{1'401, 90'000}, {90'001, 250'000}};
    processed.renditions.push_back(std::move(rendition));
  }
  return processed;
}

struct Person {
  PersonKey key;
  std::array<std::size_t, 2> likes{};  ///< topics
};

struct Clip {
  VideoId id;
  std::uint32_t duration_ms = 0;
  std::size_t topic = 0;
};

class Seeder {
 public:
  Seeder(const SeedOptions& options, Database& database, Outbox& log, accounts::Accounts& accounts,
         catalog::Catalog& catalog, const Clock& clock,
         const std::function<void(double, const char*)>& progress)
      : options_(options),
        database_(database),
        log_(log),
        accounts_(accounts),
        catalog_(catalog),
        clock_(clock),
        crew_(options.threads_count, progress) {}

  Result<Seeded> run() {
    FILOSCOPE_DO(make_authors());
    FILOSCOPE_DO(make_videos());
    FILOSCOPE_DO(make_people());
    FILOSCOPE_DO(make_plays());
    return std::move(seeded_);
  }

 private:
  Random random_for(std::size_t part, std::size_t number) const {
    return Random(options_.seed * 1'000'003 + part * 7'919 + mix64(number));
  }

  Result<void> make_authors() {
    authors_.resize(options_.authors_count);
    return crew_.run(authors_.size(), "authors", 0, 0.02, [&](std::size_t i) -> Result<void> {
      accounts::SignUp form;
      form.handle = "author" + std::to_string(i);
      form.display_name = "Author " + std::to_string(i);
      form.birth_date = "1990-01-01";
      form.language = "en";
      form.sample = true;
      FILOSCOPE_TRY(const auto made, accounts_.sign_up(form));
      authors_[i] = made.account.id;
      return {};
    });
  }

  Result<void> make_videos() {
    clips_.resize(options_.videos_count);
    return crew_.run(clips_.size(), "videos", 0.02, 0.7, [&](std::size_t i) -> Result<void> {
      Random random = random_for(1, i);
      Clip& clip = clips_[i];
      clip.topic = random.below(options_.topics_count);
      catalog::NewVideo form;
      form.owner = authors_[random.below(authors_.size())];
      form.caption = caption_of(clip.topic, random);
      form.sample = true;
      FILOSCOPE_TRY(const auto video, catalog_.create(form));
      const auto processed = processed_of(random);
      FILOSCOPE_DO(catalog_.publish(video.id, processed));
      clip.id = video.id;
      clip.duration_ms = static_cast<std::uint32_t>(processed.duration_ms);
      return {};
    });
  }

  Result<void> make_people() {
    people_.resize(options_.people_count);
    seeded_.tokens.resize(options_.people_count);
    return crew_.run(people_.size(), "people", 0.7, 0.85, [&](std::size_t i) -> Result<void> {
      FILOSCOPE_TRY(auto guest, accounts_.make_guest("en"));
      FILOSCOPE_TRY(const auto viewer, accounts_.authenticate(guest.token));
      FILOSCOPE_DO(accounts_.keep_guest(viewer));
      seeded_.tokens[i] = std::move(guest.token);
      people_[i].key = guest.person;
      Random random = random_for(2, i);
      for (auto& topic : people_[i].likes) topic = random.below(options_.topics_count);
      return {};
    });
  }

  /// What one person did with one clip.
  void add_play(const Person& person, Random& random, std::vector<LogRecord>& records) const {
    const Clip& clip = clips_[random.below(clips_.size())];
    const bool liked_topic = clip.topic == person.likes[0] || clip.topic == person.likes[1];
    engine::Event event;
    event.video = clip.id;
    event.type = engine::EventType::impression;
    records.push_back(engine::encode(person.key, event));
    const double share = liked_topic ? 0.5 + random.unit() / 2 : random.unit() * 0.5;
    event.type = engine::EventType::watch;
    event.watch_ms = static_cast<std::uint32_t>(share * clip.duration_ms);
    event.watched = {{0, std::max<std::uint32_t>(event.watch_ms, 1)}};
    event.ended = engine::WatchEnd::swipe;
    records.push_back(engine::encode(person.key, event));
  }

  Result<void> make_plays() {
    const std::size_t per_write = std::max<std::size_t>(
        1, kPlaysPerWrite / std::max<std::size_t>(1, options_.plays_per_person));
    const std::size_t writes = (people_.size() + per_write - 1) / per_write;
    return crew_.run(writes, "plays", 0.85, 1, [&](std::size_t number) -> Result<void> {
      std::vector<LogRecord> records;
      const auto end = std::min(people_.size(), (number + 1) * per_write);
      for (std::size_t i = number * per_write; i < end; ++i) {
        Random random = random_for(3, i);
        for (std::size_t play = 0; play < options_.plays_per_person; ++play) {
          add_play(people_[i], random, records);
        }
      }
      const auto now_ms = clock_.now_ms();
      for (auto& record : records) record.at_ms = now_ms;
      return database_.write([&](Session& session) -> Result<void> {
        FILOSCOPE_DO(log_.append(session, records));
        return {};
      });
    });
  }

  const SeedOptions& options_;
  Database& database_;
  Outbox& log_;
  accounts::Accounts& accounts_;
  catalog::Catalog& catalog_;
  const Clock& clock_;
  Crew crew_;
  std::vector<AccountId> authors_;
  std::vector<Clip> clips_;
  std::vector<Person> people_;
  Seeded seeded_;
};

}  // namespace

Result<Seeded> seed_installation(const SeedOptions& options, Database& database, Outbox& log,
                                 accounts::Accounts& accounts, catalog::Catalog& catalog,
                                 const Clock& clock,
                                 const std::function<void(double, const char*)>& progress) {
  return Seeder(options, database, log, accounts, catalog, clock, progress).run();
}

}  // namespace filoscope::sim
