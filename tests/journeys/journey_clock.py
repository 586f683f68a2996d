"""A server whose wall clock is set back and forward while it runs: nobody is signed out by it, work goes on, ids and log positions stay
distinct and in order, and `filoscope verify` is clean. The clock is libfaketime's (Debian package faketime)."""

import glob
import json
import os
import pathlib
import shutil
import tempfile
import time
import unittest
import uuid

import workload
from harness import PASSWORD, Client, Server, make_clip

DAY_S = 86_400


class WallClock(unittest.TestCase):
    def setUp(self):
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not found:
            self.skipTest("libfaketime is not installed: apt-get install faketime")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-clock-"))
        self.setting = self.folder / "clock"
        self.set_clock(0)
        self.server = Server(settings={**workload.SETTINGS, "social.comments_per_minute_max": 5}, environment={
            "LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(self.setting), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
        self.clip = make_clip(self.folder / "clip.mp4", seconds=4, size="360x640")
        self.author = Client(self.server).sign_up("author")
        self.viewer = Client(self.server).sign_up("viewer")
        self.ids, self.positions = [], []

    def set_clock(self, seconds):
        """So far from the real time."""
        fresh = self.folder / "clock.new"
        fresh.write_text(f"{seconds:+d}\n")
        os.replace(fresh, self.setting)

    def publish(self):
        video = self.author.publish(self.clip, "at any time")
        self.ids.append(video["id"])
        return video

    def comment(self, video, count=1):
        for number in range(count):
            made = self.viewer.call("POST", f"/videos/{video['id']}/comments", {"text": f"at {number}"}, expect=201).json
            self.ids.append(made["id"])

    def watch(self):
        """A feed answer whose clips' events are taken."""
        answer = self.viewer.feed()
        self.ids.append(answer["request_id"])
        self.positions.append(answer["log_position"])
        item = answer["items"][0]
        self.assertEqual(self.tell(item)["accepted"], 1)
        self.assertEqual(self.viewer.get(f"/decisions/{answer['request_id']}")["request_id"], answer["request_id"])
        return item

    def tell(self, item):
        return self.viewer.send({"event_id": uuid.uuid4().hex, "impression_token": item["impression_token"], "event": "impression"})

    def all_works(self):
        self.assertEqual(self.viewer.get("/me")["account"]["handle"], "viewer")
        self.assertEqual(Client(self.server).call("POST", "/sessions", {"handle": "viewer", "password": PASSWORD}).status, 201)
        video = self.publish()
        self.comment(video)
        self.assertEqual(self.viewer.call("PUT", f"/videos/{video['id']}/like", {}, expect=200).json["viewer"]["liked"], True)
        address = video["playback"]["renditions"][0]["url"]
        self.assertEqual(self.viewer.raw("GET", address).status, 200)
        return self.watch()

    def test_set_back_and_forward(self):
        early = self.all_works()
        self.set_clock(-2 * DAY_S)
        self.assertIn("reload the feed", self.tell(early)["rejected"][0]["problem"])
        back = self.all_works()
        self.set_clock(3 * DAY_S)
        self.assertIn("older than 24 hours", self.tell(back)["rejected"][0]["problem"])
        self.all_works()
        self.set_clock(0)
        self.all_works()
        self.assertEqual(self.tell(early)["rejected"], [])
        self.server.stop()
        self.set_clock(-30 * DAY_S)
        self.server.start()
        self.viewer.connection = self.author.connection = None
        self.all_works()
        self.assertEqual(len(set(self.ids)), len(self.ids))
        self.assertEqual(self.positions, sorted(set(self.positions)))
        self.finish()

    def readiness(self):
        self.viewer.feed()  # whatever asks for the time
        told = self.viewer.raw("GET", "/readyz")
        return told.status, " ".join(json.loads(told.body)["problems"])

    def test_a_year_ahead_is_not_believed_and_said_until_it_is_undone(self):
        self.video = self.publish()
        self.assertEqual(self.readiness(), (200, ""))
        for restarted in (False, True):
            self.set_clock(400 * DAY_S)
            if restarted:
                self.server.stop()
                self.server.start()
                self.viewer.connection = self.author.connection = None
            status, problems = self.readiness()
            self.assertEqual(status, 503)
            self.assertRegex(problems, "(399|400) days ahead")
            self.assertEqual(self.viewer.get("/me")["account"]["handle"], "viewer")
            made = self.viewer.call("POST", f"/videos/{self.video['id']}/comments", {"text": "now"}, expect=201).json
            self.assertLess(abs(made["created_ms"] / 1000 - time.time()), 600)
            self.watch()
            self.set_clock(0)
            self.assertEqual(self.readiness(), (200, ""))
        self.finish()

    def test_what_waits_does_not_wait_for_the_old_time(self):
        video = self.publish()
        self.comment(video, 5)
        waiting = self.author.upload(self.clip, "its worker dies just before the clock is set back")
        self.server.kill_worker(self.server.a_worker())
        self.set_clock(-2 * DAY_S)
        self.comment(video, 5)  # those of a later date are not of the last minute
        self.assertEqual(self.author.wait_until_processed(waiting, 60)["state"], "published")
        self.finish()

    def finish(self):
        self.server.stop_sound(self)
        self.server.close()
        shutil.rmtree(self.folder)


if __name__ == "__main__":
    unittest.main()
