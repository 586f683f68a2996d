"""Words that stand in a clip's pictures are found, at their second, and on nobody's account but those who may see the clip."""

import json
import subprocess
import unittest

from harness import ROOT, Client, Server, clip_folder
from journey_contract import Schemas

FONT = "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"


def make_clip(path, text, from_s, seconds=4, size="360x640"):
    """A moving picture over which white letters with a dark edge lie from a second on."""
    over = f"drawtext=fontfile={FONT}:text='{text}':fontsize=36:fontcolor=white:borderw=3:x=30:y=420:enable='gte(t,{from_s})'"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-t", str(seconds), "-i",
                    f"gradients=s={size}:r=25:speed=0.05:c0=0x204060:c1=0x806020:seed=3,{over}", "-c:v", "libx264", "-preset", "veryfast",
                    "-pix_fmt", "yuv420p", str(path)], check=True, timeout=120)
    return path


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = clip_folder()
        cls.server = Server(settings={"models": "none", "reading.enabled": "true"})
        cls.ada, cls.bob = (Client(cls.server).sign_up(name) for name in ("ada", "bob"))

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def found(self, who, words):
        return who.get("/search?kind=videos&q=" + words.replace(" ", "+"))["items"]

    def test_what_stands_in_the_picture_is_found_at_its_second(self):
        video = self.ada.publish(make_clip(self.folder / "glaze.mp4", "How to glaze a bowl", 2), "lesson")
        items = self.found(self.bob, "glaze bowl")
        self.assertEqual([item["video"]["id"] for item in items], [video["id"]])
        match = items[0]["match"]
        self.assertTrue(match["shown"])
        self.assertIn("glaze", match["text"])
        self.assertTrue(2000 <= match["at_ms"] < 4000, match)
        document = json.loads((ROOT / "src/api/openapi.json").read_text())
        schema = document["paths"]["/api/v1/search"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        self.assertEqual(list(Schemas(document).problems(schema, self.bob.get("/search?kind=videos&q=glaze"))), [])
        self.ada.call("DELETE", f"/videos/{video['id']}", expect=204)
        self.assertEqual(self.found(self.bob, "glaze bowl"), [])

    def test_what_only_its_owner_may_see_is_found_by_nobody_else(self):
        make_clip(self.folder / "own.mp4", "Secret recipe", 0)
        video = self.ada.publish(self.folder / "own.mp4", "mine", visibility="only_me")
        self.assertEqual(self.found(self.bob, "secret recipe"), [])
        self.assertEqual([item["video"]["id"] for item in self.found(self.ada, "secret recipe")], [video["id"]])


if __name__ == "__main__":
    unittest.main()
