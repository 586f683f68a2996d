#pragma once

/// Interactions of people with items as a UTF-8 TSV file, plain or gzip: one a line, lines that
/// begin with `#` are comments, and a first line `# columns: user item timestamp value position:cat
/// propensity:prob` names and types the columns (without it: the first four; further ones are not
/// read). Ids are opaque; timestamps decimal seconds, 0 unknown; a missing value is 1.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "eval/names.h"

namespace filoscope::eval {

struct Interaction {
  std::uint32_t person = 0, item = 0;  ///< numbers of the log's Names
  std::uint32_t row = 0;               ///< of the columns
  float value = 1;
  double at_s = 0;  ///< 0 unknown
};

enum class ColumnType : std::uint8_t {
  category,     ///< `cat`: an opaque text
  probability,  ///< `prob`: in (0, 1]
  number,       ///< `num`: finite
};

/// One further column, a value for each row of the file; `categories` or `numbers` by its type.
struct Column {
  std::string name;
  ColumnType type = ColumnType::category;
  std::vector<std::uint32_t> categories;  ///< numbers of `names`
  std::vector<double> numbers;
  Names names;
};

/// The people and items of all files of one evaluation.
struct Ids {
  Names people, items;
};

struct InteractionLog {
  std::vector<Interaction> events;  ///< in the order of the file
  std::vector<std::size_t> lines;   ///< of the file, by row; from 1
  std::vector<Column> columns;
  std::string file;

  const Column* column(std::string_view name) const;
};

/// Errors: eval_file_not_read; eval_line_malformed, which names the line and what is wrong with it:
/// too few or too many fields, an empty id, a number that is none or out of range, not UTF-8, too
/// long, damaged gzip; eval_file_malformed (no interaction in it).
Result<InteractionLog> read_log(const std::filesystem::path& path, Ids& ids);

/// `person person` pairs of people that the log knows, or not (they are interned). Errors: as
/// above.
using SocialPairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
Result<SocialPairs> read_social(const std::filesystem::path& path, Names& people);

}  // namespace filoscope::eval
