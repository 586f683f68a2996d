#pragma once

/// The product's name, said once.

namespace filoscope {
inline constexpr const char* kProductName = "Filoscope";
inline constexpr const char* kProgramName = "filoscope";
inline constexpr const char* kVersion = "0.1.0";
}  // namespace filoscope
