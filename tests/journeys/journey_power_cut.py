"""The whole server under a disk that forgets what was not synced: after a power cut at any moment all that was acknowledged is there,
what was removed stays gone, and `filoscope verify` is clean. FILOSCOPE_SEED chooses other moments, FILOSCOPE_ALL=yes more of them."""

import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import unittest

import workload
from harness import PROGRAM, Client, Server, needs_sqlite
from power_cut import Disk

ALL = os.environ.get("FILOSCOPE_ALL") == "yes"
SEED = int(os.environ.get("FILOSCOPE_SEED", "7"))
KINDS = ["lazy", "eager", "torn"]


@needs_sqlite
class PowerCut(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="filoscope-power-")))
        self.disk = Disk(self.folder)
        self.random = random.Random(SEED)

    def test_nothing_acknowledged_is_lost(self):
        server = Server(self.disk.data, settings=workload.SETTINGS)
        world = workload.World(server, self.folder, SEED)
        for number in range(24 if ALL else 3):
            server.stop()
            self.disk.prepare()
            server.environment = self.disk.environment()
            server.start()
            world.work_until(f"r{number}", self.random.uniform(0.3, 4.0), server.kill)
            kind = KINDS[number % 3]
            self.disk.cut(kind, self.random.randrange(1 << 32))
            server.environment = {}
            server.start()
            with workload.during(f"round {number}, {kind}"):
                world.compare(self)
                server.stop_sound(self)
                server.start()
        server.close()
        shutil.rmtree(self.folder)

    def test_a_start_that_is_cut_off_is_made_good_by_the_next(self):
        """From an empty folder: key, database, migrations and folders are made while the power goes."""
        for number in range(12 if ALL else 3):
            for path in sorted(self.disk.data.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            self.disk.prepare()
            command = [PROGRAM, "serve", "--data", self.disk.data, "--listen", "127.0.0.1:0"]
            with open(self.folder / "start.log", "ab") as log:
                begun = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **self.disk.environment()})
            time.sleep(self.random.uniform(0.0, 0.3))  # the seeded moment
            begun.kill()
            begun.wait()
            self.disk.cut(KINDS[number % 3], self.random.randrange(1 << 32))
            server = Server(self.disk.data)
            Client(server).sign_up("first")
            server.stop_sound(self)
            server.close()
        shutil.rmtree(self.folder)


if __name__ == "__main__":
    unittest.main()
