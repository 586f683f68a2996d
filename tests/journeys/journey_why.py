""""Why this video" has an answer in every mode and on every surface, with an account or without, by the answer's id and by the token."""

import unittest

from harness import Client, Server, clip_folder, make_clip


class Why(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.author = Client(cls.server).sign_up("author")
        clips = clip_folder()
        cls.videos = [cls.author.publish(make_clip(clips / f"{n}.mp4", seed=n), f"clip {n} #why")["id"] for n in range(3)]

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def why(self, client, item):
        told = client.get(f"/decisions/{item['impression_token']}")
        mine = [one for one in told["items"] if one["video_id"] == item["video"]["id"]]
        self.assertEqual(len(mine), 1, told)
        return told, mine[0]["reason"]["code"]

    def test_of_a_feed_by_its_id_and_by_each_token(self):
        visitor = Client(self.server)
        answer = visitor.get("/feed")
        visitor.token = answer["guest_token"]
        fan = Client(self.server).sign_up("fan")
        fan.call("PUT", "/accounts/author/follow", {}, expect=204)
        plain = Client(self.server).sign_up("plain")
        for client, answer in ((visitor, answer), (visitor, visitor.feed("not_profiled")), (plain, plain.feed("not_profiled")),
                               (fan, fan.feed("following")), (fan, fan.feed())):
            with self.subTest(mode=answer["mode"]):
                self.assertTrue(answer["items"])
                told = client.get(f"/decisions/{answer['request_id']}")
                self.assertEqual(told["mode"], answer["mode"])
                self.assertEqual([one["video_id"] for one in told["items"]], [item["video"]["id"] for item in answer["items"]])
                for item in answer["items"]:
                    self.assertEqual(self.why(client, item)[0]["request_id"], answer["request_id"])
                for other in (Client(self.server), self.author):
                    self.assertEqual(other.call("GET", f"/decisions/{answer['request_id']}").status, 404)
                    self.assertEqual(other.call("GET", f"/decisions/{answer['items'][0]['impression_token']}").status, 404)

    def test_of_every_other_surface(self):
        for client in (Client(self.server), Client(self.server).guest(), Client(self.server).sign_up("looks")):
            page = client.get(f"/videos/{self.videos[0]}")
            surfaces = {
                "opened_video": {"video": page, "impression_token": page["impression_token"]},
                "opened_profile": client.get("/accounts/author/videos")["items"][0],
                "opened_hashtag": client.get("/hashtags/why/videos")["items"][0],
                "found": client.get("/search?kind=videos&q=clip")["items"][0],
            }
            for code, item in surfaces.items():
                told, said = self.why(client, item)
                self.assertEqual((said, told["recorded"], told["request_id"]), (code, False, None))

    def test_nonsense_is_not_found(self):
        for name in ("nonsense", "0" * 13, "A" * 60):
            self.assertEqual(Client(self.server).call("GET", f"/decisions/{name}").status, 404)


if __name__ == "__main__":
    unittest.main()
