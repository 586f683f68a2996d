"""Finding: words spelt otherwise, what is said in a clip, what search opens on, what rises and is hidden; also after a killed server."""

import time
import unittest
import urllib.parse

from harness import Client, Server, clip_folder, make_clip, wait_for

SAID = """1
00:00:00,500 --> 00:00:01,000
Good morning

2
00:00:01,200 --> 00:00:01,900
the double pendulum
"""


class Search(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server(settings={"search.rising_people_min": 2, "search.rising_account_hours": 0})
        cls.mara, cls.jo, cls.li, cls.bo = (Client(cls.server).sign_up(name) for name in ("mara", "jo", "li", "bo"))
        cls.physics = cls.mara.publish(make_clip(cls.clips / "a.mp4", seed=1), "swinging #physics")
        cls.clay = cls.mara.publish(make_clip(cls.clips / "b.mp4", seed=2), "a bowl of #clay")
        cls.hidden = cls.jo.publish(make_clip(cls.clips / "c.mp4", seed=3), "our wedding", visibility="followers")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop_sound(unittest.TestCase())
        cls.server.close()

    def search(self, q, who=None, **more):
        return (who or self.jo).get("/search?" + urllib.parse.urlencode({"q": q, **more}))

    def ids(self, found):
        return [item["video"]["id"] for item in found["items"]]

    def test_a_misspelt_word_finds_what_was_meant(self):
        found = self.search("pysics")
        self.assertEqual((found["corrected"], self.ids(found)), ("physics", [self.physics["id"]]))
        self.assertEqual(found["hashtags"][0]["tag"], "physics")
        self.assertEqual(self.search("pysics", exact="yes")["items"], [])
        self.assertEqual(self.jo.get("/search/suggest?q=pysics")["items"][0]["text"], "#physics")

    def test_words_of_what_not_everybody_may_see_correct_nothing(self):
        self.assertEqual(self.ids(self.search("wedding", self.jo)), [self.hidden["id"]])
        for who in (self.mara, Client(self.server)):
            found = self.search("weddin", who)
            self.assertEqual((found["corrected"], found["items"]), (None, []))

    def test_what_has_all_words_but_one_is_said_to_be_so(self):
        found = self.search("swinging physics moon")
        self.assertEqual((found["partly"], self.ids(found)), (True, [self.physics["id"]]))

    def test_what_is_said_is_found_at_its_second(self):
        answer = self.mara.raw("PUT", f"/api/v1/videos/{self.physics['id']}/subtitles/en", SAID.encode(), {"Content-Type": "application/x-subrip"})
        self.assertIn(answer.status, (200, 201), answer)
        found = self.search("double pendulum")
        self.assertEqual(found["items"][0]["match"], {"at_ms": 1200, "text": "the double pendulum", "shown": False})
        self.assertEqual(self.search("double pendulm")["corrected"], "double pendulum")
        self.mara.call("DELETE", f"/videos/{self.physics['id']}/subtitles/en", expect=204)
        self.assertEqual(self.search("pendulum", exact="yes")["items"], [])

    def test_the_start_has_rows_and_people(self):
        start = Client(self.server).get("/search/start")
        newest = [row for row in start["rows"] if row["kind"] == "newest"][0]
        self.assertEqual(self.ids(newest), [self.clay["id"], self.physics["id"]])
        self.assertEqual([person["handle"] for person in start["people"]], ["mara"])
        self.assertEqual(self.mara.get("/search?kind=people")["items"], [])
        self.assertEqual([person["handle"] for person in self.li.get("/search?kind=people")["items"]], ["mara"])

    def test_what_many_like_rises_until_it_is_hidden_also_after_a_killed_server(self):
        for who in (self.jo, self.li, self.bo):
            who.call("PUT", f"/videos/{self.clay['id']}/like", {}, expect=200)
            self.search("bowl", who)

        def rising():
            start = Client(self.server).get("/search/start")
            return ([tag["tag"] for tag in start["hashtags"] if tag["since_ms"]], [one["query"] for one in start["searches"]])

        def stored():
            return self.jo.get("/search/suggest?q=bow")["items"]
        wait_for("completions of what was looked for", stored)
        self.server.kill()
        self.server.command("account", "role", "li", "moderator", "--data", str(self.server.folder))
        self.server.start()
        for who in (self.mara, self.jo, self.li, self.bo):
            who.connection = None
        began = time.time() * 1000
        wait_for("what rises", lambda: rising() == (["clay"], ["bowl"]), timeout_s=90)
        since = Client(self.server).get("/search/start")["searches"][0]["since_ms"]
        self.assertTrue(0 <= began - since <= 2 * 3_600_000, since)
        self.assertEqual(self.jo.call("POST", "/moderation/topics", {"topic": "bowl"}).status, 403)
        for topic in ("Bowl", "#clay"):
            self.li.call("POST", "/moderation/topics", {"topic": topic}, expect=204)
        self.assertEqual(self.li.get("/moderation/topics")["items"], ["#clay", "bowl"])
        self.assertEqual((rising(), stored()), (([], []), []))
        self.li.call("POST", "/moderation/topics", {"topic": "#clay", "hidden": False}, expect=204)
        self.assertEqual(rising(), (["clay"], []))


if __name__ == "__main__":
    unittest.main()
