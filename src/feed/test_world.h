#pragma once

/// The world of social's tests with the feed and its engine on top.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "feed/feed.h"
#include "social/test_world.h"

namespace filoscope::feed {

using filoscope::code_of;
using filoscope::must;

class World : public ::testing::Test, protected social::World {
 protected:
  World() { feed = must(open_feed()); }
  ~World() override { close(); }

  void open() {
    open_below();
    feed = must(open_feed());
  }
  /// All but the feed.
  void open_below() {
    catalog::World::open();
    open_social();
  }
  Result<std::unique_ptr<Feed>> open_feed() {
    return Feed::open({*database, *log, *accounts, *catalog, *social, clock, config, crypto::Key{3},
                       folder.string()});
  }
  void close() {
    feed.reset();
    social.reset();
    catalog::World::close();
  }
  void reopen() { close(), open(); }

  accounts::Viewer person(const std::string& handle, const std::string& language = "en") {
    accounts::SignUp form;
    form.handle = handle;
    form.password = "a long password 1";
    form.birth_date = "1990-01-01";
    form.display_name = handle;
    form.language = language;
    return must(accounts->authenticate(must(accounts->sign_up(form)).token));
  }
  catalog::Video publish(const accounts::Viewer& author, const std::string& caption,
                         std::int64_t duration_ms = 10'000) {
    catalog::NewVideo form;
    form.owner = author.account;
    form.caption = caption;
    const auto video = must(catalog->create(form));
    catalog::Processed facts;
    facts.duration_ms = duration_ms;
    facts.width = 720;
    facts.height = 1280;
    facts.placeholder = "data:image/jpeg;base64,AAAA";
    facts.covers_count = 1;
    catalog::Rendition rendition;
    rendition.name = "720";
    rendition.codecs = "avc1.64001f";
    facts.renditions = {rendition};
    clock.advance_ms(1);
    return must(catalog->publish(video.id, facts));
  }

  FeedAnswer ask(const accounts::Viewer& viewer, FeedRequest request = {}) {
    clock.advance_ms(1);
    return must(feed->answer(viewer, request));
  }
  ClientEvent event(const std::string& id, const Item& item, const std::string& name,
                    std::int64_t watch_ms = 0) {
    ClientEvent event;
    event.event_id = id;
    event.impression_token = item.impression_token;
    event.event = name;
    event.watch_ms = watch_ms;
    return event;
  }
  EventsAnswer tell(const accounts::Viewer& viewer, std::vector<ClientEvent> events) {
    return must(feed->take_events(viewer, events));
  }
  /// She sees the clip and watches this much of it.
  void watch(const accounts::Viewer& viewer, const Item& item, std::int64_t watch_ms) {
    clock.advance_ms(watch_ms + 500);
    const auto id = std::to_string(++events_count);
    const auto answer = tell(
        viewer, {event("i" + id, item, "impression"), event("w" + id, item, "watch", watch_ms)});
    EXPECT_EQ(answer.accepted, 2);
  }
  static std::vector<VideoId> ids(const FeedAnswer& answer) {
    std::vector<VideoId> all;
    for (const auto& item : answer.items) all.push_back(item.entry.id);
    return all;
  }
  void expect_sound() {
    for (const auto& finding : must(feed->verify())) ADD_FAILURE() << finding;
  }
  std::size_t count_snapshots(const std::string& ending = ".snapshot") {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "engine")) {
      count += entry.path().extension() == ending ? 1 : 0;
    }
    return count;
  }

  int events_count = 0;
  std::unique_ptr<Feed> feed;
};

}  // namespace filoscope::feed
