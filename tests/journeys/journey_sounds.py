"""A sound: whose it is, its page, found, named, and played by the clips of others, also after a killed server and without its first clip."""

import array
import base64
import subprocess
import unittest

from harness import TUS, Client, Server, clip_folder, make_clip, wait_for


def make_melody(path, seconds, tune, size="180x320"):
    """A clip with notes that change five times a second; each `tune` is another melody."""
    note = f"mod(floor(t*5)*floor(t*5)*{tune}+5*floor(t*5)\\,29)"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={seconds}",
                    "-f", "lavfi", "-i", f"aevalsrc=0.3*sin(2*PI*t*196*pow(2\\,{note}/12)):d={seconds}:s=48000",
                    "-c:a", "aac", "-b:a", "96k", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(path)],
                   check=True, timeout=120)
    return path


def samples(path):
    """What is heard, as mono of 8 kHz."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-ac", "1", "-ar", "8000", "-f", "s16le", "-"],
                          check=True, capture_output=True, timeout=120)
    heard = array.array("h")
    heard.frombytes(done.stdout)
    return heard


def likeness(one, other):
    """The best correlation of two stretches, one moved against the other by up to 50 ms."""
    best = 0
    for shift in range(-400, 401):
        pairs = list(zip(one[400:-400:3], other[400 + shift:len(other) - 400 + shift:3]))
        dot = sum(a * b for a, b in pairs)
        norm = (sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)) ** 0.5
        best = max(best, dot / norm if norm else 0)
    return best


class Sounds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server()
        cls.mara, cls.jo, cls.li = (Client(cls.server).sign_up(name) for name in ("mara", "jo", "li"))
        cls.song = make_melody(cls.clips / "song.mp4", 6, 3)
        cls.origin = cls.mara.publish(cls.song, "My song #folk")
        cls.sound = cls.origin["sound"]["id"]

    @classmethod
    def tearDownClass(cls):
        cls.server.stop_sound(unittest.TestCase())
        cls.server.close()

    def file_of(self, video, name):
        path = self.clips / name
        path.write_bytes(self.jo.raw("GET", video["playback"]["mp4"]).body)
        return path

    def test_the_same_melody_is_one_sound_with_its_first_owners_name(self):
        other = self.li.publish(make_melody(self.clips / "same.mp4", 5, 3, size="360x640"), "also mine?")
        self.assertEqual((other["sound"]["id"], other["sound"]["owner"]["handle"], other["sound"]["original"]), (self.sound, "mara", False))
        sound = Client(self.server).get(f"/sounds/{self.sound}")
        self.assertEqual((sound["owner"]["handle"], sound["origin_video_id"]), ("mara", self.origin["id"]))
        self.assertGreaterEqual(sound["videos_count"], 2)
        ids = [item["video"]["id"] for item in Client(self.server).get(f"/sounds/{self.sound}/videos")["items"]]
        self.assertIn(other["id"], ids)
        self.assertEqual(ids[-1], self.origin["id"])

    def test_a_clip_plays_the_chosen_sound_from_its_start_and_again_until_it_ends(self):
        silent = make_clip(self.clips / "long.mp4", seconds=9, seed=1, sound=False)
        made = self.jo.publish(silent, "to her song", sound_id=self.sound)
        self.assertEqual((made["sound"]["id"], made["sound"]["original"]), (self.sound, False))
        self.assertAlmostEqual(made["duration_ms"], 9000, delta=60)
        heard, song = samples(self.file_of(made, "made.mp4")), samples(self.song)
        self.assertAlmostEqual(len(heard) / 8000, 9, delta=0.1)
        self.assertGreater(likeness(song[:8000 * 2], heard[:8000 * 2]), 0.9)
        self.assertGreater(likeness(song[:8000 * 2], heard[8000 * 6:8000 * 8]), 0.9, "again after six seconds")
        self.assertLess(likeness(song[:8000 * 2], heard[8000 * 3:8000 * 5]), 0.5, "what follows is another part")

    def test_an_upload_keeps_its_sound_over_a_killed_server(self):
        data = make_melody(self.clips / "tus.mp4", 3, 7).read_bytes()
        fields = {"filename": "a.mp4", "caption": "resumed", "sound_id": self.sound}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in fields.items())
        answer = self.jo.raw("POST", "/api/v1/uploads", b"", {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": metadata, "Content-Length": "0"})
        self.assertEqual(answer.status, 201, answer)
        location = answer.headers["location"].replace(self.server.url, "")
        self.server.kill()
        self.server.start()
        for client in (self.mara, self.jo, self.li):
            client.connection = None
        final = self.jo.raw("PATCH", location, data, {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"})
        self.assertEqual(final.status, 204, final)
        video = self.jo.wait_until_processed(final.headers["filoscope-video-id"])
        self.assertEqual((video["state"], video["sound"]["id"]), ("published", self.sound))

    def test_the_late_rendition_plays_it_too(self):
        large = make_clip(self.clips / "large.mp4", seconds=2, size="1080x1920", seed=4, sound=False)
        made = self.jo.publish(large, "large", sound_id=self.sound)
        wait_for("1080 lines", lambda: any(r["name"] == "1080" for r in self.jo.get(f"/videos/{made['id']}")["playback"]["renditions"]), 180)
        late = self.jo.get(f"/videos/{made['id']}")["playback"]["renditions"][0]
        path = self.clips / "late.mp4"
        path.write_bytes(self.jo.raw("GET", late["url"]).body)
        self.assertGreater(likeness(samples(self.song)[:14000], samples(path)[:14000]), 0.9)

    def test_its_owner_names_it_and_search_finds_it(self):
        self.assertEqual(self.mara.call("PATCH", f"/sounds/{self.sound}", {"title": " Rain  song "}, expect=200).json["title"], "Rain song")
        self.assertEqual(self.jo.call("PATCH", f"/sounds/{self.sound}", {"title": "Mine"}, expect=403).json["reason"], "sound_name_denied")
        for query in ("rain", "mara", "%23folk"):
            found = [item["id"] for item in Client(self.server).get(f"/search?kind=sounds&q={query}")["items"]]
            self.assertIn(self.sound, found, query)
        page = Client(self.server).raw("GET", f"/sound/{self.sound}")
        self.assertEqual(page.status, 200)

    def test_without_its_first_clip_another_lends_it_and_without_any_it_is_refused(self):
        first = self.mara.publish(make_melody(self.clips / "two.mp4", 4, 11), "second song")
        sound = first["sound"]["id"]
        self.assertNotEqual(sound, self.sound)
        clip = make_clip(self.clips / "short.mp4", seconds=2, seed=5, sound=False)
        second = self.jo.publish(clip, "to the second song", sound_id=sound)
        self.mara.call("DELETE", f"/videos/{first['id']}", expect=204)
        self.assertEqual(self.li.get(f"/sounds/{sound}")["owner"]["handle"], "jo")
        third = self.li.publish(clip, "from the other clip", sound_id=sound)
        self.assertEqual(third["sound"]["id"], sound)
        for owner, video in ((self.jo, second), (self.li, third)):
            owner.call("DELETE", f"/videos/{video['id']}", expect=204)
        self.assertEqual(self.li.call("GET", f"/sounds/{sound}").status, 404)
        with self.assertRaises(AssertionError) as refused:
            self.li.upload(clip, "too late", sound_id=sound)
        self.assertEqual(refused.exception.args[1].json["reason"], "sound_not_usable")
