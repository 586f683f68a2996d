#pragma once

/// The tables of this module.

#include <span>

#include "ports/database.h"

namespace filoscope::subtitles {

std::span<const Migration> migrations();

}  // namespace filoscope::subtitles
