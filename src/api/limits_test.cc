// What one client, one address or one kind of work can take from everybody else.

#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include "api/api.h"
#include "api/pace.h"
#include "api/test_client.h"
#include "api/throttle.h"
#include "base/log.h"
#include "base/network.h"

namespace filoscope::api {
namespace {

using Clients = std::vector<std::unique_ptr<TestClient>>;

class LimitsTest : public testing::Test {
 protected:
  void SetUp() override {
    log::set_level(log::Level::off);
    set("api.slow_client_s", "1");
    set("api.net_threads", "1");
    set("api.work_threads", "2");
    set("api.work_queue_max", "2");
  }
  ~LimitsTest() override {
    if (!open_) gate_.set_value();
  }
  void set(const char* name, const char* value) { ASSERT_TRUE(config_.set(name, value)); }
  void start(const std::string& listen = "127.0.0.1:0") {
    auto server = Server::start(listen, routes(), config_, clock_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
  }
  std::string address() const { return server_->address(); }
  static std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
  }
  double seconds_since(std::int64_t start_us) const {
    return static_cast<double>(clock_.mono_us() - start_us) * 1e-6;
  }

  Router routes() {
    Router router;
    const Handler hello = [](const Request&) -> Result<Response> { return Response(); };
    router.add({"GET", "/hello", hello});
    Route feed{"GET", "/feed", hello};
    feed.work = Work::feed;
    router.add(std::move(feed));
    router.add({"POST", "/echo", Handler([](const Request& request) -> Result<Response> {
                  Response response;
                  response.body = request.body;
                  return response;
                }),
                1000});
    Route picture{"GET", "/picture", Handler([this](const Request&) -> Result<Response> {
                    ++waiting_;
                    wait_.wait();
                    return Response();
                  })};
    picture.work = Work::picture;
    router.add(std::move(picture));
    router.add({"GET", "/wait", Handler([this](const Request&) -> Result<Response> {
                  ++waiting_;
                  wait_.wait();
                  return Response();
                })});
    return router;
  }
  void open_gate() {
    open_ = true;
    gate_.set_value();
  }

  Config config_;
  SystemClock clock_;
  std::atomic<int> waiting_{0};
  bool open_ = false;
  std::promise<void> gate_;
  std::shared_future<void> wait_ = gate_.get_future().share();
  std::unique_ptr<Server> server_;
};

TEST_F(LimitsTest, AHeadThatDripsIsTooSlow) {
  start();
  TestClient client(address());
  const auto start_us = clock_.mono_us();
  client.drip(get("/hello", "X-Long: " + std::string(200, 'x') + "\r\n"), 100);
  EXPECT_EQ(client.read_answer().status, 408);
  EXPECT_LT(seconds_since(start_us), 4);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(LimitsTest, ABodyThatDripsIsTooSlow) {
  start();
  TestClient client(address());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n");
  const auto start_us = clock_.mono_us();
  client.drip(std::string(100, 'x'), 100);
  EXPECT_EQ(client.read_answer().status, 408);
  EXPECT_LT(seconds_since(start_us), 4);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(LimitsTest, ABodyAtTheLeastRateIsTaken) {
  set("api.least_bytes_per_s", "5");
  start();
  TestClient client(address());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\n\r\n");
  client.drip(std::string(30, 'x'), 100);
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST(Pace, EarnsTimeByMoving) {
  Pace pace(1'000'000, 1000);
  EXPECT_EQ(pace.left_us(), 1'000'000);
  pace.moved(600'000, 100);
  EXPECT_EQ(pace.left_us(), 500'000);
  pace.moved(500'000, 0);
  EXPECT_EQ(pace.left_us(), 0);
  pace.moved(0, 1 << 20);
  EXPECT_EQ(pace.left_us(), 1'000'000) << "never longer without a byte";
  pace.begin();
  EXPECT_EQ(pace.left_us(), 1'000'000);
}

TEST(Places, AreHeldOfAllAndOfOne) {
  Places places(5, 2);
  const auto take = [&](const char* address) { return places.take(address, false); };
  auto a = take("203.0.113.1"), b = take("203.0.113.1");
  ASSERT_TRUE(a && b);
  EXPECT_EQ(take("203.0.113.1").error().code, Code::exhausted);
  auto c = take("203.0.113.2");
  ASSERT_TRUE(c);
  EXPECT_FALSE(places.crowded(*c));
  EXPECT_TRUE(places.crowded(*a)) << "its address has its share";
  const auto many = places.take("203.0.113.1", true);
  ASSERT_TRUE(many) << "an address of many people";
  EXPECT_TRUE(places.crowded(*c));
  const auto last = take("203.0.113.3");
  ASSERT_TRUE(last);
  EXPECT_EQ(take("203.0.113.4").error().code, Code::unavailable);
  a->reset();
  EXPECT_EQ(places.taken_count(), 4);
  EXPECT_TRUE(take("203.0.113.1"));
}

TEST(Places, NetworksOfSixHaveASharePerWidth) {
  Places places(1000, 1);
  std::vector<Places::Place> held;
  const auto take = [&](const std::string& address) {
    auto place = places.take(address, false);
    if (place) held.push_back(*std::move(place));
    return place.has_value();
  };
  EXPECT_TRUE(take("2001:db8:0:1::1"));
  EXPECT_FALSE(take("2001:db8:0:1::2")) << "the same /64";
  for (const char* other : {"2", "3", "4"})
    EXPECT_TRUE(take(std::string("2001:db8:0:") + other + "::1"));
  EXPECT_FALSE(take("2001:db8:0:5::1")) << "a fifth of one /56";
  EXPECT_TRUE(take("2001:db8:0:100::1")) << "another /56";
  EXPECT_TRUE(take("2001:db9::1")) << "another /48";
}

TEST(Places, NoNetworkHasMoreThanAQuarter) {
  Places places(8, 1);
  std::vector<Result<Places::Place>> held;
  for (int i = 0; i < 4; ++i)
    held.push_back(places.take("2001:db8:0:" + std::to_string(i + 1) + "00::1", false));
  EXPECT_EQ(std::count_if(held.begin(), held.end(), [](const auto& one) { return bool(one); }), 2);
}

/// Where this machine has an address that is not loopback.
TEST_F(LimitsTest, ConnectionsOfOneAddressAreLimited) {
  std::string own;
  for (const auto& one : own_addresses()) {
    if (one.find(':') == std::string::npos && !is_loopback(one)) own = one;
  }
  if (own.empty()) GTEST_SKIP() << "no address but loopback";
  set("api.connections_per_address_max", "3");
  start("0.0.0.0:0");
  const auto from_outside = "http://" + own + address().substr(address().rfind(':'));
  Clients clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<TestClient>(from_outside));
    ASSERT_EQ(clients.back()->ask(get("/hello")).status, 200);
  }
  TestClient refused(from_outside);
  const auto answer = refused.read_answer();
  EXPECT_EQ(answer.status, 429);
  EXPECT_THAT(answer.body, testing::HasSubstr("share_taken"));
  EXPECT_TRUE(refused.closed_by_server());
  TestClient local(address());
  EXPECT_EQ(local.ask(get("/hello")).status, 200) << "loopback is exempt";
  clients.pop_back();
  const auto again = [&] { return TestClient(from_outside).ask(get("/hello")).status; };
  const auto start_us = clock_.mono_us();
  int status = again();
  while (status != 200 && seconds_since(start_us) < 5) status = again();
  EXPECT_EQ(status, 200);
}

TEST_F(LimitsTest, RequestsOfOneBehindAProxyAreLimited) {
  set("api.connections_per_address_max", "2");
  set("api.trusted_proxies", "127.0.0.1");
  start();
  const auto from = [&](const char* path, const char* who) {
    return get(path, std::string("X-Forwarded-For: ") + who + "\r\n");
  };
  Clients clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<TestClient>(address()));
    clients.back()->send(from("/wait", "203.0.113.9"));
  }
  while (waiting_ < 2) std::this_thread::yield();
  TestClient client(address());
  EXPECT_EQ(client.ask(from("/feed", "203.0.113.9")).status, 429);
  EXPECT_EQ(client.ask(from("/feed", "203.0.113.8")).status, 200);
  open_gate();
  for (auto& one : clients) EXPECT_EQ(one->read_answer().status, 200);
  EXPECT_EQ(client.ask(from("/feed", "203.0.113.9")).status, 200);
}

TEST_F(LimitsTest, PicturesOfOneAddressAreFewAtATimeAndInAMinute) {
  set("api.trusted_proxies", "127.0.0.1");
  set("api.pictures_per_minute_max", "4");
  start();
  const auto from = [&](const char* who) {
    return get("/picture", std::string("X-Forwarded-For: ") + who + "\r\n");
  };
  Clients clients;
  for (const char* who : {"203.0.113.9", "203.0.113.9", "203.0.113.8"}) {
    clients.push_back(std::make_unique<TestClient>(address()));
    clients.back()->send(from(who));
    if (clients.size() < 3)
      while (waiting_ < static_cast<int>(clients.size())) std::this_thread::yield();
  }
  TestClient client(address());
  const auto refused = client.ask(from("203.0.113.9"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.body.find("pictures_under_way"), std::string::npos) << refused.body;
  open_gate();
  for (auto& one : clients) EXPECT_EQ(one->read_answer().status, 200) << "another address waits";
  EXPECT_EQ(client.ask(from("203.0.113.9")).status, 200);
  const auto too_many = client.ask(from("203.0.113.9"));
  EXPECT_EQ(too_many.status, 429);
  EXPECT_NE(too_many.body.find("too_many_pictures"), std::string::npos) << too_many.body;
}

TEST_F(LimitsTest, AFullPoolOfOneKindLeavesTheOthers) {
  start();
  Clients clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<TestClient>(address()));
    clients.back()->send(get("/wait"));
    while (waiting_ < std::min(i + 1, 2)) std::this_thread::yield();
  }
  TestClient client(address());
  const auto start_us = clock_.mono_us();
  while (client.ask(get("/hello")).status != 429 && seconds_since(start_us) < 5) {
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.ask(get("/feed")).status, 200);
  open_gate();
  for (auto& one : clients) EXPECT_EQ(one->read_answer().status, 200);
}

TEST_F(LimitsTest, WhereItIsCrowdedIdleConnectionsMakeRoom) {
  set("api.connections_max", "16");
  start();
  Clients idle;
  for (int i = 0; i < 16; ++i) {
    idle.push_back(std::make_unique<TestClient>(address()));
    ASSERT_EQ(idle.back()->ask(get("/hello")).status, 200);
  }
  EXPECT_TRUE(idle.front()->closed_by_server()) << "long before api.idle_s";
  // It is closed a moment before its place is free.
  const auto start_us = clock_.mono_us();
  int status = 0;
  while (status != 200 && seconds_since(start_us) < 5)
    status = TestClient(address()).ask(get("/hello")).status;
  EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace filoscope::api
