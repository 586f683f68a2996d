#pragma once

/// For tests: subtitles on a real catalogue.

#include "catalog/test_world.h"
#include "subtitles/subtitles.h"

namespace filoscope::subtitles {

class World : public catalog::World {
 public:
  World() { open_subtitles(); }
  ~World() override { subtitles.reset(); }
  void open_subtitles() {
    subtitles = must(Subtitles::open({*database, *catalog, clock}));
    subtitles->on_change([this](Session& session, VideoId video) -> Result<void> {
      FILOSCOPE_TRY(const auto said, subtitles->said(session, video));
      session.on_commit([this, video, said] { told.emplace_back(video, said); });
      return {};
    });
  }
  std::vector<Said> said(VideoId video) {
    std::vector<Said> out;
    must(database->read([&](Session& session) -> Result<void> {
      FILOSCOPE_TRY(out, subtitles->said(session, video));
      return {};
    }));
    return out;
  }
  std::vector<std::string> languages(VideoId video) {
    std::vector<std::string> out;
    const auto tracks = must(subtitles->tracks({&video, 1}));
    for (const auto& track : tracks[0]) out.push_back(track.language);
    return out;
  }

  std::unique_ptr<Subtitles> subtitles;
  /// What the hook found, once a commit.
  std::vector<std::pair<VideoId, std::vector<Said>>> told;
};

}  // namespace filoscope::subtitles
