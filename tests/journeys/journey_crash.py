"""kill -9 of the server at random moments under load, and of the media worker alone: whatever was acknowledged is there afterwards, every
video is published in the end, and `filoscope verify` is clean. FILOSCOPE_SEED chooses other moments, FILOSCOPE_ALL=yes more of them."""

import os
import pathlib
import random
import shutil
import tempfile
import time
import unittest

import workload
from harness import Client, Server, make_clip, wait_for

ALL = os.environ.get("FILOSCOPE_ALL") == "yes"
SEED = int(os.environ.get("FILOSCOPE_SEED", "7"))


class Crash(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-crash-"))
        self.server = Server(settings=workload.SETTINGS)

    def finish(self):
        self.server.stop_sound(self)
        self.server.close()
        shutil.rmtree(self.folder)

    def test_nothing_acknowledged_is_lost(self):
        world = workload.World(self.server, self.folder, SEED)
        moments = random.Random(SEED)
        for number in range(12 if ALL else 3):
            world.work_until(f"r{number}", moments.uniform(0.5, 3.0), self.server.kill)
            self.server.start()
            with workload.during(f"round {number}"):
                world.compare(self)
                self.server.stop_sound(self)
                self.server.start()
        self.server.close()
        shutil.rmtree(self.folder)

    def kill_worker(self, video, author, steps):
        """Kills the worker of `video` as soon as it is at one of `steps`."""
        pid = self.server.a_worker()
        wait_for(f"{video} at {steps}", lambda: author.get(f"/videos/{video}").get("step") in steps)
        self.server.kill_worker(pid)

    def test_a_killed_worker_costs_one_try_of_one_video(self):
        author = Client(self.server).sign_up("author")
        clip = make_clip(self.folder / "long.mp4", seconds=6, size="360x640")
        video = author.upload(clip, "cut off twice, published in the end")
        self.kill_worker(video, author, ("received", "checked", "encoding"))
        self.kill_worker(video, author, ("encoding",))
        other = author.upload(make_clip(self.folder / "short.mp4", seconds=1), "waits behind it")
        self.assertEqual(author.wait_until_processed(other)["state"], "published")
        shown = author.wait_until_processed(video)
        self.assertEqual(shown["state"], "published", shown)
        self.assertAlmostEqual(shown["duration_ms"], 6_000, delta=60)
        self.finish()

    def test_a_video_whose_worker_always_dies_is_given_up_in_plain_words(self):
        author = Client(self.server).sign_up("author")
        clip = make_clip(self.folder / "long.mp4", seconds=45, size="360x640")
        video = author.upload(clip, "never works")
        seen_at = {}

        def failed_by_killing():
            """Kills each worker half a second after it was seen: one that has not begun costs the video no try."""
            for pid in self.server.workers():
                if time.monotonic() > seen_at.setdefault(pid, time.monotonic()) + 0.5:
                    self.server.kill_worker(pid)
            shown = author.get(f"/videos/{video}")
            return shown if shown["state"] in ("published", "failed") else None

        shown = wait_for("the end of the tries", failed_by_killing, 60)
        self.assertEqual(shown["state"], "failed")
        self.assertEqual(shown["error"], "this video could not be processed: reading it broke off 3 times; save it again in another "
                                         "format and upload that")
        wait_for("word of it", lambda: "failed" in [entry["kind"] for entry in author.get("/notifications")["items"]])
        self.finish()

    def test_a_server_killed_while_processing_goes_on_with_it(self):
        author = Client(self.server).sign_up("author")
        clip = make_clip(self.folder / "long.mp4", seconds=6, size="360x640")
        video = author.upload(clip, "published in the end")
        wait_for("encoding", lambda: author.get(f"/videos/{video}").get("step") == "encoding")
        self.server.kill()
        self.server.start()
        author.connection = None
        self.assertEqual(author.wait_until_processed(video)["state"], "published")
        self.finish()


if __name__ == "__main__":
    unittest.main()
