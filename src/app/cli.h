#pragma once

namespace filoscope::app {
/// The whole program. Returns its exit status.
int run(int argc, char** argv);
}  // namespace filoscope::app
