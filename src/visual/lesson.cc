#include "visual/lesson.h"

#include <algorithm>

namespace filoscope::visual {

std::vector<VideoId> lesson_clips(std::span<const VideoId> clips, std::int64_t pictures_count,
                                  std::int64_t count_all) {
  const auto all = std::max<std::int64_t>(count_all, 1);
  const auto wanted = std::clamp<std::int64_t>((std::ssize(clips) * pictures_count + all - 1) / all,
                                               1, std::ssize(clips));
  std::vector<VideoId> out;
  for (std::int64_t i = 0; i < wanted; ++i)
    out.push_back(clips[static_cast<std::size_t>(i * std::ssize(clips) / wanted)]);
  return out;
}

}  // namespace filoscope::visual
