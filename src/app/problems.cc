#include "app/problems.h"

#include <fmt/format.h>

#include "accounts/reasons.h"
#include "adapters/files/reasons.h"
#include "adapters/postgres/reasons.h"
#include "adapters/sqlite/reasons.h"
#include "api/reasons.h"
#include "app/reasons.h"
#include "backup/reasons.h"
#include "base/reasons.h"
#include "catalog/reasons.h"
#include "copies/reasons.h"
#include "engine/reasons.h"
#include "eval/reasons.h"
#include "feed/reasons.h"
#include "lookers/reasons.h"
#include "media/reasons.h"
#include "ports/reasons.h"
#include "prints/reasons.h"
#include "safety/reasons.h"
#include "simulate/reasons.h"
#include "social/reasons.h"
#include "subtitles/reasons.h"
#include "upload/reasons.h"
#include "vision/reasons.h"
#include "visual/reasons.h"

namespace filoscope::app {
namespace {

constexpr std::string_view kIntroduction = R"(# Problems

Made by `filoscope problems`. What is refused or fails is answered as `application/problem+json` (RFC 9457), and on the command line as its sentence.

{}

| member | what |
|---|---|
| `type` | `/problems/` and the reason |
| `title` | what the status is called |
| `status` | that of HTTP |
| `detail` | an English sentence for a person, behind the name of the field where there is one; it may be worded better in any release |
| `reason` | a word for programs, from the tables below |
| `field` | of the input, where the problem is with one |
| `arguments` | the values in the sentence, by their names: texts and whole numbers, sizes in bytes, durations in milliseconds |

A word never changes its meaning, its status or the names of its arguments; a release may add words. A program acts on `reason`, on `status` where it does not know the word, and shows `detail`. `Retry-After` says when to try again. What is told of a fault (`internal_error`, `stored_data_damaged`) is in the server's log.
)";

/// A problem as it is answered.
std::string example() {
  const auto error = Error(accounts::reason("text_length"), 2, 24).at("handle");
  return fmt::format(
      "```json\n{{\"type\": \"/problems/{0}\", \"title\": \"Bad Request\", \"status\": {1}, "
      "\"detail\": \"{2}\",\n \"reason\": \"{0}\", \"field\": \"{3}\", \"arguments\": "
      "{{\"{4}\": {5}, \"{6}\": {7}}}}}\n```",
      error.reason, error.status, error.message, error.field, error.arguments[0].name,
      std::get<std::int64_t>(error.arguments[0].value), error.arguments[1].name,
      std::get<std::int64_t>(error.arguments[1].value));
}

/// The sentence in a cell of a table, its placeholders by their names alone.
std::string cell_of(std::string_view english) {
  std::string plain;
  std::size_t at = 0;
  for (auto next = next_placeholder(english, 0); next.begin != std::string_view::npos;
       next = next_placeholder(english, next.end)) {
    plain.append(english.substr(at, next.begin - at)).append("{").append(next.name).append("}");
    at = next.end;
  }
  plain.append(english.substr(at));
  std::string cell;
  for (const char c : plain) {
    if (c == '|' || c == '<' || c == '*') cell += '\\';
    cell += c;
  }
  return cell;
}

}  // namespace

std::vector<ModuleReasons> all_reasons() {
  return {{"base", kBaseReasons},
          {"ports", ports::kReasons},
          {"prints", prints::kReasons},
          {"adapters/sqlite", sqlite::kReasons},
          {"adapters/postgres", postgres::kReasons},
          {"adapters/files", files::kReasons},
          {"backup", backup::kReasons},
          {"media", media::kReasons},
          {"vision", vision::kReasons},
          {"lookers", lookers::kReasons},
          {"engine", engine::kReasons},
          {"eval", eval::kReasons},
          {"simulate", simulate::kReasons},
          {"accounts", accounts::kReasons},
          {"catalog", catalog::kReasons},
          {"copies", copies::kReasons},
          {"safety", safety::kReasons},
          {"social", social::kReasons},
          {"subtitles", subtitles::kReasons},
          {"upload", upload::kReasons},
          {"visual", visual::kReasons},
          {"feed", feed::kReasons},
          {"api", api::kReasons},
          {"app", app::kReasons}};
}

std::string problems_markdown() {
  std::string out = fmt::format(kIntroduction, example());
  for (const auto& [module, reasons] : all_reasons()) {
    out += fmt::format("\n## {}\n\n| reason | status | sentence |\n|---|---|---|\n", module);
    for (const auto& one : reasons) {
      out +=
          fmt::format("| `{}` | {} | {} |\n", one.word,
                      one.status != 0 ? one.status : http_status(one.code), cell_of(one.english));
    }
  }
  return out;
}

}  // namespace filoscope::app
