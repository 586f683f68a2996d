#!/usr/bin/env python3
"""Every C++ file is as clang-format-14 writes it by .clang-format. check_format.py [--fix]"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main():
    files = sorted(str(path.relative_to(ROOT)) for folder in ("src", "fuzz", "sim", "tests") for path in (ROOT / folder).rglob("*")
                   if path.suffix in (".cc", ".h"))
    how = ["-i"] if "--fix" in sys.argv[1:] else ["--dry-run", "--Werror", "--ferror-limit=1"]
    halves = [subprocess.Popen(["clang-format-14", *how, *files[part::2]], cwd=ROOT) for part in range(2)]
    if any([half.wait() for half in halves]):  # a list: both are waited for
        sys.exit("Not formatted: see above; tools/check_format.py --fix writes it.")


if __name__ == "__main__":
    main()
