#pragma once

/// The tables of this module.

#include <span>

#include "ports/database.h"

namespace filoscope::reading {

std::span<const Migration> migrations();

}  // namespace filoscope::reading
