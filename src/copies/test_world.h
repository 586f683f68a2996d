#pragma once

/// For tests: copies on a real catalogue, with made-up prints.

#include "catalog/test_world.h"
#include "copies/copies.h"
#include "prints/test_prints.h"

namespace filoscope::copies {

class World : public catalog::World {
 public:
  World() { open_copies(); }
  ~World() override { copies.reset(); }
  void open_copies() { copies = must(Copies::open({*database, *catalog, clock, config})); }
  void restart() {
    copies.reset();
    reopen();
    open_copies();
  }

  /// As upload does.
  catalog::Video publish_clip(const accounts::Account& owner, const prints::ClipPrint& print,
                              std::vector<std::uint32_t> sound = {}) {
    catalog::NewVideo form;
    form.owner = owner.id, form.caption = "a clip";
    const auto video = must(catalog->create(form)).id;
    clock.advance_ms(1);
    auto verdict = must(copies->judge(print, sound));
    if (const auto call = std::exchange(before_turn, {})) call();
    const auto turn = copies->turn();
    verdict = must(copies->judge_rest(verdict, print, sound));
    auto processed = catalog::World::processed();
    processed.copy_of = verdict.copy_of;
    processed.copies_part = verdict.part;
    processed.held = verdict.blocked.has_value();
    return must(catalog->publish_with(video, processed, [&](Session& session) {
      return copies->keep(session, video, print, sound, verdict);
    }));
  }

  std::unique_ptr<Copies> copies;
  std::function<void()> before_turn;
};

}  // namespace filoscope::copies
