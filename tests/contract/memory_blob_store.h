#pragma once

/// Blobs in memory, as a store that is elsewhere has them: no native files, and what was removed is
/// gone also for who holds it open. Shows that the port asks for no file system.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/mutex.h"
#include "ports/blob_store.h"

namespace filoscope::contract {

/// What a store outlives its program in. Threads: any.
class MemoryBlobs {
 public:
  struct Blob {
    Bytes bytes;
    std::int64_t put_ms = 0;
  };
  using Content = std::shared_ptr<const Blob>;
  /// Called at each open and read, on the thread that waits for it.
  void on_use(std::function<void()> call) {
    Lock lock(mutex_);
    on_use_ = std::move(call);
  }

 private:
  friend class MemoryBlobStore;
  friend class MemoryReader;
  void use() {
    std::function<void()> call;
    {
      Lock lock(mutex_);
      call = on_use_;
    }
    if (call) call();
  }

  Mutex mutex_;
  std::map<std::string, Content, std::less<>> all_ FILOSCOPE_GUARDED_BY(mutex_);
  std::function<void()> on_use_ FILOSCOPE_GUARDED_BY(mutex_);
};

std::unique_ptr<BlobStore> open_memory_blobs(std::shared_ptr<MemoryBlobs> blobs);

/// Stores of one folder have the same blobs.
std::function<Result<std::unique_ptr<BlobStore>>(const std::filesystem::path&)>
memory_blobs_adapter();

}  // namespace filoscope::contract
