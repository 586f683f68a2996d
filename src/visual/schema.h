#pragma once

/// The tables of this module.

#include <span>

#include "ports/database.h"

namespace filoscope::visual {

std::span<const Migration> migrations();

}  // namespace filoscope::visual
