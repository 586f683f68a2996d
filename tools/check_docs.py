#!/usr/bin/env python3
"""Checks that docs/config.md and docs/problems.md are what the program says, and that relative links in the documents lead somewhere.

  check_docs.py PROGRAM
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    problems = []
    for page, words in [("docs/config.md", ["serve", "--help-config"]), ("docs/problems.md", ["problems"])]:
        said = subprocess.run([sys.argv[1], *words], capture_output=True, text=True, check=True).stdout
        if (ROOT / page).read_text() != said:
            problems.append(f"{page} is not what `filoscope {' '.join(words)}` prints")
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "src").rglob("README.md"))]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                problems.append(f"{page.relative_to(ROOT)}: {target} does not exist")
    print("\n".join(problems) if problems else "docs: settings, problems and links are true")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
