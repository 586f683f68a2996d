"""Who may see a video, on every surface at once: visibility, blocks both ways, mutes, removal, deletion of an account."""

import time
import unittest

from harness import PASSWORD, Client, Server, clip_folder, make_clip, wait_for

EVERYWHERE = {"page", "for_you", "not_profiled", "profile", "hashtag", "search", "comments"}


class Surfaces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server()
        cls.made = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def person(self, handle):
        return Client(self.server).sign_up(handle)

    def publish(self, who, word, **fields):
        type(self).made += 1
        return who.publish(make_clip(self.clips / f"{self.made}.mp4", seconds=1, seed=self.made), f"{word} clip #{word}", **fields)

    def seen(self, viewer, video):
        """The surfaces on which `viewer` is shown the video."""
        word, author = video["hashtags"][0], video["author"]["handle"]
        lists = {"profile": f"/accounts/{author}/videos", "hashtag": f"/hashtags/{word}/videos", "search": f"/search?kind=videos&q={word}",
                 "for_you": "/feed?limit=20", "not_profiled": "/feed?mode=not_profiled&limit=20", "following": "/feed?mode=following&limit=20"}
        found = set()
        for name, path in lists.items():
            answer = viewer.call("GET", path)
            if answer.status == 200 and video["id"] in [item["video"]["id"] for item in answer.json["items"]]:
                found.add(name)
        for name, path in {"page": f"/videos/{video['id']}", "comments": f"/videos/{video['id']}/comments"}.items():
            if viewer.call("GET", path).status == 200:
                found.add(name)
        return found

    def media(self, video):
        return [self.server_get(address) for address in
                (video["playback"]["mp4"], video["playback"]["hls"], video["playback"]["cover"], video["playback"]["renditions"][0]["url"])]

    def server_get(self, address):
        return Client(self.server).raw("GET", address).status

    def test_labels_an_end_and_kinds(self):
        author, viewer = self.person("entry.author"), self.person("entry.viewer")
        video = self.publish(author, "entries", labels="ai_generated")
        path = f"/videos/{video['id']}"
        self.assertEqual((video["labels"], video["available_until_ms"]), (["ai_generated"], None))

        def refused(change):
            answer = author.call("PATCH", path, change, expect=400).json
            return answer["type"].rsplit("/", 1)[1]
        self.assertEqual(refused({"labels": ["funny"]}), "no_such_label")
        self.assertEqual(refused({"labels": "ai_generated"}), "field_no_texts")
        self.assertEqual(refused({"available_until_ms": 1}), "end_in_the_past")
        refused({"available_until_ms": 10**17})
        both = ["ai_generated", "paid_partnership"]
        self.assertEqual(author.call("PATCH", path, {"labels": list(reversed(both))}, expect=200).json["labels"], both)

        end = int(time.time() * 1000) + 1500
        self.assertEqual(author.call("PATCH", path, {"available_until_ms": end}, expect=200).json["available_until_ms"], end)
        self.assertEqual(viewer.get(path)["labels"], both)
        self.assertIn("for_you", self.seen(viewer, video))
        wait_for("its end", lambda: time.time() * 1000 > end)
        self.assertEqual(self.seen(viewer, video), set(), "also before the sweep")
        self.assertEqual(viewer.call("PUT", f"{path}/like").status, 404)
        self.assertEqual(author.get(path)["available_until_ms"], end)
        author.call("PATCH", path, {"caption": "the end stays"}, expect=200)
        self.assertEqual(author.call("PATCH", path, {"available_until_ms": None}, expect=200).json["state"], "published")
        self.assertIn("page", self.seen(viewer, video))

        self.assertIn(video["id"], [item["video"]["id"] for item in viewer.get("/feed?limit=20&kinds=live,video,later")["items"]])
        self.assertEqual(viewer.call("GET", "/feed?kinds=live").status, 400)

    def test_followers_only_and_only_me(self):
        author, fan, stranger = self.person("vis.author"), self.person("vis.fan"), self.person("vis.stranger")
        video = self.publish(author, "visibility", visibility="followers")
        fan.call("PUT", "/accounts/vis.author/follow", {}, expect=204)
        for nobody in (stranger, Client(self.server).guest(), Client(self.server)):
            self.assertEqual(self.seen(nobody, video), set())
        self.assertLessEqual({"page", "profile", "hashtag", "search", "comments", "following"}, self.seen(fan, video))
        self.assertEqual([stranger.call("PUT", f"/videos/{video['id']}/{act}").status for act in ("like", "save", "not-interested")], [404] * 3)
        self.assertEqual(stranger.call("POST", f"/videos/{video['id']}/comments", {"text": "hi"}).status, 404)
        self.assertEqual(stranger.call("POST", f"/videos/{video['id']}/share", {}).status, 404)
        self.assertEqual(stranger.get("/hashtags/visibility")["videos_count"], 0)
        self.assertEqual(stranger.get("/search?kind=hashtags&q=visibility")["items"], [])
        answer = Client(self.server).raw("GET", video["playback"]["mp4"])
        self.assertEqual(answer.headers["cache-control"], "private, no-store")

        fan.call("PUT", f"/videos/{video['id']}/like", {}, expect=200)
        fan.call("DELETE", "/accounts/vis.author/follow", expect=204)
        self.assertEqual(self.seen(fan, video), set())
        self.assertEqual(fan.get("/me/likes")["items"], [])

        author.call("PATCH", f"/videos/{video['id']}", {"visibility": "everyone"}, expect=200)
        self.assertEqual(self.media(video), [404] * 4, "a new visibility has new addresses")
        self.assertLessEqual(EVERYWHERE, self.seen(stranger, video))
        public = author.get(f"/videos/{video['id']}")
        author.call("PATCH", f"/videos/{video['id']}", {"visibility": "only_me"}, expect=200)
        for other in (fan, stranger, Client(self.server)):
            self.assertEqual(self.seen(other, video), set())
        self.assertEqual(self.media(public), [404] * 4)
        self.assertIn("page", self.seen(author, video))
        self.assertEqual(author.get("/accounts/vis.author")["counts"]["videos"], 0)

    def test_a_block_hides_both_from_each_other_everywhere(self):
        one, two = self.person("block.one"), self.person("block.two")
        mine, yours = self.publish(one, "oneword"), self.publish(two, "twoword")
        witness = self.person("block.witness")
        for who, video, other in ((one, yours, "block.two"), (two, mine, "block.one")):
            who.call("PUT", f"/accounts/{other}/follow", {}, expect=204)
            who.call("PUT", f"/videos/{video['id']}/like", {}, expect=200)
            who.call("POST", f"/videos/{video['id']}/comments", {"text": f"by the follower of {other} @block.witness"}, expect=201)
        public = self.publish(witness, "third")
        for who in (one, two):
            who.call("POST", f"/videos/{public['id']}/comments", {"text": f"{who.handle} was here"}, expect=201)
        self.assertLessEqual(EVERYWHERE, self.seen(two, mine))

        one.call("PUT", "/accounts/block.two/block", {}, expect=204)
        self.assertEqual(self.seen(two, mine), set())
        self.assertEqual(self.seen(one, yours), set())
        self.assertEqual(two.call("GET", "/accounts/block.one").status, 404)
        for who, other in ((one, "block.two"), (two, "block.one")):
            people = lambda path: [person["handle"] for person in who.get(path)["items"]]
            self.assertNotIn(other, people("/search?kind=people&q=block"))
            self.assertNotIn("@" + other, [s["text"] for s in who.get("/search/suggest?q=@block")["items"]])
            self.assertNotIn(other, people(f"/accounts/{who.handle}/followers"))
            self.assertNotIn(other, people(f"/accounts/{who.handle}/following"))
            self.assertNotIn(other, [n["actor"]["handle"] for n in who.get("/notifications")["items"] if n["actor"]])
            self.assertEqual([c["text"] for c in who.get(f"/videos/{public['id']}/comments")["items"]], [f"{who.handle} was here"])
            self.assertEqual(who.get("/me/likes")["items"], [])
            self.assertIn(who.call("PUT", f"/accounts/{other}/follow", {}).status, (403, 404))
        self.assertEqual(two.call("PUT", f"/videos/{mine['id']}/like", {}).status, 404)
        self.assertEqual(two.call("POST", f"/videos/{mine['id']}/comments", {"text": "again"}).status, 404)
        self.assertEqual(len(witness.get(f"/videos/{public['id']}/comments")["items"]), 2)
        self.assertLessEqual(EVERYWHERE, self.seen(witness, mine))

        one.call("DELETE", "/accounts/block.two/block", expect=204)
        self.assertLessEqual(EVERYWHERE, self.seen(two, mine))
        self.assertEqual(one.get("/accounts/block.two")["viewer"], {"self": False, "follows": False, "followed_by": False, "blocks": False, "mutes": False})

    def test_a_mute_quiets_a_person_a_word_and_a_hashtag(self):
        author, viewer = self.person("mute.author"), self.person("mute.viewer")
        video = self.publish(author, "noisy")
        own = self.publish(viewer, "quiet")
        author.call("POST", f"/videos/{own['id']}/comments", {"text": "loud"}, expect=201)
        viewer.call("PUT", "/accounts/mute.author/mute", {}, expect=204)
        self.assertFalse({"for_you", "not_profiled"} & self.seen(viewer, video))
        self.assertIn("page", self.seen(viewer, video), "who looks for it finds it")
        self.assertEqual(viewer.get(f"/videos/{own['id']}/comments")["items"], [])
        self.assertEqual([n for n in viewer.get("/notifications")["items"] if n["actor"]], [])
        self.assertTrue(author.get(f"/videos/{own['id']}/comments")["items"])
        self.assertEqual([p["handle"] for p in viewer.get("/me/mutes")["people"]], ["mute.author"])
        viewer.call("DELETE", "/accounts/mute.author/mute", expect=204)
        for path in ("/me/mutes/words/NOISY", "/me/mutes/hashtags/noisy"):
            viewer.call("PUT", path, {}, expect=204)
            self.assertFalse({"for_you", "not_profiled"} & self.seen(viewer, video), path)
            viewer.call("DELETE", path, expect=204)
            self.assertLessEqual({"for_you", "not_profiled"}, self.seen(viewer, video))

    def test_a_removed_video_is_gone_everywhere_at_once(self):
        author, viewer = self.person("gone.author"), self.person("gone.viewer")
        video = self.publish(author, "ephemeral")
        answer = viewer.feed(limit=20)
        item = [item for item in answer["items"] if item["video"]["id"] == video["id"]][0]
        for act in ("like", "save"):
            viewer.call("PUT", f"/videos/{video['id']}/{act}", {}, expect=200)
        viewer.call("POST", f"/videos/{video['id']}/comments", {"text": "soon gone"}, expect=201)
        self.assertEqual(self.media(video), [200] * 4)
        self.assertEqual(viewer.call("DELETE", f"/videos/{video['id']}").status, 403)
        author.call("DELETE", f"/videos/{video['id']}", expect=204)
        self.assertEqual(author.call("DELETE", f"/videos/{video['id']}").status, 404)
        for who in (author, viewer, Client(self.server)):
            self.assertEqual(self.seen(who, video), set())
        self.assertEqual(self.media(video), [404] * 4)
        for path in ("/me/likes", "/me/saves"):
            self.assertEqual(viewer.get(path)["items"], [])
        self.assertEqual(viewer.get("/search?kind=hashtags&q=ephemeral")["items"], [])
        self.assertEqual(viewer.get("/hashtags/ephemeral")["videos_count"], 0)
        self.assertEqual([n for n in author.get("/notifications")["items"] if n["kind"] in ("like", "comment")], [])
        self.assertEqual(author.get("/accounts/gone.author")["counts"]["likes"], 0)
        told = viewer.swipe(item)
        self.assertEqual((told["accepted"], len(told["rejected"])), (0, 2))
        self.assertNotIn("ephemeral", str(viewer.get(f"/decisions/{answer['request_id']}")))

    def test_a_deleted_account_leaves_nothing_behind(self):
        leaver, stayer = self.person("leaver"), self.person("stayer")
        video, kept = self.publish(leaver, "leaving"), self.publish(stayer, "staying")
        leaver.call("PUT", f"/videos/{kept['id']}/like", {}, expect=200)
        leaver.call("POST", f"/videos/{kept['id']}/comments", {"text": "bye"}, expect=201)
        leaver.call("PUT", "/accounts/stayer/follow", {}, expect=204)
        stayer.call("PUT", "/accounts/leaver/follow", {}, expect=204)
        second = Client(self.server, leaver.call("POST", "/sessions", {"handle": "leaver", "password": PASSWORD}, expect=201).json["token"])
        leaver.call("DELETE", "/me", {"password": PASSWORD}, expect=204)
        for client in (leaver, second):
            self.assertEqual(client.call("GET", "/me").status, 401)
        self.assertEqual(self.seen(stayer, video), set())
        self.assertEqual(self.media(video), [404] * 4)
        self.assertEqual(stayer.get(f"/videos/{kept['id']}/comments")["items"], [])
        counts = stayer.get(f"/videos/{kept['id']}")["counts"]
        self.assertEqual((counts["likes"], counts["comments"]), (0, 0))
        self.assertEqual([n for n in stayer.get("/notifications")["items"] if n["actor"]], [])
        me = stayer.get("/accounts/stayer")["counts"]
        self.assertEqual((me["followers"], me["following"]), (0, 0))
        self.assertEqual(stayer.get("/search?kind=people&q=leaver")["items"], [])
        self.assertEqual(stayer.call("POST", "/sessions", {"handle": "leaver", "password": PASSWORD}).status, 401)


if __name__ == "__main__":
    unittest.main()
