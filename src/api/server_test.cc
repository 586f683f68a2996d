#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>

#include <atomic>
#include <future>

#include "api/api.h"
#include "api/delivery.h"
#include "api/reasons.h"
#include "api/test_client.h"
#include "base/log.h"

namespace filoscope::api {
namespace {

using testing::HasSubstr;
using testing::Not;

UniqueFd memory_file(const std::string& content) {
  UniqueFd fd(memfd_create("test", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), crypto::as_bytes(content), 0));
  return fd;
}

class MemoryFileReader final : public BlobReader {
 public:
  explicit MemoryFileReader(const std::string& content)
      : file_(memory_file(content)), size_bytes_(static_cast<std::int64_t>(content.size())) {}
  std::int64_t size_bytes() const override { return size_bytes_; }
  std::int64_t put_ms() const override { return 0; }
  Result<void> read(std::span<std::uint8_t> out, std::int64_t offset) const override {
    return read_all(file_.get(), out, offset);
  }
  const UniqueFd* native_file() const override { return &file_; }

 private:
  const UniqueFd file_;
  const std::int64_t size_bytes_;
};

/// Keeps what a streamed body brings.
class CollectingSink final : public BodySink {
 public:
  CollectingSink(std::string& into, std::atomic<int>& alive) : into_(into), alive_(alive) {
    ++alive_;
  }
  ~CollectingSink() override { --alive_; }
  Result<void> write(std::span<const std::uint8_t> bytes) override {
    into_ += crypto::as_text(bytes);
    if (crypto::as_text(bytes).find("poison") != std::string_view::npos)
      return Error(reason("listen_address_taken"), "poisoned");
    return {};
  }
  Result<Response> finish() override {
    Response response;
    response.status = 201;
    response.body = std::to_string(into_.size());
    return response;
  }

 private:
  std::string& into_;
  std::atomic<int>& alive_;
};

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    log::set_level(log::Level::off);
    ASSERT_TRUE(config_.set("api.slow_client_s", "1"));
    ASSERT_TRUE(config_.set("api.net_threads", "2"));
    ASSERT_TRUE(config_.set("api.work_threads", "2"));
    ASSERT_TRUE(config_.set("api.work_queue_max", "4"));
  }
  void start() {
    auto server = Server::start("127.0.0.1:0", routes(), config_, clock_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
  }
  std::string address() const { return server_->address(); }

  Router routes() {
    Router router;
    router.add({"GET", "/hello/{name}", Handler([](const Request& request) -> Result<Response> {
                  Response response;
                  response.content_type = "text/plain";
                  response.body = "hello " + request.parameters.at("name") + " " +
                                  request.request_id + " " + request.remote_address;
                  return response;
                })});
    router.add({"POST", "/echo", Handler([](const Request& request) -> Result<Response> {
                  Response response;
                  response.body = request.body;
                  return response;
                }),
                1000});
    router.add({"POST", "/stream",
                StreamHandler([this](const Request&) -> Result<std::unique_ptr<BodySink>> {
                  return std::unique_ptr<BodySink>(
                      std::make_unique<CollectingSink>(streamed_, sinks_alive_));
                }),
                64 << 20});
    router.add({"POST", "/refuse",
                StreamHandler([](const Request&) -> Result<std::unique_ptr<BodySink>> {
                  return Error(reason("listen_address_taken"), "not now");
                }),
                64 << 20});
    router.add({"GET", "/throw", Handler([](const Request&) -> Result<Response> {
                  throw std::runtime_error("secret detail");
                })});
    router.add({"GET", "/wait", Handler([this](const Request&) -> Result<Response> {
                  ++waiting_;
                  gate_.wait();
                  return Response();
                })});
    const auto file = std::make_shared<OpenFile>();
    file->blob = std::make_shared<MemoryFileReader>(content_);
    file->etag = "\"tag\"";
    Route media{"GET", "/file", Handler([file](const Request& request) -> Result<Response> {
                  return deliver(request, *file, "video/mp4", "public, max-age=60");
                })};
    media.inline_on_network_thread = true;
    media.work = Work::media;
    router.add(std::move(media));
    return router;
  }

  Config config_;
  SystemClock clock_;
  std::string content_ = [] {
    std::string text(8 << 20, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 / 7);
    return text;
  }();
  std::string streamed_;
  std::atomic<int> sinks_alive_{0}, waiting_{0};
  std::promise<void> open_gate_;
  std::shared_future<void> gate_ = open_gate_.get_future().share();
  std::unique_ptr<Server> server_;
};

constexpr const char* kGet = "GET /hello/ada HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(ServerTest, KeepsAConnectionAndAnswersEachRequest) {
  start();
  TestClient client(address());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.ask(kGet);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("hello ada"));
    EXPECT_THAT(answer.body, HasSubstr(answer.headers.at("x-request-id")));
    EXPECT_EQ(answer.headers.at("connection"), "keep-alive");
    EXPECT_THAT(answer.headers.at("content-security-policy"), HasSubstr("frame-ancestors 'none'"));
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  TestClient client(address());
  std::string all;
  for (int i = 0; i < 20; ++i) {
    all += "GET /hello/n" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    all += "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n" +
           std::to_string(10 + i);
  }
  client.send(all);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(client.read_answer().body, HasSubstr("hello n" + std::to_string(i) + " "));
    EXPECT_EQ(client.read_answer().body, std::to_string(10 + i));
  }
}

TEST_F(ServerTest, RefusesBadFramingWithAProblem) {
  start();
  const std::pair<std::string, int> cases[] = {
      {"GARBAGE\r\n\r\n", 400},
      {"GET /hello/a HTTP/1.1\r\n\r\n", 400},
      {"GET /hello/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET hello HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /hello/a HTTP/2.7\r\nHost: localhost\r\n\r\n", 505},
      {"GET /hello/a HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\n Content-Length: 3\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: "
       "3\r\n\r\nabc",
       400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: "
       "chunked\r\n\r\n"
       "0\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
       "fffffffffffffffff\r\nab\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: "
       "3\r\n\r\nabc",
       400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3, 4\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: +3\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length : 3\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, "
       "chunked\r\n\r\n0\r\n\r\n",
       501},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\n\r\n", 501},
      {"POST /echo HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       501},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "identity\r\n\r\n0\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: cake\r\nContent-Length: 3\r\n\r\nabc",
       417},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n", 413},
      {"DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
      {"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
      {"GET /" + std::string(20000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431},
  };
  for (const auto& [request, status] : cases) {
    TestClient client(address());
    const auto answer = client.ask(request);
    EXPECT_EQ(answer.status, status) << request.substr(0, 80);
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
    EXPECT_THAT(answer.body, HasSubstr("\"detail\""));
  }
}

TEST_F(ServerTest, ListsTheMethodsOfAPath) {
  start();
  TestClient client(address());
  const auto refused =
      client.ask("PUT /hello/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.at("allow"), "GET, HEAD, OPTIONS");
  const auto options = client.ask("OPTIONS /hello/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ServerTest, ReadsChunkedBodiesAndLimitsThem) {
  start();
  TestClient client(address());
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.ask(head + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n").body, "abcdefg");
  EXPECT_EQ(client.ask(head + "7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\n\r\n").status, 413);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, RequestIdsAreTakenWhenSane) {
  start();
  TestClient client(address());
  auto answer =
      client.ask("GET /hello/a HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: abc-1\r\n\r\n");
  EXPECT_EQ(answer.headers.at("x-request-id"), "abc-1");
  answer = client.ask("GET /hello/a HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\"b\r\n\r\n");
  EXPECT_EQ(answer.headers.at("x-request-id").size(), 13);
}

TEST_F(ServerTest, HidesWhatIsOurFault) {
  start();
  TestClient client(address());
  const auto answer = client.ask("GET /throw HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
  EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(ServerTest, StreamsALargeBodyWithContinue) {
  start();
  TestClient client(address());
  const auto head =
      "POST /stream HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: " +
      std::to_string(content_.size()) + "\r\n\r\n";
  EXPECT_EQ(client.ask(head).status, 100);
  const auto answer = client.ask(content_);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, std::to_string(content_.size()));
  EXPECT_TRUE(streamed_ == content_);
  EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(ServerTest, AnswersARefusedStreamAndKeepsTheConnection) {
  start();
  TestClient client(address());
  const auto head = "POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n";
  client.send(head + std::string(1'000'000, 'x'));
  EXPECT_EQ(client.read_answer().status, 409);
  EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(ServerTest, AnswersWhenASinkRefusesInTheMiddle) {
  start();
  TestClient client(address());
  client.send("POST /stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\npoison" +
              std::string(999'994, 'x'));
  EXPECT_EQ(client.read_answer().status, 409);
  EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(ServerTest, DestroysTheSinkOfABrokenUpload) {
  start();
  {
    TestClient client(address());
    client.send("POST /stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" +
                std::string(600'000, 'x'));
  }
  server_->stop(5000);
  EXPECT_EQ(sinks_alive_, 0);
}

TEST_F(ServerTest, ServesRangesAndConditions) {
  start();
  TestClient client(address());
  const auto ask = [&client](const std::string& fields, const std::string& method = "GET") {
    return client.ask(method + " /file HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n",
                      method == "HEAD");
  };
  const auto whole = ask("");
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == content_);
  const auto part = ask("Range: bytes=1000-260999\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_TRUE(part.body == content_.substr(1000, 260'000));
  EXPECT_EQ(part.headers.at("content-range"), "bytes 1000-260999/8388608");
  EXPECT_EQ(ask("Range: bytes=-5\r\n").body, content_.substr(content_.size() - 5));
  const auto behind = ask("Range: bytes=8388608-\r\n");
  EXPECT_EQ(behind.status, 416);
  EXPECT_EQ(behind.headers.at("content-range"), "bytes */8388608");
  EXPECT_EQ(ask("Range: bytes=0-9\r\nIf-Range: \"tag\"\r\n").status, 206);
  EXPECT_EQ(ask("Range: bytes=0-9\r\nIf-Range: \"old\"\r\n").status, 200);
  const auto unchanged = ask("If-None-Match: \"a\", W/\"tag\"\r\n");
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.headers.at("etag"), "\"tag\"");
  const auto head = ask("", "HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "8388608");
  EXPECT_EQ(ask("Range: bytes=0-9\r\n", "HEAD").status, 200) << "ranges are for GET";
  EXPECT_EQ(ask("Range: bytes=0-0\r\n").body.size(), 1);
}

TEST_F(ServerTest, DropsAClientThatSendsNothingMore) {
  start();
  TestClient client(address());
  client.send("GET /hello/a HTTP/1.1\r\nHost:");
  EXPECT_EQ(client.read_answer().status, 408);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, DropsAClientThatReadsNothing) {
  start();
  TestClient client(address(), 4096);
  client.send(
      "GET /file HTTP/1.1\r\nHost: localhost\r\n\r\nGET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
  TestClient other(address());
  const auto before = clock_.mono_us();
  while (clock_.mono_us() - before < 2'500'000) {
    ASSERT_EQ(other.ask(kGet).status, 200);
  }
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, SurvivesClientsThatLeaveInTheMiddleOfAFile) {
  start();
  for (int i = 0; i < 20; ++i) {
    TestClient leaving(address(), 4096);
    leaving.send(
        "GET /file HTTP/1.1\r\nHost: localhost\r\n\r\nGET /file HTTP/1.1\r\nHost: "
        "localhost\r\n\r\n");
  }
  TestClient client(address());
  EXPECT_TRUE(client.ask("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n").body == content_);
}

TEST_F(ServerTest, SaysBusyWhenTheQueueIsFull) {
  start();
  std::vector<std::unique_ptr<TestClient>> clients;
  const auto ask_to_wait = [&] {
    clients.push_back(std::make_unique<TestClient>(address()));
    clients.back()->send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  ask_to_wait();
  ask_to_wait();
  while (waiting_ < 2) std::this_thread::yield();
  for (int i = 0; i < 10; ++i) ask_to_wait();
  // Two run and four wait; so six are refused at once, whichever they are.
  const auto answered = [&] {
    return std::count_if(clients.begin(), clients.end(), [](auto& one) { return one->readable(); });
  };
  const auto end_us = clock_.mono_us() + 10'000'000;
  while (answered() < 6 && clock_.mono_us() < end_us) std::this_thread::yield();
  EXPECT_EQ(answered(), 6);
  open_gate_.set_value();
  int busy = 0;
  for (auto& client : clients) {
    const auto answer = client->read_answer();
    if (answer.status == 200) continue;
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.headers.at("retry-after"), "5");
    ++busy;
  }
  EXPECT_EQ(busy, 6);
}

TEST_F(ServerTest, RefusesConnectionsAboveTheCap) {
  ASSERT_TRUE(config_.set("api.connections_max", "16"));
  start();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<TestClient>(address()));
    ASSERT_EQ(clients.back()->ask(kGet).status, 200);
  }
  TestClient refused(address());
  EXPECT_EQ(refused.read_answer().status, 503);
  EXPECT_TRUE(refused.closed_by_server());
}

TEST_F(ServerTest, StopLetsRunningRequestsFinish) {
  start();
  TestClient idle(address());
  ASSERT_EQ(idle.ask(kGet).status, 200);
  TestClient busy(address());
  busy.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while (waiting_ == 0) std::this_thread::yield();
  auto stopped = std::async(std::launch::async, [this] { server_->stop(5000); });
  EXPECT_TRUE(idle.closed_by_server());
  open_gate_.set_value();
  const auto answer = busy.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  stopped.get();
  EXPECT_FALSE(TestClient(address()).connected());
}

TEST_F(ServerTest, SaysWhenTheAddressIsTaken) {
  start();
  const auto second = Server::start(address().substr(7), Router(), config_, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_EQ(Server::start("nonsense", Router(), config_, clock_).error().code,
            Code::invalid_argument);
}

TEST_F(ServerTest, AnotherGoesOnBehindTheSameSocketAndNobodyIsRefusedMeanwhile) {
  start();
  const auto before = address();
  std::atomic<bool> done{false};
  int refused = 0;
  std::thread visitors([&] {
    while (!done) refused += TestClient(before).connected() ? 0 : 1;
  });
  for (int i = 0; i < 20; ++i) server_ = *server_->followed_by(routes(), config_, clock_);
  done = true;
  visitors.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(address(), before);
  TestClient client(before);
  client.send("GET /hello/mara HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(ServerTest, AnswersToItsOwnNamesOnly) {
  ASSERT_TRUE(config_.set("api.public_url", "https://clips.example"));
  start();
  TestClient client(address());
  for (const auto& [host, status] : {std::pair{"localhost:8080", 200},
                                     {"127.0.0.1", 200},
                                     {"[::1]:1", 200},
                                     {"CLIPS.example", 200},
                                     {"attacker.example", 421},
                                     {"localhost.attacker.example", 421}}) {
    EXPECT_EQ(client.ask(std::string("GET /hello/a HTTP/1.1\r\nHost: ") + host + "\r\n\r\n").status,
              status)
        << host;
    if (status != 200) client = TestClient(address());
  }
}

TEST_F(ServerTest, AProxyOnThisMachineDoesNotMakeEverybodyLocal) {
  ASSERT_TRUE(config_.set("api.requests_per_minute_max", "10"));
  ASSERT_TRUE(config_.set("api.public_url", "https://clips.example"));
  start();
  for (const char* fields :
       {"Host: clips.example\r\n", "Host: localhost\r\nX-Real-IP: 203.0.113.9\r\n",
        "Host: localhost\r\nVia: 1.1 cache\r\n"}) {
    TestClient client(address());
    int refused = 0;
    for (int i = 0; i < 30; ++i) {
      refused +=
          client.ask(std::string("GET /hello/a HTTP/1.1\r\n") + fields + "\r\n").status == 429;
    }
    EXPECT_GE(refused, 15) << fields;
  }
}

TEST_F(ServerTest, ThrottlesAddressesBehindATrustedProxy) {
  ASSERT_TRUE(config_.set("api.requests_per_minute_max", "10"));
  ASSERT_TRUE(config_.set("api.trusted_proxies", "127.0.0.1"));
  start();
  TestClient client(address());
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    const auto answer = client.ask(
        "GET /hello/a HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.1.2.3\r\nX-Forwarded-For: "
        "203.0.113.9\r\n\r\n");
    if (answer.status == 429) ++refused;
    if (answer.status == 200) {
      EXPECT_THAT(answer.body, HasSubstr("203.0.113.9"));
    }
  }
  EXPECT_GE(refused, 9);
  EXPECT_EQ(client.ask(kGet).status, 200) << "loopback itself is exempt";
}

}  // namespace
}  // namespace filoscope::api
