#pragma once

/// Whether a video carries a sound that is known already, told from prints (chromaprint: 32 bits a
/// value, 8 values a second). Source: Haitsma, Kalker, "A Highly Robust Audio Fingerprinting
/// System", ISMIR 2002: look equal values up, then count wrong bits over the aligned prints.
/// Internal to catalog. Pure functions, any thread.

#include <cstdint>
#include <span>
#include <vector>

namespace filoscope::catalog {

using SoundPrint = std::span<const std::uint32_t>;

inline constexpr std::size_t kLookupValuesMax = 1024;  ///< about two minutes of sound

/// What a print is looked up by: each value once, none that only repeats its neighbour (silence, a
/// held tone). Of a print with more than kLookupValuesMax the same ones are chosen in every print,
/// so that a part finds its whole. Empty for a print too short or too plain to tell sounds apart.
std::vector<std::uint32_t> lookup_values(SoundPrint print);

/// True when most of what is heard in `heard` is part of `sound`. O(heard + sound).
bool is_part_of(SoundPrint heard, SoundPrint sound);

}  // namespace filoscope::catalog
