"""A data folder of the first release: the new program opens it, feeds from it, and finds it whole."""

import json
import os
import pathlib
import sqlite3
import tarfile
import tempfile
import unittest
from unittest import mock

from harness import Client, Server, needs_sqlite

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "data/formats/folder_1.tar.xz"


@needs_sqlite
class OldFolder(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.TemporaryDirectory(prefix="filoscope-old-")
        with tarfile.open(FOLDER) as packed:
            packed.extractall(self.parent.name)
        self.folder = pathlib.Path(self.parent.name) / "folder_1"
        self.told = json.loads((self.folder / "told.json").read_text())
        # Whenever this runs, the folder is as young as it was.
        kept = {"FILOSCOPE_FEED_DECISION_RETENTION_DAYS": "36500", "FILOSCOPE_FEED_LOG_RETENTION_DAYS": "36500"}
        changed = mock.patch.dict(os.environ, kept)
        changed.start()
        self.addCleanup(changed.stop)
        self.server = Server(self.folder)
        self.jo = Client(self.server)
        self.jo.token = self.jo.call("POST", "/sessions", {"handle": "jo", "password": self.told["password"]}, expect=201).json["token"]

    def tearDown(self):
        self.server.close()
        self.parent.cleanup()

    def has_what_she_may_see(self, answer):
        """What is for everyone."""
        self.assertEqual(sorted(item["video"]["caption"] for item in answer["items"]),
                         ["first steps #ceramics", "glaze test #ceramics", "night train #trains", "small engine #trains"])

    def explain(self, request):
        return self.server.command("explain", "--data", str(self.folder), "--json", "-", request, check=False)

    def test_it_feeds_and_learns_and_is_whole(self):
        answer = self.jo.feed()
        self.has_what_she_may_see(answer)
        for item in answer["items"]:
            self.assertEqual(self.jo.raw("GET", item["video"]["playback"]["mp4"]).status, 200)
        self.assertEqual(self.jo.swipe(answer["items"][0])["accepted"], 2)
        self.assertEqual(self.jo.get("/accounts/mara")["viewer"]["follows"], True)
        self.jo.feed(mode="following")
        self.server.stop_sound(self)

    def test_what_the_old_engine_decided_is_told_as_recorded(self):
        new = self.jo.feed(limit=3)["request_id"]
        self.server.stop()
        for request in self.told["decisions"]:
            done = self.explain(request)
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
            told = json.loads(done.stdout)
            self.assertFalse(told["reexecuted"])
            self.assertNotIn("same", told)
            self.assertIn("oldest kept snapshot", told["why_not"])
            self.assertTrue(told["items"])
            self.assertEqual(len(told["items"][0]["heads"]), 9)
        done = self.explain(new)
        self.assertEqual((done.returncode, json.loads(done.stdout)["same"]), (0, True), done.stderr)
        self.server.start()

    def test_its_engine_is_made_anew_from_what_is_left(self):
        self.server.stop()
        for snapshot in (self.folder / "engine").iterdir():
            snapshot.unlink()
        with sqlite3.connect(self.folder / "filoscope.db") as database:
            database.execute("DELETE FROM event_log WHERE position < 20")
        refused = self.server.command("verify", "--data", str(self.folder), check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("filoscope engine rebuild", refused.stderr)
        made = self.server.command("engine", "rebuild", "--data", str(self.folder))
        self.assertRegex(made.stdout, r"the engine has learned \d+ facts and \d+ log records")
        self.server.start()
        self.has_what_she_may_see(self.jo.feed())
        self.server.stop_sound(self)


if __name__ == "__main__":
    unittest.main()
