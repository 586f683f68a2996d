#include <algorithm>

#include "base/log.h"
#include "catalog/reasons.h"
#include "visual/reasons.h"
#include "visual/visual_impl.h"

namespace filoscope::visual {
namespace {

/// A clip whose worker died is tried once more.
constexpr std::int64_t kTriesMax = 2;
constexpr std::int64_t kIdleMs = 30'000;
constexpr std::int64_t kAgainMs = 5'000;  ///< after what is not the clip's fault

}  // namespace

void VisualImpl::run() {
  for (;;) {
    const auto done = step();
    if (!done) log::warn("visual.waits", {{"reason", done.error().message}});
    Lock lock(mutex_);
    if (stopping_) return;
    if (done && *done) continue;
    settled_ = done.has_value() && !changed_;
    wake_.notify_all();
    wake_.wait_for_ms(mutex_, done ? kIdleMs : kAgainMs,
                      [&]() FILOSCOPE_REQUIRES(mutex_) { return stopping_ || (done && changed_); });
    settled_ = changed_ = false;
    if (stopping_) return;
  }
}

bool VisualImpl::settle(std::int64_t deadline_ms) {
  Lock lock(mutex_);
  return wake_.wait_for_ms(mutex_, deadline_ms,
                           [&]() FILOSCOPE_REQUIRES(mutex_) { return settled_ && !changed_; });
}

Result<bool> VisualImpl::step() {
  FILOSCOPE_DO(greet());
  const auto all = makers();
  if (all.empty()) {
    vision::DescriptorInfo info;
    {
      Lock lock(mutex_);
      info = ready_.descriptors.back();
    }
    FILOSCOPE_DO(begin_generation(vision::Projection::drawn(info), 0));
    return true;
  }
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

/// Asks a worker once what it can make.
Result<void> VisualImpl::greet() {
  {
    Lock lock(mutex_);
    if (!ready_.descriptors.empty()) return {};
  }
  return describer_.with([&](Describer& describer) -> Result<void> {
    const auto& ready = describer.ready();
    if (!ready.model_problem.empty())
      log::warn("visual.model_not_used", {{"reason", ready.model_problem}});
    log::info("visual.ready", {{"descriptor", ready.descriptors.back().name}});
    Lock lock(mutex_);
    ready_ = ready;
    return {};
  });
}

Result<std::vector<Described>> VisualImpl::scenes(VideoId video,
                                                  std::vector<std::size_t> descriptors) {
  FILOSCOPE_TRY(const auto stored, parts_.catalog.get(video));
  FILOSCOPE_TRY(const UniqueFd file, clip_file(stored));
  std::vector<Described> out;
  wire::Job job;
  job.descriptors = std::move(descriptors);
  job.count = static_cast<int>(parts_.config[kFramesMax]);
  FILOSCOPE_DO(describer_.with([&](Describer& describer) -> Result<void> {
    FILOSCOPE_TRY(out, describer.scenes(file.get(), job));
    return {};
  }));
  return out;
}

Result<std::vector<Store::Seen>> VisualImpl::see(VideoId video,
                                                 std::span<const GenerationPtr> makers) {
  std::vector<std::size_t> wanted;
  for (const auto& maker : makers)
    if (const auto index = descriptor_of(*maker); index && std::ranges::count(wanted, *index) == 0)
      wanted.push_back(*index);
  if (wanted.empty()) return Error(reason("looking_busy"));
  FILOSCOPE_TRY(const auto described, scenes(video, wanted));
  std::vector<Store::Seen> out;
  for (const auto& maker : makers) {
    const auto index = descriptor_of(*maker);
    if (!index) continue;
    Store::Seen seen{maker->id, {}};
    for (const auto& one : described)
      if (one.descriptor == *index)
        seen.moments.push_back({one.at_ms, vision::pack(maker->projection.embed(one.description))});
    out.push_back(std::move(seen));
  }
  return out;
}

Result<void> VisualImpl::look_at(const WaitingClip& clip) {
  const auto all = makers();
  if (clip.tries_count >= kTriesMax) {
    log::warn("visual.clip_given_up", {{"video", clip.video.text()}});
    return keep(clip.video, {}, all);
  }
  FILOSCOPE_DO(store_.count_try(clip.video, clip.tries_count + 1));
  auto seen = see(clip.video, all);
  if (seen) return keep(clip.video, *std::move(seen), all);
  const auto& why = seen.error();
  log::warn("visual.clip_not_seen", {{"video", clip.video.text()}, {"reason", why.message}});
  const bool by_clip = why.code == Code::invalid_argument || why.code == Code::not_found;
  if (by_clip) return {};
  // Not the clip's fault: this was no try.
  FILOSCOPE_DO(store_.count_try(clip.video, clip.tries_count));
  return why;
}

Result<void> VisualImpl::keep(VideoId video, std::vector<Store::Seen> seen,
                              std::span<const GenerationPtr> makers) {
  return store_.keep(video, makers.back()->id, seen, [&] {
    for (const auto& one : seen)
      for (const auto& maker : makers)
        if (maker->id == one.maker) maker->index.put(video, one.moments);
  });
}

/// A projection is learned again where the catalogue has grown, or another descriptor is there.
Result<bool> VisualImpl::begin_lesson() {
  const auto all = makers();
  const auto& newest = *all.back();
  Lesson lesson;
  bool same = false;
  {
    Lock lock(mutex_);
    lesson.descriptor = ready_.descriptors.size() - 1;
    same = ready_.descriptors.back() == newest.projection.info();
  }
  const auto pictures = static_cast<std::int64_t>(newest.index.moments_count());
  const auto due = lesson_due(parts_.lessons, same ? newest.learned_count : 0, pictures);
  if (!due && same) return false;
  if (!due) {  // another descriptor, and little to learn from
    vision::DescriptorInfo info;
    {
      Lock lock(mutex_);
      info = ready_.descriptors.back();
    }
    FILOSCOPE_DO(begin_generation(vision::Projection::drawn(info), 0));
    return true;
  }
  FILOSCOPE_TRY(const auto clips, store_.clips());
  lesson.due_count = *due;
  for (const auto clip : lesson_clips(clips, *due, pictures)) lesson.left.push_back(clip);
  log::info("visual.learning", {{"clips", std::ssize(lesson.left)}, {"pictures", *due}});
  lesson_ = std::move(lesson);
  return true;
}

Result<void> VisualImpl::go_on_with_lesson() {
  if (!lesson_->left.empty()) {
    const auto clip = lesson_->left.front();
    lesson_->left.pop_front();
    auto described = scenes(clip, {lesson_->descriptor});
    if (!described) return {};  // others stand for it
    for (auto& one : *described) lesson_->descriptions.push_back(std::move(one.description));
    return {};
  }
  const Lesson lesson = *std::exchange(lesson_, std::nullopt);
  vision::DescriptorInfo info;
  {
    Lock lock(mutex_);
    info = ready_.descriptors[lesson.descriptor];
  }
  if (lesson.descriptions.empty()) return Error(reason("looking_busy"));
  FILOSCOPE_TRY(auto projection, vision::Projection::learn(info, lesson.descriptions));
  log::info("visual.learned", {{"pictures", std::ssize(lesson.descriptions)}});
  return begin_generation(std::move(projection), lesson.due_count);
}

Result<void> VisualImpl::begin_generation(vision::Projection projection,
                                          std::int64_t learned_count) {
  const auto all = makers();
  auto generation = std::make_shared<Generation>();
  generation->id = all.empty() ? 1 : all.back()->id + 1;
  generation->learned_count = learned_count;
  FILOSCOPE_DO(store_.add_maker({generation->id, learned_count, all.empty(), projection.encode()}));
  generation->projection = std::move(projection);
  Lock lock(mutex_);
  (all.empty() ? active_ : next_) = std::move(generation);
  return {};
}

Result<void> VisualImpl::finish_generation() {
  const auto all = makers();
  FILOSCOPE_DO(store_.activate(all.back()->id));
  log::info("visual.renewed", {{"descriptor", all.back()->projection.info().name},
                               {"learned_from", all.back()->learned_count}});
  Lock lock(mutex_);
  active_ = std::exchange(next_, nullptr);
  return {};
}

}  // namespace filoscope::visual
