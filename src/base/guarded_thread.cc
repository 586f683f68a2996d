#include "base/guarded_thread.h"

#include <pthread.h>

#include <exception>
#include <utility>

#include "base/log.h"

namespace filoscope {
namespace {

/// There may be no memory for the line either.
void tell(const std::string& name, const char* reason) noexcept {
  try {
    log::error("thread.broke_off", {{"thread", name}, {"reason", std::string(reason)}});
  } catch (const std::exception&) {
  }
}

}  // namespace

bool run_guarded(const std::string& name, const std::function<void()>& work) noexcept {
  try {
    work();
    return true;
  } catch (const std::exception& problem) {
    tell(name, problem.what());
    return false;
  }
}

std::thread guarded_thread(std::string name, std::function<void()> work,
                           std::function<bool()> again) {
  return std::thread([name = std::move(name), work = std::move(work), again = std::move(again)] {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    bool more = true;
    while (more && !run_guarded(name, work)) {
      more = false;
      if (again) run_guarded(name, [&] { more = again(); });
    }
  });
}

}  // namespace filoscope
