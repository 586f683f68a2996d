"""The life of an upload: multipart, tus with cut-offs and a killed server, states, limits, drafts, refusals."""

import base64
import hashlib
import subprocess
import unittest

from harness import TUS, Client, Server, clip_folder, make_clip


def metadata(**fields):
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in fields.items())


class Upload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server(settings={"upload.per_day_max": 40})
        cls.mara = Client(cls.server).sign_up("mara")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def create(self, size, **fields):
        answer = self.mara.raw("POST", "/api/v1/uploads", b"", {**TUS, "Upload-Length": str(size),
                                                                "Upload-Metadata": metadata(**fields), "Content-Length": "0"})
        self.assertEqual(answer.status, 201, answer)
        return answer.headers["location"].replace(self.server.url, "")

    def patch(self, location, offset, data, **headers):
        return self.mara.raw("PATCH", location, data, {**TUS, "Upload-Offset": str(offset),
                                                       "Content-Type": "application/offset+octet-stream", **headers})

    def test_multipart_is_published_and_found_by_its_caption(self):
        clip = make_clip(self.clips / "a.mp4", seconds=3, size="360x640", seed=1)
        video = self.mara.publish(clip, "Crème brûlée in 東京都 #Dessert with @mara")
        self.assertEqual(video["hashtags"], ["dessert"])
        self.assertAlmostEqual(video["duration_ms"], 3000, delta=60)
        self.assertEqual((video["width"], video["height"]), (360, 640))
        self.assertTrue(video["placeholder"].startswith("data:image/"))
        rendition = video["playback"]["renditions"][0]
        self.assertTrue(rendition["codecs"].startswith("avc1."))
        self.assertEqual(rendition["init"][0], 0)
        self.assertEqual(rendition["segments"][0][0], rendition["init"][1] + 1)
        for query in ("creme", "BRULEE", "%E4%BA%AC", "%E6%9D%B1%E4%BA%AC", "desser"):
            found = [item["video"]["id"] for item in self.mara.get(f"/search?kind=videos&q={query}")["items"]]
            self.assertIn(video["id"], found, query)

    def test_tus_goes_on_after_a_cut_off_and_a_killed_server(self):
        data = make_clip(self.clips / "b.mp4", seconds=2, size="360x640", seed=2).read_bytes()
        location = self.create(len(data), filename="b.mp4", caption="resumed #tus", visibility="everyone")
        half = len(data) // 2
        self.assertEqual(self.patch(location, 0, data[:half]).status, 204)
        self.server.kill()
        self.server.start()
        self.mara.connection = None
        head = self.mara.raw("HEAD", location, headers=TUS)
        self.assertEqual(head.headers["upload-offset"], str(half))
        self.assertEqual(head.headers["cache-control"], "no-store")
        unfinished = [item for item in self.mara.get("/me/uploads")["items"] if item["kind"] == "upload"]
        self.assertEqual([(item["filename"], item["offset"]) for item in unfinished], [("b.mp4", half)])
        self.assertEqual(self.patch(location, 0, data[half:]).status, 409)
        final = self.patch(location, half, data[half:])
        self.assertEqual(final.status, 204)
        video = self.mara.wait_until_processed(final.headers["filoscope-video-id"])
        self.assertEqual(video["state"], "published")
        self.assertEqual(video["caption"], "resumed #tus")

    def test_the_cover_is_the_picture_of_the_chosen_time(self):
        turns_red = ("-vf", "drawbox=color=blue:t=fill:enable='lt(t,1)',drawbox=color=red:t=fill:enable='gte(t,1)'")
        clip = make_clip(self.clips / "turns.mp4", seconds=2, extra=turns_red)
        self.assertEqual(self.cover_colour(self.mara.publish(clip, "early", cover_ms=900)), "blue")
        self.assertEqual(self.cover_colour(self.mara.publish(clip, "late", cover_ms=1100)), "red")
        data = clip.read_bytes()
        final = self.patch(self.create(len(data), cover_ms="36000000"), 0, data)
        self.assertEqual(self.cover_colour(self.mara.wait_until_processed(final.headers["filoscope-video-id"])), "red")

    def cover_colour(self, video):
        self.assertEqual(video["playback"]["cover"], video["playback"]["covers"][0])
        jpeg = self.mara.raw("GET", video["playback"]["cover"]).body
        pixel = subprocess.run(["ffmpeg", "-v", "error", "-f", "jpeg_pipe", "-i", "-", "-vf", "scale=1:1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                               input=jpeg, capture_output=True, check=True).stdout
        return "red" if pixel[0] > 200 and pixel[2] < 60 else "blue" if pixel[2] > 200 and pixel[0] < 60 else pixel

    def test_a_wrong_checksum_keeps_nothing(self):
        data = b"x" * 1000
        location = self.create(len(data), filename="c.mp4")
        good, bad = (base64.b64encode(hashlib.sha1(d).digest()).decode() for d in (data[:500], b"other"))
        self.assertEqual(self.patch(location, 0, data[:500], **{"Upload-Checksum": "sha1 " + bad}).status, 460)
        self.assertEqual(self.mara.raw("HEAD", location, headers=TUS).headers["upload-offset"], "0")
        self.assertEqual(self.patch(location, 0, data[:500], **{"Upload-Checksum": "sha1 " + good}).status, 204)
        self.assertEqual(self.mara.raw("DELETE", location, headers=TUS).status, 204)
        self.assertIn(self.mara.raw("HEAD", location, headers=TUS).status, (404, 410))

    def test_too_large_says_the_limit(self):
        answer = self.mara.raw("POST", "/api/v1/uploads", b"", {**TUS, "Upload-Length": str(1 << 50)})
        self.assertIn(answer.status, (400, 413))
        self.assertIn("largest allowed is 2.15 GB", answer.json["detail"])

    def test_another_persons_upload_is_not_there(self):
        location = self.create(10, filename="d.mp4")
        tom = Client(self.server).sign_up("tom")
        self.assertEqual(tom.raw("HEAD", location, headers=TUS).status, 404)
        self.assertEqual(self.mara.raw("DELETE", location, headers=TUS).status, 204)

    def test_a_draft_is_seen_by_its_author_alone_until_published(self):
        video = self.mara.wait_until_processed(self.mara.upload(make_clip(self.clips / "e.mp4", seed=5), "draft #wip", draft="true"))
        self.assertTrue(video["draft"])
        other = Client(self.server).sign_up("nosy")
        self.assertEqual(other.call("GET", f"/videos/{video['id']}").status, 404)
        self.mara.call("PATCH", f"/videos/{video['id']}", {"draft": False, "caption": "done #finished"}, expect=200)
        self.assertEqual(other.get(f"/videos/{video['id']}")["hashtags"], ["finished"])

    def test_what_is_no_video_is_refused_in_a_sentence(self):
        cases = {"empty.mp4": b"", "noise.mp4": bytes(range(256)) * 20, "text.mp4": b"hello " * 100}
        for name, content in cases.items():
            path = self.clips / name
            path.write_bytes(content)
            try:
                video = self.mara.wait_until_processed(self.mara.upload(path, name))
            except AssertionError as refused_at_once:
                self.assertIn("400", str(refused_at_once))
                continue
            self.assertEqual(video["state"], "failed", name)
            self.assertRegex(video["error"], r"^[A-Zthn].{15,}")

    def test_without_sound_and_with_odd_sizes(self):
        video = self.mara.publish(make_clip(self.clips / "f.mp4", size="182x322", sound=False, seed=6), "silent")
        self.assertIsNone(video["sound"])
        self.assertNotIn("mp4a", video["playback"]["renditions"][0]["codecs"])


if __name__ == "__main__":
    unittest.main()
