"""The same clip twice: its second uploader knows, one person is given one of the two. What is blocked is held: nobody but its owner sees it until a
moderator has looked, releases or refuses it. The block list goes out and in as a file."""

import json
import subprocess
import unittest

from harness import ROOT, Client, Server, clip_folder, wait_for
from journey_contract import Schemas

HELD = "/moderation/held"
BLOCKED = "/moderation/blocked"
CSV = "/api/v1/moderation/blocked.csv"
ROUNDS = 12  # of a feed, more than it takes to see everything twice


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True, timeout=120)


def make_clip(path, seed, tone=0, seconds=4):
    """Cells that live and die, others and elsewhere with every seed, below a tone that rises and falls in its own way."""
    cells = f"life=size=45x80:rate=10:mold=10:ratio=0.3:seed={seed}:death_color=#C83232:life_color=#32C8C8,scale=360:640:flags=neighbor,fps=25"
    song = f"aevalsrc='0.4*sin(2*PI*t*({300 + 97 * tone}+{120 + 31 * tone}*sin({2 + tone % 5}*t)))':d={seconds}"
    ffmpeg("-f", "lavfi", "-t", seconds, "-i", cells, "-f", "lavfi", "-i", song, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
           "-c:a", "aac", path)
    return path


def passed_on(clip, path):
    """As others upload it again: mirrored, cropped, smaller, encoded again, and in silence."""
    ffmpeg("-i", clip, "-vf", "hflip,crop=iw*0.94:ih*0.94,scale=270:480", "-c:v", "libx264", "-preset", "veryfast", "-crf", 30, "-an", path)
    return path


class Copies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = clip_folder()
        cls.server = Server(settings={"models": "none"})
        cls.ada, cls.bob, cls.cleo, cls.mo = (Client(cls.server).sign_up(name) for name in ("ada", "bob", "cleo", "mo"))
        cls.server.stop()
        cls.server.command("account", "role", "mo", "moderator", "--data", str(cls.server.folder))
        cls.server.start()
        cls.connect_anew()

    @classmethod
    def connect_anew(cls):
        for one in (cls.ada, cls.bob, cls.cleo, cls.mo):
            if one.connection:
                one.connection.close()
            one.connection = None

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def clip(self, seed):
        return make_clip(self.folder / f"clip{seed}.mp4", seed, seed)

    def copy(self, clip, name):
        return passed_on(clip, self.folder / f"{name}.mp4")

    def told(self, who, video=None):
        """The kinds of what somebody was told, of a video or of all."""
        items = who.get("/notifications")["items"]
        return [one["kind"] for one in items if video is None or (one["video"] or {}).get("id") == video]

    def fed(self, who, rounds=ROUNDS):
        """All that somebody is given, watching on and on."""
        given = []
        for _ in range(rounds):
            for item in who.feed()["items"]:
                given.append(item["video"]["id"])
                who.swipe(item)
        return given

    def holds(self, video):
        """What moderators see of it."""
        return next((one for one in self.mo.get(HELD)["items"] if one["id"] == video), None)

    def assert_by(self, held, entry):
        """Which entry of the list it was held for."""
        self.assertEqual(held["matched"], {key: entry[key] for key in ("kind", "reason")})
        self.assertIsNone(held["judgement"], "nothing looked")

    def block(self, video, kind, reason):
        return self.mo.call("POST", BLOCKED, {"video_id": video, "kind": kind, "reason": reason}, expect=201).json

    def assert_only_of(self, owner, video):
        """That nobody but its owner finds it anywhere."""
        answer = owner.get(f"/videos/{video}")
        self.assertEqual((answer["held"], answer["state"]), (True, "published"))
        self.assertIn(video, [one["video"]["id"] for one in owner.get("/me/uploads")["items"] if one["kind"] == "video"])
        paths = [answer["playback"]["mp4"], answer["playback"]["cover"], answer["playback"]["hls"]]
        for path in paths:
            self.assertEqual(owner.raw("GET", path).status, 200, path)
        for other in (self.cleo, self.mo, Client(self.server).guest(), Client(self.server)):
            self.assertEqual(other.call("GET", f"/videos/{video}").status, 404)
            self.assertEqual(other.call("GET", f"/videos/{video}/comments").status, 404)
            listed = other.get(f"/accounts/{owner.handle}/videos")["items"]
            self.assertNotIn(video, [one["video"]["id"] for one in listed])
        for path in paths:
            mine = path.split("/")
            self.assertEqual(mine[:3], ["", "media", "r"], "an address made for its owner")
            bucket, signature = mine[4].split(".")[0], mine[4].split("-", 1)[1]
            for changed in (f"{bucket}.{self.cleo.get('/me')['account']['id']}-{signature}", f"{bucket}-{signature}"):
                for kind in "pr":
                    address = "/".join(["", "media", kind, mine[3], changed, *mine[5:]])
                    self.assertEqual(self.cleo.raw("GET", address).status, 404, address)
        self.assertEqual(Client(self.server).raw("GET", f"/v/{video}/video.mp4").status, 404)
        self.assertEqual(Client(self.server).raw("GET", f"/v/{video}/cover.jpg").status, 404)

    def test_the_owner_of_a_copy_knows_and_one_person_is_given_one_of_the_two(self):
        clip = self.clip(1)
        first = self.ada.publish(clip, "mine #cells")
        other = self.ada.publish(self.clip(2), "another #cells")
        copy = self.bob.publish(self.copy(clip, "again"), "again #cells")
        self.assertEqual(copy["copy_of"], {"id": first["id"], "author": {key: first["author"][key] for key in ("id", "handle", "display_name")}, "part": False})
        self.assertFalse(copy["held"])
        self.assertIsNone(self.ada.get(f"/videos/{first['id']}")["copy_of"])
        self.assertIsNone(self.ada.get(f"/videos/{other['id']}")["copy_of"])
        for one in (self.ada, self.cleo):
            self.assertNotIn("copy_of", one.get(f"/videos/{copy['id']}"), "others are not told")
        self.assertEqual(sorted(self.told(self.bob, copy["id"])), ["copy", "published"])
        self.assertNotIn("copy", self.told(self.ada))
        given = self.fed(self.cleo)
        both = {first["id"], copy["id"]}
        self.assertIn(other["id"], given)
        self.assertEqual(len(both & set(given)), 1, "one of the two, and never the other")
        hers = {one["video"]["id"] for one in self.cleo.get("/accounts/bob/videos")["items"]}
        self.assertIn(copy["id"], hers, "its own page has it all the same")

    def test_what_is_blocked_is_held_and_released(self):
        clip = self.clip(3)
        first = self.ada.publish(clip, "soon blocked")
        entry = self.block(first["id"], "clip", "shown without leave")
        self.assertEqual((entry["kind"], entry["reason"]), ("clip", "shown without leave"))
        self.assertEqual(self.mo.get(BLOCKED)["items"][0], entry, "newest first")
        self.assertEqual(self.cleo.get(f"/videos/{first['id']}")["state"], "published", "what is here stays")
        video = self.bob.publish(self.copy(clip, "held"), "let me in")["id"]
        self.assertEqual(self.told(self.bob, video), ["held"])
        self.assert_only_of(self.bob, video)
        seen = self.holds(video)
        self.assertEqual((seen["caption"], seen["author"]["handle"]), ("let me in", "bob"))
        self.assert_by(seen, entry)
        self.assertGreater(seen["frames_count"], 0)
        for index in range(seen["frames_count"]):
            frame = self.mo.raw("GET", f"/api/v1{HELD}/{video}/frame?index={index}")
            self.assertEqual((frame.status, frame.headers["content-type"]), (200, "image/jpeg"))
            self.assertEqual(frame.headers["cache-control"], "private, no-store")
            self.assertEqual(frame.body[:2], b"\xff\xd8")
        self.assertEqual(self.mo.call("GET", f"{HELD}/{video}/frame?index={seen['frames_count']}").json["reason"], "not_held")

        self.mo.call("POST", f"{HELD}/{video}/release", expect=204)
        self.assertIsNone(self.holds(video))
        self.assertEqual(self.told(self.bob, video)[0], "published")
        self.assertEqual(self.cleo.get(f"/videos/{video}")["state"], "published")
        self.assertIn(video, [one["video"]["id"] for one in self.cleo.get("/accounts/bob/videos")["items"]])
        self.assertEqual(Client(self.server).raw("GET", f"/v/{video}/video.mp4").status, 302)
        newcomer = Client(self.server).guest()
        self.ada.call("DELETE", f"/videos/{first['id']}", expect=204)
        self.assertIn(video, self.fed(newcomer), "in the feed, now that the first is gone")
        for what in ("release", "refuse"):
            late = self.mo.call("POST", f"{HELD}/{video}/{what}")
            self.assertEqual((late.status, late.json["reason"]), (404, "not_held"), what)

    def test_what_is_refused_is_gone(self):
        clip = self.clip(4)
        self.block(self.ada.publish(clip, "one")["id"], "clip", "no")
        video = self.bob.publish(self.copy(clip, "refused"), "another try")["id"]
        playback = self.bob.get(f"/videos/{video}")["playback"]
        self.mo.call("POST", f"{HELD}/{video}/refuse", expect=204)
        self.assertIsNone(self.holds(video))
        self.assertEqual(self.bob.call("GET", f"/videos/{video}").status, 404)
        self.assertEqual(self.bob.call("POST", f"/videos/{video}/restore").status, 404, "for good")
        self.assertNotIn(video, [one["video"]["id"] for one in self.bob.get("/me/removed")["items"]])
        wait_for("its file to be gone", lambda: self.bob.raw("GET", playback["mp4"]).status == 404)
        self.assertIn("refused", self.told(self.bob))

    def test_what_its_owner_takes_back_waits_no_more(self):
        clip = self.clip(10)
        self.block(self.ada.publish(clip, "two")["id"], "clip", "no again")
        video = self.bob.publish(self.copy(clip, "taken_back"), "on second thoughts")["id"]
        self.bob.call("DELETE", f"/videos/{video}", expect=204)
        self.assertIsNone(self.holds(video))
        self.assertEqual(self.mo.call("POST", f"{HELD}/{video}/release").status, 404)
        self.bob.call("POST", f"/videos/{video}/restore", expect=200)
        self.assertTrue(self.bob.get(f"/videos/{video}")["held"], "brought back it waits again")
        self.assertIsNotNone(self.holds(video))

    def test_a_held_draft_is_a_draft_when_it_is_released(self):
        clip = self.clip(11)
        self.block(self.ada.publish(clip, "three")["id"], "clip", "not this")
        video = self.bob.publish(self.copy(clip, "draft"), "not yet", draft="true")["id"]
        self.assertEqual(self.told(self.bob, video), ["held"])
        self.mo.call("POST", f"{HELD}/{video}/release", expect=204)
        now = self.bob.get(f"/videos/{video}")
        self.assertEqual((now["held"], now["draft"]), (False, True))
        self.assertEqual(self.cleo.call("GET", f"/videos/{video}").status, 404)

    def test_a_blocked_sound_is_held_below_other_pictures(self):
        first = self.ada.publish(make_clip(self.folder / "song.mp4", 5, tone=5), "a song")
        self.block(first["id"], "sound", "not ours to play")
        video = self.bob.publish(make_clip(self.folder / "cover.mp4", 6, tone=5), "the same song")["id"]
        held = self.holds(video)
        self.assertEqual((held["matched"]["kind"], held["matched"]["reason"]), ("sound", "not ours to play"))
        free = self.bob.publish(make_clip(self.folder / "own.mp4", 7, tone=8), "my own song")
        self.assertFalse(free["held"])

    def test_the_list_goes_out_and_in(self):
        clip = self.clip(9)
        entry = self.block(self.ada.publish(clip, "listed")["id"], "clip", 'said "no", twice')
        out = self.mo.raw("GET", CSV)
        self.assertEqual((out.status, out.headers["content-type"].split(";")[0]), (200, "text/csv"))
        self.assertIn("attachment", out.headers["content-disposition"])
        self.assertIn(b'"said ""no"", twice"', out.body)
        again = self.mo.raw("POST", CSV, out.body, {"Content-Type": "text/csv"})
        self.assertEqual(again.json, {"added": 0}, "all of it is there")
        self.mo.call("DELETE", f"{BLOCKED}/{entry['id']}", expect=204)
        self.assertEqual(self.mo.call("DELETE", f"{BLOCKED}/{entry['id']}").json["reason"], "no_such_blocked")
        self.assertFalse(self.bob.publish(self.copy(clip, "free"), "off the list")["held"])
        wrong = self.mo.raw("POST", CSV, out.body + b"clip,why,later,AAAA\r\n", {"Content-Type": "text/csv"})
        self.assertEqual((wrong.status, wrong.json["reason"]), (400, "block_list_line_wrong"))
        self.assertEqual(wrong.json["arguments"]["line"], out.body.count(b"\n") + 1)
        self.assertNotIn(entry["reason"], [one["reason"] for one in self.mo.get(BLOCKED)["items"]], "all lines or none")
        self.assertEqual(self.mo.raw("POST", CSV, out.body, {"Content-Type": "text/csv"}).json, {"added": 1})
        back = next(one for one in self.mo.get(BLOCKED)["items"] if one["reason"] == entry["reason"])
        self.assertEqual((back["kind"], back["created_ms"]), ("clip", entry["created_ms"]))
        video = self.bob.publish(self.copy(clip, "held_again"), "on the list")["id"]
        self.assert_by(self.holds(video), back)
        first, rest = self.mo.get(f"{BLOCKED}?limit=1"), self.mo.get(BLOCKED)["items"]
        self.assertEqual(self.mo.get(f"{BLOCKED}?limit=200&cursor={first['next_cursor']}")["items"], rest[1:])
        self.server.stop_sound(self)
        self.server.start()
        self.connect_anew()
        self.assert_by(self.holds(video), back)  # over a restart
        self.assertTrue(self.bob.publish(self.copy(clip, "held_later"), "on the list still")["held"])

    def at_the_command_line(self, *words):
        """What `filoscope moderation` prints while the server is stopped."""
        self.server.stop()
        done = self.server.command("moderation", words[0], "--data", str(self.server.folder), *words[1:])
        self.server.start()
        self.connect_anew()
        return done.stdout

    def test_the_command_line_does_the_same(self):
        clip = self.clip(12)
        entry = self.at_the_command_line("block", self.ada.publish(clip, "four")["id"], "--reason", "from the desk").strip()
        self.assertIn(f"{entry}  clip  from the desk", self.at_the_command_line("blocked"))
        one, other = (self.bob.publish(self.copy(clip, name), name)["id"] for name in ("let_go", "thrown_out"))
        held = self.at_the_command_line("held")
        for video in (one, other):
            self.assertIn(f"{video}  @bob  clip: from the desk", held)
        self.at_the_command_line("release", one)
        self.at_the_command_line("refuse", other)
        self.assertEqual(self.cleo.call("GET", f"/videos/{one}").status, 200)
        self.assertEqual(self.bob.call("GET", f"/videos/{other}").status, 404)
        self.assertEqual(self.told(self.bob, one)[0], "published")
        listed = self.folder / "blocked.csv"
        self.at_the_command_line("export", str(listed))
        self.at_the_command_line("unblock", entry)
        self.assertNotIn(entry, self.at_the_command_line("blocked"))
        self.assertIn("1 entries were added", self.at_the_command_line("import", str(listed)))
        self.assertIn("clip  from the desk", self.at_the_command_line("blocked"))

    def test_what_was_described_is_answered(self):
        document = json.loads((ROOT / "src/api/openapi.json").read_text())
        for path in (HELD, BLOCKED):
            schema = document["paths"]["/api/v1" + path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            self.assertEqual(list(Schemas(document).problems(schema, self.mo.get(path))), [])
        for status, who in ((403, self.cleo), (401, Client(self.server).guest()), (401, Client(self.server))):
            self.assertEqual(who.call("GET", HELD).status, status)
            self.assertEqual(who.call("GET", HELD + "/x/frame").status, status)
            self.assertEqual(who.call("GET", BLOCKED).status, status)
            self.assertEqual(who.raw("GET", CSV).status, status)
            self.assertEqual(who.raw("POST", CSV, b"kind\n", {"Content-Type": "text/csv"}).status, status)
            for path in (HELD + "/x/release", HELD + "/x/refuse", BLOCKED):
                self.assertEqual(who.call("POST", path, {}).status, status, path)
            self.assertEqual(who.call("DELETE", BLOCKED + "/x").status, status)


if __name__ == "__main__":
    unittest.main()
