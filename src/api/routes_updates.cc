#include <fmt/format.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "api/routes.h"
#include "api/waiting.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::int64_t kWaitSMax = 60;

/// News as JSON texts, one thing each, for whoever the token names at that moment: one that has
/// ended ends them. Threads: one at a time.
class NewsTexts {
 public:
  /// Errors: those of Updates::listen.
  static Result<std::unique_ptr<NewsTexts>> open(const ApiPtr& api, const Caller& caller,
                                                 std::function<void()> wake) {
    FILOSCOPE_TRY(auto listener,
                  api->updates->listen(caller.viewer, Updates::Interest::all, std::move(wake)));
    return std::unique_ptr<NewsTexts>(new NewsTexts(api, caller.token, std::move(listener)));
  }

  /// "" when there is none. Errors: unauthenticated, those of the modules.
  Result<std::string> next() {
    FILOSCOPE_TRY(const auto viewer,
                  api_->services.accounts.authenticate(token_, accounts::Use::listens));
    if (texts_.empty()) FILOSCOPE_DO(gather(viewer));
    if (texts_.empty()) return std::string();
    auto text = std::move(texts_.front());
    texts_.pop_front();
    return text;
  }

  /// `{"watch": [ID, …]}`: the clips on her screen.
  Result<void> receive(std::string_view message) {
    FILOSCOPE_TRY(const auto object, parse_object(message));
    const Error wrong(reason("socket_message_invalid"), kWatchedMax);
    const auto list = object.find("watch");
    if (list == object.end() || !list->is_array() || list->size() > kWatchedMax) return wrong;
    std::vector<VideoId> videos;
    for (const auto& one : *list) {
      const auto id =
          one.is_string() ? VideoId::parse(one.get_ref<const std::string&>()) : std::nullopt;
      if (!id) return wrong;
      videos.push_back(*id);
    }
    listener_->watch(videos);
    return {};
  }

 private:
  NewsTexts(ApiPtr api, std::string token, std::shared_ptr<Updates::Listener> listener)
      : api_(std::move(api)), token_(std::move(token)), listener_(std::move(listener)) {}

  Result<void> gather(const accounts::Viewer& viewer) {
    const auto news = listener_->take();
    if (viewer.account && (news.notices || !told_unread_)) {
      FILOSCOPE_TRY(const auto unread, api_->services.social.unread_count(viewer));
      if (told_unread_ != unread)
        texts_.push_back(json{{"type", "unread"}, {"count", unread}}.dump());
      told_unread_ = unread;
    }
    for (const auto& step : news.steps) {
      texts_.push_back(json{{"type", "video"},
                            {"id", step.id.text()},
                            {"state", encode_state(step.state)},
                            {"step", encode_step(step.state)},
                            {"progress_percent", step.progress_percent}}
                           .dump());
    }
    return add_gone(viewer, news.changed);
  }

  Result<void> add_gone(const accounts::Viewer& viewer, const std::vector<VideoId>& changed) {
    if (changed.empty()) return {};
    auto& catalog = api_->services.catalog;
    FILOSCOPE_TRY(const auto videos, catalog.get_many(changed));
    for (const auto id : changed) {
      const bool there = std::any_of(videos.begin(), videos.end(), [&](const auto& video) {
        return video.id == id && catalog.may_see(viewer, video);
      });
      if (there) continue;
      listener_->unwatch(id);
      texts_.push_back(json{{"type", "gone"}, {"id", id.text()}}.dump());
    }
    return {};
  }

  const ApiPtr api_;
  const std::string token_;
  const std::shared_ptr<Updates::Listener> listener_;
  std::optional<std::int64_t> told_unread_;
  std::deque<std::string> texts_;
};

class NewsSocket final : public SocketPeer {
 public:
  static Result<Response> open(const ApiPtr& api, const Request& request) {
    FILOSCOPE_TRY(const auto caller, api->auth.anyone(request));
    const auto socket = std::make_shared<NewsSocket>();
    socket->waker().wake();
    if (!caller.viewer.person) {
      auto refused = api->auth.person(request).error();
      // A page cannot keep a socket that is refused out of the browser's console: a session that
      // ended while the request was on its way closes it instead, as one that ends later does.
      if (!caller.ended_cookie) return refused;
      socket->refused_ = std::move(refused);
    } else {
      FILOSCOPE_TRY(socket->texts_,
                    NewsTexts::open(api, caller, [raw = socket.get()] { raw->waker().wake(); }));
    }
    Response response;
    response.body = std::shared_ptr<SocketPeer>(socket);
    return response;
  }
  Result<std::optional<std::string>> next() override {
    if (refused_) return *refused_;
    FILOSCOPE_TRY(auto text, texts_->next());
    return std::optional(std::move(text));
  }
  Result<void> receive(std::string_view message) override {
    if (refused_) return *refused_;
    FILOSCOPE_DO(texts_->receive(message));
    waker().wake();
    return {};
  }

 private:
  std::unique_ptr<NewsTexts> texts_;
  std::optional<Error> refused_;
};

/// Server-sent events (HTML Living Standard, section 9.2).
class NewsStream final : public BodySource {
 public:
  explicit NewsStream(const Clock& clock) : clock_(clock), sent_us_(clock.mono_us()) {}
  static Result<Response> open(const ApiPtr& api, const Request& request) {
    FILOSCOPE_TRY(const auto caller, api->auth.person(request));
    const auto stream = std::make_shared<NewsStream>(api->services.clock);
    FILOSCOPE_TRY(stream->texts_,
                  NewsTexts::open(api, caller, [raw = stream.get()] { raw->waker().wake(); }));
    Response response;
    response.content_type = "text/event-stream";
    response.headers.emplace_back("Cache-Control", "no-store");
    response.body = std::shared_ptr<BodySource>(stream);
    return response;
  }
  Result<std::optional<std::string>> next() override {
    FILOSCOPE_TRY(const auto text, texts_->next());
    const auto now_us = clock_.mono_us();
    const bool quiet = text.empty() && now_us - sent_us_ < kAskAgainMs * 1000;
    if (quiet) return std::optional(std::string());
    sent_us_ = now_us;
    // A comment now and then, for proxies that end what is silent.
    return std::optional(text.empty() ? std::string(":\n\n") : fmt::format("data: {}\n\n", text));
  }

 private:
  const Clock& clock_;
  std::int64_t sent_us_;
  std::unique_ptr<NewsTexts> texts_;
};

Response unread_response(std::int64_t count) {
  return json_response({{"unread_notifications", count}});
}

/// For whoever the token names by now.
Result<Response> count_unread(const ApiPtr& api, const std::string& token) {
  FILOSCOPE_TRY(const auto viewer,
                api->services.accounts.authenticate(token, accounts::Use::listens));
  FILOSCOPE_TRY(const auto count, api->services.social.unread_count(viewer));
  return unread_response(count);
}

/// At once when the number is another than `not`, else when it has changed or `wait_s` are over; a
/// guest has none.
Result<Response> unread(const ApiPtr& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api->auth.person(request));
  FILOSCOPE_TRY(const auto known, query_integer(request, "not", 0, 1'000'000));
  FILOSCOPE_TRY(const auto wait_s, query_integer(request, "wait_s", 0, kWaitSMax));
  const auto count_again = [api, token = caller.token] { return count_unread(api, token); };
  if (!known || wait_s.value_or(0) == 0) return count_again();
  const auto pending = std::make_shared<PendingAnswer>(*wait_s * 1000, count_again);
  FILOSCOPE_TRY(auto listener, api->updates->listen(caller.viewer, Updates::Interest::notices,
                                                    [raw = pending.get(), count_again] {
                                                      raw->settle(count_again);
                                                    }));
  pending->hold(std::move(listener));
  // Asked behind the beginning to listen: what comes in between settles it.
  FILOSCOPE_TRY(const auto now, api->services.social.unread_count(caller.viewer));
  if (now != *known) return unread_response(now);
  Response response;
  response.body = pending;
  return response;
}

}  // namespace

void add_update_routes(Router& router, const ApiPtr& api) {
  const std::string base = kBase;
  const auto add = [&](const char* path, auto function) {
    router.add(kind_of(Work::waiting, "GET", base + path,
                       [api, function](const Request& request) { return function(api, request); }));
  };
  add("/notifications/unread", unread);
  add("/updates", NewsStream::open);
  auto socket = kind_of(Work::waiting, "GET", base + "/updates/socket",
                        [api](const Request& request) { return NewsSocket::open(api, request); });
  socket.socket = true;
  router.add(std::move(socket));
}

}  // namespace filoscope::api
