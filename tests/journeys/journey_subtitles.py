"""Subtitles: given by their owner, before a clip is ready too, read by whoever may see it, over a killed server and in a backup."""

import tempfile
import unittest
from pathlib import Path

from harness import Client, Server, clip_folder, make_clip, needs_sqlite
from journey_contract import Schemas

OCTETS = {"Content-Type": "application/octet-stream"}
ENGLISH = b"WEBVTT\n\n00:00.500 --> 00:01.500\n<v Ada>Hello</v> &amp; welcome\n"
GERMAN = "1\r\n00:00:00,500 --> 00:00:01,500\r\nGrüß Gott\r\n".encode("utf-16")
SERVED = "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\n"


class Subtitles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server(settings={"models": "none"})
        cls.ada, cls.bob = (Client(cls.server).sign_up(name) for name in ("ada", "bob"))
        cls.anyone = Client(cls.server)
        cls.seed = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.stop_sound(unittest.TestCase())
        cls.server.close()

    def clip(self, **more):
        type(self).seed += 1
        return make_clip(self.clips / f"{self.seed}.mp4", seed=self.seed, **more)

    def give(self, who, video, language, file, expect=200, query=""):
        answer = who.raw("PUT", f"/api/v1/videos/{video}/subtitles/{language}{query}", file, OCTETS)
        self.assertEqual(answer.status, expect, answer)
        return answer.json

    def read(self, who, url):
        answer = who.raw("GET", url)
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode()

    def again(self):
        """After another start of the server."""
        for one in (self.ada, self.bob, self.anyone):
            one.connection = None

    def test_what_is_given_is_read_and_outlives_a_killed_server(self):
        video = self.ada.publish(self.clip(), "she says hello")["id"]
        schemas = Schemas(self.anyone.get("/openapi.json"))
        taken = self.give(self.ada, video, "EN", ENGLISH)
        self.assertEqual(list(schemas.problems({"$ref": "#/components/schemas/SubtitlesTaken"}, taken)), [])
        self.give(self.ada, video, "de", GERMAN, query="?label=Bairisch")
        self.server.kill()
        self.server.start()
        self.again()
        shown = self.anyone.get(f"/videos/{video}")
        self.assertEqual(list(schemas.problems({"$ref": "#/components/schemas/Video"}, shown)), [])
        self.assertEqual([(one["language"], one["label"]) for one in shown["subtitles"]], [("de", "Bairisch"), ("en", "")])
        self.assertEqual(self.read(self.anyone, shown["subtitles"][0]["url"]), SERVED + "Grüß Gott\n")
        self.assertEqual(self.read(self.anyone, shown["subtitles"][1]["url"]), SERVED + "Hello &amp; welcome\n")
        listed = [item["video"] for item in self.bob.feed(limit=20)["items"] if item["video"]["id"] == video]
        self.assertEqual([one["subtitles"] for one in listed], [shown["subtitles"]])

    def test_a_clip_that_is_not_ready_yet_has_them_and_what_is_behind_its_end_goes(self):
        video = self.ada.upload(self.clip(seconds=2), "they come with the upload")
        taken = self.give(self.ada, video, "en", ENGLISH + b"\n00:05.000 --> 00:06.000\nlate\n")
        shown = self.ada.wait_until_processed(video)
        self.assertEqual(shown["state"], "published")
        self.assertEqual(self.read(self.anyone, shown["subtitles"][0]["url"]), SERVED + "Hello &amp; welcome\n")
        again = self.give(self.ada, video, "en", ENGLISH + b"\n00:05.000 --> 00:06.000\nlate\n")
        self.assertEqual((again["cues_count"], again["dropped_count"]), (1, 1))
        self.assertIn(taken["dropped_count"], (0, 1), "it may have been ready by then")

    def test_who_may_not_see_the_clip_reads_none_and_nobody_else_changes_them(self):
        video = self.ada.publish(self.clip(), "for herself", visibility="only_me")["id"]
        url = self.give(self.ada, video, "en", ENGLISH)["url"]
        self.assertEqual(self.bob.raw("GET", url).status, 404)
        self.give(self.bob, video, "en", ENGLISH, expect=404)
        self.ada.call("PATCH", f"/videos/{video}", {"visibility": "everyone"}, expect=200)
        self.assertIn("Hello", self.read(self.bob, url))
        self.give(self.bob, video, "en", ENGLISH, expect=403)
        self.assertEqual(self.bob.call("DELETE", f"/videos/{video}/subtitles/en").status, 403)
        self.ada.call("DELETE", f"/videos/{video}/subtitles/en", expect=204)
        self.assertEqual(self.bob.raw("GET", url).status, 404)

    def test_they_go_and_come_back_with_the_clip(self):
        video = self.ada.publish(self.clip(), "gone for a while")["id"]
        url = self.give(self.ada, video, "en", ENGLISH)["url"]
        self.ada.call("DELETE", f"/videos/{video}", expect=204)
        self.assertEqual(self.ada.raw("GET", url).status, 404)
        restored = self.ada.call("POST", f"/videos/{video}/restore", expect=200).json
        self.assertEqual([one["url"] for one in restored["subtitles"]], [url])
        self.assertIn("Hello", self.read(self.anyone, url))

    def test_what_is_wrong_with_a_file_is_told_with_its_line(self):
        video = self.ada.publish(self.clip(), "wrong ones")["id"]
        kept = self.give(self.ada, video, "en", ENGLISH)["url"]
        for file, reason, line in (
            (b"1\n00:00:02,000 --> 00:00:01,000\nback\n", "subtitle_ends_before_it_begins", 2),
            (b"WEBVTT\n\n00:0x.000 --> 00:02.000\nx\n", "subtitle_times_unreadable", 3),
            ("1\n00:01 --> 00:02\nGrüße\n".encode("latin-1"), "subtitles_not_utf8", 3),
            (b"00:01 --> 00:02\n" + b"a" * 501, "subtitle_too_long", 1),
            (self.clip().read_bytes(), "subtitles_not_utf8", None),
            (b"hello", "no_subtitles_in_file", None),
            (b"1:00 --> 1:01\nlate", "subtitles_behind_end", None),
            (b"a" * (1 << 20) + b"a", "subtitles_too_large", None),
        ):
            with self.subTest(reason=reason):
                problem = self.give(self.ada, video, "en", file, expect=400)
                self.assertEqual(problem["reason"], reason)
                if line:
                    self.assertEqual(problem["arguments"]["line"], line)
                    self.assertIn(f"line {line}", problem["detail"])
        self.assertEqual(self.ada.raw("PUT", f"/api/v1/videos/{video}/subtitles/en", b"a" * (5 << 20), OCTETS).status, 413)
        self.again()
        self.assertIn("Hello", self.read(self.anyone, kept))

    @needs_sqlite
    def test_a_backup_has_them(self):
        server = Server(settings={"models": "none"})
        self.addCleanup(server.close)
        mara = Client(server).sign_up("mara")
        video = mara.publish(self.clip(), "backed up")["id"]
        url = self.give(mara, video, "en", ENGLISH)["url"]
        server.stop()
        with tempfile.TemporaryDirectory() as folder:
            backup, restored = Path(folder) / "backup", Path(folder) / "restored"
            server.command("backup", "--data", str(server.folder), str(backup))
            server.command("restore", "--data", str(restored), str(backup))
            other = Server(data=restored, settings={"models": "none"})
            self.assertIn("Hello", self.read(Client(other), url))
            other.stop_sound(self)
            other.close()
