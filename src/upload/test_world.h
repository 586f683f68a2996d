#pragma once

/// The world of social's tests with Uploads on top; the media worker is the test's own. Only for
/// *_test.cc files.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/reasons.h"
#include "media/reasons.h"
#include "social/test_world.h"
#include "upload/reasons.h"
#include "upload/upload_impl.h"

namespace filoscope::upload {

using catalog::State;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Stands in for the media worker: what it does is told by the file's first word.
class Processing {
 public:
  Result<media::MediaFacts> operator()(const Input& input, const media::MediaOutputs& outputs,
                                       const media::Progress& progress,
                                       const std::atomic<bool>* cancel) {
    {
      Lock lock(mutex);
      covers_ms.push_back(input.cover_ms);
      sounds.push_back(lent_of(input));
    }
    std::array<char, 16> head{};
    FILOSCOPE_CHECK(::pread(input.file_fd, head.data(), head.size() - 1, 0) >= 0);
    const std::string word(head.data());
    ++tries_count;
    if (word.starts_with("unlocked") && tries_count < 6)
      return Error(media::reason("media_worker_not_locked_in"), "seccomp", "it is off");
    progress(0, media::Stage::checking);
    if (word.starts_with("no memory")) throw std::bad_alloc();
    if (word.starts_with("throws once") && tries_count < 2) throw std::bad_alloc();
    if (word.starts_with("sends away")) return Error(base_reason("disk_failed"));
    if (word.starts_with("bad")) return Error(media::reason("video_too_long"), 700'000, 600'000);
    if (word.starts_with("crash"))
      return Error(media::reason("media_worker_crashed"), "signal Segmentation fault");
    if (word.starts_with("dies anew"))
      return Error(media::reason("media_worker_crashed"), "status " + std::to_string(tries_count));
    if (word.starts_with("killed")) return Error(media::reason("media_worker_killed"));
    if (word.starts_with("breaks")) return Error(Code::internal, "an inner part broke");
    if (word.starts_with("faults"))
      return Error(Code::internal, "inner part " + std::to_string(tries_count) + " broke");
    if (word.starts_with("eats")) return Error(media::reason("processing_out_of_memory"));
    if (word.starts_with("slow")) return Error(media::reason("processing_too_slow"), 1'800);
    progress(42, media::Stage::encoding);
    if (word.starts_with("hold")) {
      Lock lock(mutex);
      holding = true;
      changed.notify_all();
      while (!cancel->load() && !released) changed.wait_for_ms(mutex, 5, [&] { return released; });
      holding = false;
      if (cancel->load()) return Error(media::reason("processing_cancelled"));
    }
    media::MediaFacts facts;
    facts.duration_ms = 3000;
    facts.has_audio = true;
    facts.covers_count = 1;
    for (std::size_t i = 0; i < 2; ++i) {
      media::Rendition rendition;
      rendition.name = i == 0 ? "720" : "540";
      rendition.codecs = "avc1.64001f,mp4a.40.2";
      rendition.init_last = 99;
      rendition.segments = {{100, 50, 0, 1000}, {150, 50, 1000, 2000}};
      facts.renditions.push_back(rendition);
      must(write_all(outputs.renditions[i], crypto::as_bytes(rendition.name), 0));
    }
    must(write_all(outputs.covers[0], crypto::as_bytes("jpeg"), 0));
    if (lost_output) ::dup2(lost_output.get(), outputs.renditions[0]);
    if (before_return) before_return();
    return facts;
  }
  std::function<void()> before_return;  ///< called when all is written
  UniqueFd lost_output;                 ///< stands for the first output then
  void wait_until_held() {
    Lock lock(mutex);
    FILOSCOPE_CHECK(changed.wait_for_ms(mutex, 20'000, [&] { return holding; }));
  }
  void release() {
    Lock lock(mutex);
    released = true;
    changed.notify_all();
  }

  std::atomic<int> tries_count{0};
  Mutex mutex;
  Condition changed;
  bool holding = false, released = false;
  std::vector<std::optional<std::int64_t>> covers_ms;  ///< wanted of each try
  std::vector<std::string> sounds;                     ///< what each was lent; "" nothing

 private:
  static std::string lent_of(const Input& input) {
    std::array<char, 64> text{};
    if (input.sound_fd >= 0)
      FILOSCOPE_CHECK(::pread(input.sound_fd, text.data(), text.size() - 1, 0) >= 0);
    return text.data();
  }
};

/// A database whose disk may be full, and whose writes the test hears of before they begin.
class HookedDatabase final : public Database {
 public:
  explicit HookedDatabase(Database& database) : database_(database) {}
  Result<void> read(const Work& work) override { return database_.read(work); }
  Result<void> write(const Work& work) override {
    if (full) return Error(base_reason("disk_full"));
    if (before_write) before_write();
    return database_.write(work);
  }
  Result<void> migrate(std::string_view module, std::span<const Migration> steps) override {
    return database_.migrate(module, steps);
  }
  Result<std::vector<std::string>> check() override { return database_.check(); }
  std::atomic<bool> full{false};
  std::function<void()> before_write;

 private:
  Database& database_;
};

/// Judges as the test says: what the made-up worker makes is no clip.
class SetSafety final : public safety::Safety {
 public:
  explicit SetSafety(std::unique_ptr<safety::Safety> real) : real_(std::move(real)) {}
  void stop() override { real_->stop(); }
  Result<safety::Judgement> judge(int) override { return judgement; }
  Result<void> keep(Session& session, VideoId video, const safety::Judgement& judgement_kept,
                    const std::optional<copies::Blocked>& matched) override {
    return real_->keep(session, video, judgement_kept, matched);
  }
  Result<std::optional<safety::Judgement>> judgement_of(VideoId video) override {
    return real_->judgement_of(video);
  }
  Result<std::vector<safety::Held>> held() override { return real_->held(); }
  Result<std::int64_t> held_count() override { return real_->held_count(); }
  Result<void> release(VideoId video, std::optional<bool> sensitive) override {
    return real_->release(video, sensitive);
  }
  Result<void> refuse(VideoId video) override { return real_->refuse(video); }
  Result<void> set_sensitive(VideoId video, bool sensitive) override {
    return real_->set_sensitive(video, sensitive);
  }
  Result<safety::Status> status() override { return real_->status(); }

  safety::Judgement judgement;

 private:
  std::unique_ptr<safety::Safety> real_;
};

/// `Worker` stands in for the media worker.
template <typename Worker = Processing>
class World : public social::World {
 public:
  explicit World(const Settings& settings = {}) : social::World(settings) { start(); }

  void start() {
    reading = must(reading::Reading::open({*database, *catalog, config, "/proc/self/exe", 0}));
    copies = must(copies::Copies::open({*database, *catalog, clock, config}));
    safety = std::make_unique<SetSafety>(
        must(safety::Safety::open({*database, *catalog, *social, clock, config})));
    uploads = must(
        open_uploads({through != nullptr ? *through : *database, *blobs, *accounts, *catalog,
                      *social, *copies, *safety, *reading, workers, clock, config, folder.string()},
                     std::ref(processing), measure, [this] { return free_bytes.load(); }));
  }
  void restart() {
    uploads.reset();
    safety.reset();
    copies.reset();
    reading.reset();
    reopen_all();
    start();
  }
  UploadId begin(std::int64_t size_bytes, const std::string& caption = "") {
    NewUpload form;
    form.size_bytes = size_bytes;
    form.filename = "clip.mp4";
    form.caption = caption;
    return must(uploads->create(mara, form)).id;
  }
  Result<UploadState> send(UploadId id, std::int64_t offset, std::string_view bytes,
                           std::string_view checksum = "") {
    return send_by(mara, id, offset, bytes, checksum);
  }
  Result<UploadState> send_by(const accounts::Viewer& viewer, UploadId id, std::int64_t offset,
                              std::string_view bytes, std::string_view checksum = "") {
    auto chunk =
        uploads->begin_chunk(viewer, id, offset, static_cast<std::int64_t>(bytes.size()), checksum);
    if (!chunk) return chunk.error();
    FILOSCOPE_DO((*chunk)->write(crypto::as_bytes(bytes)));
    return (*chunk)->commit();
  }
  VideoId upload(const std::string& content, const std::string& caption = "") {
    return must(send(begin(static_cast<std::int64_t>(content.size()), caption), 0, content)).video;
  }
  VideoId upload_by(const accounts::Viewer& viewer, const std::string& content = "a clip") {
    NewUpload form;
    form.size_bytes = static_cast<std::int64_t>(content.size());
    return must(send_by(viewer, must(uploads->create(viewer, form)).id, 0, content)).video;
  }
  /// Waits for `condition`, moving the clock so that postponed jobs come up.
  template <typename Condition>
  void eventually(Condition condition) {
    const SystemClock real;
    const auto end_us = real.mono_us() + 20'000'000;
    Mutex mutex_of_wait;
    while (!condition()) {
      ASSERT_LT(real.mono_us(), end_us);
      clock.advance_ms(5'000);
      Lock lock(mutex_of_wait);
      filoscope::Condition().wait_for_ms(mutex_of_wait, 2, [] { return false; });
    }
  }
  void settle() {
    eventually([&] { return uploads->idle(); });
  }
  catalog::Video video(VideoId id) { return must(catalog->get(id)); }
  /// Why it failed, as it is stored.
  StoredReason failure(VideoId id) { return parse_stored(video(id).error); }
  std::size_t files_count() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "uploads"))
      count += entry.exists() ? 1 : 0;
    return count;
  }
  std::string file_of(UploadId id) {
    const auto bytes = must(read_file(folder / "uploads" / id.text(), 1 << 20));
    return std::string(crypto::as_text(bytes));
  }

  accounts::Viewer mara = member("mara"), jo = member("jo"), nobody;
  media::MediaWorkers workers;
  Worker processing;
  Measurer measure;
  std::atomic<std::int64_t> free_bytes = 1LL << 40;
  Database* through = nullptr;  ///< instead of `database`
  std::unique_ptr<copies::Copies> copies;
  std::unique_ptr<reading::Reading> reading;
  std::unique_ptr<SetSafety> safety;
  std::unique_ptr<Uploads> uploads;
};

}  // namespace filoscope::upload
