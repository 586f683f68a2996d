"""Files that change behind the server's back: `filoscope verify` finds them, and what was cut off is not served."""

import os
import sqlite3
import unittest

from harness import Client, Server, clip_folder, make_clip, wait_for, needs_sqlite


@needs_sqlite
class Damage(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.author = Client(self.server).sign_up("author")
        self.video = self.author.publish(make_clip(clip_folder() / "clip.mp4", seconds=3), "whole")
        self.url = self.video["playback"]["mp4"]

    def tearDown(self):
        self.server.close()

    def blob(self, name):
        return next((self.server.folder / "blobs").rglob(name + "~"))

    def name(self):
        return self.url.rsplit("/", 1)[1]

    def findings(self):
        self.server.stop()
        done = self.server.verify()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stderr

    def test_a_file_that_was_cut_off_is_found_and_not_served(self):
        blob = self.blob(self.name())
        size = blob.stat().st_size
        for cut in (size // 2, 0):
            os.truncate(blob, cut)
            # One that is open already is looked at again within seconds.
            wait_for("the damage to be noticed", lambda: self.author.raw("GET", self.url).status == 500)
            answer = self.author.raw("GET", self.url, headers={"Range": "bytes=0-99"})
            self.assertEqual((answer.status, answer.headers["content-type"]), (500, "application/problem+json"))
            self.assertIn("damaged", answer.json["detail"])
        found = self.findings()
        self.assertIn(f"{self.name()} has 0 bytes instead of {size}", found)
        self.server.start()

    def test_a_file_that_was_altered_is_found(self):
        for name in (self.name(), "cover0.jpg", "master.m3u8"):
            blob = self.blob(name)
            content = bytearray(blob.read_bytes())
            content[len(content) // 2] ^= 0x10
            blob.write_bytes(content)
        found = self.findings()
        for name in (self.name(), "cover0.jpg", "master.m3u8"):
            self.assertRegex(found, f"{name} was altered")
        self.server.start()

    def test_files_of_before_there_were_checksums_get_theirs(self):
        self.server.stop()
        with sqlite3.connect(self.server.folder / "filoscope.db") as database:
            database.execute("DELETE FROM blobs_sums")
        self.server.start()
        blob = self.blob(self.name())

        def noted():
            with sqlite3.connect(self.server.folder / "filoscope.db") as database:
                return database.execute("SELECT count(*) FROM blobs_sums WHERE key LIKE ?", ("%" + self.name(),)).fetchone()[0] == 1
        wait_for("the checksum", noted)
        self.server.stop()
        content = bytearray(blob.read_bytes())
        content[-1] ^= 1
        blob.write_bytes(content)
        self.server.start()
        self.assertIn("was altered", self.findings())
        self.server.start()


if __name__ == "__main__":
    unittest.main()
