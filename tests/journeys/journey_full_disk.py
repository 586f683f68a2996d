"""A full disk under the whole server: what needs space is refused in a sentence, what is there is still shown and delivered, nothing
acknowledged is lost, and when there is space again everything goes on by itself."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import uuid

import workload
from harness import PASSWORD, TUS, Client, Server, make_clip, wait_for, needs_sqlite
from power_cut import Disk


FULL = "disk is (too )?full.*try again"
READ_ONLY = "disk can only be read"
BROKEN = "disk (under the database )?failed"


@needs_sqlite
class FullDisk(unittest.TestCase):
    def setUp(self):
        self.why = FULL
        self.folder = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="filoscope-full-")))
        self.clip = make_clip(self.folder / "clip.mp4", seconds=2, size="180x320")
        self.data = self.clip.read_bytes()
        self.half = len(self.data) // 2

    def begin(self, server):
        """A world with a published clip, a viewer and an upload that stands in the middle."""
        self.server = server
        self.author = Client(server).sign_up("author")
        self.video = self.author.publish(self.clip, "there before #full")
        self.viewer = Client(server).sign_up("viewer")
        self.item = self.viewer.feed()["items"][0]
        answer = self.author.raw("POST", "/api/v1/uploads", b"", {**TUS, "Upload-Length": str(len(self.data))})
        self.assertEqual(answer.status, 201, answer)
        self.location = answer.headers["location"].replace(server.url, "")
        self.assertEqual(self.chunk(0, self.data[:self.half]).status, 204)

    def chunk(self, offset, data):
        return self.author.raw("PATCH", self.location, data, {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"})

    def offset(self):
        return int(self.author.raw("HEAD", self.location, headers=TUS).headers["upload-offset"])

    def event(self):
        return {"event_id": uuid.uuid4().hex, "impression_token": self.item["impression_token"], "event": "impression"}

    def assert_refused(self, answer):
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertIn("retry-after", answer.headers)
        self.assertRegex(answer.json["detail"], self.why)

    def assert_writes_are_refused(self):
        video = self.video["id"]
        self.assert_refused(self.viewer.call("POST", f"/videos/{video}/comments", {"text": "lost?"}))
        self.assert_refused(self.viewer.call("PUT", f"/videos/{video}/like", {}))
        self.assert_refused(self.viewer.call("PUT", "/accounts/author/follow"))
        self.assert_refused(self.viewer.call("POST", "/events", {"events": [self.event()]}))
        self.assert_refused(Client(self.server).call("POST", "/accounts", {"handle": "late", "password": "a long password", "birth_date": "1990-05-05"}))
        self.assert_refused(self.chunk(self.half, self.data[self.half:]))

    def assert_reads_go_on(self):
        shown = self.viewer.get(f"/videos/{self.video['id']}")
        self.assertEqual((shown["viewer"]["liked"], shown["counts"]["comments"]), (False, 0))
        rendition = shown["playback"]["renditions"][0]
        first, last = rendition["segments"][0]
        answer = self.viewer.raw("GET", rendition["url"], headers={"Range": f"bytes={first}-{last}"})
        self.assertEqual((answer.status, len(answer.body)), (206, last - first + 1))
        self.assertEqual(len(self.viewer.raw("GET", rendition["url"]).body), rendition["bytes"])
        self.assertEqual(self.viewer.get("/search?kind=videos&q=full")["items"][0]["video"]["id"], self.video["id"])
        self.assertFalse(self.viewer.get("/accounts/author")["viewer"]["follows"])
        self.assertEqual([item["video"]["id"] for item in self.viewer.feed(mode="not_profiled")["items"]], [self.video["id"]])
        self.assert_feeds_go_on(self.viewer)
        self.late = Client(self.server)
        self.late.token = self.late.call("POST", "/sessions", {"handle": "viewer", "password": PASSWORD}, expect=201).json["token"]
        self.assertEqual(self.late.get("/me")["account"]["handle"], "viewer")
        self.assert_feeds_go_on(self.late)
        visitor = Client(self.server)
        answer = visitor.get("/feed")
        self.assertEqual([item["video"]["id"] for item in answer["items"]], [self.video["id"]])
        visitor.token = answer["guest_token"]
        self.assert_feeds_go_on(visitor)
        self.assert_refused(visitor.call("POST", "/events", {"events": [{**self.event(), "impression_token": answer["items"][0]["impression_token"]}]}))
        self.assertEqual(self.offset(), self.half)
        self.assertEqual(self.viewer.raw("GET", "/healthz").status, 200)
        told = self.viewer.raw("GET", "/readyz")
        self.assertEqual((told.status, told.json["status"]), (503, "troubled"))
        self.assertRegex(" ".join(told.json["problems"]), self.why)

    def assert_feeds_go_on(self, client):
        """A feed is answered, without a profile where that would leave a record, and says why."""
        answer = client.feed()
        self.assertEqual([item["video"]["id"] for item in answer["items"]], [self.video["id"]])
        told = client.get(f"/decisions/{answer['request_id']}")
        self.assertEqual((told["recorded"], len(told["items"])), (False, 1))
        self.assertEqual(client.get(f"/decisions/{answer['items'][0]['impression_token']}")["items"][0]["reason"], told["items"][0]["reason"])
        if client is self.viewer:
            self.assertEqual(answer["mode"], "not_profiled")
        client.feed("following")

    def assert_all_goes_on(self, waiting):
        """Without a restart. `waiting` are videos that were to be processed while the disk was full."""
        wait_for("the disk to be well again", lambda: self.viewer.raw("GET", "/readyz").status == 200)
        video = self.video["id"]
        self.viewer.call("POST", f"/videos/{video}/comments", {"text": "kept"}, expect=201)
        self.viewer.call("PUT", f"/videos/{video}/like", {}, expect=200)
        self.viewer.call("PUT", "/accounts/author/follow", expect=204)
        self.assertEqual(self.viewer.send(self.event())["rejected"], [])
        Client(self.server).sign_up("late")
        self.assertTrue(self.viewer.get(f"/decisions/{self.viewer.feed()['request_id']}")["recorded"])
        def stored():
            return any(session["current"] for session in self.late.get("/me/sessions")["items"])
        wait_for("the sign-in from memory to be stored", stored)
        done = self.chunk(self.half, self.data[self.half:])
        self.assertEqual(done.status, 204, done)
        for one in (done.headers["filoscope-video-id"], *waiting):
            self.assertEqual(self.author.wait_until_processed(one)["state"], "published")

    def finish(self, server):
        server.stop_sound(self)
        server.start()
        shown = Client(server, self.viewer.token).get(f"/videos/{self.video['id']}")
        self.assertEqual((shown["viewer"]["liked"], shown["counts"]["comments"]), (True, 1))
        self.assertEqual(Client(server, self.late.token).call("GET", "/me").status, 200, "signed in while nothing could be written")
        server.close()
        shutil.rmtree(self.folder, ignore_errors=True)  # the small disk is still mounted in it

    def no_space_for(self, where):
        disk = Disk(self.folder)
        disk.prepare()
        server = Server(disk.data, settings=workload.SETTINGS, environment=disk.environment())
        self.begin(server)
        waiting = [self.author.upload(self.clip, "processed with no space")] if self.why is FULL else []
        disk.fill(where)
        self.assert_writes_are_refused()
        self.assert_refused(self.author.call("DELETE", f"/videos/{self.video['id']}"))
        self.assert_reads_go_on()
        disk.make_room()
        self.assert_all_goes_on(waiting)
        server.kill()
        disk.cut("lazy", 0)
        server.environment = {}
        server.start()
        self.finish(server)

    def test_no_write_finds_space(self):
        self.no_space_for("write")

    def test_no_sync_finds_space(self):
        self.no_space_for("sync")

    def test_every_write_is_refused_as_on_a_read_only_disk(self):
        self.why = READ_ONLY
        self.no_space_for("readonly")

    def test_every_write_fails(self):
        self.why = BROKEN
        self.no_space_for("broken")

    def test_a_small_disk_fills_while_a_video_is_processed(self):
        """A real file system, full to the last block: the worker's own writes fail too."""
        small = self.folder / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", small], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("mounting a small file system needs the rights of root: " + mounted.stderr.strip())
        try:
            self.on_small_disk(small)
        finally:
            subprocess.run(["umount", "--lazy", small], check=True)

    def on_small_disk(self, small):
        data = small / "data"
        server = Server(data, settings={**workload.SETTINGS, "app.log_level": "warn"})
        self.begin(server)
        in_the_way = self.author.publish(self.clip, "in the way", visibility="only_me")["id"]
        long = make_clip(self.folder / "long.mp4", seconds=6, size="360x640")
        waiting = self.author.upload(long, "cut off by the full disk")
        server.a_worker()
        with open(small / "filler", "wb", buffering=0) as filler:
            with self.assertRaises(OSError):
                while True:
                    filler.write(bytes(1 << 16))
        refused = self.author.call("POST", "/uploads", headers={**TUS, "Upload-Length": "1000"})
        self.assert_refused(refused)
        self.assert_writes_are_refused()
        self.assert_reads_go_on()
        self.assertEqual(self.author.call("DELETE", f"/videos/{in_the_way}").status, 204)  # what makes space has some kept back
        wait_for("the worker's end", lambda: not server.workers())
        state = self.author.get(f"/videos/{waiting}")
        self.assertNotIn(state["state"], ("published", "failed"), state)
        (small / "filler").unlink()
        self.assert_all_goes_on([waiting])
        self.finish(server)


if __name__ == "__main__":
    unittest.main()
