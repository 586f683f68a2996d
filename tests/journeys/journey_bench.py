"""`filoscope bench` at a small size: what it promises besides figures, which only a quiet machine can judge."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import PROGRAM


def bench(*arguments, folder):
    environment = {**os.environ, "TMPDIR": str(folder), "FILOSCOPE_ACCOUNTS_PASSWORD_MEMORY_BYTES": str(8 << 20)}
    return subprocess.run([str(PROGRAM), "bench", *arguments], capture_output=True, text=True, timeout=300, check=False, env=environment)


class Bench(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="filoscope-bench-test-")
        self.path = pathlib.Path(self.folder.name)

    def tearDown(self):
        left = [entry.name for entry in self.path.iterdir() if entry.name.startswith("filoscope-bench-")]
        self.folder.cleanup()
        self.assertEqual(left, [], "a bench leaves nothing behind")

    def measure(self, *arguments):
        done = bench(*arguments, "--json", "-", folder=self.path)
        self.assertTrue(done.stdout.startswith("{"), done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if found["good"] else 1, done.stdout)
        self.assertEqual(found["good"], not found["missed"])
        return found

    def test_names_are_listed_and_others_refused(self):
        listed = bench(folder=self.path)
        self.assertEqual(listed.returncode, 0)
        names = [line.split()[0] for line in listed.stdout.splitlines()]
        self.assertEqual(names, ["feed", "events", "delivery", "api.waiting", "upload", "media.ladder", "visual.search", "visual.look", "visual.index",
                                 "search.text", "engine.rank", "engine.train", "engine.snapshot"])
        refused = bench("fed", folder=self.path)
        self.assertEqual(refused.returncode, 1)
        self.assertIn('no bench "fed"', refused.stderr)

    def test_an_acknowledged_event_is_in_the_next_answer(self):
        found = self.measure("events", "--videos", "400", "--people", "100", "--seconds", "2")
        self.assertEqual(found["events"], 80)
        self.assertEqual(found["sent_to_acknowledged"]["errors"], 0)
        self.assertEqual(found["not_logged_once"], 0)
        self.assertEqual(found["behind_at_first_look"], 0)
        self.assertEqual(found["watched_given_again"], 0)
        self.assertEqual(found["examples_learned"], 80)
        self.assertGreater(found["unwatched_given_again_percent"], 0, "else the line above says nothing")

    def test_a_snapshot_beside_learning_gives_the_state_it_was_taken_of(self):
        found = self.measure("engine.snapshot", "--videos", "2000", "--people", "500", "--seconds", "2")
        self.assertEqual(found["beside"]["events"]["errors"] + found["beside"]["answers"]["errors"], 0)
        self.assertGreater(found["beside"]["events"]["answers"], 300)
        self.assertGreater(found["snapshot_bytes"], 100_000)
        self.assertFalse([miss for miss in found["missed"] if "another state" in miss], found["missed"])

    def test_the_graph_finds_the_nearest_beside_hnswlib(self):
        found = self.measure("visual.index", "--videos", "3000", "--seconds", "1", "none")
        self.assertEqual(found["vectors"], 3000)
        for way in ("graph", "hnswlib"):
            self.assertGreaterEqual(found[way]["recall_at_10"], 0.95)
            self.assertGreater(found[way]["queries_per_s"], 0)
        self.assertGreater(found["beside"]["inserts_per_s"], 10)

    def test_delivery_runs_beside_nginx(self):
        file = self.path / "any.mp4"
        file.write_bytes(os.urandom(512 << 10))
        found = self.measure("delivery", "--seconds", "1", str(file))
        for side in ("filoscope", "nginx"):
            self.assertEqual(len(found[side]["rounds"]), 5)
            self.assertGreater(found[side]["bytes_per_s"], 0)
            self.assertGreater(found[side]["cpu_s_per_gb"], 0)
        ratio = found["filoscope"]["bytes_per_s"] / found["nginx"]["bytes_per_s"]
        self.assertAlmostEqual(found["bytes_per_s_ratio"], ratio, places=6)
        self.assertEqual(found["good"], ratio >= found["bytes_per_s_ratio_min"])

    def test_a_clip_that_is_refused_ends_the_upload_bench_with_its_reason(self):
        file = self.path / "notes.mp4"
        file.write_text("this is no video\n" * 100)
        done = bench("upload", str(file), folder=self.path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("notes.mp4", done.stderr)
        self.assertEqual(done.stdout, "")
