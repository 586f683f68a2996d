#!/usr/bin/env python3
"""The learning simulation with one seed and a smaller crowd, as one test case. run_learning_short.py JUNIT_FILE"""

import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

began = time.monotonic()
script = pathlib.Path(__file__).resolve().parents[1] / "sim/learning.py"
done = subprocess.run([sys.executable, str(script), "--viewers", "60", "--videos", "240", "--seeds", "1"], capture_output=True, text=True, check=False)
print(done.stdout + done.stderr[-3000:])
suite = ElementTree.Element("testsuite", name="learning")
case = ElementTree.SubElement(suite, "testcase", name="learning.for_you_beats_not_profiled", time=f"{time.monotonic() - began:.1f}")
if done.returncode != 0:
    ElementTree.SubElement(case, "failure").text = done.stdout + done.stderr[-3000:]
ElementTree.ElementTree(suite).write(sys.argv[1])
sys.exit(done.returncode)
