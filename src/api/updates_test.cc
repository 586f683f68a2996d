// What reaches an open page, over loopback, on real stores.

#include "api/updates.h"

#include <gmock/gmock.h>

#include "api/test_api.h"

namespace filoscope::api {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kSocket = "/api/v1/updates/socket";

class UpdatesTest : public ApiTest {
 protected:
  struct Person {
    std::string token;
    accounts::Viewer viewer;
  };
  Person sign_up(const std::string& handle) {
    const auto token = bearer(handle).substr(sizeof("Authorization: Bearer ") - 1);
    return {token, must(accounts->authenticate(token))};
  }
  std::unique_ptr<TestClient> open_socket(const std::string& token) {
    auto made = std::make_unique<TestClient>(server->address());
    EXPECT_EQ(made->open_socket(kSocket, "Authorization: Bearer " + token + "\r\n").status, 101);
    return made;
  }
  static json news_of(TestClient& socket) {
    const auto frame = socket.read_frame();
    return frame.opcode == 1 ? json::parse(frame.payload) : json();
  }
  static json unread(int count) { return {{"type", "unread"}, {"count", count}}; }
  static json gone(VideoId id) { return {{"type", "gone"}, {"id", id.text()}}; }
  static void watch(TestClient& socket, const std::vector<VideoId>& ids) {
    json list = json::array();
    for (const auto id : ids) list.push_back(id.text());
    socket.send(client_frame(1, json{{"watch", list}}.dump()));
  }
};

TEST_F(UpdatesTest, TheBadgeRisesAndFalls) {
  const auto author = sign_up("author"), fan = sign_up("fan");
  const auto video = publish(author.viewer, "a clip");
  auto socket = open_socket(author.token);
  EXPECT_EQ(news_of(*socket), unread(0));
  must(social->set_like(fan.viewer, video.id, true, {}));
  EXPECT_EQ(news_of(*socket), unread(1));
  must(social->comment(fan.viewer, video.id, "nice", {}));
  EXPECT_EQ(news_of(*socket), unread(2));
  must(social->mark_notifications_read(author.viewer));
  EXPECT_EQ(news_of(*socket), unread(0));
  auto other = open_socket(fan.token);
  EXPECT_EQ(news_of(*other), unread(0)) << "hers, not the author's";
  must(social->set_like(fan.viewer, video.id, false, {}));
  EXPECT_FALSE(other->readable(50));
}

TEST_F(UpdatesTest, TheBadgeFallsWithWhatIsTakenBack) {
  const auto author = sign_up("author"), fan = sign_up("fan");
  const auto clip = publish(author.viewer, "a clip"), other = publish(author.viewer, "another");
  auto socket = open_socket(author.token);
  EXPECT_EQ(news_of(*socket), unread(0));
  const auto rises_and_falls = [&](const auto& act, const auto& take_back) {
    act();
    EXPECT_EQ(news_of(*socket), unread(1));
    take_back();
    EXPECT_EQ(news_of(*socket), unread(0));
  };
  rises_and_falls([&] { must(social->set_like(fan.viewer, clip.id, true, {})); },
                  [&] { must(social->set_like(fan.viewer, clip.id, false, {})); });
  rises_and_falls([&] { must(social->follow(fan.viewer, author.viewer.account, true, {})); },
                  [&] { must(social->follow(fan.viewer, author.viewer.account, false, {})); });
  CommentId comment;
  rises_and_falls([&] { comment = must(social->comment(fan.viewer, clip.id, "nice", {})).id; },
                  [&] { must(social->remove_comment(fan.viewer, comment)); });
  must(social->set_like(fan.viewer, other.id, true, {}));
  EXPECT_EQ(news_of(*socket), unread(1));
  must(accounts->remove(fan.viewer.account, "a long password 1"));
  EXPECT_EQ(news_of(*socket), unread(0));
}

TEST_F(UpdatesTest, HerUploadIsToldStepByStep) {
  const auto author = sign_up("author"), other = sign_up("other");
  auto socket = open_socket(author.token), strange = open_socket(other.token);
  EXPECT_EQ(news_of(*socket), unread(0));
  EXPECT_EQ(news_of(*strange), unread(0));
  catalog::NewVideo form;
  form.owner = author.viewer.account;
  const auto id = must(catalog->create(form)).id;
  const auto step = [&](const char* state, const json& doing, int percent) {
    return json{{"type", "video"},
                {"id", id.text()},
                {"state", state},
                {"step", doing},
                {"progress_percent", percent}};
  };
  must(catalog->set_state(id, catalog::State::processing, 10, ""));
  EXPECT_EQ(news_of(*socket), step("processing", "encoding", 10));
  must(catalog->set_state(id, catalog::State::processing, 42, ""));
  EXPECT_EQ(news_of(*socket), step("processing", "encoding", 42));
  must(catalog->set_state(id, catalog::State::failed, 0, "broken"));
  EXPECT_EQ(news_of(*socket), step("failed", nullptr, 0));
  const auto published = publish(author.viewer, "another").id;
  EXPECT_EQ(news_of(*socket)["id"], published.text());
  EXPECT_FALSE(strange->readable(50));
}

TEST_F(UpdatesTest, WatchedClipsThatGoAreTold) {
  const auto author = sign_up("author"), viewer = sign_up("viewer");
  const auto a = publish(author.viewer, "a"), b = publish(author.viewer, "b"),
             c = publish(author.viewer, "c");
  auto socket = open_socket(viewer.token);
  EXPECT_EQ(news_of(*socket), unread(0));
  watch(*socket, {a.id, b.id});
  // Asked for something that is answered behind it: the clips are watched now.
  socket->send(client_frame(9, ""));
  EXPECT_EQ(socket->read_frame().opcode, 10);
  must(catalog->remove(author.viewer.account, c.id));
  must(catalog->remove(author.viewer.account, a.id));
  EXPECT_EQ(news_of(*socket), gone(a.id));
  for (const char* file : {"720.mp4", "720.m3u8", "master.m3u8", "cover0.jpg"}) put_blob(b, file);
  catalog::VideoChange hidden;
  hidden.visibility = catalog::Visibility::only_me;
  must(catalog->change(author.viewer.account, b.id, hidden));
  EXPECT_EQ(news_of(*socket), gone(b.id)) << "hidden is as gone, for her";
  watch(*socket, {c.id});
  EXPECT_EQ(news_of(*socket), gone(c.id)) << "also one that went before";
}

TEST_F(UpdatesTest, AGuestHearsOfClipsAlone) {
  const auto author = sign_up("author");
  const auto video = publish(author.viewer, "a clip");
  const auto guest = must(accounts->make_guest("en"));
  auto socket = open_socket(guest.token);
  watch(*socket, {video.id});
  socket->send(client_frame(9, ""));
  EXPECT_EQ(socket->read_frame().opcode, 10);
  must(catalog->remove(author.viewer.account, video.id));
  EXPECT_EQ(news_of(*socket), gone(video.id));
}

TEST_F(UpdatesTest, ASocketIsForSomebody) {
  TestClient nobody(server->address());
  EXPECT_EQ(nobody.open_socket(kSocket).status, 401);
  TestClient unknown(server->address());
  EXPECT_EQ(unknown.open_socket(kSocket, "Authorization: Bearer nonsense\r\n").status, 401);
}

TEST_F(UpdatesTest, ThePagesCookieOpensItFromItsOwnOriginAlone) {
  const auto made =
      ask("POST", "/api/v1/accounts", {"X-Filoscope-Client: web"}, sign_up_body("web"));
  const auto cookie = "Cookie: filoscope_session=" + cookie_of(made, "filoscope_session") + "\r\n";
  TestClient own(server->address());
  EXPECT_EQ(own.open_socket(kSocket, cookie + "Origin: http://localhost\r\n").status, 101);
  EXPECT_EQ(news_of(own), unread(0));
  TestClient strange(server->address());
  EXPECT_EQ(strange.open_socket(kSocket, cookie + "Origin: http://attacker.example\r\n").status,
            403);
}

TEST_F(UpdatesTest, ACookieThatEndedOnItsWayIsToldByTheSocket) {
  const auto made =
      ask("POST", "/api/v1/accounts", {"X-Filoscope-Client: web"}, sign_up_body("web"));
  const auto token = cookie_of(made, "filoscope_session");
  must(accounts->sign_out(token));
  TestClient page(server->address());
  const auto cookie = "Cookie: filoscope_session=" + token + "\r\n";
  EXPECT_EQ(page.open_socket(kSocket, cookie + "Origin: http://localhost\r\n").status, 101);
  EXPECT_EQ(page.read_close(), 1008);
}

TEST_F(UpdatesTest, ASessionThatEndsClosesIt) {
  const auto author = sign_up("author"), fan = sign_up("fan");
  const auto video = publish(author.viewer, "a clip");
  auto socket = open_socket(author.token);
  EXPECT_EQ(news_of(*socket), unread(0));
  must(accounts->sign_out(author.token));
  must(social->set_like(fan.viewer, video.id, true, {}));
  EXPECT_EQ(socket->read_close(), 1008);
}

TEST_F(UpdatesTest, OnePersonHasSoManyAndOthersGoOn) {
  const auto greedy = sign_up("greedy"), other = sign_up("other");
  std::vector<std::unique_ptr<TestClient>> sockets;
  for (int i = 0; i < 16; ++i) sockets.push_back(open_socket(greedy.token));
  TestClient refused(server->address());
  EXPECT_EQ(refused.open_socket(kSocket, "Authorization: Bearer " + greedy.token + "\r\n").status,
            429);
  open_socket(other.token);
  sockets.pop_back();
  const auto end_us = system_clock.mono_us() + 5'000'000;
  int status = 0;
  while (status != 101 && system_clock.mono_us() < end_us) {
    TestClient again(server->address());
    status = again.open_socket(kSocket, "Authorization: Bearer " + greedy.token + "\r\n").status;
  }
  EXPECT_EQ(status, 101);
}

TEST_F(UpdatesTest, WhatIsNoWatchClosesIt) {
  const auto who = sign_up("somebody");
  const std::vector<std::string> messages = {"",
                                             "[]",
                                             "{}",
                                             "nonsense",
                                             R"({"watch":"x"})",
                                             R"({"watch":["nothing"]})",
                                             R"({"watch":[1]})",
                                             std::string(2000, '[')};
  for (const auto& message : messages) {
    auto socket = open_socket(who.token);
    socket->send(client_frame(1, message));
    EXPECT_EQ(socket->read_close(), 1008) << message;
  }
  auto socket = open_socket(who.token);
  watch(*socket, std::vector<VideoId>(kWatchedMax + 1, VideoId{1}));
  EXPECT_EQ(socket->read_close(), 1008);
}

TEST_F(UpdatesTest, TheSameComesAsServerSentEvents) {
  const auto author = sign_up("author"), fan = sign_up("fan");
  const auto video = publish(author.viewer, "a clip");
  client->send("GET /api/v1/updates HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
               author.token + "\r\n\r\n");
  const auto head = client->read_head();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-type"), "text/event-stream");
  EXPECT_EQ(client->read_chunk(), "data: " + unread(0).dump() + "\n\n");
  must(social->set_like(fan.viewer, video.id, true, {}));
  EXPECT_EQ(client->read_chunk(), "data: " + unread(1).dump() + "\n\n");
}

TEST_F(UpdatesTest, TheNumberOfUnreadOnesCanBeWaitedFor) {
  const auto author = sign_up("author"), fan = sign_up("fan");
  const auto video = publish(author.viewer, "a clip");
  const std::string who = "Authorization: Bearer " + author.token;
  const auto path = std::string("/api/v1/notifications/unread");
  const auto number = [](const ClientAnswer& answer) {
    return json::parse(answer.body)["unread_notifications"].get<int>();
  };
  EXPECT_EQ(number(ask("GET", path, {who})), 0);
  EXPECT_EQ(number(ask("GET", path + "?not=7&wait_s=60", {who})), 0) << "it is another already";
  client->send("GET " + path + "?not=0&wait_s=60 HTTP/1.1\r\nHost: localhost\r\n" + who +
               "\r\n\r\n");
  EXPECT_FALSE(client->readable(100));
  must(catalog->set_state(
      must(catalog->create({author.viewer.account, "", {}, {}, false, false})).id,
      catalog::State::processing, 1, ""));
  EXPECT_FALSE(client->readable(50)) << "a video is no notification";
  must(social->set_like(fan.viewer, video.id, true, {}));
  EXPECT_EQ(number(client->read_answer()), 1);
  EXPECT_EQ(number(ask("GET", path + "?not=1&wait_s=1", {who})), 1) << "at the deadline";
  EXPECT_EQ(ask("GET", path + "?not=1&wait_s=61", {who}).status, 400);
  EXPECT_EQ(ask("GET", path).status, 401);
}

}  // namespace
}  // namespace filoscope::api
