#include <algorithm>

#include "base/log.h"
#include "catalog/reasons.h"
#include "lookers/reasons.h"
#include "visual/visual_impl.h"

namespace filoscope::visual {
namespace {

/// Of a clip: one that cannot be looked at is tried once more.
constexpr std::int64_t kTriesMax = 2;
constexpr std::int64_t kIdleMs = 30'000;
constexpr std::int64_t kAgainMs = 5'000;  ///< after what is not the clip's fault
constexpr std::size_t kAddedAtOnce = 500;
/// Of the pictures that a lesson should have; with fewer it comes to nothing.
constexpr double kLessonLeast = .9;

/// What another clip would meet as well.
bool is_of_all(const Error& error) { return error.code == Code::unavailable; }

}  // namespace

void VisualImpl::run() {
  for (;;) {
    const auto done = step();
    Lock lock(mutex_);
    if (stop_) return;
    if (!done) log::warn("visual.waits", {{"reason", done.error().message}});
    if (done && *done) continue;
    settled_ = done.has_value() && !changed_;
    wake_.notify_all();
    wake_.wait_for_ms(mutex_, done ? kIdleMs : kAgainMs,
                      [&]() FILOSCOPE_REQUIRES(mutex_) { return stop_ || (done && changed_); });
    settled_ = changed_ = false;
    if (stop_) return;
  }
}

bool VisualImpl::settle(std::int64_t deadline_ms) {
  Lock lock(mutex_);
  return wake_.wait_for_ms(mutex_, deadline_ms,
                           [&]() FILOSCOPE_REQUIRES(mutex_) { return settled_ && !changed_; });
}

Result<bool> VisualImpl::step() {
  FILOSCOPE_DO(greet());
  FILOSCOPE_DO(tidy());
  FILOSCOPE_DO(add_what_is_there());
  FILOSCOPE_TRY(const bool mended, mend_generations());
  if (mended) return true;
  const auto all = makers();
  FILOSCOPE_TRY(const auto clip, store_.next_waiting(all.back()->id));
  if (clip) {
    FILOSCOPE_DO(look_at(*clip));
    return true;
  }
  if (lesson_) {
    FILOSCOPE_DO(go_on_with_lesson());
    return true;
  }
  if (all.size() == 2) {
    FILOSCOPE_DO(finish_generation());
    return true;
  }
  return begin_lesson();
}

/// Asks a worker what it can make; again after the model was found to be another.
Result<void> VisualImpl::greet() {
  {
    Lock lock(mutex_);
    if (!ready_.descriptors.empty()) return {};
  }
  // So that the first who searches finds one warm.
  FILOSCOPE_DO(strangers_.with([](lookers::Looker&) { return Result<void>(); }));
  return clips_.with([&](lookers::Looker& looker) -> Result<void> {
    const auto& ready = looker.ready();
    if (!ready.model_problem.empty())
      log::warn("visual.model_not_used", {{"reason", ready.model_problem}});
    log::info("visual.ready", {{"descriptor", ready.descriptors.back().name}});
    Lock lock(mutex_);
    ready_ = ready;
    return {};
  });
}

/// What a kill or damage has left; not at the start, which a disk that can't be written must not
/// prevent.
Result<void> VisualImpl::tidy() {
  if (tidied_) return {};
  FILOSCOPE_DO(store_.remove_orphans());
  for (const auto video : damaged_) FILOSCOPE_DO(store_.look_again(video));
  tidied_ = true;
  return {};
}

/// Clips that were published without this module, as by an earlier release.
Result<void> VisualImpl::add_what_is_there() {
  if (added_) return {};
  std::vector<std::pair<VideoId, bool>> batch;
  const auto flush = [&]() -> Result<void> {
    FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
      for (const auto& [video, everyone] : batch)
        FILOSCOPE_DO(Store::add_clip(session, video, everyone));
      return {};
    }));
    batch.clear();
    return {};
  };
  std::vector<std::pair<VideoId, bool>> there;
  FILOSCOPE_DO(parts_.catalog.each([&](const catalog::Entry& entry) -> Result<void> {
    if (entry.kind == catalog::Kind::video && entry.state == catalog::State::published &&
        !catalog::is_kept_back(entry))
      there.emplace_back(entry.id, entry.visibility == catalog::Visibility::everyone);
    return {};
  }));
  for (const auto& one : there) {
    FILOSCOPE_TRY(const bool known, store_.has_clip(one.first));
    if (!known && parts_.catalog.get(one.first)) batch.push_back(one);
    if (batch.size() == kAddedAtOnce) FILOSCOPE_DO(flush());
  }
  FILOSCOPE_DO(flush());
  added_ = true;
  return {};
}

vision::DescriptorInfo VisualImpl::best_descriptor() const {
  Lock lock(mutex_);
  return ready_.descriptors.back();
}

Result<bool> VisualImpl::mend_generations() {
  const auto all = makers();
  GenerationPtr active, next;
  {
    Lock lock(mutex_);
    active = active_, next = next_;
  }
  if (next && !is_offered(*next)) {
    FILOSCOPE_DO(store_.remove_maker(next->id, active ? active->id : 0));
    Lock lock(mutex_);
    next_ = nullptr;
    return true;
  }
  if (!active && next) {
    FILOSCOPE_DO(finish_generation());
    return true;
  }
  if ((!active || !is_offered(*active)) && !next) {
    lesson_.reset();
    FILOSCOPE_DO(begin_generation(vision::Projection::drawn(best_descriptor()), 0));
    return true;
  }
  return false;
}

Result<std::vector<lookers::Described>> VisualImpl::scenes(VideoId video,
                                                           std::vector<vision::DescriptorInfo> by) {
  FILOSCOPE_TRY(const auto stored, parts_.catalog.get(video));
  FILOSCOPE_TRY(const UniqueFd file, clip_file(stored));
  lookers::Ask ask;
  ask.by = std::move(by);
  ask.count = static_cast<int>(parts_.config[kFramesMax]);
  std::vector<lookers::Described> out;
  FILOSCOPE_DO(clips_.with([&](lookers::Looker& looker) -> Result<void> {
    {
      Lock lock(mutex_);  // the model's file may have changed meanwhile
      if (ready_.descriptors != looker.ready().descriptors) ready_ = looker.ready();
    }
    FILOSCOPE_TRY(out, looker.scenes(file.get(), ask));
    return {};
  }));
  return out;
}

/// By each maker whose descriptor is there.
Result<std::vector<Store::Seen>> VisualImpl::see(VideoId video,
                                                 std::span<const GenerationPtr> makers) {
  std::vector<vision::DescriptorInfo> by;
  for (const auto& maker : makers)
    if (std::ranges::count(by, maker->projection.info()) == 0)
      by.push_back(maker->projection.info());
  FILOSCOPE_TRY(const auto described, scenes(video, by));
  std::vector<Store::Seen> out;
  for (const auto& maker : makers) {
    Store::Seen seen{maker->id, {}};
    for (const auto& one : described)
      if (by[one.by] == maker->projection.info())
        seen.moments.push_back({one.at_ms, vision::pack(maker->projection.embed(one.description))});
    if (!seen.moments.empty()) out.push_back(std::move(seen));
  }
  const bool by_newest = !out.empty() && out.back().maker == makers.back()->id;
  if (!by_newest) return Error(lookers::reason("model_not_there"));
  return out;
}

Result<void> VisualImpl::look_at(const WaitingClip& clip) {
  const auto all = makers();
  auto seen = see(clip.video, all);
  if (seen) return keep(clip.video, *std::move(seen), all);
  const auto& why = seen.error();
  if (is_of_all(why)) return why;
  log::warn("visual.clip_not_seen", {{"video", clip.video.text()}, {"reason", why.message}});
  if (clip.tries_count + 1 < kTriesMax) return store_.count_try(clip.video, clip.tries_count + 1);
  log::warn("visual.clip_given_up", {{"video", clip.video.text()}});
  return keep(clip.video, {}, all);
}

Result<void> VisualImpl::keep(VideoId video, std::vector<Store::Seen> seen,
                              std::span<const GenerationPtr> makers) {
  FILOSCOPE_DO(store_.keep(video, makers.back()->id, seen, [&] {
    for (const auto& one : seen)
      for (const auto& maker : makers)
        if (maker->id == one.maker) maker->index.put(video, one.moments);
  }));
  // A removal that was committed behind it may have been told before.
  FILOSCOPE_TRY(const bool there, store_.has_clip(video));
  if (!there) forget(video);
  return {};
}

/// A projection is learned again where the catalogue has grown, or another descriptor is there.
Result<bool> VisualImpl::begin_lesson() {
  const auto newest = makers().back();
  Lesson lesson;
  lesson.info = best_descriptor();
  const bool same = lesson.info == newest->projection.info();
  const auto pictures = static_cast<std::int64_t>(newest->index.moments_count());
  const auto due = lesson_due(parts_.lessons, same ? newest->learned_count : 0, pictures);
  if (!due && same) return false;
  if (!due) {  // another descriptor, and little to learn from
    FILOSCOPE_DO(begin_generation(vision::Projection::drawn(lesson.info), 0));
    return true;
  }
  if (pictures < 2 * lesson_failed_at_) return false;
  FILOSCOPE_TRY(const auto clips, store_.clips());
  if (clips.empty()) return false;
  lesson.due_count = *due;
  for (const auto clip : lesson_clips(clips, *due, pictures)) lesson.left.push_back(clip);
  log::info("visual.learning", {{"clips", std::ssize(lesson.left)}, {"pictures", *due}});
  lesson_ = std::move(lesson);
  return true;
}

Result<void> VisualImpl::go_on_with_lesson() {
  auto& lesson = *lesson_;
  const bool enough = std::ssize(lesson.descriptions) >= lesson.due_count;
  if (lesson.left.empty() || enough || lesson.learned) return end_lesson();
  auto described = scenes(lesson.left.front(), {lesson.info});
  if (!described && is_of_all(described.error())) {
    // Without its descriptor it cannot go on.
    if (described.error().reason == "model_not_there") lesson_.reset();
    return described.error();
  }
  lesson.left.pop_front();
  if (!described) return {};  // others stand for it
  for (auto& one : *described)
    if (std::ssize(lesson.descriptions) < lesson.due_count)
      lesson.descriptions.push_back(std::move(one.description));
  return {};
}

Result<void> VisualImpl::end_lesson() {
  auto& lesson = *lesson_;
  const auto count = static_cast<double>(lesson.descriptions.size());
  if (!lesson.learned) {
    if (count < kLessonLeast * static_cast<double>(lesson.due_count)) {
      log::warn("visual.lesson_too_short", {{"pictures", std::ssize(lesson.descriptions)}});
      lesson_failed_at_ = static_cast<std::int64_t>(makers().back()->index.moments_count());
      lesson_.reset();
      return {};
    }
    FILOSCOPE_TRY(lesson.learned, vision::Projection::learn(lesson.info, lesson.descriptions));
    log::info("visual.learned", {{"pictures", std::ssize(lesson.descriptions)}});
  }
  FILOSCOPE_DO(begin_generation(*lesson.learned, lesson.due_count));
  lesson_.reset();
  return {};
}

Result<void> VisualImpl::begin_generation(vision::Projection projection,
                                          std::int64_t learned_count) {
  const bool first = makers().empty();
  auto generation = std::make_shared<Generation>(parts_.config);
  FILOSCOPE_TRY(generation->id, store_.next_maker());
  generation->learned_count = learned_count;
  FILOSCOPE_DO(store_.add_maker({generation->id, learned_count, first, projection.encode()}));
  generation->projection = std::move(projection);
  // What a projection that could not be read has made is of no use.
  if (first) FILOSCOPE_DO(store_.activate(generation->id));
  Lock lock(mutex_);
  (first ? active_ : next_) = std::move(generation);
  return {};
}

Result<void> VisualImpl::finish_generation() {
  const auto newest = makers().back();
  FILOSCOPE_DO(store_.activate(newest->id));
  log::info("visual.renewed", {{"descriptor", newest->projection.info().name},
                               {"learned_from", newest->learned_count}});
  Lock lock(mutex_);
  active_ = std::exchange(next_, nullptr);
  return {};
}

}  // namespace filoscope::visual
