#include "adapters/records/stream_hub.h"

#include <algorithm>
#include <iterator>
#include <thread>

#include "base/guarded_thread.h"
#include "base/log.h"

namespace filoscope::records {
namespace {

constexpr std::size_t kReadBatch = 4096;
/// What waits in memory for a consumer; one that is further behind reads from the store.
constexpr std::size_t kFreshMax = 16'384;
constexpr std::size_t kFreshBytesMax = 32 << 20;
constexpr std::int64_t kTryAgainMs = 500;

}  // namespace

class Hub::Consumer final : public Subscription {
 public:
  Consumer(Hub& hub, std::string_view name, LogPosition after, Awaited awaited,
           EventStream::Take take)
      : hub_(hub),
        name_(name),
        awaited_(awaited == Awaited::yes),
        take_(std::move(take)),
        taken_(after) {
    {
      Lock lock(hub_.mutex_);
      hub_.consumers_.push_back(this);
    }
    thread_ = guarded_thread(
        name_, [this] { run(); }, [this] { return rest(); });
  }

  ~Consumer() override {
    {
      Lock lock(hub_.mutex_);
      stopping_ = true;
      wake_.notify_all();
    }
    thread_.join();
    Lock lock(hub_.mutex_);
    std::erase(hub_.consumers_, this);
    hub_.taken_.notify_all();
  }

 private:
  friend class Hub;

  /// In the Hub's lock.
  void add(std::span<const LogRecord> records) FILOSCOPE_REQUIRES(hub_.mutex_) {
    last_ = records.back().position;
    wake_.notify_one();
    const bool follows = fresh_.empty() || records.front().position == fresh_.back().position + 1;
    std::size_t bytes = fresh_bytes_;
    for (const auto& record : records) bytes += record.body.size();
    if (!follows || bytes > kFreshBytesMax || fresh_.size() + records.size() > kFreshMax)
      return forget_fresh();  // the store has them
    fresh_.insert(fresh_.end(), records.begin(), records.end());
    fresh_bytes_ = bytes;
  }

  void forget_fresh() FILOSCOPE_REQUIRES(hub_.mutex_) {
    fresh_.clear();
    fresh_bytes_ = 0;
  }

  bool rest() {
    Lock lock(hub_.mutex_);
    return !wake_.wait_for_ms(hub_.mutex_, kTryAgainMs,
                              [this]() FILOSCOPE_REQUIRES(hub_.mutex_) { return stopping_; });
  }

  void run() {
    {
      Lock lock(hub_.mutex_);
      runs_as_ = std::this_thread::get_id();
    }
    for (bool behind = true;;) {
      if (behind && !read_stored()) {
        if (!rest()) return;
        continue;
      }
      std::vector<LogRecord> batch;
      {
        Lock lock(hub_.mutex_);
        wake_.wait(hub_.mutex_, [this]() FILOSCOPE_REQUIRES(hub_.mutex_) {
          return stopping_ || last_ > taken_;
        });
        if (stopping_) return;
        batch = next_fresh();
      }
      behind = batch.empty();
      if (!behind) pass(batch);
    }
  }

  /// What follows the last that was taken, if memory has it.
  std::vector<LogRecord> next_fresh() FILOSCOPE_REQUIRES(hub_.mutex_) {
    std::vector<LogRecord> batch(std::make_move_iterator(fresh_.begin()),
                                 std::make_move_iterator(fresh_.end()));
    forget_fresh();
    std::erase_if(batch, [this](const LogRecord& one) { return one.position <= taken_; });
    if (!batch.empty() && batch.front().position != taken_ + 1) batch.clear();
    return batch;
  }

  /// False where the store cannot be read.
  bool read_stored() {
    while (true) {
      const auto known = last_known();
      const auto records = hub_.read_(taken_, kReadBatch);
      if (!records) {
        log::warn("stream.not_read", {{"consumer", name_}, {"reason", records.error().message}});
        return false;
      }
      if (!records->empty()) pass(*records);
      Lock lock(hub_.mutex_);
      if (records->empty() && known > taken_) skip_dropped(known);
      if (stopping_ || records->size() < kReadBatch) return true;
    }
  }

  LogPosition last_known() {
    Lock lock(hub_.mutex_);
    return last_;
  }

  /// What was dropped before it was taken.
  void skip_dropped(LogPosition up_to) FILOSCOPE_REQUIRES(hub_.mutex_) {
    log::warn("stream.dropped_before_taken",
              {{"consumer", name_}, {"after", taken_}, {"up_to", up_to}});
    taken_ = up_to;
    hub_.taken_.notify_all();
  }

  void pass(std::span<const LogRecord> records) {
    take_(records);
    Lock lock(hub_.mutex_);
    taken_ = records.back().position;
    last_ = std::max(last_, taken_);
    hub_.taken_.notify_all();
  }

  Hub& hub_;
  const std::string name_;
  const bool awaited_;
  const EventStream::Take take_;
  Condition wake_;
  std::vector<LogRecord> fresh_ FILOSCOPE_GUARDED_BY(hub_.mutex_);  ///< consecutive
  std::size_t fresh_bytes_ FILOSCOPE_GUARDED_BY(hub_.mutex_) = 0;
  /// Written by this consumer's thread alone, which reads it without the lock.
  LogPosition taken_;
  LogPosition last_ FILOSCOPE_GUARDED_BY(hub_.mutex_) = 0;  ///< that is known to be stored
  std::thread::id runs_as_ FILOSCOPE_GUARDED_BY(hub_.mutex_);
  bool stopping_ FILOSCOPE_GUARDED_BY(hub_.mutex_) = false;
  std::thread thread_;
};

Hub::~Hub() {
  Lock lock(mutex_);
  FILOSCOPE_CHECK(consumers_.empty());
}

/// A consumer's hub is this one, which the analysis of locks cannot know.
void Hub::announce(std::span<const LogRecord> records) FILOSCOPE_TSA(no_thread_safety_analysis) {
  if (records.empty()) return;
  Lock lock(mutex_);
  for (auto* consumer : consumers_) consumer->add(records);
}

std::unique_ptr<Subscription> Hub::subscribe(std::string_view consumer, LogPosition after,
                                             Awaited awaited, EventStream::Take take) {
  return std::make_unique<Consumer>(*this, consumer, after, awaited, std::move(take));
}

bool Hub::wait_taken(LogPosition position, std::int64_t ms) {
  const auto self = std::this_thread::get_id();
  Lock lock(mutex_);
  const bool taken = taken_.wait_for_ms(
      mutex_, ms, [&]() FILOSCOPE_REQUIRES(mutex_) { return all_have(position, self); });
  if (!taken) missed_ = std::max(missed_, position);
  return taken;
}

bool Hub::keeps_up() const {
  Lock lock(mutex_);
  return all_have(missed_, {});
}

/// All that are waited for, but for the one that runs on thread `but`.
bool Hub::all_have(LogPosition position, std::thread::id but) const {
  return std::all_of(consumers_.begin(), consumers_.end(),
                     [&](const Consumer* one) FILOSCOPE_TSA(no_thread_safety_analysis) {
                       return !one->awaited_ || one->taken_ >= position || one->runs_as_ == but;
                     });
}

}  // namespace filoscope::records
