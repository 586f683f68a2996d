#pragma once

/// What goes over all tables of a PostgreSQL schema.

#include "adapters/records/tables.h"

namespace filoscope {

const records::Dialect& postgres_dialect();

}  // namespace filoscope
