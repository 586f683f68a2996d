#include "app/step_progress.h"

#include <fmt/format.h>

namespace filoscope::app {
namespace {

constexpr std::int64_t kPatienceUs = 1'000'000;

}  // namespace

void StepProgress::tell(const std::string& what, double share) {
  if (what != what_) end(), what_ = what, start_us_ = clock_.mono_us();
  if (clock_.mono_us() - start_us_ >= kPatienceUs) bar_.show(share, what);
}

void StepProgress::end() {
  const auto took_us = clock_.mono_us() - start_us_;
  if (!what_.empty() && took_us >= kPatienceUs)
    bar_.above(fmt::format("{}: {:.1f} s", what_, static_cast<double>(took_us) / 1e6));
  bar_.clear();
  what_.clear();
}

}  // namespace filoscope::app
