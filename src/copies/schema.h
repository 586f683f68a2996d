#pragma once

/// The tables of this module.

#include <span>

#include "ports/database.h"

namespace filoscope::copies {

std::span<const Migration> migrations();

}  // namespace filoscope::copies
