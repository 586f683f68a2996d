"""The disk that forgets, and the one that is full (tests/crash/README.md), under a whole server."""

import os
import pathlib
import subprocess
import unittest

from harness import ROOT

TOOLS = pathlib.Path(os.environ.get("FILOSCOPE_POWER_CUT_BIN", ROOT / "build/dev/bin"))
SHIM, TOOL = TOOLS / "libpower_cut_shim.so", TOOLS / "power_cut"


class Disk:
    """The folder `data` below `folder`, and what of it is durable."""

    def __init__(self, folder):
        if not (SHIM.exists() and TOOL.exists()):
            raise unittest.SkipTest(f"{SHIM} and power_cut are not built: ninja -C build/dev power_cut power_cut_shim")
        self.data, self.shadow, self.flag = folder / "data", folder / "shadow", folder / "full"
        self.data.mkdir()

    def environment(self):
        return {"LD_PRELOAD": str(SHIM), "FILOSCOPE_POWER_CUT_ROOT": str(self.data), "FILOSCOPE_POWER_CUT_SHADOW": str(self.shadow),
                "FILOSCOPE_POWER_CUT_FULL": str(self.flag), "FILOSCOPE_SQLITE_MMAP_BYTES": "0"}

    def tool(self, verb, *more):
        done = subprocess.run([TOOL, verb, self.data, self.shadow, *more], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"power_cut {verb}: {done.stderr}")

    def prepare(self):
        """All that lies in the folder now is durable."""
        self.tool("prepare")

    def cut(self, kind, seed):
        """The power goes: what is left is `lazy`, `eager` or `torn`."""
        self.tool("cut", kind, str(seed))

    def fill(self, where):
        """Full for every "write", or only when it comes to a "sync"; or "readonly", or "broken"."""
        self.flag.write_text("" if where == "write" else where)

    def make_room(self):
        self.flag.unlink()
