#include "contract/memory_blob_store.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "adapters/files/blob_key.h"
#include "adapters/files/reasons.h"
#include "base/clock.h"

namespace filoscope::contract {

class MemoryReader final : public BlobReader {
 public:
  MemoryReader(std::shared_ptr<MemoryBlobs> blobs, const MemoryBlobs::Content& content)
      : blobs_(std::move(blobs)),
        content_(content),
        size_bytes_(static_cast<std::int64_t>(content->bytes.size())),
        put_ms_(content->put_ms) {}
  std::int64_t size_bytes() const override { return size_bytes_; }
  std::int64_t put_ms() const override { return put_ms_; }
  const UniqueFd* native_file() const override { return nullptr; }
  Result<void> read(std::span<std::uint8_t> out, std::int64_t offset) const override {
    blobs_->use();
    const auto content = content_.lock();
    if (!content) return Error(files::reason("no_such_blob"), "what was open");
    if (offset + static_cast<std::int64_t>(out.size()) > size_bytes_)
      return Error(Code::corrupt, "the blob ends before");
    std::copy_n(content->bytes.begin() + offset, out.size(), out.begin());
    return {};
  }

 private:
  const std::shared_ptr<MemoryBlobs> blobs_;
  const std::weak_ptr<const MemoryBlobs::Blob> content_;
  const std::int64_t size_bytes_, put_ms_;
};

class MemoryBlobStore final : public BlobStore {
 public:
  explicit MemoryBlobStore(std::shared_ptr<MemoryBlobs> blobs) : blobs_(std::move(blobs)) {}

  Result<void> put(std::string_view key, UniqueFd file) override {
    FILOSCOPE_DO(files::check_key(key));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return errno_error("look at a blob's source");
    if (!S_ISREG(info.st_mode)) return Error(files::reason("blob_source_no_file"));
    Bytes bytes(static_cast<std::size_t>(info.st_size));
    FILOSCOPE_DO(read_all(file.get(), bytes, 0));
    return place(key, std::move(bytes));
  }
  Result<UniqueFd> make_temporary() override {
    UniqueFd file(memfd_create("blob", MFD_CLOEXEC));
    if (!file) return errno_error("make a temporary file");
    return file;
  }
  Result<std::unique_ptr<BlobReader>> open(std::string_view key) const override {
    blobs_->use();
    FILOSCOPE_TRY(const auto content, find(key));
    return std::unique_ptr<BlobReader>(std::make_unique<MemoryReader>(blobs_, content));
  }
  bool has_native_files() const override { return false; }
  Result<void> copy(std::string_view from, std::string_view to) override {
    FILOSCOPE_DO(files::check_key(to));
    FILOSCOPE_TRY(const auto content, find(from));
    return place(to, content->bytes);
  }
  Result<void> remove(std::string_view key) override {
    FILOSCOPE_DO(files::check_key(key));
    Lock lock(blobs_->mutex_);
    blobs_->all_.erase(std::string(key));
    return {};
  }
  Result<void> list(std::string_view prefix,
                    const std::function<void(std::string_view)>& each) const override {
    FILOSCOPE_DO(files::check_prefix(prefix));
    std::vector<std::string> keys;
    {
      Lock lock(blobs_->mutex_);
      for (const auto& [key, content] : blobs_->all_)
        if (key.starts_with(prefix)) keys.push_back(key);
    }
    for (const auto& key : keys) each(key);
    return {};
  }

 private:
  Result<MemoryBlobs::Content> find(std::string_view key) const {
    FILOSCOPE_DO(files::check_key(key));
    Lock lock(blobs_->mutex_);
    const auto at = blobs_->all_.find(key);
    if (at == blobs_->all_.end()) return Error(files::reason("no_such_blob"), key);
    return at->second;
  }
  Result<void> place(std::string_view key, Bytes bytes) {
    auto content = std::make_shared<const MemoryBlobs::Blob>(
        MemoryBlobs::Blob{std::move(bytes), SystemClock().now_ms()});
    Lock lock(blobs_->mutex_);
    if (blobs_->all_.emplace(key, std::move(content)).second) return {};
    return Error(files::reason("blob_exists"), key);
  }

  const std::shared_ptr<MemoryBlobs> blobs_;
};

std::unique_ptr<BlobStore> open_memory_blobs(std::shared_ptr<MemoryBlobs> blobs) {
  return std::make_unique<MemoryBlobStore>(std::move(blobs));
}

std::function<Result<std::unique_ptr<BlobStore>>(const std::filesystem::path&)>
memory_blobs_adapter() {
  const auto by_folder =
      std::make_shared<std::map<std::filesystem::path, std::shared_ptr<MemoryBlobs>>>();
  return [by_folder](const std::filesystem::path& folder) -> Result<std::unique_ptr<BlobStore>> {
    auto& blobs = (*by_folder)[folder];
    if (!blobs) blobs = std::make_shared<MemoryBlobs>();
    return open_memory_blobs(blobs);
  };
}

}  // namespace filoscope::contract
