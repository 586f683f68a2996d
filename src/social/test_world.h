#pragma once

/// The world of catalog's tests with Social on top.

#include <gmock/gmock.h>

#include "catalog/test_world.h"
#include "social/social.h"

namespace filoscope::social {

class World : public catalog::World {
 public:
  World() { open_social(); }
  using Settings = std::vector<std::pair<std::string, std::string>>;
  explicit World(const Settings& settings) {
    for (const auto& [name, value] : settings) must(config.set(name, value));
    open_social();
  }
  void open_social() {
    social = must(Social::open({*database, *log, *accounts, *catalog, clock, config}));
  }
  void reopen_all() {
    social.reset();
    reopen();
    open_social();
  }
  accounts::Viewer member(const std::string& handle) { return viewer(person(handle)); }
  accounts::Viewer guest() {
    return must(accounts->authenticate(must(accounts->make_guest("en")).token));
  }
  accounts::Account account_of(const accounts::Viewer& viewer) {
    return must(accounts->get(viewer.account));
  }
  /// The engine's events of one type, by whom and with their origin.
  std::vector<std::pair<PersonKey, engine::Event>> events(engine::EventType type) {
    std::vector<std::pair<PersonKey, engine::Event>> found;
    for (const auto& record : must(log->read(0, 1'000'000))) {
      if (record.kind != static_cast<std::uint16_t>(engine::RecordKind::event)) continue;
      if (record.body.empty()) continue;  // blanked
      const auto event = must(engine::decode<engine::Event>(record));
      if (event.type == type) found.emplace_back(record.person, event);
    }
    return found;
  }
  Counts counts(VideoId video) { return must(social->counts({&video, 1}))[0]; }
  Marks marks(const accounts::Viewer& viewer, VideoId video) {
    return must(social->marks(viewer, {&video, 1}))[0];
  }
  std::int64_t rows(const std::string& table) {
    std::int64_t count = -1;
    must(database->read([&](Session& session) {
      return session.query("SELECT COUNT(*) FROM " + table, {},
                           [&](const Row& row) { count = row.integer(0); });
    }));
    return count;
  }
  std::vector<std::string> notices(const accounts::Viewer& viewer) {
    std::vector<std::string> kinds_found;
    for (const auto& notice : must(social->notifications(viewer, "", 50)).items) {
      kinds_found.push_back(notice.kind);
    }
    return kinds_found;
  }

  std::unique_ptr<Social> social;
};

}  // namespace filoscope::social
