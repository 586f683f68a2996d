"""Searching with a picture: a photo finds its clip at the right second, a part of it too; what is no picture gets its word; what dies while it
looks costs nothing but time; what was removed is in no answer that begins afterwards."""

import os
import signal
import struct
import subprocess
import threading
import time
import unittest
import zlib

from harness import Client, Server, clip_folder, wait_for

SCENE_S = 2
SCENES = {  # a look of its own each
    "numbers": "testsrc2=size=360x640:rate=25",
    "fractal": "mandelbrot=size=360x640:rate=25",
    "bars": "smptehdbars=size=360x640:rate=25",
    "cells": "life=size=90x160:rate=25:mold=10:ratio=0.3:seed=5:death_color=#C83232:life_color=#32C8C8,scale=360:640:flags=neighbor",
    "carpet": "sierpinski=size=360x640:rate=25:seed=2:jump=5:type=carpet,negate,colorchannelmixer=rr=1:gg=.6:bb=.2",
    "rule": "cellauto=size=180x320:rate=25:seed=3,scale=360:640:flags=neighbor",
}


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True, timeout=120)


def make_clip(path, scenes):
    """The scenes, one behind the other."""
    inputs = [word for scene in scenes for word in ("-f", "lavfi", "-t", SCENE_S, "-i", SCENES[scene])]
    joined = "".join(f"[{i}:v]setsar=1,format=yuv420p[v{i}];" for i in range(len(scenes)))
    joined += "".join(f"[v{i}]" for i in range(len(scenes))) + f"concat=n={len(scenes)}"
    ffmpeg(*inputs, "-filter_complex", joined, "-c:v", "libx264", "-preset", "ultrafast", path)
    return path


def photo(clip, at_s, path, change="crop=iw*0.85:ih*0.85:iw*0.1:ih*0.05,eq=brightness=0.06"):
    ffmpeg("-ss", at_s, "-i", clip, "-frames:v", 1, "-vf", change, "-q:v", 4, path)
    return path.read_bytes()


def png(width, height, rows=b""):
    """With a head that says so, whatever follows."""
    chunks = b""
    for kind, body in ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        chunks += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunks


class Visual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = clip_folder()
        cls.server = Server(settings={"models": "none"})
        cls.author = Client(cls.server).sign_up("author")
        cls.clips, cls.videos = [], []
        for i, scenes in enumerate([("numbers", "fractal"), ("bars", "cells"), ("carpet", "rule")]):
            cls.clips.append(make_clip(cls.folder / f"visual{i}.mp4", scenes))
            cls.videos.append(cls.author.publish(cls.clips[i], " and ".join(scenes)))
        cls.someone = Client(cls.server)
        cls.wait_until_seen()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    @classmethod
    def wait_until_seen(cls):
        dot = png(1, 1, b"\0\xff\0\0")
        wait_for("all clips to be looked at", lambda: cls.look(dot).json["waiting_count"] == 0, 60)

    @classmethod
    def look(cls, picture, query="", kind="image/jpeg", who=None):
        return (who or cls.someone).raw("POST", "/api/v1/search/visual" + query, picture, {"Content-Type": kind})

    def found(self, picture, query=""):
        answer = self.look(picture, query)
        self.assertEqual(answer.status, 200, answer)
        return [(item["video"]["id"], item["match"]["at_ms"]) for item in answer.json["items"]]

    def reason(self, picture, query=""):
        answer = self.look(picture, query)
        return answer.status, answer.json["reason"]

    def test_a_photo_finds_its_clip_at_the_right_second(self):
        for i, clip in enumerate(self.clips):
            for scene in (0, 1):
                found = self.found(photo(clip, scene * SCENE_S + 1.2, self.folder / "photo.jpg"))
                self.assertTrue(found, f"clip {i}, scene {scene}")
                self.assertEqual(found[0][0], self.videos[i]["id"], f"clip {i}, scene {scene}: {found}")
                self.assertEqual(found[0][1] // (1000 * SCENE_S), scene, found)

    def test_a_mirrored_photo_and_a_part_of_one_find_it_too(self):
        mirrored = photo(self.clips[1], 3.2, self.folder / "mirrored.jpg", "hflip")
        self.assertEqual(self.found(mirrored)[0][0], self.videos[1]["id"])
        ffmpeg("-ss", 1, "-i", self.clips[0], "-ss", 1, "-i", self.clips[1], "-filter_complex", "hstack", "-frames:v", 1, self.folder / "both.jpg")
        both = (self.folder / "both.jpg").read_bytes()
        for half, video in ((0, 0), (1, 1)):
            self.assertEqual(self.found(both, f"?crop={half / 2},0,0.5,1")[0][0], self.videos[video]["id"])

    def test_what_a_clip_shows_is_looked_for_in_the_others(self):
        again = self.author.publish(make_clip(self.folder / "again.mp4", ("fractal", "rule")), "again")
        self.wait_until_seen()
        ask = {"video_id": self.videos[0]["id"], "at_ms": 3_000}
        items = self.someone.call("POST", "/search/visual", ask, expect=200).json["items"]
        self.assertEqual(items[0]["video"]["id"], again["id"])
        self.assertLess(items[0]["match"]["at_ms"], 1000 * SCENE_S)
        self.assertNotIn(self.videos[0]["id"], [item["video"]["id"] for item in items])
        self.author.call("DELETE", f"/videos/{again['id']}", expect=204)
        items = self.someone.call("POST", "/search/visual", ask, expect=200).json["items"]
        self.assertNotIn(again["id"], [item["video"]["id"] for item in items], "removed")

    def test_what_is_no_picture_gets_its_word(self):
        good = photo(self.clips[0], 1, self.folder / "good.jpg")
        ffmpeg("-ss", 1, "-i", self.clips[0], "-frames:v", 1, "-pix_fmt", "rgb48be", self.folder / "deep.png")
        self.assertEqual(self.found((self.folder / "deep.png").read_bytes())[0][0], self.videos[0]["id"], "16 bits a colour")
        self.assertEqual(self.look(png(1, 1, b"\0\xff\0\0")).status, 200, "one pixel")
        self.assertEqual(self.reason(b""), (400, "picture_file_empty"))
        self.assertEqual(self.reason(good[:len(good) // 2]), (400, "picture_file_damaged"))
        self.assertEqual(self.reason(png(40_000, 40_000)), (400, "picture_too_many_pixels"))
        self.assertEqual(self.reason(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), (400, "picture_file_unknown"))
        self.assertEqual(self.reason(b"<!doctype html><title>a.jpg</title>"), (400, "picture_file_unknown"))
        self.assertEqual(self.reason(png(300, 300, b"")), (400, "picture_file_damaged"))
        self.assertEqual(self.reason(self.clips[0].read_bytes()[:100_000]), (400, "picture_file_unknown"))
        self.assertEqual(self.reason(good, "?crop=0.5,0.5,0.6,0.6"), (400, "crop_outside"))

    def test_a_reader_that_dies_while_it_looks_is_replaced(self):
        picture = photo(self.clips[2], 1, self.folder / "while.jpg")
        self.assertEqual(self.found(picture)[0][0], self.videos[2]["id"])  # some reader is warm
        held = self.hold_workers()
        answers = []
        asking = threading.Thread(target=lambda: answers.append(self.look(picture, who=Client(self.server))))
        asking.start()
        time.sleep(0.3)
        self.assertEqual(answers, [], "it is being looked at")
        for pid in held:
            os.kill(pid, signal.SIGKILL)
        asking.join()
        self.assertEqual(answers[0].status, 200, answers[0])
        self.assertEqual(answers[0].json["items"][0]["video"]["id"], self.videos[2]["id"])

    def hold_workers(self):
        held = self.server.workers("vision-worker")
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
        return held

    def test_a_clip_whose_looking_is_cut_off_is_looked_at_again(self):
        held = self.hold_workers()
        self.assertTrue(held)
        video = self.author.publish(make_clip(self.folder / "cut.mp4", ("cells", "numbers")), "cut off")["id"]
        dot = png(1, 1, b"\0\xff\0\0")
        time.sleep(0.5)
        for pid in held:
            os.kill(pid, signal.SIGKILL)
        self.wait_until_seen()
        self.assertEqual(self.look(dot).json["waiting_count"], 0)
        ask = {"video_id": self.videos[1]["id"], "at_ms": 3_000}
        items = self.someone.call("POST", "/search/visual", ask, expect=200).json["items"]
        self.assertEqual(items[0]["video"]["id"], video)
        self.author.call("DELETE", f"/videos/{video}", expect=204)

    def test_everything_is_known_after_a_kill(self):
        self.server.kill()
        self.server.start()
        self.someone.connection = self.author.connection = None
        answer = self.look(png(1, 1, b"\0\xff\0\0")).json
        self.assertEqual(answer["waiting_count"], 0, "what was seen is not looked at again")
        self.test_a_photo_finds_its_clip_at_the_right_second()


if __name__ == "__main__":
    unittest.main()
