"""A disk that people fill: space is promised once, the server starts on a full or read-only disk and says so, what makes space always works,
and all heals without a restart."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import TUS, Client, Server, make_clip, wait_for, needs_sqlite

MEBIBYTE = 1 << 20


@needs_sqlite
class SmallDisk(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="filoscope-small-")))
        self.clip = make_clip(self.folder / "clip.mp4", seconds=2, size="180x320")

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def disk(self, mebibytes):
        small = self.folder / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", small], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("mounting a small file system needs the rights of root: " + mounted.stderr.strip())
        try:
            yield small
        finally:
            subprocess.run(["umount", "--lazy", small], check=True)

    def fill(self, small, leave=0):
        with open(small / "filler", "wb", buffering=0) as filler:
            size = 0
            with contextlib.suppress(OSError):
                while True:
                    size += filler.write(bytes(1 << 16 if size % MEBIBYTE else MEBIBYTE))
            filler.truncate(max(0, size - leave))

    def ready(self, server):
        answer = Client(server).raw("GET", "/readyz")
        return answer.status, answer.body.decode()

    def begin_upload(self, person, size):
        return person.raw("POST", "/api/v1/uploads", b"", {**TUS, "Upload-Length": str(size)})

    def test_space_is_promised_once(self):
        with self.disk(240) as small:
            server = Server(small / "data")
            people = [Client(server).sign_up(f"person{i}") for i in range(5)]
            free = os.statvfs(small)
            self.fill(small, leave=198 * MEBIBYTE)
            self.assertGreater(free.f_bavail, 0)
            answers = [self.begin_upload(person, 100 * MEBIBYTE) for person in people]
            accepted = [answer for answer in answers if answer.status == 201]
            self.assertEqual(len(accepted), 1, answers)
            for answer in answers:
                if answer.status != 201:
                    self.assertEqual(answer.status, 503, answer)
                    self.assertIn("disk is too full", answer.json["detail"])
            location = accepted[0].headers["location"].replace(server.url, "")
            owner = people[answers.index(accepted[0])]
            self.assertEqual(owner.raw("DELETE", location, headers=TUS).status, 204)
            self.assertEqual(self.begin_upload(people[-1], 100 * MEBIBYTE).status, 201)
            server.close()

    def test_it_starts_on_a_full_disk_and_heals(self):
        with self.disk(200) as small:
            server = Server(small / "data")
            author = Client(server).sign_up("author")
            video = author.publish(self.clip, "there before")
            other = author.publish(self.clip, "in the way")
            server.stop()
            self.fill(small)
            server.start()
            author = Client(server, author.token)
            status, text = self.ready(server)
            self.assertEqual(status, 503, text)
            self.assertIn("disk is full", text)
            shown = author.get(f"/videos/{video['id']}")
            self.assertEqual(author.raw("GET", shown["playback"]["mp4"]).status, 200)
            refused = author.call("POST", f"/videos/{video['id']}/comments", {"text": "not now"})
            self.assertEqual(refused.status, 503, refused)
            # What makes space has some kept back for it.
            self.assertEqual(author.call("DELETE", f"/videos/{other['id']}").status, 204)
            self.assertEqual(author.call("GET", f"/videos/{other['id']}").status, 404)
            (small / "filler").unlink()
            wait_for("the disk to be well again", lambda: self.ready(server)[0] == 200)
            author.call("POST", f"/videos/{video['id']}/comments", {"text": "now"}, expect=201)
            self.assertEqual(author.publish(self.clip, "after")["state"], "published")
            server.stop_sound(self)
            server.start()
            server.close()

    def test_it_starts_after_dying_on_a_full_disk(self):
        with self.disk(200) as small:
            server = Server(small / "data")
            author = Client(server).sign_up("author")
            video = author.publish(self.clip, "there before")
            self.fill(small)
            server.kill()
            server.start()
            shown = Client(server, author.token).get(f"/videos/{video['id']}")
            self.assertEqual(shown["caption"], "there before")
            self.assertEqual(self.ready(server)[0], 503)
            (small / "filler").unlink()
            wait_for("the disk to be well again", lambda: self.ready(server)[0] == 200)
            Client(server).sign_up("late")
            server.close()

    def test_it_starts_on_a_read_only_disk_and_heals(self):
        with self.disk(200) as small:
            server = Server(small / "data")
            author = Client(server).sign_up("author")
            video = author.publish(self.clip, "there before")
            server.stop()
            subprocess.run(["mount", "-o", "remount,ro", small], check=True)
            server.log_path = self.folder / "data.log"
            server.start()
            status, text = self.ready(server)
            self.assertEqual(status, 503, text)
            self.assertIn("disk can only be read", text)
            author = Client(server, author.token)
            shown = author.get(f"/videos/{video['id']}")
            self.assertEqual(author.raw("GET", shown["playback"]["mp4"]).status, 200)
            refused = author.call("POST", f"/videos/{video['id']}/comments", {"text": "not now"})
            self.assertEqual(refused.status, 503, refused)
            subprocess.run(["mount", "-o", "remount,rw", small], check=True)
            wait_for("the disk to be well again", lambda: self.ready(server)[0] == 200)
            author.call("POST", f"/videos/{video['id']}/comments", {"text": "now"}, expect=201)
            server.stop_sound(self)
            server.start()
            server.close()


if __name__ == "__main__":
    unittest.main()
