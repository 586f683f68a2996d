"""python3 tests/journeys JUNIT_FILE [module…]: the journeys through the real HTTP interface."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

ALL = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("journey_*.py"))
sys.exit(harness.main(sys.argv[2:] or ALL, sys.argv[1]))
