#pragma once

/// For tests: the whole interface over loopback, on real stores.

#include <nlohmann/json.hpp>

#include "api/api.h"
#include "api/routes.h"
#include "api/test_client.h"
#include "base/log.h"
#include "feed/test_world.h"

namespace filoscope::api {

class ApiTest : public feed::World {
 protected:
  ApiTest() {
    log::set_level(log::Level::off);
    subtitles = must(subtitles::Subtitles::open({*database, *catalog, clock}));
    reading = must(reading::Reading::open({*database, *catalog, config, "/proc/self/exe", 0}));
    search = must(search::Search::open({*database, *log, *accounts, *catalog, *social, *subtitles,
                                        *reading, clock, config, crypto::Key{4}}));
    visual = must(visual::VisualSearch::open(
        {*database, *catalog, *blobs, clock, config, "/bin/false", false}));
    copies = must(copies::Copies::open({*database, *catalog, clock, config}));
    safety = must(safety::Safety::open({*database, *catalog, *social, clock, config}));
    uploads =
        must(upload::Uploads::open({*database, *blobs, *accounts, *catalog, *social, *copies,
                                    *safety, *reading, workers, clock, config, folder.string()}));
    services = std::make_unique<Services>(Services{*accounts,
                                                   *catalog,
                                                   *social,
                                                   *subtitles,
                                                   *uploads,
                                                   *search,
                                                   *visual,
                                                   *copies,
                                                   *safety,
                                                   *feed,
                                                   *blobs,
                                                   clock,
                                                   config,
                                                   crypto::Key{9},
                                                   "",
                                                   {},
                                                   {}});
    server = must(Server::start("127.0.0.1:0", make_router(*services), config, system_clock));
    client = std::make_unique<TestClient>(server->address());
  }
  ~ApiTest() override {
    server.reset();
    uploads->stop();
    uploads.reset();
    safety.reset();
    copies.reset();
    visual.reset();
    search.reset();
    reading.reset();
    subtitles.reset();
  }

  /// `fields` are whole lines without their ends.
  ClientAnswer ask(const std::string& method, const std::string& path,
                   const std::vector<std::string>& fields = {}, const std::string& body = "") {
    std::string text = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& field : fields) text += field + "\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return client->ask(text, method == "HEAD");
  }
  static std::string sign_up_body(const std::string& handle) {
    return nlohmann::json{
        {"handle", handle}, {"password", "a long password 1"}, {"birth_date", "1990-01-01"}}
        .dump();
  }
  /// "Authorization: Bearer …" of a new account.
  std::string bearer(const std::string& handle) {
    const auto made = ask("POST", "/api/v1/accounts", {}, sign_up_body(handle));
    EXPECT_EQ(made.status, 201) << made.body;
    return "Authorization: Bearer " + nlohmann::json::parse(made.body)["token"].get<std::string>();
  }
  catalog::Video publish_file(const accounts::Viewer& author, const std::string& content) {
    const auto video = publish(author, "a clip");
    auto file = must(blobs->make_temporary());
    must(write_all(file.get(), crypto::as_bytes(content), 0));
    must(blobs->put(catalog->blob_key(video, "720.mp4"), std::move(file)));
    return video;
  }
  void put_blob(const catalog::Video& video, const std::string& name) {
    must(blobs->put(catalog->blob_key(video, name), must(blobs->make_temporary())));
  }

  SystemClock system_clock;
  media::MediaWorkers workers{media::WorkerProgram{"/bin/false"}};
  std::unique_ptr<subtitles::Subtitles> subtitles;
  std::unique_ptr<search::Search> search;
  std::unique_ptr<visual::VisualSearch> visual;
  std::unique_ptr<copies::Copies> copies;
  std::unique_ptr<reading::Reading> reading;
  std::unique_ptr<safety::Safety> safety;
  std::unique_ptr<upload::Uploads> uploads;
  std::unique_ptr<Services> services;
  std::unique_ptr<Server> server;
  std::unique_ptr<TestClient> client;
};

/// The value of one cookie among the Set-Cookie lines.
inline std::string cookie_of(const ClientAnswer& answer, const std::string& name) {
  const auto found = answer.headers.find("set-cookie");
  if (found == answer.headers.end()) return "";
  const auto at = found->second.find(name + "=");
  if (at == std::string::npos) return "";
  const auto start = at + name.size() + 1;
  return found->second.substr(start, found->second.find(';', start) - start);
}

}  // namespace filoscope::api
