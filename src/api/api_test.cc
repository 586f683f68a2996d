// The whole interface over loopback, on real stores: who may do what, uploads, media, bad input.

#include "api/api.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "api/pages.h"
#include "api/test_api.h"
#include "base/trouble.h"

namespace filoscope::api {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ApiTest, EveryRouteIsDocumentedAndNothingElse) {
  std::set<std::string> routes, documented;
  const auto router = make_router(*services);
  for (const auto& route : router.routes()) routes.insert(route.method + " " + route.pattern);
  const auto document = json::parse(openapi_text());
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      if (method == "parameters") continue;
      std::string name = method;
      for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      documented.insert(name + " " + path);
    }
  }
  EXPECT_EQ(routes, documented);
}

TEST_F(ApiTest, WhatCannotBeReadIsNoMissingPage) {
  const auto rename = [&](const std::string& from, const std::string& to) {
    must(database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("ALTER TABLE " + from + " RENAME TO " + to));
      return {};
    }));
  };
  const auto video = "/v/" + VideoId{123'456'789}.text();
  EXPECT_EQ(must(page_of(*services, video)).status, 404);
  rename("catalog_entries", "elsewhere");
  EXPECT_FALSE(page_of(*services, video).has_value());
  rename("elsewhere", "catalog_entries");
  rename("catalog_video_hashtags", "elsewhere");
  EXPECT_FALSE(page_of(*services, "/tag/cats").has_value());
}

TEST_F(ApiTest, CookiesNeedTheirCsrfValue) {
  const auto made =
      ask("POST", "/api/v1/accounts", {"X-Filoscope-Client: web"}, sign_up_body("ada"));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_THAT(made.headers.at("set-cookie"), HasSubstr("HttpOnly"));
  EXPECT_THAT(made.headers.at("set-cookie"), HasSubstr("SameSite=Lax"));
  const auto csrf = cookie_of(made, "filoscope_csrf");
  const auto cookie = "Cookie: a=b; filoscope_session=" + cookie_of(made, "filoscope_session");
  const std::string body = R"({"bio": "hello"})";
  EXPECT_EQ(ask("GET", "/api/v1/me", {cookie}).status, 200);
  EXPECT_EQ(ask("PATCH", "/api/v1/me", {cookie}, body).status, 403);
  EXPECT_EQ(ask("PATCH", "/api/v1/me", {cookie, "X-Filoscope-CSRF: " + csrf + "x"}, body).status,
            403);
  const auto other =
      ask("POST", "/api/v1/accounts", {"X-Filoscope-Client: web"}, sign_up_body("bob"));
  const auto others = cookie_of(other, "filoscope_csrf");
  EXPECT_EQ(ask("PATCH", "/api/v1/me", {cookie, "X-Filoscope-CSRF: " + others}, body).status, 403);
  const auto changed = ask("PATCH", "/api/v1/me", {cookie, "X-Filoscope-CSRF: " + csrf}, body);
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(json::parse(changed.body)["account"]["bio"], "hello");
}

TEST_F(ApiTest, AnyCallOfTheWebAppRenewsADayOldCookie) {
  const std::string web = "X-Filoscope-Client: web";
  const auto made = ask("POST", "/api/v1/accounts", {web}, sign_up_body("ada"));
  const auto csrf = "X-Filoscope-CSRF: " + cookie_of(made, "filoscope_csrf");
  const auto old_cookie = "Cookie: filoscope_session=" + cookie_of(made, "filoscope_session");
  EXPECT_FALSE(
      ask("GET", "/api/v1/notifications", {web, old_cookie}).headers.contains("set-cookie"));
  clock.advance_ms(24LL * 3'600'000);
  const auto renewed = ask("GET", "/api/v1/notifications", {web, old_cookie});
  ASSERT_EQ(renewed.status, 200) << renewed.body;
  const auto fresh = cookie_of(renewed, "filoscope_session");
  ASSERT_EQ(fresh.size(), 43U);
  EXPECT_EQ("X-Filoscope-CSRF: " + cookie_of(renewed, "filoscope_csrf"), csrf)
      << "a tab that knows the old value goes on";
  const auto beside = ask("PATCH", "/api/v1/me", {web, old_cookie, csrf}, R"({"bio": "x"})");
  EXPECT_EQ(beside.status, 200) << beside.body;
  EXPECT_FALSE(beside.headers.contains("set-cookie")) << "one fresh token, whatever the tabs do";
  clock.advance_ms(3'600'000);
  EXPECT_EQ(ask("GET", "/api/v1/notifications", {old_cookie}).status, 200)
      << "an answer that got lost signs nobody out";
  const auto cookie = "Cookie: filoscope_session=" + fresh;
  EXPECT_EQ(ask("PATCH", "/api/v1/me", {web, cookie, csrf}, R"({"bio": "y"})").status, 200);
  clock.advance_ms(60'000);
  EXPECT_EQ(ask("GET", "/api/v1/notifications", {old_cookie}).status, 401);
  EXPECT_EQ(ask("GET", "/api/v1/notifications", {cookie}).status, 200);
}

TEST_F(ApiTest, AnEndedCookieReadsAsNobodyAndChangesNothing) {
  const std::string web = "X-Filoscope-Client: web";
  const auto video = publish(person("maker"), "a clip").id.text();
  const auto ended = "Cookie: filoscope_session=" + std::string(43, 'A');
  EXPECT_EQ(ask("GET", "/api/v1/videos/" + video, {web, ended}).status, 200);
  EXPECT_EQ(ask("PUT", "/api/v1/videos/" + video + "/like", {web, ended}).status, 401);
  EXPECT_EQ(ask("POST", "/api/v1/events", {web, ended}, R"({"events": []})").status, 401);
  const auto me = ask("GET", "/api/v1/me", {web, ended});
  EXPECT_EQ(json::parse(me.body)["account"], nullptr);
  EXPECT_THAT(me.headers.at("set-cookie"), HasSubstr("filoscope_session=; "));
  EXPECT_THAT(me.headers.at("set-cookie"), HasSubstr("filoscope_csrf=; "));
}

TEST_F(ApiTest, GuestsAreMadeWhateverLanguageIsAskedFor) {
  for (const std::string language :
       {"*", "de-AT, en;q=0.5", "x", "12", ",", "toolonglanguage", ""}) {
    EXPECT_EQ(ask("GET", "/api/v1/feed", {"Accept-Language: " + language}).status, 200) << language;
    EXPECT_EQ(ask("POST", "/api/v1/tokens/guest", {"Accept-Language: " + language}).status, 201);
  }
}

TEST_F(ApiTest, ProgramsGetNoCookies) {
  const auto made = ask("POST", "/api/v1/accounts", {}, sign_up_body("ada"));
  EXPECT_FALSE(made.headers.contains("set-cookie"));
  const auto token = "Authorization: Bearer " + json::parse(made.body)["token"].get<std::string>();
  EXPECT_EQ(ask("PATCH", "/api/v1/me", {token}, R"({"bio": "x"})").status, 200);
  EXPECT_EQ(ask("DELETE", "/api/v1/sessions/current", {token}).status, 204);
  EXPECT_EQ(ask("GET", "/api/v1/me", {token}).status, 401);
}

TEST_F(ApiTest, AVisitorBecomesAGuestWithHerFirstFeed) {
  const auto first = ask("GET", "/api/v1/feed", {"X-Filoscope-Client: web"});
  ASSERT_EQ(first.status, 200) << first.body;
  const auto cookie = "Cookie: filoscope_session=" + cookie_of(first, "filoscope_session");
  const auto again = ask("GET", "/api/v1/feed", {"X-Filoscope-Client: web", cookie});
  EXPECT_FALSE(again.headers.contains("set-cookie"));
  const auto me = json::parse(ask("GET", "/api/v1/me", {cookie}).body);
  EXPECT_EQ(me["guest"], true);
  EXPECT_EQ(me["account"], nullptr);
  const auto program = ask("GET", "/api/v1/feed");
  EXPECT_TRUE(json::parse(program.body).contains("guest_token"));
  EXPECT_FALSE(program.headers.contains("set-cookie"));
}

TEST_F(ApiTest, BadInputIsAProblemAndStoresNothing) {
  const auto ada = bearer("ada");
  const auto video = publish(person("maker"), "a clip").id.text();
  struct Case {
    std::string method, path;
    std::vector<std::string> fields;
    std::string body;
    int status;
  };
  const Case cases[] = {
      {"POST", "/accounts", {}, "{", 400},
      {"POST", "/accounts", {}, R"({"handle": 5})", 400},
      {"POST", "/accounts", {}, "{\"handle\": \"\xFF\"}", 400},
      {"POST", "/accounts", {}, std::string(100'000, 'x'), 413},
      {"POST", "/sessions", {}, R"({"handle": "nobody", "password": "x"})", 401},
      {"GET", "/me", {"Authorization: Bearer nonsense"}, "", 401},
      {"GET", "/me", {"Authorization: Basic YTpi"}, "", 401},
      {"PUT", "/videos/" + video + "/like", {}, "", 401},
      {"PUT", "/videos/nonsense/like", {ada}, "", 404},
      {"PUT", "/videos/" + video + "/like", {ada}, R"({"impression_token": "x"})", 400},
      {"GET", "/videos/0000000000001", {}, "", 404},
      {"PATCH", "/videos/" + video, {ada}, R"({"caption": "mine"})", 403},
      {"GET", "/feed?limit=0", {ada}, "", 400},
      {"GET", "/feed?limit=21", {ada}, "", 400},
      {"GET", "/feed?mode=best", {ada}, "", 400},
      {"GET", "/feed?held=a,b", {ada}, "", 400},
      {"GET", "/feed?cursor=%FF", {ada}, "", 400},
      {"POST", "/events", {ada}, R"({"events": 5})", 400},
      {"GET", "/decisions/nonsense", {ada}, "", 404},
      {"GET", "/search?kind=everything&q=a", {}, "", 400},
      {"POST", "/reports", {ada}, R"({"reason": "spam"})", 400},
      {"POST", "/videos", {ada, "Content-Type: text/plain"}, "x", 415},
      {"POST", "/sessions/recovery", {}, R"({"handle": "ada", "code": "x"})", 400},
      {"POST",
       "/sessions/recovery",
       {},
       R"({"handle": "ada", "code": "x", "password": "battery staple"})",
       401},
      {"PUT", "/me/password", {ada}, R"({"password": "x", "new_password": "battery staple"})", 401},
      {"GET", "/me/sessions", {}, "", 401},
      {"DELETE", "/me/sessions/x", {ada}, "", 404},
      {"POST", "/videos", {ada, "Content-Type: multipart/form-data; boundary=b"}, "--b--", 400},
      {"POST", "/nothing", {ada}, "", 404},
      {"PUT", "/feed", {ada}, "", 405},
  };
  for (const auto& one : cases) {
    const auto answer = ask(one.method, "/api/v1" + one.path, one.fields, one.body);
    EXPECT_EQ(answer.status, one.status) << one.method << " " << one.path << ": " << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json") << one.path;
    EXPECT_TRUE(json::parse(answer.body)["detail"].is_string());
    client = std::make_unique<TestClient>(server->address());
  }
  EXPECT_EQ(rows("accounts_people"), 2);
}

TEST_F(ApiTest, OneBadEventDoesNotTakeTheOthersDown) {
  publish(person("maker"), "a clip");
  const auto ada = bearer("ada");
  const auto answered = json::parse(ask("GET", "/api/v1/feed", {ada}).body);
  ASSERT_EQ(answered["items"].size(), 1) << answered;
  const auto token = answered["items"][0]["impression_token"];
  const json events = {
      {"events",
       json::array({{{"event_id", "1"}, {"impression_token", token}, {"event", "impression"}},
                    5,
                    {{"event_id", "2"}, {"impression_token", "x"}, {"event", "impression"}},
                    {{"event_id", "3"}, {"impression_token", token}, {"event", "dance"}},
                    {{"event_id", "1"}, {"impression_token", token}, {"event", "impression"}}})}};
  const auto taken = ask("POST", "/api/v1/events", {ada}, events.dump());
  ASSERT_EQ(taken.status, 202) << taken.body;
  const auto answer = json::parse(taken.body);
  EXPECT_EQ(answer["accepted"], 1);
  EXPECT_EQ(answer["duplicate"], 1);
  EXPECT_EQ(answer["learned"], true);
  ASSERT_EQ(answer["rejected"].size(), 3) << answer;
  EXPECT_EQ(answer["rejected"][0]["index"], 1);
  EXPECT_EQ(answer["rejected"][2]["index"], 3);
}

TEST_F(ApiTest, TusTakesAFileInParts) {
  const auto ada = bearer("ada");
  const std::string tus = "Tus-Resumable: 1.0.0";
  const std::string type = "Content-Type: application/offset+octet-stream";
  const std::string base = "/api/v1/uploads";
  const auto options = ask("OPTIONS", base);
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("tus-version"), "1.0.0");
  EXPECT_EQ(ask("POST", base, {ada, "Upload-Length: 10"}).status, 412);
  EXPECT_EQ(ask("POST", base, {tus, "Upload-Length: 10"}).status, 401);
  EXPECT_EQ(ask("POST", base, {ada, tus}).status, 400);
  EXPECT_EQ(ask("POST", base, {ada, tus, "Upload-Length: 10", "Upload-Metadata: caption !"}).status,
            400);
  const auto made =
      ask("POST", base, {ada, tus, "Upload-Length: 10", "Upload-Metadata: filename YS5tcDQ=", type},
          "abcd");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.headers.at("upload-offset"), "4");
  const auto location = made.headers.at("location");
  ASSERT_THAT(location, StartsWith(base + "/"));

  EXPECT_EQ(ask("HEAD", location, {bearer("bob"), tus}).status, 404);
  const auto head = ask("HEAD", location, {ada, tus});
  EXPECT_EQ(head.headers.at("upload-offset"), "4");
  EXPECT_EQ(head.headers.at("upload-length"), "10");
  EXPECT_EQ(head.headers.at("cache-control"), "no-store");
  EXPECT_TRUE(head.headers.contains("upload-expires"));

  EXPECT_EQ(ask("PATCH", location, {ada, tus, "Upload-Offset: 4"}, "ef").status, 415);
  EXPECT_EQ(ask("PATCH", location, {ada, tus, type}, "ef").status, 400);
  EXPECT_EQ(ask("PATCH", location, {ada, tus, type, "Upload-Offset: 3"}, "ef").status, 409);
  const std::string wrong_sum = "Upload-Checksum: sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  EXPECT_EQ(ask("PATCH", location, {ada, tus, type, "Upload-Offset: 4", wrong_sum}, "ef").status,
            460);
  EXPECT_EQ(ask("HEAD", location, {ada, tus}).headers.at("upload-offset"), "4");
  const auto final_part = ask("PATCH", location, {ada, tus, type, "Upload-Offset: 4"}, "efghij");
  EXPECT_EQ(final_part.status, 204) << final_part.body;
  EXPECT_EQ(final_part.headers.at("upload-offset"), "10");
  EXPECT_EQ(final_part.headers.at("filoscope-video-id").size(), 13);
  EXPECT_EQ(final_part.headers.at("tus-resumable"), "1.0.0");

  const auto second = ask("POST", base, {ada, tus, "Upload-Length: 5"});
  ASSERT_EQ(second.status, 201) << second.body;
  EXPECT_EQ(ask("DELETE", second.headers.at("location"), {ada, tus}).status, 204);
  EXPECT_EQ(ask("HEAD", second.headers.at("location"), {ada, tus}).status, 404);
}

TEST_F(ApiTest, TusKeepsToItsSpecification) {
  const auto ada = bearer("ada");
  const std::string tus = "Tus-Resumable: 1.0.0", base = "/api/v1/uploads";
  const std::string type = "Content-Type: application/offset+octet-stream";
  const auto large = ask("POST", base, {ada, tus, "Upload-Length: 9999999999999"});
  EXPECT_EQ(large.status, 413) << large.body;
  EXPECT_EQ(large.headers.at("tus-resumable"), "1.0.0");
  EXPECT_EQ(ask("POST", base, {ada, tus, "Upload-Length: 9"}, "abc").status, 415);
  const std::string metadata = "filename YS5tcDQ=,is_confidential,filetype dmlkZW8vbXA0";
  const auto made =
      ask("POST", base, {ada, tus, "Upload-Length: 9", "Upload-Metadata: " + metadata});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto location = made.headers.at("location");
  EXPECT_EQ(ask("HEAD", location, {ada, tus}).headers.at("upload-metadata"), metadata);
  EXPECT_EQ(ask("HEAD", location, {ada}).status, 412);
  EXPECT_EQ(ask("DELETE", location, {ada}).status, 412);

  const std::string head = "PATCH " + location + " HTTP/1.1\r\nHost: localhost\r\n" + ada + "\r\n" +
                           tus + "\r\n" + type + "\r\nTransfer-Encoding: chunked\r\n";
  const auto chunked =
      client->ask(head + "Upload-Offset: 0\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.status, 204) << chunked.body;
  EXPECT_EQ(chunked.headers.at("upload-offset"), "4");
  const auto beyond = client->ask(head + "Upload-Offset: 4\r\n\r\n6\r\nefghij\r\n0\r\n\r\n");
  EXPECT_EQ(beyond.status, 400) << beyond.body;
  client = std::make_unique<TestClient>(server->address());
  EXPECT_EQ(ask("HEAD", location, {ada, tus}).headers.at("upload-offset"), "4");

  const std::string post = "X-HTTP-Method-Override: ";
  EXPECT_EQ(
      ask("POST", location, {ada, tus, type, post + "PATCH", "Upload-Offset: 4"}, "ef").status,
      204);
  EXPECT_EQ(ask("POST", location, {ada, tus, post + "HEAD"}).headers.at("upload-offset"), "6");
  EXPECT_EQ(ask("POST", location, {ada, tus, post + "PUT"}).status, 400);
  EXPECT_EQ(ask("POST", location, {ada, tus, post + "DELETE"}).status, 204);
  EXPECT_EQ(ask("HEAD", location, {ada, tus}).status, 404);
}

TEST_F(ApiTest, AFormOverTheQuotaIsRefusedBeforeItsBody) {
  must(config.set("upload.per_day_max", "1"));
  const auto ada = bearer("ada");
  const std::vector<std::string> fields{ada, "Content-Type: multipart/form-data; boundary=b"};
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nvideo\r\n--b--\r\n";
  EXPECT_EQ(ask("POST", "/api/v1/videos", fields, form).status, 202);
  std::string head =
      "POST /api/v1/videos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30000000\r\n";
  for (const auto& field : fields) head += field + "\r\n";
  EXPECT_EQ(client->ask(head + "\r\n").status, 429);
  EXPECT_TRUE(client->closed_by_server());
}

TEST_F(ApiTest, TakesAVideoAsAForm) {
  const auto ada = bearer("ada");
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\n" +
      std::string(3'000'000, 'v') +
      "\r\n--b\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nhi #there\r\n--b--\r\n";
  const auto taken =
      ask("POST", "/api/v1/videos", {ada, "Content-Type: multipart/form-data; boundary=b"}, form);
  ASSERT_EQ(taken.status, 202) << taken.body;
  const auto video = json::parse(taken.body)["video"];
  const auto shown = ask("GET", "/api/v1/videos/" + video["id"].get<std::string>(), {ada});
  EXPECT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(json::parse(shown.body)["caption"], "hi #there");
  EXPECT_EQ(ask("GET", "/api/v1/videos/" + video["id"].get<std::string>()).status, 404);
}

TEST_F(ApiTest, SpansAreCountedInUtf16) {
  const auto author = person("maker");
  const auto token = bearer("jo");
  const auto video = publish_file(author, "0123456789");
  const std::string caption = "😀 é #café🎉 今日は@jo と @nobody.here #x";
  must(catalog->change(author.account, video.id, {.caption = caption}));
  const auto path = "/api/v1/videos/" + video.id.text();
  const auto shown = json::parse(ask("GET", path).body);
  EXPECT_EQ(
      shown["caption_spans"],
      json::parse(R"([{"kind": "hashtag", "begin_utf16": 5, "end_utf16": 12, "value": "cafe🎉"},
                            {"kind": "mention", "begin_utf16": 16, "end_utf16": 19, "value": "jo"},
                            {"kind": "hashtag", "begin_utf16": 35, "end_utf16": 37, "value": "x"}])"));
  const auto made = ask("POST", path + "/comments", {token}, R"({"text": "見て@maker #y"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(json::parse(made.body)["text_spans"],
            json::parse(R"([{"kind": "mention", "begin_utf16": 2, "end_utf16": 8, "value": "maker"},
                            {"kind": "hashtag", "begin_utf16": 9, "end_utf16": 11, "value": "y"}])"));
  const auto bio = ask("PATCH", "/api/v1/me", {token}, R"({"bio": "with @maker"})");
  EXPECT_EQ(json::parse(bio.body)["account"]["bio_spans"][0]["value"], "maker");
}

TEST_F(ApiTest, SearchForVideosShowsThePersonToo) {
  const auto author = person("daily_feathers");
  const auto video = publish_file(author, "0123456789");
  must(catalog->change(author.account, video.id, {.caption = "a feather"}));
  const auto found = json::parse(ask("GET", "/api/v1/search?q=feathers").body);
  ASSERT_EQ(found["people"].size(), 1U) << found;
  EXPECT_EQ(found["people"][0]["handle"], "daily_feathers");
  EXPECT_EQ(found["items"].size(), 1U);
  EXPECT_EQ(found["corrected"], "feather");
  const auto second = json::parse(ask("GET", "/api/v1/search?q=feather&kind=videos").body);
  EXPECT_EQ(second["items"].size(), 1U);
  EXPECT_EQ(second["corrected"], nullptr);
  EXPECT_EQ(second["people"].size(), 0U);
  const auto exact = json::parse(ask("GET", "/api/v1/search?q=feathers&exact=yes").body);
  EXPECT_EQ(exact["items"].size(), 0U);
}

TEST_F(ApiTest, ADeletedVideoCanBeBroughtBackByItsAuthorOnly) {
  const auto ada = bearer("ada"), jo = bearer("jo");
  accounts::Viewer author;
  author.account = must(accounts->find("ada")).id;
  const auto video = publish_file(author, "0123456789");
  for (const char* file : {"720.m3u8", "master.m3u8", "cover0.jpg"}) put_blob(video, file);
  const auto path = "/api/v1/videos/" + video.id.text();
  const auto url = catalog->media_url(video, "720.mp4", video.owner);
  EXPECT_EQ(ask("DELETE", path, {ada}).status, 204);
  EXPECT_EQ(ask("GET", path, {ada}).status, 404);
  EXPECT_EQ(ask("GET", url).status, 404);
  EXPECT_EQ(json::parse(ask("GET", "/api/v1/me/removed", {jo}).body)["items"].size(), 0U);
  const auto listed = json::parse(ask("GET", "/api/v1/me/removed", {ada}).body)["items"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["id"], video.id.text());
  EXPECT_GT(listed[0]["restorable_until_ms"], listed[0]["removed_ms"]);
  EXPECT_EQ(ask("POST", path + "/restore", {jo}).status, 404);
  EXPECT_EQ(ask("POST", path + "/restore").status, 401);
  const auto restored = ask("POST", path + "/restore", {ada});
  ASSERT_EQ(restored.status, 200) << restored.body;
  EXPECT_EQ(json::parse(restored.body)["id"], video.id.text());
  EXPECT_EQ(ask("GET", url).status, 200);
  EXPECT_EQ(ask("DELETE", path, {ada}).status, 204);
  const auto removed = "/api/v1/me/removed/" + video.id.text();
  EXPECT_EQ(ask("DELETE", removed, {jo}).status, 404);
  EXPECT_EQ(ask("DELETE", removed, {ada}).status, 204);
  EXPECT_EQ(ask("POST", path + "/restore", {ada}).status, 404);
}

TEST_F(ApiTest, AFormsFileNameMayBeInAnyEncoding) {
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"caf\xE9.mp4\"\r\n\r\nvvv"
      "\r\n--b--\r\n";
  const std::string type = "Content-Type: multipart/form-data; boundary=b";
  EXPECT_EQ(ask("POST", "/api/v1/videos", {bearer("ada"), type}, form).status, 202);
}

TEST_F(ApiTest, NamesThatCannotBeSeenAreRefusedInWords) {
  const auto answer =
      ask("PATCH", "/api/v1/me", {bearer("ada")}, R"({"display_name": "\u3164\u0301"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("nothing of this can be seen"));
}

TEST_F(ApiTest, MediaIsGoneWithItsVideoAtOnce) {
  const auto author = person("maker");
  const auto video = publish_file(author, "0123456789");
  const auto url = catalog->media_url(video, "720.mp4", video.owner);
  const auto whole = ask("GET", url);
  ASSERT_EQ(whole.status, 200) << whole.body;
  EXPECT_EQ(whole.body, "0123456789");
  EXPECT_EQ(whole.headers.at("content-type"), "video/mp4");
  EXPECT_THAT(whole.headers.at("cache-control"), HasSubstr("public, max-age="));
  const auto part = ask("GET", url, {"Range: bytes=2-4"});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(ask("GET", url, {"If-None-Match: " + whole.headers.at("etag")}).status, 304);
  EXPECT_EQ(ask("GET", url + "x").status, 404);
  EXPECT_EQ(ask("PUT", url).status, 405);
  must(catalog->remove(author.account, video.id));
  EXPECT_EQ(ask("GET", url, {"Range: bytes=2-4"}).status, 404);
}

TEST_F(ApiTest, RestrictedMediaIsNotCached) {
  const auto author = person("maker");
  auto video = publish_file(author, "0123456789");
  const auto public_url = catalog->media_url(video, "720.mp4", video.owner);
  catalog::VideoChange change;
  change.visibility = catalog::Visibility::followers;
  video = must(catalog->change(author.account, video.id, change));
  const auto answer = ask("GET", catalog->media_url(video, "720.mp4", video.owner));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.at("cache-control"), "private, no-store");
  EXPECT_EQ(ask("GET", public_url).status, 404);
}

TEST_F(ApiTest, OperatorsSeeHealthAndNumbers) {
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  {
    trouble::begin("disk", "the disk has a hole");
    const auto told = ask("GET", "/readyz");
    trouble::end("disk");
    EXPECT_EQ(told.status, 503);
    EXPECT_EQ(json::parse(told.body)["problems"], json::array({"the disk has a hole"}));
    EXPECT_TRUE(told.headers.contains("retry-after"));
  }
  EXPECT_EQ(json::parse(ask("GET", "/readyz").body)["status"], "ready");
  ask("GET", "/api/v1/status");
  const auto metrics = ask("GET", "/metrics");
  EXPECT_THAT(metrics.body, HasSubstr("filoscope_http_requests_total"));
  EXPECT_THAT(metrics.body, HasSubstr("route=\"GET /api/v1/status\""));
}

TEST_F(ApiTest, MetricsAreForThisMachineAndForTheirToken) {
  const std::string elsewhere = "X-Forwarded-For: 203.0.113.9";
  EXPECT_EQ(ask("GET", "/metrics", {elsewhere}).status, 403);
  EXPECT_EQ(ask("GET", "/metrics", {elsewhere, "Authorization: Bearer "}).status, 403);
  must(config.set("api.metrics_token", "a long metrics token"));
  EXPECT_EQ(ask("GET", "/metrics", {elsewhere}).status, 401);
  EXPECT_EQ(ask("GET", "/metrics", {elsewhere, "Authorization: Bearer a long metrics"}).status,
            401);
  EXPECT_EQ(
      ask("GET", "/metrics", {elsewhere, "Authorization: Bearer a long metrics token"}).status,
      200);
  EXPECT_EQ(ask("GET", "/metrics").status, 200);
}

TEST_F(ApiTest, ALostPasswordIsReplacedByACode) {
  const auto ada = bearer("ada");
  const auto codes = json::parse(
      ask("POST", "/api/v1/me/recovery-codes", {ada}, R"({"password": "a long password 1"})")
          .body)["codes"];
  ASSERT_EQ(codes.size(), 10U) << codes;
  EXPECT_EQ(json::parse(ask("GET", "/api/v1/me", {ada}).body)["recovery_codes_left"], 10);
  const json form{{"handle", "ADA"}, {"code", codes[0]}, {"password", "battery staple"}};
  const auto made =
      ask("POST", "/api/v1/sessions/recovery", {"X-Filoscope-Client: web"}, form.dump());
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(cookie_of(made, "filoscope_session"), json::parse(made.body)["token"]);
  EXPECT_EQ(ask("GET", "/api/v1/me", {ada}).status, 401);
  EXPECT_EQ(ask("POST", "/api/v1/sessions/recovery", {}, form.dump()).status, 401);
}

TEST_F(ApiTest, SessionsAreListedAndEnded) {
  const auto ada = bearer("ada");
  const json form{{"handle", "ada"}, {"password", "a long password 1"}};
  const auto other = ask("POST", "/api/v1/sessions", {"User-Agent: Phone/1"}, form.dump());
  const auto phone = "Authorization: Bearer " + json::parse(other.body)["token"].get<std::string>();
  const auto items = json::parse(ask("GET", "/api/v1/me/sessions", {ada}).body)["items"];
  ASSERT_EQ(items.size(), 2U) << items;
  const auto& listed = items[0]["client"] == "Phone/1" ? items[0] : items[1];
  EXPECT_EQ(listed["current"], false);
  const auto path = "/api/v1/me/sessions/" + listed["id"].get<std::string>();
  EXPECT_EQ(ask("DELETE", path, {ada}).status, 204);
  EXPECT_EQ(ask("GET", "/api/v1/me", {phone}).status, 401);
  EXPECT_EQ(ask("DELETE", path, {ada}).status, 404);
}

}  // namespace
}  // namespace filoscope::api
