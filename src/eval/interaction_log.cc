#include "eval/interaction_log.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "eval/line_reader.h"
#include "eval/reasons.h"

namespace filoscope::eval {
namespace {

constexpr std::size_t kIdBytesMax = 256;
constexpr std::size_t kColumnsMax = 256;
constexpr std::size_t kRowsMax = 1U << 28;
constexpr double kTimestampMaxS = 253'402'300'799;  ///< the end of the year 9999
constexpr std::string_view kHeader = "# columns:";
constexpr const char* kWords[] = {"user", "item", "timestamp", "value"};
enum Place : std::size_t { kUser, kItem, kTimestamp, kValue, kPlaces };

/// Where in a line the four fields of every log are, and what else there is.
struct Layout {
  std::optional<std::size_t> places[kPlaces] = {0, 1, 2, 3};
  std::vector<std::size_t> others;  ///< of the further columns, in their order
  std::size_t count = 4;
  bool declared = false;
};

std::vector<std::string_view> split(std::string_view text, std::string_view separators,
                                    bool skip_empty) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find_first_of(separators, at), text.size());
    if (end > at || !skip_empty) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::optional<ColumnType> parse_type(std::string_view word) {
  if (word == "cat") return ColumnType::category;
  if (word == "prob") return ColumnType::probability;
  if (word == "num") return ColumnType::number;
  return std::nullopt;
}

/// A problem, or nothing.
std::optional<std::string> declare(std::string_view word, Layout& layout,
                                   std::vector<Column>& columns) {
  const auto at = layout.count++;
  if (layout.count > kColumnsMax) return "there are more than 256 columns";
  const auto colon = word.find(':');
  const std::string name(word.substr(0, colon));
  for (std::size_t place = 0; place < kPlaces; ++place) {
    if (name != kWords[place]) continue;
    if (layout.places[place]) return "the column " + name + " is named twice";
    layout.places[place] = at;
    return std::nullopt;
  }
  const auto type = parse_type(colon == std::string_view::npos ? "" : word.substr(colon + 1));
  if (!type) return "the column " + std::string(word) + " needs a type: name:cat, :prob or :num";
  for (const auto& known : columns)
    if (known.name == name) return "the column " + name + " is named twice";
  layout.others.push_back(at);
  columns.emplace_back().name = name, columns.back().type = *type;
  return std::nullopt;
}

std::optional<std::string> declare_all(std::string_view line, Layout& layout,
                                       std::vector<Column>& columns) {
  layout = Layout{{}, {}, 0, true};
  for (const auto word : split(line.substr(kHeader.size()), " \t", true))
    if (auto problem = declare(word, layout, columns)) return problem;
  for (const auto place : {kUser, kItem})
    if (!layout.places[place]) return std::string("there is no column ") + kWords[place];
  return std::nullopt;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string not_a_number(std::string_view name, std::string_view text) {
  return std::string(name) + " must be a finite decimal number, not \"" + std::string(text) + "\"";
}

class LogParser {
 public:
  LogParser(Ids& ids, InteractionLog& log) : ids_(ids), log_(log) {}

  /// A problem, or nothing.
  std::optional<std::string> take(std::string_view line, std::size_t number) {
    if (line.starts_with(kHeader)) {
      if (number != 1) return "the columns are named in the first line or nowhere";
      return declare_all(line, layout_, log_.columns);
    }
    if (line.starts_with('#')) return std::nullopt;
    if (log_.events.size() >= kRowsMax) return "there are more than 268,435,456 interactions";
    fields_ = split(line, "\t", false);
    if (auto problem = check_count()) return problem;
    Interaction event;
    event.row = static_cast<std::uint32_t>(log_.events.size());
    if (auto problem = take_ids(event)) return problem;
    if (auto problem = take_numbers(event)) return problem;
    for (std::size_t c = 0; c < layout_.others.size(); ++c)
      if (auto problem = take_other(log_.columns[c], fields_[layout_.others[c]])) return problem;
    log_.events.push_back(event);
    log_.lines.push_back(number);
    return std::nullopt;
  }

 private:
  /// The value may be missing where it comes last.
  std::optional<std::string> check_count() const {
    const bool value_last = layout_.places[kValue] == layout_.count - 1;
    const auto least = layout_.count - (value_last ? 1 : 0);
    if (fields_.size() >= least && (fields_.size() <= layout_.count || !layout_.declared))
      return std::nullopt;
    return "it has " + std::to_string(fields_.size()) + " fields, not " +
           std::to_string(layout_.count) + " between tabs";
  }
  std::string_view field(Place place) const {
    const auto at = layout_.places[place];
    return at && *at < fields_.size() ? fields_[*at] : std::string_view();
  }
  std::optional<std::string> take_ids(Interaction& event) {
    for (const auto place : {kUser, kItem}) {
      const auto text = field(place);
      if (text.empty()) return std::string("the ") + kWords[place] + " is empty";
      if (text.size() > kIdBytesMax)
        return std::string("the ") + kWords[place] + " is longer than 256 bytes";
    }
    event.person = ids_.people.number_of(field(kUser));
    event.item = ids_.items.number_of(field(kItem));
    return std::nullopt;
  }
  std::optional<std::string> take_numbers(Interaction& event) const {
    if (layout_.places[kTimestamp]) {
      const auto at_s = parse_number(field(kTimestamp));
      if (!at_s) return not_a_number("the timestamp", field(kTimestamp));
      if (*at_s < 0 || *at_s > kTimestampMaxS)
        return "the timestamp must be seconds since 1970, up to the year 9999, or 0";
      event.at_s = *at_s;
    }
    if (const auto text = field(kValue); !text.empty()) {
      const auto value = parse_number(text);
      if (!value || !std::isfinite(static_cast<float>(*value)))
        return not_a_number("the value", text);
      event.value = static_cast<float>(*value);
    }
    return std::nullopt;
  }
  static std::optional<std::string> take_other(Column& column, std::string_view text) {
    if (column.type == ColumnType::category) {
      if (text.size() > kIdBytesMax) return column.name + " is longer than 256 bytes";
      column.categories.push_back(column.names.number_of(text));
      return std::nullopt;
    }
    const auto number = parse_number(text);
    if (!number) return not_a_number(column.name, text);
    if (column.type == ColumnType::probability && (*number <= 0 || *number > 1))
      return column.name + " must be above 0 and at most 1, not \"" + std::string(text) + "\"";
    column.numbers.push_back(*number);
    return std::nullopt;
  }

  Ids& ids_;
  InteractionLog& log_;
  Layout layout_;
  std::vector<std::string_view> fields_;
};

}  // namespace

const Column* InteractionLog::column(std::string_view name) const {
  for (const auto& one : columns)
    if (one.name == name) return &one;
  return nullptr;
}

Result<InteractionLog> read_log(const std::filesystem::path& path, Ids& ids) {
  FILOSCOPE_TRY(auto reader, LineReader::open(path));
  InteractionLog log;
  log.file = path.string();
  LogParser parser(ids, log);
  for (std::string_view line;;) {
    FILOSCOPE_TRY(const bool more, reader.next(line));
    if (!more) break;
    if (const auto problem = parser.take(line, reader.number())) return reader.malformed(*problem);
  }
  if (log.events.empty())
    return Error(reason("eval_file_malformed"), log.file, "there is no interaction in it");
  return log;
}

Result<SocialPairs> read_social(const std::filesystem::path& path, Names& people) {
  FILOSCOPE_TRY(auto reader, LineReader::open(path));
  SocialPairs pairs;
  for (std::string_view line;;) {
    FILOSCOPE_TRY(const bool more, reader.next(line));
    if (!more) break;
    if (line.starts_with('#')) continue;
    const auto fields = split(line, "\t", false);
    if (fields.size() != 2 || fields[0].empty() || fields[1].empty())
      return reader.malformed("it is not two people between a tab");
    const auto first = people.number_of(fields[0]);
    pairs.emplace_back(first, people.number_of(fields[1]));
  }
  return pairs;
}

}  // namespace filoscope::eval
