"""From an upload to a feed that learns, with 0, 1, 3 and 20 videos and 0, 1 and 2 people."""

import unittest
import uuid

from harness import Client, Server, clip_folder, make_clip


class Feed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server()
        cls.mara = Client(cls.server).sign_up("mara", display_name="Mara Lind")
        cls.tom = Client(cls.server).sign_up("tom")
        cls.made = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def publish(self, who, caption, **fields):
        type(self).made += 1
        clip = make_clip(self.clips / f"{self.made}.mp4", seconds=2, seed=self.made)
        return who.publish(clip, caption, **fields)

    def ids(self, answer):
        return [item["video"]["id"] for item in answer["items"]]

    def test_1_nothing_to_show_is_an_empty_answer(self):
        answer = self.tom.feed()
        self.assertEqual(answer["items"], [])
        self.assertTrue(answer["exhausted"])

    def test_2_one_video_reaches_others_but_not_its_author(self):
        video = self.publish(self.mara, "first light #morning")
        self.assertEqual(video["hashtags"], ["morning"])
        self.assertEqual(self.ids(self.tom.feed()), [video["id"]])
        self.assertEqual(self.ids(Client(self.server).guest().feed()), [video["id"]])
        self.assertEqual(self.ids(self.mara.feed()), [], "never one's own")

    def test_3_three_videos_then_up_to_date_then_repeats(self):
        self.publish(self.mara, "second #morning")
        self.publish(self.mara, "third #evening")
        viewer = Client(self.server).sign_up("viewer")
        first = viewer.feed()
        self.assertEqual(len(set(self.ids(first))), 3)
        self.assertFalse(any(item["repeat"] for item in first["items"]))
        for item in first["items"]:
            viewer.swipe(item)
        viewer.call("PUT", f"/videos/{first['items'][1]['video']['id']}/like", {}, expect=200)
        again = viewer.feed()
        self.assertTrue(again["exhausted"])
        self.assertTrue(again["items"] and all(item["repeat"] for item in again["items"]))
        self.assertEqual(again["items"][0]["video"]["id"], first["items"][1]["video"]["id"], "liked ones first")

    def test_4_a_clip_handed_out_but_not_shown_is_not_seen(self):
        viewer = Client(self.server).sign_up("unseen")
        before = self.ids(viewer.feed())
        self.assertEqual(sorted(before), sorted(self.ids(viewer.feed())))
        held = before[0]
        self.assertNotIn(held, self.ids(viewer.feed(held=held)))

    def test_5_the_next_answer_reflects_every_swipe(self):
        for number in range(17):
            self.publish(self.mara, f"clip {number} #{'cats' if number % 2 else 'cars'}")
        viewer = Client(self.server).sign_up("swiper")
        seen = set()
        answer = viewer.feed()
        for _ in range(10):
            item = answer["items"][0]
            seen.add(item["video"]["id"])
            sent = viewer.swipe(item, 0.1)
            self.assertEqual((sent["accepted"], sent["rejected"]), (2, []))
            position = answer["log_position"]
            answer = viewer.feed(held=answer["items"][1]["video"]["id"])
            self.assertGreater(answer["log_position"], position)
            self.assertFalse(seen & set(self.ids(answer)))

    def test_6_an_event_told_twice_counts_once(self):
        viewer = Client(self.server).sign_up("twice")
        item = viewer.feed()["items"][0]
        event = {"event_id": uuid.uuid4().hex, "impression_token": item["impression_token"], "event": "like"}
        self.assertEqual(viewer.send(event)["accepted"], 1)
        self.assertEqual(viewer.send(event)["duplicate"], 1)
        viewer.call("PUT", f"/videos/{item['video']['id']}/like", {}, expect=200)
        counts = viewer.get(f"/videos/{item['video']['id']}")["counts"]
        likes_before = item["video"]["counts"]["likes"]
        self.assertEqual(counts["likes"], likes_before + 1)

    def test_7_foreign_and_forged_tokens_are_rejected(self):
        item = self.tom.feed()["items"][0]
        other = Client(self.server).sign_up("other")
        for token in (item["impression_token"], item["impression_token"][:-2] + "AA", "nonsense", ""):
            answer = other.send({"event_id": uuid.uuid4().hex, "impression_token": token, "event": "watch", "watch_ms": 10})
            self.assertEqual(answer["accepted"], 0)
            self.assertEqual(answer["rejected"][0]["index"], 0)

    def test_8_not_profiled_gives_two_people_equal_answers(self):
        one, two = Client(self.server).sign_up("plain.one"), Client(self.server).sign_up("plain.two")
        for item in one.feed()["items"][:3]:
            one.swipe(item)
        a, b = one.feed("not_profiled", limit=5), two.feed("not_profiled", limit=5)
        self.assertEqual(self.ids(a), self.ids(b))
        more_a, more_b = one.feed("not_profiled", cursor=a["cursor"]), two.feed("not_profiled", cursor=b["cursor"])
        self.assertEqual(self.ids(more_a), self.ids(more_b))
        self.assertFalse(set(self.ids(a)) & set(self.ids(more_a)))

    def test_9_the_decision_says_why(self):
        viewer = Client(self.server).sign_up("curious")
        answer = viewer.feed()
        why = viewer.get(f"/decisions/{answer['request_id']}")
        self.assertEqual([item["video_id"] for item in why["items"]], self.ids(answer))
        for item in why["items"]:
            self.assertIn(item["reason"]["code"], ("fresh", "trending", "exploration", "content", "co_watch"))
            total = sum(head["contribution"] for head in item["heads"])
            self.assertAlmostEqual(total, item["value"], delta=1e-3 * max(1, abs(total)))
        self.assertEqual(self.tom.call("GET", f"/decisions/{answer['request_id']}").status, 404)

    def test_a_following_shows_the_followed_and_followers_only_videos(self):
        fan = Client(self.server).sign_up("fan")
        self.assertEqual(fan.feed("following")["items"], [])
        secret = self.publish(self.tom, "for followers", visibility="followers")
        self.assertEqual(fan.call("GET", f"/videos/{secret['id']}").status, 404)
        fan.call("PUT", "/accounts/tom/follow", {}, expect=204)
        self.assertEqual(self.ids(fan.feed("following")), [secret["id"]])
        self.assertEqual(fan.get(f"/videos/{secret['id']}")["state"], "published")

    def test_b_a_block_holds_at_once_everywhere_both_ways(self):
        one = Client(self.server).sign_up("blocker")
        video = self.publish(one, "you shall not see this #blocked")
        two = Client(self.server).sign_up("blocked")
        self.assertEqual(two.get(f"/videos/{video['id']}")["id"], video["id"])
        one.call("PUT", "/accounts/blocked/block", {}, expect=204)
        self.assertEqual(two.call("GET", f"/videos/{video['id']}").status, 404)
        self.assertNotIn(video["id"], self.ids(two.feed(limit=20)))
        self.assertNotIn(video["id"], [i["video"]["id"] for i in two.get("/hashtags/blocked/videos")["items"]])
        self.assertNotIn(video["id"], [i["video"]["id"] for i in two.get("/search?kind=videos&q=blocked")["items"]])

    def test_c_a_removed_video_is_gone_from_every_surface_and_from_disk(self):
        video = self.publish(self.tom, "short lived #ephemeral")
        address = video["playback"]["mp4"]
        self.assertEqual(self.tom.raw("GET", address).status, 200)
        self.tom.call("DELETE", f"/videos/{video['id']}", expect=204)
        self.assertEqual(self.tom.raw("GET", address).status, 404)
        self.assertEqual(self.mara.call("GET", f"/videos/{video['id']}").status, 404)
        self.assertNotIn(video["id"], self.ids(self.mara.feed(limit=20)))
        self.assertEqual(self.mara.get("/search?kind=videos&q=ephemeral")["items"], [])
        self.assertEqual(self.mara.get("/accounts/tom/videos")["items"][:0], [])

    def test_d_not_interested_takes_the_topic_back_and_can_be_undone(self):
        viewer = Client(self.server).sign_up("picky")
        item = viewer.feed()["items"][0]
        path = f"/videos/{item['video']['id']}/not-interested"
        viewer.call("PUT", path, {"impression_token": item["impression_token"]}, expect=200)
        self.assertNotIn(item["video"]["id"], self.ids(viewer.feed(limit=20)))
        viewer.call("DELETE", path, expect=200)
        self.assertFalse(viewer.get(f"/videos/{item['video']['id']}")["viewer"]["not_interested"])

    def test_e_a_guest_takes_what_she_watched_into_her_account(self):
        visitor = Client(self.server).guest()
        answer = visitor.feed()
        for item in answer["items"][:4]:
            visitor.swipe(item)
        seen = set(self.ids(answer)[:4])
        visitor.sign_up("was.guest", keep_guest_state=True)
        self.assertFalse(seen & set(self.ids(visitor.feed())))

    def test_f_the_state_survives_a_kill(self):
        before = self.tom.feed()["log_position"]
        self.server.kill()
        self.server.start()
        for client in (self.mara, self.tom):
            client.connection = None
        self.assertGreaterEqual(self.tom.feed()["log_position"], before)
        self.server.stop_sound(self)
        self.server.start()


if __name__ == "__main__":
    unittest.main()
