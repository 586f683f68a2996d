"""HTTP/1.1 on the wire, against the real routes: one connection for many requests, framing that cannot be smuggled, early refusals."""

import json
import re
import socket
import unittest

from harness import Client, Server, clip_folder, make_clip


class Wire:
    """One connection, byte by byte."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self.received = b""

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())
        return self

    def receive(self):
        data = self.socket.recv(65536)
        self.received += data
        return bool(data)

    def answer(self, bodyless=False):
        while b"\r\n\r\n" not in self.received:
            if not self.receive():
                return None, {}, b""
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        length = 0 if bodyless or status in (100, 204, 304) else int(fields.get("content-length", 0))
        while len(self.received) < length and self.receive():
            pass
        body, self.received = self.received[:length], self.received[length:]
        return status, fields, body

    def ended(self):
        while self.receive():
            pass
        return self.received == b""


class OnTheWire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.mara = Client(cls.server).sign_up("mara")
        cls.auth = f"Host: localhost\r\nAuthorization: Bearer {cls.mara.token}\r\n"
        cls.video = cls.mara.publish(make_clip(clip_folder() / "a.mp4", seconds=1, seed=1), "on the wire")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_pipelined_requests_are_answered_in_order(self):
        wire = Wire(self.server)
        events = b'{"events": []}'
        wire.send(f"GET /api/v1/me HTTP/1.1\r\n{self.auth}\r\nPOST /api/v1/events HTTP/1.1\r\n{self.auth}Content-Length: {len(events)}\r\n\r\n".encode() + events +
                  f"HEAD /api/v1/status HTTP/1.1\r\n{self.auth}\r\nGET /nothing.txt HTTP/1.1\r\n{self.auth}\r\nGET {self.video['playback']['mp4']} HTTP/1.1\r\n"
                  f"{self.auth}Range: bytes=0-3\r\n\r\n".encode())
        self.assertEqual(wire.answer()[0], 200)
        self.assertEqual(wire.answer()[0], 202)
        status, fields, _ = wire.answer(bodyless=True)
        self.assertEqual(status, 200)
        self.assertGreater(int(fields["content-length"]), 10)
        self.assertEqual(wire.answer()[0], 404)
        status, fields, body = wire.answer()
        self.assertEqual((status, len(body), fields["connection"]), (206, 4, "keep-alive"))

    def test_absolute_form_and_http_1_0(self):
        wire = Wire(self.server)
        wire.send(f"GET HTTP://somewhere.else/api/v1/me HTTP/1.1\r\n{self.auth}\r\n")
        status, _, body = wire.answer()
        self.assertEqual((status, json.loads(body)["account"]["handle"]), (200, "mara"))
        old = Wire(self.server).send("GET /healthz HTTP/1.0\r\n\r\n")
        status, fields, _ = old.answer()
        self.assertEqual((status, fields["connection"]), (200, "close"))
        self.assertTrue(old.ended())

    def test_chunked_bodies_with_extensions_and_trailers(self):
        wire = Wire(self.server)
        wire.send(f"POST /api/v1/events HTTP/1.1\r\n{self.auth}Transfer-Encoding: chunked\r\n\r\n"
                  'a;x="y"\r\n{"events":\r\n4\r\n []}\r\n0\r\nX-Trailer: 1\r\n\r\n' + f"GET /api/v1/me HTTP/1.1\r\n{self.auth}\r\n")
        self.assertEqual(wire.answer()[0], 202)
        self.assertEqual(wire.answer()[0], 200, "the next request begins behind the trailer")
        large = Wire(self.server).send(f"POST /api/v1/sessions HTTP/1.1\r\n{self.auth}Transfer-Encoding: chunked\r\n\r\n")
        large.send("8000\r\n" + "x" * 0x8000 + "\r\n0\r\n\r\n")
        self.assertEqual(large.answer()[0], 413)

    def test_what_could_be_two_requests_is_none(self):
        hidden = "GET /api/v1/me HTTP/1.1\r\nHost: hidden\r\n\r\n"
        for fields in (f"Content-Length: {len(hidden)}\r\nContent-Length: 0\r\n", f"Content-Length: {len(hidden)}\r\nContent-Length: {len(hidden)}\r\n",
                       f"Content-Length: 0, {len(hidden)}\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "Transfer-Encoding: chunked, identity\r\n",
                       "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding : chunked\r\n", "Transfer-Encoding:\x0bchunked\r\n",
                       " Content-Length: 5\r\n", "Content-Length: 0x10\r\n", "Content-Length: 5 \x00\r\n", "X: a\nContent-Length: 9\r\n", "Host: second\r\n"):
            wire = Wire(self.server).send(f"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{hidden}")
            status, answered, _ = wire.answer()
            self.assertIn(status, (400, 501), repr(fields))
            self.assertEqual(answered["connection"], "close", repr(fields))
            self.assertTrue(wire.ended(), repr(fields))

    def test_an_upload_is_refused_before_its_body(self):
        form = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\nExpect: 100-continue\r\n\r\n"
        refused = Wire(self.server).send("POST /api/v1/videos HTTP/1.1\r\nHost: localhost\r\n" + form)
        self.assertEqual(refused.answer()[0], 401)
        welcome = Wire(self.server).send(f"POST /api/v1/videos HTTP/1.1\r\n{self.auth}{form}")
        self.assertEqual(welcome.answer()[0], 100)
        tus = Wire(self.server).send(f"PATCH /api/v1/uploads/zzzzzzzzzzzzz HTTP/1.1\r\n{self.auth}Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                                     "Content-Type: application/offset+octet-stream\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(tus.answer()[0], 404)
        long = Wire(self.server).send(f"POST /api/v1/videos HTTP/1.1\r\n{self.auth}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {3 << 30}\r\n\r\n")
        self.assertEqual(long.answer()[0], 413)

    def test_limits_of_the_head(self):
        for text, status in (("GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "a" * 20000 + "\r\n\r\n", 431),
                             ("GET / HTTP/1.1\r\nHost: localhost\r\n" + "X: a\r\n" * 200 + "\r\n", 431), ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 505)):
            got, fields, body = Wire(self.server).send(text).answer()
            self.assertEqual(got, status, text[:40])
            self.assertEqual(fields["content-type"], "application/problem+json")
            self.assertEqual(json.loads(body)["status"], status)

    def test_nothing_of_a_request_becomes_a_header(self):
        wire = Wire(self.server)
        wire.send(f"GET /api/v1/me%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n{self.auth}X-Request-Id: a b\r\n\r\n")
        status, fields, _ = wire.answer()
        self.assertEqual(status, 404)
        self.assertNotIn("set-cookie", fields)
        self.assertRegex(fields["x-request-id"], r"^[0-9a-zA-Z]+$")

    def test_answers_say_how_a_browser_is_to_take_them(self):
        for path in ("/api/v1/me", "/api/v1/nothing", "/"):
            fields = self.mara.raw("GET", path).headers
            self.assertEqual(fields["x-content-type-options"], "nosniff")
            policy = fields["content-security-policy"]
            self.assertIn("default-src 'self'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertNotIn("unsafe-eval", policy)
            self.assertIsNone(re.search(r"script-src[^;]*unsafe-inline", policy))
        self.assertEqual(self.mara.raw("GET", "/api/v1/me").headers["cache-control"], "no-store")
        self.assertEqual(self.mara.raw("GET", self.video["playback"]["mp4"]).headers["x-content-type-options"], "nosniff")

    def test_files_beside_the_web_app_are_not_served(self):
        for path in ("/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/package.json", "/.git/config",
                     "//etc/passwd", "/assets//etc/passwd", "/assets/..%5c..%5cetc"):
            answer = Wire(self.server).send(f"GET {path} HTTP/1.1\r\n{self.auth}\r\n").answer()
            self.assertNotIn(b"root:", answer[2])
            self.assertNotIn(b"[core]", answer[2])
            self.assertNotIn(b'"private"', answer[2])

    def test_several_ranges_and_other_conditions(self):
        address = self.video["playback"]["mp4"]
        size = len(self.mara.raw("GET", address).body)
        several = self.mara.raw("GET", address, headers={"Range": "bytes=0-1,4-5"})
        self.assertIn(several.status, (200, 206))
        self.assertEqual(len(several.body), size, "several ranges are the whole here")
        self.assertEqual(self.mara.raw("HEAD", address, headers={"Range": "bytes=0-1"}).headers["content-length"], str(size))
        for text in ("bytes=5-2", "bytes=a-b", "lines=0-1", "bytes=-", "bytes=1-99999999999999999999"):
            self.assertIn(self.mara.raw("GET", address, headers={"Range": text}).status, (200, 206), text)
        tag = self.mara.raw("HEAD", address).headers["etag"]
        unchanged = self.mara.raw("GET", address, headers={"If-None-Match": f'"x", W/{tag}', "Range": "bytes=0-1"})
        self.assertEqual((unchanged.status, unchanged.body, unchanged.headers["etag"]), (304, b"", tag))
        beyond = self.mara.raw("GET", address, headers={"Range": f"bytes={size}-"})
        self.assertEqual((beyond.status, beyond.headers["content-range"]), (416, f"bytes */{size}"))
        date = "Wed, 21 Oct 2015 07:28:00 GMT"
        self.assertEqual(self.mara.raw("GET", address, headers={"Range": "bytes=0-1", "If-Range": date}).status, 200)


if __name__ == "__main__":
    unittest.main()
