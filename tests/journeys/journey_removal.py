"""Deleting and bringing back: gone everywhere at once, back as it was, also across kills; swept when its time is over; gone for good with
its account. `filoscope verify` is clean in every state."""

import glob
import os
import pathlib
import tempfile
import unittest

from harness import PASSWORD, Client, Server, clip_folder, make_clip, wait_for

MINUTES = 30


class Removal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clip = make_clip(clip_folder() / "removal.mp4", seconds=1, size="96x160")

    def setUp(self):
        self.clock = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-removal-")) / "clock"
        self.clock.write_text("+0\n")
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        environment = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if found else {}
        self.has_clock = bool(found)
        self.server = Server(settings={"catalog.restorable_minutes": MINUTES}, environment=environment)
        self.author = Client(self.server).sign_up("author")
        self.fan = Client(self.server).sign_up("fan")

    def tearDown(self):
        self.server.close()

    def restart(self, end):
        end()
        self.server.start()
        for client in (self.author, self.fan):
            client.connection = None

    def media(self, video):
        return [self.fan.raw("GET", video["playback"][name]).status for name in ("hls", "mp4", "cover")]

    def files(self):
        # os.walk passes over a folder that is removed while it looks.
        return [os.path.join(folder, name) for folder, _, names in os.walk(self.server.folder / "blobs" / "objects" / "video") for name in names]

    def liked_video(self):
        video = self.author.publish(self.clip, "soon gone #removal")
        path = f"/videos/{video['id']}"
        self.fan.call("PUT", path + "/like", {}, expect=200)
        self.fan.call("POST", path + "/comments", {"text": "stay"}, expect=201)
        return video, path

    def assert_gone(self, video, path):
        self.assertEqual([client.call("GET", path).status for client in (self.author, self.fan)], [404, 404])
        self.assertEqual(self.media(video), [404] * 3)
        self.assertEqual(self.fan.get("/search?q=removal")["items"], [])
        self.assertEqual(self.fan.get("/accounts/author/videos")["items"], [])
        self.assertEqual(self.fan.get("/accounts/author")["counts"]["likes"], 0)
        self.assertEqual(self.fan.get("/me/likes")["items"], [])
        self.assertNotIn(video["id"], [item["video"]["id"] for item in self.fan.feed(limit=20)["items"]])

    def test_undo_brings_everything_back(self):
        video, path = self.liked_video()
        self.author.call("DELETE", path, expect=204)
        self.assert_gone(video, path)
        self.restart(self.server.kill)
        self.assert_gone(video, path)
        self.restart(lambda: self.server.stop_sound(self))
        listed = self.author.get("/me/removed")["items"]
        self.assertEqual([one["id"] for one in listed], [video["id"]])
        self.assertEqual(listed[0]["restorable_until_ms"] - listed[0]["removed_ms"], MINUTES * 60_000)
        self.assertEqual(self.fan.call("POST", path + "/restore", {}).status, 404)
        back = self.author.call("POST", path + "/restore", {}, expect=200).json
        self.assertEqual((back["id"], back["counts"]["likes"], back["counts"]["comments"]), (video["id"], 1, 1))
        self.assertEqual(self.media(video), [200] * 3)
        self.assertEqual([c["text"] for c in self.fan.get(path + "/comments")["items"]], ["stay"])
        self.assertEqual([item["video"]["id"] for item in self.fan.get("/search?q=removal")["items"]], [video["id"]])
        self.assertIn(video["id"], [item["video"]["id"] for item in Client(self.server).feed(limit=20)["items"]])
        self.assertEqual(self.author.get("/me/removed")["items"], [])
        self.server.stop_sound(self)

    def test_a_draft_comes_back_as_a_draft(self):
        video = self.author.publish(self.clip, "not yet", draft="true")
        path = f"/videos/{video['id']}"
        saved = self.author.call("PATCH", path, {"caption": "nearly"}, expect=200).json
        self.assertTrue(saved["draft"], "saving does not post it")
        self.assertEqual(self.author.raw("GET", saved["playback"]["mp4"]).status, 200, "it can be watched")
        self.author.call("DELETE", path, expect=204)
        self.assertEqual(self.author.call("POST", path + "/restore", {}, expect=200).json["draft"], True)
        self.server.stop_sound(self)

    def test_what_nobody_brings_back_is_swept(self):
        if not self.has_clock:
            self.skipTest("libfaketime is not installed: apt-get install faketime")
        video, path = self.liked_video()
        self.author.call("DELETE", path, expect=204)
        self.server.stop_sound(self)
        self.assertNotEqual(self.files(), [])
        self.clock.write_text(f"+{(MINUTES + 1) * 60}\n")
        self.server.start()
        self.author.connection = self.fan.connection = None
        self.assertEqual(self.author.call("POST", path + "/restore", {}).status, 404)
        wait_for("the files of a deleted video to go", lambda: self.files() == [])
        self.server.stop_sound(self)

    def test_for_good_and_with_the_account(self):
        first, path = self.liked_video()
        self.author.call("DELETE", path, expect=204)
        self.author.call("DELETE", f"/me/removed/{first['id']}", expect=204)
        self.assertEqual(self.author.call("POST", path + "/restore", {}).status, 404)
        second = self.author.publish(self.clip, "another")
        self.author.call("DELETE", f"/videos/{second['id']}", expect=204)
        self.author.call("DELETE", "/me", {"password": PASSWORD}, expect=204)
        wait_for("the files of a deleted account to go", lambda: self.files() == [])
        self.server.stop_sound(self)


if __name__ == "__main__":
    unittest.main()
