/// `power_cut prepare ROOT SHADOW` and `power_cut cut ROOT SHADOW lazy|eager|torn SEED`:
/// power_cut.h for scripts.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "crash/power_cut.h"

using filoscope::crash::Cut;
using filoscope::crash::PowerCut;

int main(int count, char** words) {
  const std::string verb = count > 3 ? words[1] : "";
  const bool cutting = verb == "cut" && count == 6;
  if (!cutting && !(verb == "prepare" && count == 4)) {
    std::fprintf(stderr,
                 "usage: power_cut prepare ROOT SHADOW\n"
                 "       power_cut cut ROOT SHADOW lazy|eager|torn SEED\n");
    return 2;
  }
  PowerCut power(std::filesystem::absolute(words[2]), std::filesystem::absolute(words[3]));
  const std::string kind = cutting ? words[4] : "";
  if (cutting && kind != "lazy" && kind != "eager" && kind != "torn") {
    std::fprintf(stderr, "power_cut: the kinds are lazy, eager and torn, not \"%s\"\n", words[4]);
    return 2;
  }
  const Cut how = kind == "lazy" ? Cut::lazy : kind == "eager" ? Cut::eager : Cut::torn;
  const auto done =
      cutting ? power.cut(how, std::strtoull(words[5], nullptr, 10)) : power.prepare();
  if (done) return 0;
  std::fprintf(stderr, "power_cut: %s\n", done.error().message.c_str());
  return 1;
}
