#include "app/cli.h"

int main(int argc, char** argv) { return filoscope::app::run(argc, argv); }
