#pragma once

/// What a person takes back of what she did. For her it is then as if it had never happened: her
/// encounters, interests, history and what she has seen are without it, and her factors are made
/// anew from the encounters that are left. From what everybody shares it is taken out where that
/// is a sum (counters, outcomes, heat, neighbours) or solved anew (ALS); what models learned of it
/// stays in them. What counts once for a person and an entry counts once for good: met again it is
/// no new impression, lesson or recent success. Of encounters older than the last
/// PersonState::kEncountersMax it is known to a rounding what they were. For a week all of it can
/// be given again.

#include "engine/state.h"

namespace filoscope::engine {

/// Nothing when she is unknown, or has done nothing of that kind.
void withdraw(State& state, PersonKey key, const Withdraw& body);
/// Nothing when there is no such withdrawal any more. What she met again since stays as it is.
void undo_withdraw(State& state, PersonKey key, const UndoWithdraw& body);

/// As she would be without all she did with one entry. REQUIRES the shared phase.
PersonState without(const State& state, const PersonState& person, std::uint32_t number);

}  // namespace filoscope::engine
