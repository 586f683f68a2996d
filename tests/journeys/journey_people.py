"""Accounts, sessions, follows, mutes, comments, notifications, deletion."""

import unittest

from harness import PASSWORD, Client, Server, clip_folder, make_clip


class People(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.server = Server()
        cls.mara = Client(cls.server).sign_up("Mara.Lind", display_name="Mara Lind 林")
        cls.video = cls.mara.publish(make_clip(cls.clips / "a.mp4", seed=1), "hello #greetings")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_handles_are_case_insensitive_and_some_are_reserved(self):
        form = {"password": PASSWORD, "birth_date": "1990-05-05"}
        anyone = Client(self.server)
        self.assertEqual(anyone.call("POST", "/accounts", {**form, "handle": "MARA.lind"}).status, 409)
        for handle in ("admin", "filoscope", "x", "has space", "ümlaut", "a" * 40, ""):
            answer = anyone.call("POST", "/accounts", {**form, "handle": handle})
            self.assertIn(answer.status, (400, 409), handle)
            self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+json")

    def test_too_young_is_refused_and_the_birth_date_stays_private(self):
        answer = Client(self.server).call("POST", "/accounts", {"handle": "kid", "password": PASSWORD, "birth_date": "2020-01-01"})
        self.assertEqual(answer.status, 400)
        self.assertIn("13", answer.json["detail"])
        self.assertNotIn("birth_date", Client(self.server).get("/accounts/mara.lind"))
        self.assertEqual(self.mara.get("/me")["account"]["birth_date"], "1990-05-05")

    def test_sign_in_and_out(self):
        tom = Client(self.server).sign_up("tom")
        answer = Client(self.server).call("POST", "/sessions", {"handle": "TOM", "password": PASSWORD}, expect=201)
        second = Client(self.server, answer.json["token"])
        self.assertEqual(second.get("/me")["account"]["handle"], "tom")
        second.call("DELETE", "/sessions/current", expect=204)
        self.assertEqual(second.call("GET", "/me").status, 401)
        self.assertEqual(tom.get("/me")["account"]["handle"], "tom")
        wrong = Client(self.server).call("POST", "/sessions", {"handle": "tom", "password": "wrong wrong wrong"})
        unknown = Client(self.server).call("POST", "/sessions", {"handle": "nobody.here", "password": "wrong wrong wrong"})
        self.assertEqual((wrong.status, unknown.status), (401, 401))
        self.assertEqual(wrong.json["detail"], unknown.json["detail"])

    def test_guessing_a_password_is_throttled(self):
        Client(self.server).sign_up("target")
        statuses = [Client(self.server).call("POST", "/sessions", {"handle": "target", "password": f"guess number {i}"}).status for i in range(12)]
        self.assertEqual(statuses[0], 401)
        self.assertEqual(statuses[-1], 429)

    def test_the_browsers_cookie_needs_its_csrf_header(self):
        answer = Client(self.server).call("POST", "/accounts", {"handle": "browser", "password": PASSWORD, "birth_date": "1990-01-01"},
                                          headers={"X-Filoscope-Client": "web"}, expect=201)
        lines = answer.headers["set-cookie"].splitlines()
        cookies = dict(line.split(";")[0].split("=", 1) for line in lines)
        self.assertTrue(all("SameSite=Lax" in line for line in lines))
        self.assertEqual([line.split("=")[0] for line in lines if "HttpOnly" in line], ["filoscope_session"])
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        browser = Client(self.server)
        self.assertEqual(browser.call("GET", "/me", headers=cookie).json["account"]["handle"], "browser")
        path = f"/videos/{self.video['id']}/like"
        self.assertEqual(browser.call("PUT", path, {}, headers=cookie).status, 403)
        self.assertEqual(browser.call("PUT", path, {}, headers={**cookie, "X-Filoscope-CSRF": "x" * 24}).status, 403)
        browser.call("PUT", path, {}, headers={**cookie, "X-Filoscope-CSRF": cookies["filoscope_csrf"]}, expect=200)
        browser.call("DELETE", path, headers={**cookie, "X-Filoscope-CSRF": cookies["filoscope_csrf"]}, expect=200)

    def test_likes_comments_follows_and_their_notifications(self):
        fan = Client(self.server).sign_up("fan")
        path = f"/videos/{self.video['id']}"
        for _ in range(2):
            self.assertEqual(fan.call("PUT", path + "/like", {}, expect=200).json["viewer"]["liked"], True)
        comment = fan.call("POST", path + "/comments", {"text": "lovely 🌱"}, expect=201).json
        fan.call("PUT", "/accounts/mara.lind/follow", {}, expect=204)
        counts = fan.get(path)["counts"]
        self.assertEqual((counts["likes"], counts["comments"]), (1, 1))
        kinds = [n["kind"] for n in self.mara.get("/notifications")["items"] if n["actor"] and n["actor"]["handle"] == "fan"]
        self.assertEqual(sorted(kinds), ["comment", "follow", "like"])
        self.mara.call("POST", "/notifications/read", {})
        self.assertEqual(self.mara.get("/me")["unread_notifications"], 0)
        self.assertEqual([c["text"] for c in fan.get(path + "/comments")["items"]], ["lovely 🌱"])
        fan.call("DELETE", f"/comments/{comment['id']}", expect=204)
        fan.call("DELETE", path + "/like", expect=200)
        counts = fan.get(path)["counts"]
        self.assertEqual((counts["likes"], counts["comments"]), (0, 0))

    def test_without_an_account_one_may_watch_but_not_like(self):
        visitor = Client(self.server).guest()
        self.assertEqual(visitor.get(f"/videos/{self.video['id']}")["id"], self.video["id"])
        self.assertEqual(visitor.call("PUT", f"/videos/{self.video['id']}/like", {}).status, 401)
        self.assertEqual(visitor.call("POST", f"/videos/{self.video['id']}/comments", {"text": "hi"}).status, 401)

    def test_mutes_of_a_person_a_word_and_a_hashtag(self):
        viewer = Client(self.server).sign_up("muter")

        def shown():
            return [item["video"]["id"] for item in viewer.feed(limit=20)["items"]]

        self.assertIn(self.video["id"], shown())
        for path in ("/me/mutes/words/HELLO", "/me/mutes/hashtags/greetings", "/accounts/mara.lind/mute"):
            viewer.call("PUT", path, {}, expect=204)
            self.assertNotIn(self.video["id"], shown(), path)
            viewer.call("DELETE", path, expect=204)
            self.assertIn(self.video["id"], shown(), path)

    def test_people_are_found_by_handle_and_by_a_name_in_any_script(self):
        for query in ("mara", "lind", "%E6%9E%97"):
            found = [person["handle"] for person in self.mara.get(f"/search?kind=people&q={query}")["items"]]
            self.assertIn("Mara.Lind".lower(), [handle.lower() for handle in found], query)

    def test_deletion_takes_everything_and_the_handle_is_never_given_again(self):
        gone = Client(self.server).sign_up("gone.soon")
        video = gone.publish(make_clip(self.clips / "b.mp4", seed=2), "to be erased #erased")
        gone.call("PUT", f"/videos/{self.video['id']}/like", {}, expect=200)
        self.assertEqual(gone.call("DELETE", "/me", {"password": "not the password"}).status, 401)
        gone.call("DELETE", "/me", {"password": PASSWORD}, expect=204)
        self.assertEqual(gone.call("GET", "/me").status, 401)
        self.assertEqual(self.mara.call("GET", "/accounts/gone.soon").status, 404)
        self.assertEqual(self.mara.call("GET", f"/videos/{video['id']}").status, 404)
        self.assertEqual(self.mara.raw("GET", video["playback"]["mp4"]).status, 404)
        self.assertEqual(self.mara.get(f"/videos/{self.video['id']}")["counts"]["likes"], 0)
        again = Client(self.server).call("POST", "/accounts", {"handle": "gone.soon", "password": PASSWORD, "birth_date": "1990-01-01"})
        self.assertEqual(again.status, 409)
        self.server.stop_sound(self)
        self.server.start()
        self.mara.connection = None


if __name__ == "__main__":
    unittest.main()
