"""Events: exactly once by their id, one fact whichever way it is told, whose tokens count, and what a batch may hold."""

import unittest
import uuid

from harness import Client, Server, clip_folder, make_clip


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server()
        cls.mara = Client(cls.server).sign_up("mara")
        cls.videos = [cls.mara.publish(make_clip(cls.clips / f"{n}.mp4", seconds=3, seed=n), f"clip {n}")["id"] for n in range(3)]

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def viewer(self, handle):
        client = Client(self.server).sign_up(handle)
        return client, client.feed()["items"][0]

    def event(self, item, name, event_id=None, **more):
        return {"event_id": event_id or uuid.uuid4().hex, "impression_token": item["impression_token"], "event": name, **more}

    def counts(self, item):
        return self.mara.get(f"/videos/{item['video']['id']}")["counts"]

    def test_an_id_counts_once_in_a_batch_and_ever_after(self):
        viewer, item = self.viewer("once")
        watch = self.event(item, "watch", "a" * 64, watch_ms=2000, watched=[[0, 2000]])
        sent = viewer.send(watch, watch, {**watch, "event_id": "b"})
        self.assertEqual((sent["accepted"], sent["duplicate"], sent["rejected"]), (2, 1, []))
        views = self.counts(item)["views"]
        self.assertEqual(viewer.send(watch)["duplicate"], 1)
        self.assertEqual(viewer.send({**watch, "watch_ms": 2900})["duplicate"], 1)
        self.assertEqual(self.counts(item)["views"], views)
        other, others = self.viewer("once.too")
        self.assertEqual(other.send(self.event(others, "watch", "a" * 64, watch_ms=1500))["accepted"], 1, "ids are a person's own")
        self.assertEqual(viewer.send({**watch, "event_id": "c" * 65})["rejected"][0]["index"], 0)

    def test_of_repeated_watches_the_largest_counts(self):
        viewer, item = self.viewer("largest")
        before = self.counts(item)["views"]
        viewer.send(self.event(item, "impression"))
        for watch_ms, views in ((300, 0), (2500, 1), (900, 1), (2900, 1)):
            self.assertEqual(viewer.send(self.event(item, "watch", watch_ms=watch_ms, watched=[[0, watch_ms]]))["accepted"], 1)
            self.assertEqual(self.counts(item)["views"], before + views, watch_ms)
        answer = viewer.feed()
        attended = viewer.get(f"/decisions/{answer['request_id']}")["items"][0]["attended"]
        self.assertEqual([one["action"] for one in attended if one["video_id"] == item["video"]["id"]], ["completed"])

    def test_a_view_has_an_impression_and_a_person_who_has_not_had_one_just_now(self):
        viewer, item = self.viewer("view")
        before = self.counts(item)["views"]
        watched = {"watch_ms": 2500, "watched": [[0, 2500]]}
        for again in range(5):  # nobody in particular, with a token from each surface
            for page in (Client(self.server).feed()["items"], [Client(self.server).get(f"/videos/{item['video']['id']}")]):
                mine = [one for one in page if (one.get("video") or one)["id"] == item["video"]["id"]]
                for one in mine:
                    Client(self.server).send(self.event(one, "impression"), self.event(one, "watch", **watched))
        self.assertEqual(self.counts(item)["views"], before)
        viewer.send(self.event(item, "watch", **watched))
        self.assertEqual(self.counts(item)["views"], before, "no impression yet")
        viewer.send(self.event(item, "impression"))
        viewer.send(self.event(item, "watch", watch_ms=2600, watched=[[0, 2600]]))
        self.assertEqual(self.counts(item)["views"], before + 1)
        for again in range(5):
            one = viewer.get(f"/videos/{item['video']['id']}")
            viewer.send(self.event(one, "impression"), self.event(one, "watch", **watched))
        self.assertEqual(self.counts(item)["views"], before + 1)

    def test_a_fact_by_event_and_by_call_is_one_fact(self):
        viewer, item = self.viewer("both.ways")
        path = f"/videos/{item['video']['id']}"
        for name, there, undo, count in (("like", "liked", "DELETE", "likes"), ("save", "saved", "DELETE", "saves"), ("not_interested", "not_interested", "DELETE", None)):
            before = self.counts(item).get(count)
            self.assertEqual(viewer.send(self.event(item, name))["accepted"], 1)
            self.assertTrue(viewer.get(path)["viewer"][there])
            viewer.call("PUT", f"{path}/{name.replace('_', '-')}", {"impression_token": item["impression_token"]}, expect=200)
            self.assertEqual(viewer.send(self.event(item, name))["accepted"], 1, "another id, the same fact")
            if count:
                self.assertEqual(self.counts(item)[count], before + 1)
            viewer.call(undo, f"{path}/{name.replace('_', '-')}", expect=200)
            self.assertFalse(viewer.get(path)["viewer"][there])
        viewer.call("PUT", path + "/like", {}, expect=200)
        self.assertEqual(viewer.send(self.event(item, "unlike"))["accepted"], 1)
        self.assertFalse(viewer.get(path)["viewer"]["liked"])
        viewer.send(self.event(item, "follow"), self.event(item, "follow"))
        self.assertTrue(viewer.get("/accounts/mara")["viewer"]["follows"])
        likes = [n for n in self.mara.get("/notifications?limit=50")["items"] if n["actor"] and n["actor"]["handle"] == "both.ways"]
        self.assertEqual([n["kind"] for n in likes], ["follow"], "a like taken back is not told")
        shares = self.counts(item)["shares"]
        viewer.send(self.event(item, "share"))
        viewer.call("POST", path + "/share", {}, expect=200)
        self.assertEqual(self.counts(item)["shares"], shares + 1)

    def test_at_ms_orders_a_batch(self):
        viewer, item = self.viewer("ordered")
        viewer.send(self.event(item, "like", at_ms=2000), self.event(item, "unlike", at_ms=1000))
        self.assertTrue(viewer.get(f"/videos/{item['video']['id']}")["viewer"]["liked"])
        viewer.send(self.event(item, "like", at_ms=1000), self.event(item, "unlike", at_ms=2000))
        self.assertFalse(viewer.get(f"/videos/{item['video']['id']}")["viewer"]["liked"])

    def test_every_name_of_the_contract_and_no_other(self):
        viewer, item = self.viewer("names")
        names = "impression watch complete like unlike comment share save follow profile not_interested report product_click ad_click".split()
        sent = viewer.send(*[self.event(item, name, watch_ms=0, at_ms=at) for at, name in enumerate(names)])
        self.assertEqual((sent["accepted"], sent["rejected"]), (len(names), []))
        sent = viewer.send(self.event(item, "purchase"), self.event(item, "dance"), self.event(item, ""), self.event(item, "impression"))
        self.assertEqual([one["index"] for one in sent["rejected"]], [0, 1, 2])
        self.assertEqual(sent["accepted"], 1)

    def test_tokens_belong_to_whom_they_were_given(self):
        viewer, item = self.viewer("holder")
        guest = Client(self.server).guest()
        guests_item = guest.feed()["items"][0]
        for client, foreign in ((Client(self.server).sign_up("thief"), item), (guest, item), (viewer, guests_item), (Client(self.server), item)):
            sent = client.send(self.event(foreign, "watch", watch_ms=1000), self.event(foreign, "like"))
            self.assertEqual((sent["accepted"], [one["index"] for one in sent["rejected"]]), (0, [0, 1]))
            self.assertTrue(all(one["problem"] for one in sent["rejected"]))
        sent = guest.send(self.event(guests_item, "watch", watch_ms=1200), self.event(guests_item, "like"), self.event(guests_item, "not_interested"))
        self.assertEqual((sent["accepted"], [one["index"] for one in sent["rejected"]]), (2, [1]), "liking needs an account")
        guest.sign_up("was.a.guest")
        self.assertEqual(guest.send(self.event(guests_item, "like"))["accepted"], 1, "she took her tokens along")

    def test_every_surface_gives_a_token(self):
        viewer, _ = self.viewer("surfer")
        video = self.videos[0]
        page = viewer.get(f"/videos/{video}")
        items = [{"impression_token": page["impression_token"], "video": page}]
        for path in ("/accounts/mara/videos", "/search?kind=videos&q=clip"):
            items += viewer.get(path)["items"]
        for item in items:
            self.assertEqual(viewer.send(self.event(item, "watch", watch_ms=1500))["accepted"], 1)

    def test_impossible_watches_are_rejected(self):
        viewer, item = self.viewer("impossible")
        for more in ({"watch_ms": -1}, {"watch_ms": "long"}, {"watch_ms": 10**18}, {"watched": [[5, 1]]}, {"watched": [[0, 10**9]]}, {"watched": "all"},
                     {"watched": [[0]]}, {"loops": -1}, {"ended": "bored"}, {"sound": 1}, {"at_ms": "now"}):
            sent = viewer.send(self.event(item, "watch", **more))
            self.assertEqual((sent["accepted"], len(sent["rejected"])), (0, 1), more)

    def test_a_call_that_holds_too_much_takes_nothing(self):
        viewer, item = self.viewer("too.much")
        self.assertEqual(viewer.call("POST", "/events", {"events": [self.event(item, "impression") for _ in range(101)]}).status, 400)
        self.assertEqual(viewer.send()["accepted"], 0)


class FeedRules(unittest.TestCase):
    """What every answer keeps to, with enough clips to page through."""

    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server()
        cls.authors = [Client(cls.server).sign_up(f"author{n}") for n in range(2)]
        cls.videos = [cls.authors[n % 2].publish(make_clip(cls.clips / f"{n}.mp4", seconds=1, size="90x160", seed=n, sound=False), f"clip {n} #t{n % 3}")["id"]
                      for n in range(20)]

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def ids(self, answer):
        return [item["video"]["id"] for item in answer["items"]]

    def page_through(self, client, **query):
        pages, cursor = [], {}
        for _ in range(30):
            answer = client.feed("not_profiled", **query, **cursor)
            pages.append(self.ids(answer))
            if not answer["cursor"] or answer["exhausted"]:
                break
            cursor = {"cursor": answer["cursor"]}
        return pages

    def test_the_limit_is_kept_and_nothing_comes_twice_in_an_answer(self):
        viewer = Client(self.server).sign_up("limits")
        for limit in (1, 3, 20):
            answer = viewer.feed(limit=limit)
            self.assertEqual(len(set(self.ids(answer))), limit)
            self.assertFalse(answer["exhausted"])
            self.assertFalse(any(item["repeat"] for item in answer["items"]))

    def test_one_swipes_through_everything_once_and_then_sees_repeats(self):
        viewer = Client(self.server).sign_up("swiper")
        seen = []
        while len(seen) < 20:
            answer = viewer.feed(limit=4)
            self.assertFalse(set(seen) & set(self.ids(answer)), "never seen before everything was")
            for item in answer["items"]:
                self.assertFalse(item["repeat"])
                viewer.swipe(item)
                seen.append(item["video"]["id"])
        answer = viewer.feed(limit=20)
        self.assertTrue(answer["exhausted"])
        self.assertTrue(all(item["repeat"] for item in answer["items"]))
        order = seen + self.ids(answer)
        for at in range(20, len(order)):
            self.assertNotIn(order[at], order[at - 10:at], "not twice within half the catalogue")

    def test_held_ones_are_not_given_again(self):
        viewer = Client(self.server).sign_up("holder")
        held = self.ids(viewer.feed(limit=10))
        for mode in ("for_you", "not_profiled"):
            self.assertFalse(set(held) & set(self.ids(viewer.feed(mode, limit=20, held=",".join(held)))), mode)
        self.assertEqual(len(self.ids(viewer.feed(limit=20))), 20, "and held is not seen")

    def test_nobody_is_shown_her_own(self):
        for author in self.authors:
            handle = author.handle
            for mode in ("for_you", "not_profiled", "following"):
                items = author.feed(mode, limit=20)["items"]
                self.assertEqual(bool(items), mode != "following", mode)
                for item in items:
                    self.assertNotEqual(item["video"]["author"]["handle"], handle)

    def test_without_profiling_two_people_page_through_the_same(self):
        one, two = Client(self.server).sign_up("plain1"), Client(self.server).sign_up("plain2")
        for item in one.feed(limit=20)["items"][:7]:
            one.swipe(item)
            one.call("PUT", f"/videos/{item['video']['id']}/like", {}, expect=200)
        pages = self.page_through(one, limit=6)
        self.assertEqual(pages, self.page_through(two, limit=6))
        flat = [video for page in pages for video in page]
        self.assertEqual(sorted(flat[:20]), sorted(self.videos), "each once")
        held = ",".join(flat[:3])
        self.assertEqual(self.page_through(one, limit=6, held=held), self.page_through(two, limit=6, held=held))
        one.call("PUT", "/accounts/author0/mute", {}, expect=204)
        self.assertFalse(set(self.ids(one.feed("not_profiled", limit=20))) & set(self.videos[0::2]))
        one.call("PATCH", "/me", {"feed_mode": "not_profiled"}, expect=200)
        self.assertEqual(one.feed("for_you")["mode"], "not_profiled", "her choice holds whatever is asked")


if __name__ == "__main__":
    unittest.main()
