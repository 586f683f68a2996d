"""Captions as programs and the app get them: the shared table of captions through the interface, and text that deceives or clutters."""

import re
import unittest

from harness import ROOT, TUS, Client, Server, clip_folder, make_clip

PEOPLE = ["maria", "jo", "jo_9", "ann", "mara.lind"]


def table():
    """(caption, marked parts) of each line without invisible characters, which the server may take away."""
    for line in (ROOT / "tests/data/captions.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("// ") or r"\u{" in line:
            continue
        line = line.replace(r"\n", "\n")
        yield line.replace("⟦", "").replace("⟧", ""), re.findall("⟦(.*?)⟧", line)


def part(text, span):
    return text.encode("utf-16-le")[2 * span["begin_utf16"] : 2 * span["end_utf16"]].decode("utf-16-le")


class Captions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.author = Client(cls.server).sign_up("author")
        for handle in PEOPLE:
            Client(cls.server).sign_up(handle)
        cls.clip = make_clip(clip_folder() / "captions.mp4", seconds=1, size="96x160")
        cls.video = cls.author.publish(cls.clip, "first")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_the_shared_table(self):
        path = f"/videos/{self.video['id']}"
        count = 0
        for caption, marked in table():
            shown = self.author.call("PATCH", path, {"caption": caption}, expect=200).json
            found = [part(shown["caption"], span) for span in shown["caption_spans"]]
            known = [one for one in marked if one[0] not in "@＠" or one[1:].lower() in PEOPLE]
            if shown["caption"] == caption:
                self.assertEqual(found, known, caption)
                count += 1
        self.assertGreater(count, 150)
        self.author.call("PATCH", path, {"caption": ""}, expect=200)

    def test_text_is_cleaned_on_every_way_in(self):
        dirty = "a\u202eb" + "\n" * 2000 + "c\u200b\u200b\u200b\x07 Z" + "\u0335\u0315" * 100
        clean = "ab\n\nc Z"
        path = f"/videos/{self.video['id']}"
        edited = self.author.call("PATCH", path, {"caption": dirty}, expect=200).json["caption"]
        uploaded = self.author.upload(self.clip, dirty)
        comment = self.author.call("POST", path + "/comments", {"text": dirty[:400]}, expect=201).json["text"]
        me = self.author.call("PATCH", "/me", {"display_name": "M\u202eara\u200b \u0335", "bio": "x\n\n\n\ny\u2066"}, expect=200).json["account"]
        for text in (edited, self.author.get(f"/videos/{uploaded}")["caption"], comment, me["display_name"], me["bio"]):
            self.assertNotRegex(text, "[\u202e\u2066\u200b\x00-\x09\x0b-\x1f]|\n\n\n|[\u0300-\u036f]{6}", ascii(text))
        self.assertTrue(edited.startswith(clean), ascii(edited))
        self.assertEqual((me["display_name"], me["bio"]), ("Mara", "x\ny"))
        for name in (" ", "\u3164", "\u2800", "\u0301", "\u200d\u200c"):
            refused = self.author.call("PATCH", "/me", {"display_name": name})
            self.assertEqual(refused.status, 400, ascii(name))
            self.assertIn("seen", refused.json["detail"])

    def test_a_latin_1_file_name_refuses_nothing(self):
        metadata = {"Upload-Metadata": "filename Y2Fm6S5tcDQ=", "Upload-Length": "10"}
        created = self.author.raw("POST", "/api/v1/uploads", b"", {**TUS, **metadata})
        self.assertEqual(created.status, 201, created)
        uploads = [item for item in self.author.get("/me/uploads")["items"] if item["kind"] == "upload"]
        self.assertEqual(uploads[0]["filename"], "café.mp4")
        body = b"".join([b'--x\r\nContent-Disposition: form-data; name="file"; filename="caf\xe9.mp4"\r\n\r\n',
                         self.clip.read_bytes(), b"\r\n--x--\r\n"])
        taken = self.author.raw("POST", "/api/v1/videos", body, {"Content-Type": "multipart/form-data; boundary=x"})
        self.assertEqual(taken.status, 202, taken)


if __name__ == "__main__":
    unittest.main()
