/// What the HTTP edge makes of every BlobStore: the same answers, whether blobs are files here or
/// not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "api/api.h"
#include "api/delivery.h"
#include "api/test_client.h"
#include "base/clock.h"
#include "contract/adapters.h"
#include "contract/memory_blob_store.h"

namespace filoscope::contract {
namespace {

using api::TestClient;

std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

/// A server that gives each blob at its key, with one network thread.
class Edge {
 public:
  explicit Edge(const BlobStore& blobs) {
    EXPECT_TRUE(config_.set("api.net_threads", "1"));
    const auto files = std::make_shared<api::OpenFiles>(blobs, clock_, 16);
    api::Router router;
    router.add(api::delivery_route(
        "/{key}", blobs, [files](const api::Request& request) -> Result<api::Response> {
          FILOSCOPE_TRY(const auto file, files->get(request.parameters.at("key")));
          return api::deliver(request, *file, "video/mp4", "private, no-store");
        }));
    auto started = api::Server::start("127.0.0.1:0", std::move(router), config_, clock_);
    EXPECT_TRUE(ok(started));
    server_ = *std::move(started);
  }
  std::string address() const { return server_->address(); }

 private:
  Config config_;
  SystemClock clock_;
  std::unique_ptr<api::Server> server_;
};

Result<void> put(BlobStore& blobs, std::string_view key, std::string_view content) {
  FILOSCOPE_TRY(auto file, blobs.make_temporary());
  FILOSCOPE_DO(write_all(file.get(), crypto::as_bytes(content), 0));
  return blobs.put(key, std::move(file));
}

std::string large_content() {
  std::string text(3'000'001, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 / 7);
  return text;
}

class BlobDeliveryContract : public ::testing::TestWithParam<BlobsAdapter> {};

TEST_P(BlobDeliveryContract, GivesABlobWholeAndInRanges) {
  const Folder folder;
  const auto blobs = GetParam().open(folder.path());
  ASSERT_TRUE(ok(blobs));
  const auto large = large_content();
  ASSERT_TRUE(ok(put(**blobs, "large", large)));
  ASSERT_TRUE(ok(put(**blobs, "empty", "")));
  const Edge edge(**blobs);
  TestClient client(edge.address());
  const auto whole = client.ask(get("/large"));
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == large);
  EXPECT_EQ(whole.headers.at("content-length"), "3000001");
  EXPECT_EQ(whole.headers.count("content-security-policy"), 0U);
  const auto range = client.ask(get("/large", "Range: bytes=1000000-1999999\r\n"));
  EXPECT_EQ(range.status, 206);
  EXPECT_TRUE(range.body == large.substr(1'000'000, 1'000'000));
  EXPECT_EQ(range.headers.at("content-range"), "bytes 1000000-1999999/3000001");
  EXPECT_EQ(client.ask(get("/large", "Range: bytes=3000001-\r\n")).status, 416);
  EXPECT_EQ(client.ask(get("/large", "If-None-Match: " + whole.headers.at("etag") + "\r\n")).status,
            304);
  EXPECT_EQ(client.ask(get("/empty")).body, "");
  EXPECT_EQ(client.ask(get("/missing")).status, 404);
  EXPECT_EQ(client.ask(get("/large", "Range: bytes=-1\r\n")).body, large.substr(3'000'000));
}

INSTANTIATE_TEST_SUITE_P(Adapters, BlobDeliveryContract, ::testing::ValuesIn(blobs_adapters()),
                         kAdapterName);

TEST(BlobDelivery, AStoreThatTakesItsTimeHoldsNoNetworkThread) {
  for (const int held : {1, 2}) {  // it is opened, it is read
    const auto content = std::make_shared<MemoryBlobs>();
    const auto blobs = open_memory_blobs(content);
    ASSERT_TRUE(ok(put(*blobs, "slow", "slow")));
    std::promise<void> waits, goes_on;
    const auto gate = goes_on.get_future().share();
    std::atomic<int> uses = 0;
    content->on_use([&] {
      if (++uses != held) return;
      waits.set_value();
      gate.wait();
    });
    const Edge edge(*blobs);
    TestClient first(edge.address()), other(edge.address());
    first.send(get("/slow"));
    waits.get_future().wait();
    EXPECT_EQ(other.ask(get("/slow")).body, "slow") << "on the one network thread that there is";
    goes_on.set_value();
    EXPECT_EQ(first.read_answer().body, "slow");
  }
}

TEST(BlobDelivery, ABlobThatGoesWhileItIsGivenBreaksTheAnswerOff) {
  const auto content = std::make_shared<MemoryBlobs>();
  const auto blobs = open_memory_blobs(content);
  ASSERT_TRUE(ok(put(*blobs, "large", large_content())));
  std::atomic<int> uses = 0;
  content->on_use([&] {
    if (++uses == 4) EXPECT_TRUE(ok(blobs->remove("large")));
  });
  const Edge edge(*blobs);
  TestClient client(edge.address());
  EXPECT_LT(client.ask(get("/large")).body.size(), 3'000'001U);
  EXPECT_EQ(TestClient(edge.address()).ask(get("/large")).status, 404);
}

}  // namespace
}  // namespace filoscope::contract
