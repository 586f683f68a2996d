/// Whole requests against all routes on real stores: bearer tokens, cookies, CSRF, cursors, search
/// words, forms, ranges. Whatever comes in is answered, and never as our own fault. In an input
/// `@TOKEN@` stands for a signed-in person's token and `@VIDEO@` for a video's id.

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "api/exchange.h"
#include "api/routes.h"
#include "app/wiring.h"
#include "base/check.h"
#include "base/log.h"

namespace {

using namespace filoscope;

constexpr const char* kHandle = "ada";
constexpr const char* kPassword = "a long password 1";

catalog::Video publish(app::Wiring& wiring, AccountId author) {
  catalog::NewVideo form;
  form.owner = author;
  form.caption = "A clip of #waves 北京 with @ada";
  const auto video = wiring.catalog().create(form).value();
  catalog::Processed facts;
  facts.duration_ms = 10'000, facts.width = 720, facts.height = 1280, facts.covers_count = 1;
  catalog::Rendition rendition;
  rendition.name = "720", rendition.codecs = "avc1.64001f";
  facts.renditions = {rendition};
  return wiring.catalog().publish(video.id, facts).value();
}

/// One installation for all inputs, in a folder that goes with the process.
class World {
 public:
  World()
      : folder_(std::filesystem::temp_directory_path() /
                ("api_fuzz_" + std::to_string(::getpid()))) {
    log::set_level(log::Level::off);
    config_.set("accounts.password_memory_bytes", "8388608").value();
    app::Wiring::Options options;
    options.data_folder = folder_.string();
    options.missing = app::DataFolder::Missing::make;
    wiring_ = app::Wiring::open(options, config_).value();
    accounts::SignUp form;
    form.handle = kHandle, form.password = kPassword, form.birth_date = "1990-01-01";
    const auto made = wiring_->accounts().sign_up(form).value();
    token_ = made.token;
    video_ = publish(*wiring_, made.account.id).id.text();
    auto& w = *wiring_;
    uploads_ = upload::Uploads::open({w.database(), w.blobs(), w.accounts(), w.catalog(),
                                      w.social(), w.copies(), w.safety(), w.reading(), workers_,
                                      w.clock(), config_, folder_.string()})
                   .value();
    services_ = std::make_unique<api::Services>(api::Services{w.accounts(),
                                                              w.catalog(),
                                                              w.social(),
                                                              w.subtitles(),
                                                              *uploads_,
                                                              w.search(),
                                                              w.visual(),
                                                              w.copies(),
                                                              w.safety(),
                                                              w.feed(),
                                                              w.blobs(),
                                                              w.clock(),
                                                              config_,
                                                              w.key_for("api"),
                                                              "",
                                                              {},
                                                              {}});
    context_ =
        std::make_unique<api::ServerContext>(api::make_router(*services_), config_, w.clock());
    recorder_ = std::make_unique<api::ExchangeRecorder>(*context_);
  }
  ~World() {
    recorder_.reset();
    context_.reset();
    services_.reset();
    uploads_->stop();
    uploads_.reset();
    wiring_.reset();
    std::filesystem::remove_all(folder_);
  }

  void ask(std::string text) {
    if (!wiring_->accounts().authenticate(token_)) sign_in();
    put_in(text, "@TOKEN@", token_);
    put_in(text, "@VIDEO@", video_);
    std::string_view bytes = text;
    api::HttpParser parser(api::kHeadBytesMax);
    while (!bytes.empty() && !parser.failure() && !parser.done()) {
      const auto used = parser.feed(bytes);
      bytes.remove_prefix(used);
      if (used == 0 && !parser.head_done()) break;
      if (parser.head_done()) break;
    }
    if (!parser.head_done() || parser.failure()) return;
    auto exchange = api::begin_exchange(parser, "127.0.0.1", *context_, *recorder_);
    if (!parser.done()) parser.feed(bytes);
    if (!exchange.answered) answer(exchange, std::move(parser.body()));
    FILOSCOPE_CHECK(exchange.answered);
    FILOSCOPE_CHECK(exchange.response.status >= 200 && exchange.response.status < 600);
    FILOSCOPE_CHECK(exchange.response.status != 500);
    FILOSCOPE_CHECK(api::response_head(exchange, *recorder_).ends_with("\r\n\r\n"));
    api::finish_exchange(exchange, 0, *context_, *recorder_);
  }

 private:
  void sign_in() { token_ = wiring_->accounts().sign_in(kHandle, kPassword, {}).value().token; }

  static void put_in(std::string& text, std::string_view name, const std::string& value) {
    for (auto at = text.find(name); at != std::string::npos;
         at = text.find(name, at + value.size()))
      text.replace(at, name.size(), value);
  }

  static void answer(api::Exchange& exchange, std::string body) {
    if (body.size() > exchange.route->body_bytes_max) body.resize(exchange.route->body_bytes_max);
    if (!exchange.streams()) {
      exchange.request->body = std::move(body);
      return api::run_handler(exchange);
    }
    auto sink = api::run_stream_handler(exchange);
    if (!sink) return exchange.answer(sink.error());
    if (auto refused = (*sink)->refusal()) return exchange.answer(*std::move(refused));
    if (auto written = (*sink)->write(crypto::as_bytes(body)); !written)
      return exchange.answer(written.error());
    auto response = (*sink)->finish();
    response ? exchange.answer(*std::move(response)) : exchange.answer(response.error());
  }

  const std::filesystem::path folder_;
  Config config_;
  media::MediaWorkers workers_{media::WorkerProgram{"/bin/false"}};  // other targets read the files
  std::unique_ptr<app::Wiring> wiring_;
  std::unique_ptr<upload::Uploads> uploads_;
  std::string token_, video_;
  std::unique_ptr<api::Services> services_;
  std::unique_ptr<api::ServerContext> context_;
  std::unique_ptr<api::ExchangeRecorder> recorder_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size > 32'768) return 0;
  world.ask(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
