"""Every call of the contract, asked the way a stranger's program would: statuses, fields and their types, idempotence, problems."""

import json
import subprocess
import unittest

from harness import PASSWORD, Client, Server, clip_folder, make_clip, wait_for


class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clips = clip_folder()
        cls.clip = make_clip(cls.clips / "a.mp4", seed=1)
        cls.server = Server()
        cls.mara = Client(cls.server).sign_up("mara")
        cls.video = cls.mara.publish(cls.clip, "first light #morning")["id"]
        cls.tom = Client(cls.server).sign_up("tom")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def is_problem(self, answer, status):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+json")
        self.assertEqual(answer.json["status"], status)
        for name in ("type", "title", "detail"):
            self.assertIsInstance(answer.json[name], str)
        if status in (429, 503):
            self.assertLessEqual(int(answer.headers["retry-after"]), 10)

    def test_sign_up_takes_every_field_of_the_contract(self):
        form = {"handle": "full", "password": PASSWORD, "birth_date": "1990-05-05", "email": "full@example.org", "language": "de",
                "time_zone": "Europe/Vienna", "invite": "none", "reason": "to look around"}
        made = Client(self.server).call("POST", "/accounts", form, expect=201).json
        self.assertEqual(made["account"]["handle"], "full")
        self.assertIsInstance(made["account"]["id"], str)
        self.assertIsInstance(made["token"], str)
        for name in form:
            self.is_problem(Client(self.server).call("POST", "/accounts", {**form, "handle": "other", name: 5}), 400)
        for missing in ("handle", "password", "birth_date"):
            less = {key: value for key, value in form.items() if key != missing}
            answer = Client(self.server).call("POST", "/accounts", less)
            self.is_problem(answer, 400)
            self.assertEqual(answer.json["field"], missing)
        self.is_problem(Client(self.server).call("POST", "/accounts", form), 409)

    def test_what_needs_an_account_says_401_to_guests_and_strangers(self):
        for client in (Client(self.server), Client(self.server).guest()):
            for method, path, body in (
                    ("PUT", f"/videos/{self.video}/like", {}), ("PUT", f"/videos/{self.video}/save", {}), ("PUT", "/accounts/mara/follow", {}),
                    ("PUT", "/accounts/mara/block", {}), ("POST", f"/videos/{self.video}/comments", {"text": "hi"}), ("GET", "/me/sessions", None),
                    ("PATCH", "/me", {"bio": "x"}), ("DELETE", "/me", {"password": PASSWORD}), ("GET", "/notifications", None),
                    ("PUT", "/me/password", {"password": PASSWORD, "new_password": PASSWORD}), ("DELETE", f"/videos/{self.video}", None)):
                answer = client.call(method, path, body)
                self.is_problem(answer, 401)
                self.assertIn("www-authenticate", answer.headers)

    def test_acts_are_idempotent(self):
        for path in (f"/videos/{self.video}/like", f"/videos/{self.video}/save", f"/videos/{self.video}/not-interested",
                     "/accounts/mara/follow", "/accounts/mara/mute", "/accounts/mara/block"):
            for method in ("PUT", "PUT", "DELETE", "DELETE"):
                answer = self.tom.call(method, path)
                self.assertIn(answer.status, (200, 201, 204), (method, path, answer))
        counts = self.mara.get(f"/videos/{self.video}")["counts"]
        self.assertEqual((counts["likes"], counts["saves"]), (0, 0))
        self.assertEqual(self.mara.get("/accounts/mara")["counts"]["followers"], 0)
        self.is_problem(self.tom.call("PUT", "/accounts/tom/follow"), 400)
        self.is_problem(self.tom.call("PUT", "/accounts/nobody.here/follow"), 404)
        self.is_problem(self.tom.call("PUT", "/videos/zzzzzzzzzzzzz/like"), 404)

    def test_a_video_has_the_fields_of_the_contract(self):
        video = self.mara.get(f"/videos/{self.video}")
        self.assertIn(video["state"], ("processing", "published", "failed", "removed"))
        for name, kind in (("id", str), ("caption", str), ("author", dict), ("duration_ms", int), ("width", int), ("height", int), ("counts", dict)):
            self.assertIsInstance(video[name], kind, name)
        sound = video["sound"]
        self.assertEqual((sound["title"], sound["owner"]["handle"], sound["original"]), ("", "mara", True))
        for name in ("hls", "mp4", "cover"):
            address = video["playback"][name]
            self.assertTrue(address.startswith("/"), "relative to the origin")
            self.assertEqual(Client(self.server).raw("GET", address).status, 200, name)
        states = set()
        made = self.mara.upload(self.clip, "watched while it is processed")

        def ended():
            states.add(self.mara.get(f"/videos/{made}")["state"])
            return states & {"published", "failed"}

        wait_for("its end", ended, 120)
        self.assertLessEqual(states, {"processing", "published"})

    def test_a_feed_has_the_fields_of_the_contract(self):
        anonymous = Client(self.server)
        answer = anonymous.get("/feed")
        self.assertTrue(answer["guest_token"])
        for name, kind in (("request_id", str), ("mode", str), ("log_position", int), ("exhausted", bool), ("items", list)):
            self.assertIsInstance(answer[name], kind, name)
        self.assertTrue(answer["items"])
        for item in answer["items"]:
            self.assertEqual(item["kind"], "video")
            self.assertIsInstance(item["video"], dict)
            self.assertIsInstance(item["impression_token"], str)
            self.assertIsInstance(item["route"], str)
            self.assertIsInstance(item["repeat"], bool)
        again = Client(self.server, answer["guest_token"]).get("/feed")
        self.assertNotIn("guest_token", again)
        for limit in (0, 21, -1, "x", "1.5"):
            self.is_problem(self.tom.call("GET", f"/feed?limit={limit}"), 400)
        self.is_problem(self.tom.call("GET", "/feed?mode=best"), 400)
        self.is_problem(self.tom.call("GET", "/feed?mode=not_profiled&cursor=nonsense"), 400)
        self.is_problem(self.tom.call("GET", f"/decisions/{again['request_id']}"), 404)

    def test_comments_come_in_pages_newest_first(self):
        texts = [f"comment {number}" for number in range(5)]
        for text in texts:
            made = self.tom.call("POST", f"/videos/{self.video}/comments", {"text": text}, expect=201).json
            self.assertEqual((made["text"], made["author"]["handle"]), (text, "tom"))
        seen, cursor = [], ""
        for _ in range(3):
            page = self.mara.get(f"/videos/{self.video}/comments?limit=2{cursor}")
            seen += [comment["text"] for comment in page["items"]]
            cursor = f"&cursor={page['next_cursor']}"
        self.assertEqual(seen, texts[::-1])
        self.assertIsNone(page["next_cursor"])
        for text in ("", "   ", "x" * 501, None, 5):
            self.is_problem(self.tom.call("POST", f"/videos/{self.video}/comments", {"text": text}), 400)
        html = self.tom.call("POST", f"/videos/{self.video}/comments", {"text": "<script>alert(1)</script>"}, expect=201)
        self.assertEqual(html.headers["content-type"].split(";")[0], "application/json")
        self.assertEqual(html.headers["x-content-type-options"], "nosniff")

    def test_errors_are_problems_whatever_is_asked(self):
        for method, path, body, status in (
                ("GET", "/nowhere", None, 404), ("DELETE", "/feed", None, 405), ("POST", "/me", {}, 405), ("GET", "/videos/..%2f..%2fetc", None, 404),
                ("GET", "/accounts/nobody.here", None, 404), ("GET", "/search?kind=everything&q=a", None, 400),
                ("GET", "/search?q=" + "a" * 500, None, 400), ("POST", "/reports", {"reason": "spam"}, 400),
                ("POST", "/reports", {"video_id": self.video, "reason": ""}, 400), ("GET", "/search?limit=51&q=a", None, 400)):
            self.is_problem(self.tom.call(method, path, body), status)
        answer = self.tom.raw("POST", "/api/v1/videos", b"not a form", {"Content-Type": "text/plain"})
        self.is_problem(answer, 415)
        self.is_problem(self.tom.raw("POST", "/api/v1/sessions", b"x" * 100_000, {"Content-Type": "application/json"}), 413)
        self.is_problem(Client(self.server, "A" * 43).call("GET", "/me"), 401)

    def test_a_report_is_taken_once_from_guests_too(self):
        guest = Client(self.server).guest()
        for _ in range(2):
            guest.call("POST", "/reports", {"video_id": self.video, "reason": "spam"}, expect=201)
        self.tom.call("POST", "/reports", {"handle": "mara", "reason": "spam", "text": "again and again"}, expect=201)

    def test_curl_uploads_a_form(self):
        token = self.mara.token
        for fields in (["-F", f"file=@{self.clip}", "-F", "caption=from curl #curl"],
                       ["-F", "caption=from curl #curl", "-F", f"file=@{self.clip};filename=\"a \\\"b\\\" ü.mp4\";type=video/mp4", "-F", "visibility=only_me"],
                       ["-H", "Transfer-Encoding: chunked", "-F", f"file=@{self.clip}", "-F", "caption=from curl #curl"],
                       ["-H", "Expect: 100-continue", "-F", f"file=@{self.clip}", "-F", "caption=from curl #curl"]):
            done = subprocess.run(["curl", "-sS", "-m", "30", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {token}", *fields,
                                   self.server.url + "/api/v1/videos"], capture_output=True, text=True, check=True)
            body, status = done.stdout.rsplit("\n", 1)
            self.assertEqual(status, "202", body)
            video = json.loads(body)["video"]
            self.assertEqual(video["state"], "processing")
            self.assertEqual(self.mara.get(f"/videos/{video['id']}")["caption"], "from curl #curl")

    def test_forms_that_are_no_upload(self):
        def form(*parts, end="--b--\r\n"):
            body = "".join(f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n" for head, content in parts) + end
            return self.mara.raw("POST", "/api/v1/videos", body.encode(), {"Content-Type": "multipart/form-data; boundary=b"})

        file = ('name="file"; filename="a.mp4"', "x" * 100)
        before = len(self.mara.get("/me/uploads")["items"])
        self.is_problem(form(('name="caption"', "no file")), 400)
        self.is_problem(form(('name="file"; filename=""', "")), 400)
        self.is_problem(form(file, file), 400)
        self.is_problem(form(file, ('name="visibility"', "my friends")), 400)
        self.is_problem(form(file, ('name="caption"', "x" * 3000)), 400)
        for wrong in ("-1", "36000001", "1.5", "soon"):
            answer = form(file, ('name="cover_ms"', wrong))
            self.is_problem(answer, 400)
            self.assertIn("cover_ms", answer.json["detail"])
        self.is_problem(form(file, end=""), 400)
        self.assertEqual(len(self.mara.get("/me/uploads")["items"]), before)

    def test_health_metrics_and_the_document(self):
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(Client(self.server).raw("GET", path).status, 200, path)
        self.assertEqual(Client(self.server).raw("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status, 403)
        self.assertEqual(Client(self.server).get("/openapi.json")["openapi"][:3], "3.1")


if __name__ == "__main__":
    unittest.main()
