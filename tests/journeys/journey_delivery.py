"""Media addresses: ranges, validators, caching, signatures, HLS, and visibility that holds at once."""

import re
import unittest

from harness import Client, Server, clip_folder, make_clip


class Delivery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server()
        cls.mara = Client(cls.server).sign_up("mara")
        cls.video = cls.mara.publish(make_clip(cls.clips / "a.mp4", seconds=4, size="360x640", seed=1), "delivered")
        cls.anyone = Client(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_single_ranges(self):
        address = self.video["playback"]["mp4"]
        whole = self.anyone.raw("GET", address)
        self.assertEqual(whole.status, 200)
        self.assertEqual(whole.headers["content-type"], "video/mp4")
        size = len(whole.body)
        for asked, first, last in (("bytes=0-99", 0, 99), ("bytes=100-", 100, size - 1), ("bytes=-50", size - 50, size - 1), (f"bytes=10-{size * 2}", 10, size - 1)):
            part = self.anyone.raw("GET", address, headers={"Range": asked})
            self.assertEqual(part.status, 206, asked)
            self.assertEqual(part.headers["content-range"], f"bytes {first}-{last}/{size}")
            self.assertEqual(part.body, whole.body[first:last + 1])
        self.assertEqual(self.anyone.raw("GET", address, headers={"Range": f"bytes={size}-"}).status, 416)
        head = self.anyone.raw("HEAD", address)
        self.assertEqual((head.headers["content-length"], head.body), (str(size), b""))

    def test_validators(self):
        address = self.video["playback"]["mp4"]
        tag = self.anyone.raw("GET", address).headers["etag"]
        self.assertEqual(self.anyone.raw("GET", address, headers={"If-None-Match": tag}).status, 304)
        self.assertEqual(self.anyone.raw("GET", address, headers={"Range": "bytes=0-9", "If-Range": tag}).status, 206)
        self.assertEqual(self.anyone.raw("GET", address, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status, 200)

    def test_the_playlist_points_into_the_same_file(self):
        master = self.anyone.raw("GET", self.video["playback"]["hls"])
        self.assertEqual(master.headers["content-type"], "application/vnd.apple.mpegurl")
        folder = self.video["playback"]["hls"].rsplit("/", 1)[0]
        name = [line for line in master.body.decode().splitlines() if line and not line.startswith("#")][0]
        media = self.anyone.raw("GET", f"{folder}/{name.rsplit('/', 1)[-1]}").body.decode()
        file = re.search(r"^([^#\n].*\.mp4)$", media, re.M).group(1).rsplit("/", 1)[-1]
        size = int(self.anyone.raw("HEAD", f"{folder}/{file}").headers["content-length"])
        ranges = [tuple(map(int, found)) for found in re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)", media)]
        self.assertEqual(ranges[-1][0] + ranges[-1][1], size)
        first = float(re.search(r"#EXTINF:([\d.]+)", media).group(1))
        self.assertAlmostEqual(first, 1.0, delta=0.1)

    def test_a_changed_signature_or_key_is_not_found(self):
        address = self.video["playback"]["mp4"]
        parts = address.split("/")
        for at in (3, 4):
            changed = list(parts)
            changed[at] = changed[at][:-1] + ("A" if changed[at][-1] != "A" else "B")
            self.assertEqual(self.anyone.raw("GET", "/".join(changed)).status, 404)
        for path in ("/media/p/../../etc/passwd", "/media/", "/media/p/x/y/720.mp4", "/media/p/%00/a-b/720.mp4"):
            self.assertIn(self.anyone.raw("GET", path).status, (400, 404), path)

    def test_a_change_of_visibility_kills_the_old_address_at_once(self):
        video = self.mara.publish(make_clip(self.clips / "b.mp4", seed=2), "soon private")
        address = video["playback"]["mp4"]
        self.assertIn("public", self.anyone.raw("GET", address).headers["cache-control"])
        self.mara.call("PATCH", f"/videos/{video['id']}", {"visibility": "only_me"}, expect=200)
        self.assertEqual(self.anyone.raw("GET", address).status, 404)
        mine = self.mara.get(f"/videos/{video['id']}")
        answer = self.mara.raw("GET", mine["playback"]["mp4"])
        self.assertEqual((answer.status, answer.headers["cache-control"]), (200, "private, no-store"))

    def test_no_device_metadata_leaves_the_server(self):
        clip = make_clip(self.clips / "c.mp4", seed=3, extra=("-metadata", "location=+52.5200+013.4050/", "-metadata", "make=SpyPhone", "-movflags", "use_metadata_tags"))
        video = self.mara.publish(clip, "from somewhere")
        for rendition in video["playback"]["renditions"]:
            body = self.anyone.raw("GET", rendition["url"]).body
            self.assertNotIn(b"SpyPhone", body)
            self.assertNotIn(b"52.52", body)


if __name__ == "__main__":
    unittest.main()
