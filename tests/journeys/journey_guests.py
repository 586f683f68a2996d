"""Visitors without cookies: they cost nothing until they act, and drive out nobody who is there."""

import sqlite3
import unittest

from harness import Client, Server, clip_folder, make_clip, needs_sqlite

PLACES = 10


class Guests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={"accounts.guests_max": PLACES})
        author = Client(cls.server).sign_up("author")
        clips = clip_folder()
        for number in range(4):
            author.publish(make_clip(clips / f"{number}.mp4", seed=number), f"clip {number} #visit")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def rows(self):
        """What is stored about anybody."""
        base = sqlite3.connect(f"file:{next(self.server.folder.glob('*.db'))}?mode=ro", uri=True)
        try:
            return {table: base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("accounts_guests", "feed_decisions", "event_log")}
        finally:
            base.close()

    def visitor(self):
        client = Client(self.server)
        answer = client.get("/feed")
        client.token = answer["guest_token"]
        return client, answer

    @needs_sqlite
    def test_1_looking_costs_no_row(self):
        before = self.rows()
        for _ in range(3 * PLACES):
            client, answer = self.visitor()
            self.assertTrue(answer["items"])
            client.feed()
            Client(self.server).guest().feed()
        self.assertEqual(self.rows(), before)

    @needs_sqlite
    def test_2_a_crowd_that_acts_drives_out_nobody_who_is_there(self):
        viewer, answer = self.visitor()
        seen = answer["items"][0]
        viewer.swipe(seen)
        viewer.call("PUT", "/me/mutes/words/cats", {}, expect=204)
        for _ in range(5 * PLACES):
            client, answer = self.visitor()
            self.assertEqual(client.swipe(answer["items"][0])["rejected"], [])
        self.assertEqual(self.rows()["accounts_guests"], PLACES)
        self.assertEqual(viewer.get("/me/mutes")["words"], ["cats"])
        self.assertNotIn(seen["video"]["id"], [item["video"]["id"] for item in viewer.feed()["items"] if not item["repeat"]])
        self.assertNotIn(answer["items"][0]["video"]["id"], [item["video"]["id"] for item in client.feed()["items"]], "the last one got in too")

    def test_3_the_place_of_who_left_is_not_missed_by_her_token(self):
        viewer, answer = self.visitor()
        viewer.swipe(answer["items"][0])
        for _ in range(2 * PLACES):
            client, other = self.visitor()
            client.swipe(other["items"][0])
        self.assertTrue(viewer.feed()["items"])
        self.assertEqual(viewer.swipe(answer["items"][1])["rejected"], [], "her tokens are still hers")

    def test_4_it_is_sound(self):
        self.server.stop_sound(self)
        self.server.start()


if __name__ == "__main__":
    unittest.main()
