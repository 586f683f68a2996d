"""Malformed HTTP, JSON, tokens and headers: a 4xx problem, nothing stored, and the server goes on."""

import json
import socket
import unittest

from harness import Client, Server


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={"api.slow_client_s": 2})
        cls.mara = Client(cls.server).sign_up("mara")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def tearDown(self):
        self.assertEqual(Client(self.server).raw("GET", "/healthz").status, 200)

    def exchange(self, data):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            connection.sendall(data)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                if b"\r\n\r\n" in received and b"Connection: close" not in received:
                    break
        return received

    def test_malformed_http(self):
        for data in (b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40000 + b"\r\n\r\n",
                     b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
                     b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100):
            received = self.exchange(data)
            if received:
                self.assertRegex(received[:16], rb"^HTTP/1\.1 (4\d\d|505)", data[:40])

    def test_malformed_json_names_the_problem(self):
        for body in (b"", b"{", b"[]", b'{"events": 5}', b'{"events": [5]}', b'{"events": [{"event_id": 7}]}', b"\xff\xfe", b"[" * 5000, b'{"events": ' + b"[" * 200):
            answer = self.mara.raw("POST", "/api/v1/events", body, {"Content-Type": "application/json"})
            self.assertIn(answer.status, (400, 202), body[:30])
            if answer.status == 400:
                self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+json")
                self.assertGreater(len(answer.json["detail"]), 10)
            else:
                self.assertEqual(answer.json["accepted"], 0)

    def test_oversized_bodies_are_413(self):
        answer = self.mara.raw("POST", "/api/v1/events", b'{"events": [' + b" " * (4 << 20) + b"]}", {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 413)

    def test_forged_tokens_are_401(self):
        for token in ("x", "A" * 43, "A" * 4000, "ü"):
            answer = Client(self.server).raw("GET", "/api/v1/me", headers={"Authorization": ("Bearer " + token).encode("utf-8")})
            self.assertIn(answer.status, (400, 401), token[:10])

    def test_tus_headers(self):
        good = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
        for changed, status in (({"Tus-Resumable": "0.2.0"}, 412), ({"Upload-Length": "-1"}, 400), ({"Upload-Length": "ten"}, 400),
                                ({"Upload-Length": "99999999999999999999999"}, 400), ({"Upload-Metadata": "filename !!!"}, 400)):
            answer = self.mara.raw("POST", "/api/v1/uploads", b"", {**good, **changed})
            self.assertIn(answer.status, (status, 413), changed)
        self.assertEqual([i for i in self.mara.get("/me/uploads")["items"]], [])

    def test_unknown_paths_and_methods(self):
        self.assertEqual(self.mara.call("GET", "/nothing/here").status, 404)
        answer = self.mara.call("DELETE", "/feed")
        self.assertEqual(answer.status, 405)
        self.assertIn("GET", answer.headers["allow"])
        for path in ("/videos/zzz", "/videos/%00", "/accounts/%2e%2e", "/feed?limit=0", "/feed?limit=999", "/feed?mode=nope", "/feed?cursor=%F0", "/feed?held=zzz"):
            self.assertIn(self.mara.call("GET", path).status, (400, 404), path)

    def test_a_client_that_never_finishes_is_dropped(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=15) as connection:
            connection.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            received = b""
            while chunk := connection.recv(4096):
                received += chunk
            self.assertTrue(received == b"" or received.startswith(b"HTTP/1.1 4"), received[:80])

    def test_events_out_of_range_are_rejected_one_by_one(self):
        token = "A" * 80
        answer = self.mara.call("POST", "/events", {"events": [
            {"event_id": "a" * 65, "impression_token": token, "event": "watch"},
            {"event_id": "b", "impression_token": token, "event": "no_such_event"},
            {"event_id": "c", "impression_token": token, "event": "watch", "watch_ms": -4},
        ]}, expect=202).json
        self.assertEqual(answer["accepted"], 0)
        self.assertEqual([r["index"] for r in answer["rejected"]], [0, 1, 2])
        self.assertTrue(all(len(r["problem"]) > 5 for r in answer["rejected"]))
        too_many = {"events": [{"event_id": str(i), "impression_token": token, "event": "watch"} for i in range(2000)]}
        self.assertIn(self.mara.call("POST", "/events", too_many).status, (400, 413))

    def test_openapi_and_metrics_are_served(self):
        document = json.loads(Client(self.server).raw("GET", "/api/v1/openapi.json").body)
        self.assertTrue(document["openapi"].startswith("3.1"))
        self.assertIn(b"# TYPE", Client(self.server).raw("GET", "/metrics").body)
        self.assertEqual(Client(self.server).raw("GET", "/readyz").status, 200)


if __name__ == "__main__":
    unittest.main()
