#include "base/pool.h"

#include <pthread.h>

#include <utility>

#include "base/guarded_thread.h"
#include "base/reasons.h"

namespace filoscope {

Pool::Pool(std::string name, std::size_t threads_count, std::size_t queue_max)
    : name_(std::move(name)), queue_max_(queue_max) {
  FILOSCOPE_CHECK(threads_count > 0);
  for (std::size_t i = 0; i < threads_count; ++i) {
    threads_.emplace_back([this] {
      pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
      run();
    });
  }
}

Pool::~Pool() { stop(); }

Result<void> Pool::post(Task task) {
  {
    Lock lock(mutex_);
    if (stopping_) return Error(base_reason("server_stopping"));
    if (queue_.size() >= queue_max_) return Error(base_reason("queue_full"), name_);
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return {};
}

void Pool::stop() {
  {
    Lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t Pool::queued_count() const {
  Lock lock(mutex_);
  return queue_.size();
}

void Pool::run() {
  for (;;) {
    Task task;
    {
      Lock lock(mutex_);
      wake_.wait(mutex_,
                 [this]() FILOSCOPE_REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    run_guarded(name_, task);
  }
}

}  // namespace filoscope
