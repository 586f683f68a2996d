#pragma once

/// What is wrong with this server right now, for /readyz, /metrics and the log: each trouble has a
/// name and a sentence for the operator, stands while it lasts, and is logged when it comes and
/// when it is over.

#include <string>
#include <string_view>
#include <vector>

namespace filoscope::trouble {

/// Threads: any. Cheap when nothing changes.
void begin(std::string_view name, std::string_view sentence);
void end(std::string_view name);
/// The sentences of what is wrong now.
std::vector<std::string> sentences();

}  // namespace filoscope::trouble
