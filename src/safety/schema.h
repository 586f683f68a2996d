#pragma once

/// The tables of this module.

#include <span>

#include "ports/database.h"

namespace filoscope::safety {

/// Behind those of copies, which made one of them.
std::span<const Migration> migrations();

}  // namespace filoscope::safety
