// Answers that come later, bodies piece by piece, sockets: over loopback.

#include "api/waiting.h"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <future>

#include "api/api.h"
#include "api/reasons.h"
#include "api/test_client.h"
#include "api/websocket.h"
#include "base/log.h"
#include "base/metrics.h"

namespace filoscope::api {
namespace {

using testing::HasSubstr;

constexpr int kTextFrame = 1, kPing = 9, kPong = 10;

Response text(std::string body) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

/// What the test gives it, piece by piece; `made` counts what was asked of it.
struct Pieces {
  Mutex mutex;
  std::deque<std::optional<std::string>> waiting FILOSCOPE_GUARDED_BY(mutex);
  std::atomic<int> alive{0}, made{0};
  std::atomic<BodySource*> source{nullptr};
  std::string endless;  ///< given again and again

  void give(std::optional<std::string> piece) {
    {
      Lock lock(mutex);
      waiting.push_back(std::move(piece));
    }
    source.load()->waker().wake();
  }
  std::optional<std::string> take() {
    if (!endless.empty()) {
      ++made;
      return endless;
    }
    Lock lock(mutex);
    if (waiting.empty()) return std::string();
    auto piece = std::move(waiting.front());
    waiting.pop_front();
    return piece;
  }
};

class TestSource final : public BodySource {
 public:
  explicit TestSource(Pieces& pieces) : pieces_(pieces) {
    ++pieces_.alive;
    pieces_.source = this;
  }
  ~TestSource() override { --pieces_.alive; }
  Result<std::optional<std::string>> next() override { return pieces_.take(); }

 private:
  Pieces& pieces_;
};

/// Says what it hears, and what the test gives it.
class TestPeer final : public SocketPeer {
 public:
  explicit TestPeer(Pieces& pieces) : pieces_(pieces) {
    ++pieces_.alive;
    pieces_.source = this;
    if (!pieces_.endless.empty()) waker().wake();
  }
  ~TestPeer() override { --pieces_.alive; }
  Result<std::optional<std::string>> next() override { return pieces_.take(); }
  Result<void> receive(std::string_view message) override {
    if (message == "bad") return Error(reason("socket_message_invalid"), 1);
    pieces_.give(std::string(message));
    return {};
  }

 private:
  Pieces& pieces_;
};

class WaitingTest : public testing::Test {
 protected:
  void SetUp() override {
    log::set_level(log::Level::off);
    set("api.slow_client_s", "1");
    set("api.net_threads", "1");
    set("api.work_threads", "2");
    set("api.waiting_threads", "1");
  }
  ~WaitingTest() override { server_.reset(); }
  void set(const char* name, const char* value) { ASSERT_TRUE(config_.set(name, value)); }
  void start() {
    auto server = Server::start("127.0.0.1:0", routes(), config_, clock_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
  }
  std::string address() const { return server_->address(); }
  static std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
  }
  template <typename Ready>
  bool eventually(Ready ready) {
    const auto end_us = clock_.mono_us() + 10'000'000;
    while (!ready() && clock_.mono_us() < end_us) std::this_thread::yield();
    return ready();
  }

  Router routes() {
    Router router;
    const auto add = [&](const char* path, auto function, bool socket = false) {
      Route route{"GET", path, Handler(function)};
      route.work = Work::waiting;
      route.socket = socket;
      router.add(std::move(route));
    };
    router.add({"GET", "/hello",
                Handler([](const Request&) -> Result<Response> { return text("hello"); })});
    add("/later", [this](const Request& request) -> Result<Response> {
      const auto limit_ms = std::stoll(request.query.at("ms"));
      const auto pending =
          std::make_shared<PendingAnswer>(limit_ms, [] { return text("nothing"); });
      pending->hold(companion_);
      Lock lock(mutex_);
      pending_.push_back(pending);
      Response response;
      response.body = pending;
      return response;
    });
    add("/settled", [](const Request&) -> Result<Response> {
      const auto pending = std::make_shared<PendingAnswer>(60'000, [] { return text("late"); });
      pending->settle([] { return text("at once"); });
      Response response;
      response.body = pending;
      return response;
    });
    add("/pieces", [this](const Request&) -> Result<Response> {
      Response response;
      response.body = std::shared_ptr<BodySource>(std::make_shared<TestSource>(pieces_));
      return response;
    });
    add(
        "/socket",
        [this](const Request&) -> Result<Response> {
          Response response;
          response.body = std::shared_ptr<SocketPeer>(std::make_shared<TestPeer>(pieces_));
          return response;
        },
        true);
    return router;
  }
  std::size_t pending_count() {
    Lock lock(mutex_);
    return pending_.size();
  }
  void settle_all(const std::string& answer) {
    Lock lock(mutex_);
    for (const auto& weak : pending_) {
      if (const auto pending = weak.lock()) pending->settle([answer] { return text(answer); });
    }
  }

  Config config_;
  SystemClock clock_;
  Pieces pieces_;
  Mutex mutex_;
  std::vector<std::weak_ptr<PendingAnswer>> pending_ FILOSCOPE_GUARDED_BY(mutex_);
  std::shared_ptr<int> companion_ = std::make_shared<int>();
  std::unique_ptr<Server> server_;
};

using PendingAnswers = WaitingTest;

TEST_F(PendingAnswers, WaitWithoutThreads) {
  start();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<TestClient>(address()));
    clients.back()->send(get("/later?ms=60000"));
  }
  ASSERT_TRUE(eventually([&] { return pending_count() == 100; }));
  TestClient other(address());
  EXPECT_EQ(other.ask(get("/hello")).status, 200);
  EXPECT_FALSE(clients.front()->readable());
  settle_all("now");
  for (auto& client : clients) {
    const auto answer = client->read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "now");
    EXPECT_EQ(client->ask(get("/hello")).body, "hello") << "the connection goes on";
  }
}

/// One that was woken before it could wait leaves nothing that wakes the next.
TEST_F(PendingAnswers, WaitAlsoBehindOneThatWasSettledBefore) {
  start();
  TestClient client(address());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.ask(get("/settled")).body, "at once");
  client.send(get("/later?ms=60000"));
  ASSERT_TRUE(eventually([&] { return pending_count() == 1; }));
  for (int i = 0; i < 8; ++i) {
    TestClient other(address());
    EXPECT_EQ(other.ask(get("/hello")).body, "hello");
  }
  settle_all("now");
  EXPECT_EQ(client.read_answer().body, "now");
}

TEST_F(PendingAnswers, HaveADeadline) {
  start();
  TestClient client(address());
  EXPECT_EQ(client.ask(get("/later?ms=50")).body, "nothing");
}

TEST_F(PendingAnswers, AreForgottenWhenTheClientLeaves) {
  start();
  {
    TestClient client(address());
    client.send(get("/later?ms=60000"));
    ASSERT_TRUE(eventually([&] { return companion_.use_count() == 2; }));
  }
  EXPECT_TRUE(eventually([&] { return companion_.use_count() == 1; }));
}

TEST_F(PendingAnswers, AreAnsweredBeforeTheNextRequest) {
  start();
  TestClient client(address());
  client.send(get("/later?ms=60000") + get("/hello"));
  ASSERT_TRUE(eventually([&] { return pending_count() == 1; }));
  EXPECT_FALSE(client.readable(50));
  settle_all("first");
  EXPECT_EQ(client.read_answer().body, "first");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(PendingAnswers, AreMadeAtOnceWhenTheServerStops) {
  start();
  TestClient client(address());
  client.send(get("/later?ms=60000"));
  ASSERT_TRUE(eventually([&] { return pending_count() == 1; }));
  const auto start_us = clock_.mono_us();
  server_->stop(20'000);
  EXPECT_EQ(client.read_answer().body, "nothing");
  EXPECT_LT(clock_.mono_us() - start_us, 10'000'000);
}

TEST_F(PendingAnswers, HavePlacesOfAllAndOfOne) {
  set("api.waiting_max", "3");
  set("api.waiting_per_address_max", "2");
  set("api.trusted_proxies", "127.0.0.1");
  start();
  const auto from = [&](const std::string& who) {
    return get("/later?ms=60000", "X-Forwarded-For: " + who + "\r\n");
  };
  std::vector<std::unique_ptr<TestClient>> clients;
  const auto wait = [&](const std::string& who) {
    clients.push_back(std::make_unique<TestClient>(address()));
    clients.back()->send(from(who));
    const auto wanted = clients.size();
    ASSERT_TRUE(eventually([&] { return pending_count() == wanted; }));
  };
  wait("203.0.113.1");
  wait("203.0.113.1");
  TestClient other(address());
  EXPECT_EQ(other.ask(from("203.0.113.1")).status, 429);
  {
    Lock lock(mutex_);
    pending_.pop_back();
  }
  wait("203.0.113.2");
  EXPECT_EQ(other.ask(from("203.0.113.3")).status, 503);
  EXPECT_EQ(other.ask(get("/hello")).status, 200);
  settle_all("now");
  EXPECT_EQ(clients[0]->read_answer().status, 200);
  EXPECT_TRUE(eventually([&] { return other.ask(get("/later?ms=1")).status == 200; }));
}

using StreamedAnswers = WaitingTest;

TEST_F(StreamedAnswers, ComePieceByPiece) {
  start();
  TestClient client(address());
  client.send(get("/pieces"));
  const auto head = client.read_head();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("transfer-encoding"), "chunked");
  EXPECT_FALSE(head.headers.contains("content-length"));
  ASSERT_TRUE(eventually([&] { return pieces_.source != nullptr; }));
  pieces_.give("one");
  EXPECT_EQ(client.read_chunk(), "one");
  EXPECT_FALSE(client.readable(50));
  pieces_.give(std::string(100'000, 'x'));
  EXPECT_EQ(client.read_chunk(), std::string(100'000, 'x'));
  pieces_.give(std::nullopt);
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello") << "the connection goes on";
  EXPECT_EQ(pieces_.alive, 0);
}

TEST_F(StreamedAnswers, EndWithTheConnectionForOldClients) {
  start();
  TestClient client(address());
  client.send("GET /pieces HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");
  const auto head = client.read_head();
  EXPECT_EQ(head.headers.at("connection"), "close");
  EXPECT_FALSE(head.headers.contains("transfer-encoding"));
  ASSERT_TRUE(eventually([&] { return pieces_.source != nullptr; }));
  pieces_.give(std::nullopt);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(StreamedAnswers, HaveNoBodyForHead) {
  start();
  TestClient client(address());
  const auto answer = client.ask("HEAD /pieces HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST_F(StreamedAnswers, MakeNoMoreThanTheClientTakes) {
  set("api.slow_client_s", "30");
  pieces_.endless = std::string(256 << 10, 'x');
  start();
  TestClient client(address());
  client.send(get("/pieces"));
  ASSERT_TRUE(eventually([&] { return pieces_.made > 0; }));
  int before = 0;
  while (before != pieces_.made) {
    before = pieces_.made;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  EXPECT_LT(before, 128) << "the socket's buffers hold that much, and no more is made";
  EXPECT_TRUE(eventually([&] { return client.swallow(1 << 20) && pieces_.made > before; }));
}

TEST_F(StreamedAnswers, ANeverReadingClientIsDropped) {
  pieces_.endless = std::string(256 << 10, 'x');
  set("api.least_bytes_per_s", "1000000");
  start();
  TestClient client(address(), 4096);
  client.send(get("/pieces"));
  ASSERT_TRUE(eventually([&] { return pieces_.made > 0; }));
  EXPECT_TRUE(eventually([&] { return pieces_.alive == 0; }));
}

TEST_F(StreamedAnswers, EndWhenTheClientLeaves) {
  start();
  {
    TestClient client(address());
    client.send(get("/pieces"));
    client.read_head();
    ASSERT_TRUE(eventually([&] { return pieces_.alive == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return pieces_.alive == 0; }));
}

TEST_F(StreamedAnswers, EndWholeWhenTheServerStops) {
  start();
  TestClient client(address());
  client.send(get("/pieces"));
  client.read_head();
  ASSERT_TRUE(eventually([&] { return pieces_.alive == 1; }));
  auto stopped = std::async(std::launch::async, [this] { server_->stop(20'000); });
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_TRUE(client.closed_by_server());
  stopped.get();
}

using Sockets = WaitingTest;

TEST_F(Sockets, TalkBothWays) {
  start();
  TestClient client(address());
  const auto head = client.open_socket("/socket");
  EXPECT_EQ(head.status, 101);
  EXPECT_EQ(head.headers.at("upgrade"), "websocket");
  EXPECT_EQ(head.headers.at("connection"), "Upgrade");
  EXPECT_EQ(head.headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  client.send(client_frame(kTextFrame, "hel", false) + client_frame(kPing, "?") +
              client_frame(0, "lo"));
  EXPECT_EQ(client.read_frame().opcode, kPong);
  EXPECT_EQ(client.read_frame().payload, "hello");
  pieces_.give("from here");
  EXPECT_EQ(client.read_frame().payload, "from here");
  client.send(client_frame(8, "\x03\xE8"));
  EXPECT_EQ(client.read_close(), 1000);
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_TRUE(eventually([&] { return pieces_.alive == 0; }));
}

TEST_F(Sockets, AreForHandshakesOfOwnPages) {
  start();
  for (const auto& [fields, status] :
       {std::pair{"Origin: http://localhost\r\nCookie: a=b\r\n", 101},
        {"Origin: https://localhost\r\n", 101},
        {"Origin: http://localhost.attacker.example\r\n", 403},
        {"Origin: http://attacker.example\r\nCookie: a=b\r\n", 403},
        {"Origin: null\r\n", 403},
        {"Origin: file://\r\n", 403},
        {"Cookie: a=b\r\n", 403}}) {
    TestClient client(address());
    EXPECT_EQ(client.open_socket("/socket", fields).status, status) << fields;
  }
  TestClient client(address());
  const auto plain = client.ask(get("/socket"));
  EXPECT_EQ(plain.status, 426);
  EXPECT_EQ(plain.headers.at("upgrade"), "websocket");
  EXPECT_EQ(client.open_socket("/hello").status, 200) << "an upgrade may be passed over";
}

TEST_F(Sockets, CloseWithWhatIsWrong) {
  start();
  for (const auto& [bytes, code] :
       {std::pair{client_frame(2, "binary"), 1003},
        {client_frame(kTextFrame, "bad"), 1008},
        {client_frame(kTextFrame, "\xFF"), 1007},
        {client_frame(5, ""), 1002},
        {client_frame(kTextFrame, std::string(kSocketMessageBytesMax + 1, 'x')), 1009}}) {
    TestClient client(address());
    ASSERT_EQ(client.open_socket("/socket").status, 101);
    client.send(bytes);
    EXPECT_EQ(client.read_close(), code);
    EXPECT_TRUE(client.closed_by_server());
  }
  EXPECT_TRUE(eventually([&] { return pieces_.alive == 0; }));
}

TEST_F(Sockets, ANeverReadingClientIsDropped) {
  pieces_.endless = std::string(60'000, 'x');
  start();
  TestClient client(address(), 4096);
  client.send(
      "GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return pieces_.made > 0; }));
  EXPECT_TRUE(eventually([&] { return pieces_.alive == 0; }));
  TestClient other(address());
  EXPECT_EQ(other.ask(get("/hello")).status, 200);
}

TEST_F(Sockets, LeaveNothingWhenTheyAreOpenedAndDropped) {
  start();
  for (int i = 0; i < 500; ++i) {
    TestClient client(address());
    if (i % 2 == 0) {
      ASSERT_EQ(client.open_socket("/socket").status, 101);
    }
    if (i % 3 == 0) client.send(client_frame(kTextFrame, "half", false));
  }
  EXPECT_TRUE(eventually([&] { return pieces_.alive == 0; }));
  TestClient other(address());
  EXPECT_EQ(other.ask(get("/hello")).status, 200);
}

TEST_F(Sockets, SayGoodbyeWhenTheServerStops) {
  start();
  TestClient client(address());
  ASSERT_EQ(client.open_socket("/socket").status, 101);
  ASSERT_TRUE(eventually([&] { return pieces_.alive == 1; }));
  auto stopped = std::async(std::launch::async, [this] { server_->stop(20'000); });
  EXPECT_EQ(client.read_close(), 1001);
  EXPECT_TRUE(client.closed_by_server());
  stopped.get();
}

}  // namespace
}  // namespace filoscope::api
