#pragma once

/// VisualSearch behind its interface.

#include <atomic>
#include <deque>
#include <memory>
#include <thread>

#include "base/guarded_thread.h"
#include "base/mutex.h"
#include "lookers/looker.h"
#include "visual/moment_index.h"
#include "visual/store.h"
#include "visual/visual.h"

namespace filoscope::visual {

/// What one projection made of the catalogue. Immutable but for the index.
struct Generation {
  explicit Generation(const Config& config) : index(static_cast<std::size_t>(config[kGraphFrom])) {}
  MakerId id = 0;
  std::int64_t learned_count = 0;
  vision::Projection projection;
  MomentIndex index;
};
using GenerationPtr = std::shared_ptr<Generation>;

class VisualImpl final : public VisualSearch {
 public:
  explicit VisualImpl(const Parts& parts);
  ~VisualImpl() override;
  Result<void> start();

  Result<Found> by_picture(const accounts::Viewer& viewer, std::span<const std::uint8_t> picture,
                           const vision::Crop& part, std::size_t limit) override;
  Result<Found> by_moment(const accounts::Viewer& viewer, VideoId video, std::int64_t at_ms,
                          const vision::Crop& part, std::size_t limit) override;
  Status status() const override;
  void stop() override;
  bool settle(std::int64_t deadline_ms) override;

 private:
  using Look = Result<std::vector<lookers::Described>> (lookers::Looker::*)(int,
                                                                            const lookers::Ask&);

  // visual.cc: what is stored, and what is asked.
  Result<void> load();
  Result<void> load_moments(Generation& generation);
  Result<void> on_change(Session& session, const catalog::Entry& entry);
  void forget(VideoId video);
  GenerationPtr serving() const;
  Result<vision::PackedEmbedding> look(const Generation& by, lookers::Lookers& by_whom, int fd,
                                       Look how, lookers::Ask ask);
  void note_time(std::int64_t took_us);
  Result<Found> nothing_yet() const;
  Result<Found> find(const Generation& by, const accounts::Viewer& viewer,
                     const vision::PackedEmbedding& query, std::size_t limit,
                     std::optional<VideoId> but = {});
  Result<UniqueFd> clip_file(const catalog::Video& video) const;

  // looking.cc: the thread that looks at clips.
  void run();
  /// Whether there was something to do.
  Result<bool> step();
  Result<void> greet();
  Result<void> tidy();
  Result<void> add_what_is_there();
  /// One that nothing can be described for is given up, or gets one behind it that can be used.
  Result<bool> mend_generations();
  Result<void> look_at(const WaitingClip& clip);
  Result<std::vector<Store::Seen>> see(VideoId video, std::span<const GenerationPtr> makers);
  Result<std::vector<lookers::Described>> scenes(VideoId video,
                                                 std::vector<vision::DescriptorInfo> by);
  Result<void> keep(VideoId video, std::vector<Store::Seen> seen,
                    std::span<const GenerationPtr> makers);
  std::vector<GenerationPtr> makers() const;
  bool is_offered(const Generation& generation) const;
  vision::DescriptorInfo best_descriptor() const;
  Result<bool> begin_lesson();
  Result<void> go_on_with_lesson();
  Result<void> end_lesson();
  Result<void> begin_generation(vision::Projection projection, std::int64_t learned_count);
  Result<void> finish_generation();

  const Parts parts_;
  Store store_;
  std::atomic<bool> stop_{false};
  lookers::Lookers strangers_;  ///< for strangers' pictures, which reach no other
  lookers::Lookers moments_;    ///< for what a clip shows that somebody searches with
  lookers::Lookers clips_;      ///< for what is kept

  mutable Mutex mutex_;
  mutable Condition wake_;
  GenerationPtr active_ FILOSCOPE_GUARDED_BY(mutex_);  ///< answers; none before the first look
  GenerationPtr next_ FILOSCOPE_GUARDED_BY(mutex_);    ///< made ready behind it
  lookers::wire::Ready ready_ FILOSCOPE_GUARDED_BY(mutex_);  ///< empty until a worker has told
  std::optional<double> ms_per_picture_ FILOSCOPE_GUARDED_BY(mutex_);
  bool changed_ FILOSCOPE_GUARDED_BY(mutex_) = false;  ///< there may be something to do
  bool settled_ FILOSCOPE_GUARDED_BY(mutex_) = false;

  // Of the looking thread alone, once it has begun.
  bool tidied_ = false;
  std::vector<VideoId> damaged_;  ///< whose moments could not be read
  bool added_ = false;            ///< what was there before this module was
  /// A learning under way.
  struct Lesson {
    vision::DescriptorInfo info;
    std::int64_t due_count = 0;
    std::deque<VideoId> left;
    std::vector<vision::Description> descriptions;
    std::optional<vision::Projection> learned;  ///< to be stored
  };
  std::optional<Lesson> lesson_;
  std::int64_t lesson_failed_at_ = 0;  ///< pictures that there were when one came to nothing
  std::thread thread_;
};

}  // namespace filoscope::visual
