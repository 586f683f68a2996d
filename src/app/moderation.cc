#include <fmt/format.h>

#include "app/commands.h"
#include "app/opened.h"
#include "app/output.h"
#include "base/file.h"
#include "catalog/reasons.h"
#include "copies/reasons.h"
#include "media/rgb.h"

namespace filoscope::app {
namespace {

constexpr std::int64_t kListedMax = 1'000'000;
constexpr std::size_t kFileBytesMax = std::size_t{4} << 30;

/// Why it is held, in words.
std::string why_of(const safety::Held& held) {
  std::string why;
  if (held.matched)
    why = fmt::format("{}: {}", copies::to_string(held.matched->kind), held.matched->reason);
  if (!held.judgement) return why;
  const auto& scores = *held.judgement;
  if (!why.empty()) why += ", ";
  if (scores.by.empty()) return why + "it could not be looked at";
  return why + fmt::format("explicit {:.0f} %, suggestive {:.0f} % at {:.1f} s",
                           100 * scores.explicit_share, 100 * scores.suggestive_share,
                           static_cast<double>(scores.at_ms) / 1000);
}

Result<void> list_held(Wiring& wiring) {
  FILOSCOPE_TRY(const auto all, wiring.safety().held());
  for (const auto& one : all) {
    const auto owner = wiring.accounts().get(one.video.owner);
    fmt::print("{}  @{}  {}  {}\n", one.video.id.text(), owner ? owner->handle : "", why_of(one),
               one.video.caption);
  }
  if (all.empty()) fmt::print("nothing is held\n");
  return {};
}

Result<void> list_blocked(Wiring& wiring) {
  FILOSCOPE_TRY(const auto all, wiring.copies().blocked(0, kListedMax));
  for (const auto& one : all)
    fmt::print("{}  {}  {}\n", one.id.text(), copies::to_string(one.kind), one.reason);
  if (all.empty()) fmt::print("nothing is blocked\n");
  return {};
}

/// Whether what is released is for everyone; none: as it was judged.
std::optional<bool> wanted_of(const ModerationOptions& options) {
  if (options.sensitive == options.for_everyone) return std::nullopt;
  return options.sensitive;
}

Result<void> decide(Wiring& wiring, const ModerationOptions& options) {
  const auto id = VideoId::parse(options.what);
  if (!id) return Error(catalog::reason("not_held"));
  const bool out = options.command == "release";
  FILOSCOPE_DO(out ? wiring.safety().release(*id, wanted_of(options))
                   : wiring.safety().refuse(*id));
  fmt::print("{} is {}\n", options.what, out ? "published" : "deleted");
  return {};
}

/// Whether a published one is for everyone.
Result<void> limit(Wiring& wiring, const ModerationOptions& options) {
  const auto id = VideoId::parse(options.what);
  if (!id) return Error(catalog::reason("no_such_video"));
  const bool sensitive = options.command == "limit";
  FILOSCOPE_DO(wiring.safety().set_sensitive(*id, sensitive));
  fmt::print("{} is {}\n", options.what, sensitive ? "limited" : "for everyone");
  return {};
}

Result<prints::Grid> grid_of_file(const std::string& path) {
  FILOSCOPE_TRY(const auto bytes, read_file(path, kFileBytesMax));
  FILOSCOPE_TRY(const auto picture, media::read_picture(media::MemoryBytes(bytes)));
  return media::grid_of(picture);
}

Result<void> block(Wiring& wiring, const ModerationOptions& options) {
  copies::Blocked made;
  if (!options.picture.empty()) {
    FILOSCOPE_TRY(const auto grid, grid_of_file(options.picture));
    FILOSCOPE_TRY(made, wiring.copies().block_picture(grid, options.reason));
  } else {
    const auto id = VideoId::parse(options.what);
    if (!id) return Error(catalog::reason("no_such_video"));
    const auto kind = options.sound ? copies::BlockedKind::sound : copies::BlockedKind::clip;
    FILOSCOPE_TRY(made, wiring.copies().block(*id, kind, options.reason));
  }
  fmt::print("{}\n", made.id.text());
  return {};
}

Result<void> unblock(Wiring& wiring, const ModerationOptions& options) {
  const auto id = copies::BlockedId::parse(options.what);
  if (!id) return Error(copies::reason("no_such_blocked"));
  return wiring.copies().unblock(*id);
}

Result<void> export_list(Wiring& wiring, const ModerationOptions& options) {
  FILOSCOPE_TRY(const auto csv, wiring.copies().blocked_csv());
  if (options.what == "-") {
    fmt::print("{}", csv);
    return {};
  }
  return write_file_durably(std::filesystem::absolute(options.what), crypto::as_bytes(csv));
}

Result<void> import_list(Wiring& wiring, const ModerationOptions& options) {
  FILOSCOPE_TRY(const auto bytes, read_file(options.what, kFileBytesMax));
  const std::string csv(bytes.begin(), bytes.end());
  FILOSCOPE_TRY(const auto count, wiring.copies().add_csv(csv));
  fmt::print("{} entries were added\n", count);
  return {};
}

Result<void> list_topics(Wiring& wiring) {
  FILOSCOPE_TRY(const auto all, wiring.search().topics().hidden());
  for (const auto& topic : all) fmt::print("{}\n", topic.text());
  if (all.empty()) fmt::print("nothing is hidden\n");
  return {};
}

Result<void> run(const ModerationOptions& options) {
  FILOSCOPE_TRY(const auto opened, open_quietly(options.data, options.config_path));
  auto& wiring = *opened.wiring;
  if (options.command == "held") return list_held(wiring);
  if (options.command == "blocked") return list_blocked(wiring);
  if (options.command == "topics") return list_topics(wiring);
  if (options.command == "hide" || options.command == "show")
    return wiring.search().topics().hide(search::Topic::parse(options.what),
                                         options.command == "hide");
  if (options.command == "limit" || options.command == "unlimit") return limit(wiring, options);
  if (options.command == "block") return block(wiring, options);
  if (options.command == "unblock") return unblock(wiring, options);
  if (options.command == "export") return export_list(wiring, options);
  if (options.command == "import") return import_list(wiring, options);
  return decide(wiring, options);
}

}  // namespace

int moderation(const ModerationOptions& options) {
  const auto done = run(options);
  return done ? 0 : fail(done.error());
}

}  // namespace filoscope::app
